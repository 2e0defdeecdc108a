"""命令行 `dongke transcribe archive`: a whole archive of recordings. `api/cli.py` hangs it in beside single files."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.progress import Progress

    from asr.archive_run import Account, Stop
    from asr.rates import Rate

INTERRUPTED = 130  #: exit code, as of every program that Ctrl-C ends
LINE_SECONDS = 30.0  #: where nobody looks at a bar, a line so often


class _FileOrCommand(TyperGroup):
    """`dongke transcribe call.wav` is `dongke transcribe file call.wav`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["file", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(cls=_FileOrCommand, help="转写录音: 一个文件, 或整个归档。", no_args_is_help=True)


@app.command()
def archive(
    place: Annotated[Path, typer.Argument(metavar="FOLDER|MANIFEST", help="带 manifest.csv 的文件夹, 或一份清单")],
    engine: Annotated[str, typer.Option(help="local (本机进程) 或 ray")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="转写进程数; 默认每核一个, 内存不够则少")] = None,
    calls: Annotated[int, typer.Option("--recycle", min=1, help="每个进程转写多少段后换新")] = 200,
) -> None:
    """转写归档: 可中断, 可续做, 每段录音每个模型只转写一次; 当天的录音先行。失败的在最后列出, 退出码 1。"""
    from api import archives
    from api.bars import progress
    from api.commands import prepare_database
    from asr.archive_run import Stop
    from asr.ears import ears, model_version
    from dongke.settings import settings

    prepare_database()
    config = settings()
    version = model_version(config)
    count = workers or archives.sensible_workers(config, version)
    executor = archives.executor(engine, count, ears(config, version), calls)
    stop = Stop()
    with _stopped_by_signals(stop), progress("archive") as bars:
        account = archives.run(place, executor, version, told=_teller(bars), stop=stop)
    show(account)
    raise typer.Exit(INTERRUPTED if account.stopped else 1 if account.failures or account.waiting else 0)


def show(account: "Account") -> None:
    """The account, and every file that failed with its reason."""
    from api.printing import console
    from asr.models import RecordingState

    out = console()
    out.print(
        f"归档: 共 {account.total:,} 段, 本次转写 {account.heard - account.live:,}, 以前已转写 {account.known:,},"
        f" 失败 {len(account.failures):,}, 等待语音模型 {account.waiting:,}, 客户不同意分析 {account.unwanted:,}"
    )
    if account.heard:
        doubtful = account.states[RecordingState.SUSPECT]
        out.print(f"本次: {figures(account.rate)}, 其中可疑 {doubtful:,}; 会话由 dongke worker 阅读")
    if account.live:
        out.print(f"其间先转写了当天的录音 {account.live:,} 段")
    if account.stopped:
        out.print(f"已停止, 还剩 {account.total - account.done:,} 段; 再次运行同一条命令即可继续")
    for source, reason in account.failures:
        out.print(f"  {source}: {reason}", markup=False, soft_wrap=True)


def figures(rate: "Rate") -> str:
    """Rate, real-time factor and time left in a few words."""
    if rate.factor is None or rate.seconds_left is None:
        return ""
    left = f", 还要 {_span(rate.seconds_left)}" if rate.done < rate.total else ""
    return f"每小时 {rate.per_hour:,.0f} 段, 实时率 {rate.factor:.3f}{left}"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} 秒"
    days, hours = divmod(minutes // 60, 24)
    return (f"{days} 天 " if days else "") + (f"{hours} 小时 " if days or hours else "") + f"{minutes % 60} 分"


def _teller(bars: "Progress") -> Callable[["Account"], None]:
    """What a run calls with its account: the bar on a terminal, else a line now and then."""
    bar = bars.add_task("转写归档", total=None)
    told = [time.monotonic()]

    def tell(account: "Account") -> None:
        note = figures(account.rate)
        bars.update(bar, completed=account.done, total=account.total, note=note)
        if not bars.console.is_terminal and time.monotonic() - told[0] >= LINE_SECONDS:
            told[0] = time.monotonic()
            print(f"转写归档: {account.done:,}/{account.total:,} {note}", file=sys.stderr)  # noqa: T201

    return tell


@contextmanager
def _stopped_by_signals(stop: "Stop") -> Iterator[None]:
    """Ctrl-C lets the recordings end that are being heard, a second one does not; nor does SIGTERM."""

    def gently(number: int, frame: object) -> None:
        if stop.wanted.is_set() or number == signal.SIGTERM:
            stop.now()
            return
        stop.gently()
        print("正在转写的录音转完后停止; 再按一次 Ctrl-C 立即停止", file=sys.stderr)  # noqa: T201

    before = {kind: signal.signal(kind, gently) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
