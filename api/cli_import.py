"""命令行 `dongke import …`: large files, straight into the database. `api/cli.py` hangs it in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dongke.errors import BadInput

if TYPE_CHECKING:
    from profiles.behaviour.bulk import Options, Progress
    from profiles.behaviour.bulk_import import Imported

app = typer.Typer(help="批量导入大文件。", no_args_is_help=True)


@app.callback()
def main() -> None:
    """批量导入大文件。"""


@app.command("events")
def events(
    files: Annotated[
        list[Path], typer.Argument(help="Parquet, CSV, JSONL (后两种可 .gz); 神策、诸葛、Segment 的 JSONL 也可")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", "-c", help="列名对照: message_id, customer_id, event, at, properties=文件里的列名"),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="没有时区的时间按这个时区 (如 Asia/Shanghai); 不给则拒收")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="拒收太多时写到这个文件; 默认 数据目录/rejected/导入时间.jsonl")
    ] = None,
    memory: Annotated[str, typer.Option(help="DuckDB 最多用的内存, 其余用磁盘")] = "700MB",
) -> None:
    """批量导入行为事件: 校验、去重、写入、按日汇总, 一次事务。同一份文件导入两次不会重复。"""
    from api.bars import progress
    from api.commands import prepare_database
    from profiles.behaviour.bulk import Options

    options = Options(_mapping(column or []), timezone, memory)
    prepare_database()
    with progress("ingest") as bars:
        running: dict[str, int] = {}

        def step(title: str, done: int, total: int) -> None:
            name = title.split(" ")[0]
            if name not in running:
                running[name] = int(bars.add_task(title, total=total))
            bars.update(running[name], description=title, completed=done, total=total)  # type: ignore[arg-type]

        result = run(files, options, rejected, step)
    show(result)
    raise typer.Exit(1 if result.refused else 0)


def run(files: list[Path], options: "Options", rejected: Path | None, step: "Progress") -> "Imported":
    """Imports the files and puts on the queue whose opportunities may have changed."""
    from api.queue import Task, defer
    from api.takers import with_talks
    from dongke.clock import beijing, now
    from dongke.db import session_scope
    from dongke.settings import settings
    from profiles.behaviour.bulk_import import import_events

    name = f"events-{beijing(now()):%Y%m%d-%H%M%S}.jsonl"
    target = rejected or settings().data_dir / "rejected" / name
    result = import_events(files, options, rejected=target, progress=step)
    if result.new:
        with session_scope() as session:
            defer(session, Task.CUSTOMER, with_talks(session, result.customers))
    return result


def show(result: "Imported") -> None:
    """The account in a few lines."""
    from api.printing import console

    out = console()
    out.print(
        f"导入: 读到 {result.rows:,} 行, 新增 {result.new:,}, 等待认人 {result.waiting:,},"
        f" 重复 {result.duplicates:,}, 拒收 {result.refused:,}"
    )
    for code, count in result.reasons.most_common():
        out.print(f"  {code}: {count:,}")
    if result.refused:
        out.print("  原因和原文: dongke db quarantine")
    if result.rejected:
        out.print(f"  其余拒收的行 (改好后可再导入): {result.rejected}", markup=False, soft_wrap=True)


def _mapping(pairs: list[str]) -> dict[str, str]:
    ours = ("message_id", "customer_id", "event", "at", "properties")
    found: dict[str, str] = {}
    for pair in pairs:
        name, mark, theirs = pair.partition("=")
        if not mark or name.strip() not in ours or not theirs.strip():
            raise BadInput("column-unknown", f"--column 要写成 at=列名, 左边是 {', '.join(ours)}: {pair[:60]}")
        found[name.strip()] = theirs.strip()
    return found
