"""命令行 `dongke recording …`: what is known of recordings and in which state they are. `api/cli.py` hangs it in."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import BadInput, DongkeError

if TYPE_CHECKING:
    from asr.models import RecordingState

app = typer.Typer(help="录音: 状态, 声音, 重试, 从地址取来。", no_args_is_help=True)


@app.command("list")
def list_command(
    state: Annotated[list[str] | None, typer.Option(help="registered, needs_model, transcribing, done …")] = None,
    customer: Annotated[str | None, typer.Option(help="只要这位客户")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="最多列出多少段")] = 50,
) -> None:
    """每个状态有多少录音, 和最新到的几段。"""
    from rich import box
    from rich.table import Table

    from api import calls
    from api.calls import RecordingFilter
    from api.commands import prepare_database
    from api.printing import console
    from dongke.db import session_scope

    wanted = RecordingFilter(tuple(_state(name) for name in state or ()), customer)
    prepare_database()
    with session_scope() as session:
        counts = calls.counts(session, None, wanted)
        rows = calls.page(session, None, wanted, cursor=None, limit=limit)["items"]
    named = {calls.STATE_LABELS[_state(name)]: n for name, n in counts.items()}
    typer.echo("  ".join(f"{label} {n}" for label, n in named.items()))
    if rows:
        table = Table("编号", "客户", "时长", "声道", "编码", "状态", "从何时起", "原因", box=box.SIMPLE_HEAD)
        for row in rows:
            table.add_row(*_cells(row))
        console().print(table)


@app.command("show")
def show(ident: Annotated[str, typer.Argument(help="录音编号")]) -> None:
    """一段录音: 它的声音, 状态, 和到过的每个状态。"""
    from api import calls
    from api.commands import prepare_database
    from dongke import audit
    from dongke.clock import beijing
    from dongke.db import session_scope

    prepare_database()
    with session_scope() as session:
        found = calls.readable(session, None, ident)
        row, past = calls.shown(*found), calls.history(session, found[0])
        audit.record(session, "cli", "recording.show", ident, customer=row["customer_id"])
    typer.echo(f"{row['id']}  客户 {row['customer_id']}  {_length(row)}  {row['state_label']}  {row['reason'] or ''}")
    typer.echo(
        f"{row['container']} {row['codec']} {row['rate']} Hz, {row['channels']} 声道, {row['size_bytes']:,} 字节"
    )
    typer.echo(f"sha256 {row['sha256']}" + (f"\n取自 {row['source_url']}" if row["source_url"] else ""))
    for channel in row["channel_map"]:
        typer.echo(f"  声道 {channel['channel']} {_ROLES[channel['role']]}: {_loudness(channel)}")
    for step in past["history"]:
        typer.echo(f"  {beijing(step['at']):%Y-%m-%d %H:%M:%S} {step['state_label']} {step['reason'] or ''}".rstrip())
    if past["worker"]:
        typer.echo(f"  正在转写: {past['worker']}")


@app.command("retry")
def retry(
    idents: Annotated[list[str] | None, typer.Argument(help="录音编号")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="所有失败的")] = False,
) -> None:
    """再转写一次 (由 dongke worker 处理)。不能重试的逐个说明, 其余照常; 有不能的则以 1 结束。"""
    from api.commands import prepare_database
    from dongke.db import session_scope

    if bool(idents) == failed:
        raise BadInput("recording-invalid", "要给录音编号, 或 --failed, 且只给一种")
    prepare_database()
    with session_scope() as session:
        wanted = idents or _failed(session)
    refused = sum(_retried(ident) is False for ident in wanted)
    typer.echo(f"{len(wanted) - refused} 段重新排队, {refused} 段不能重试")
    raise typer.Exit(1 if refused else 0)


@app.command("fetch")
def fetch(
    urls: Annotated[list[str], typer.Argument(help="清单的地址, 或它所在文件夹的地址: s3://…, https://…")],
    queue: Annotated[bool, typer.Option("--queue", help="只登记, 由 dongke worker 处理")] = False,
) -> None:
    """从地址取来清单里的录音 (DONGKE_RECORDING_SOURCES 之下)。取过的不会重复; 不能用的留在隔离区。"""
    from api.intake import fetch_from

    raise typer.Exit(1 if fetch_from(urls, process=not queue) else 0)


_ROLES = {"advisor": "投顾", "customer": "客户", None: "不能确定是谁"}


def _state(name: str) -> "RecordingState":
    from asr.models import RecordingState

    if name not in list(RecordingState):
        raise BadInput("state-unknown", f"没有状态 {name}: 要 {', '.join(RecordingState)}")
    return RecordingState(name)


def _cells(row: dict[str, Any]) -> list[str]:
    from dongke.clock import beijing

    sound = f"{row['codec']} {row['rate']}" if row["codec"] else ""
    since = f"{beijing(row['state_at']):%m-%d %H:%M}"
    cells = (row["id"], row["customer_id"], _length(row), row["channels"], sound, row["state_label"], since)
    return [*map(str, cells), row["reason"] or ""]


def _length(row: dict[str, Any]) -> str:
    seconds = round(row["duration_ms"] / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


def _loudness(channel: dict[str, Any]) -> str:
    lufs = "无声" if channel["lufs"] is None else f"{channel['lufs']:.1f} LUFS"
    return f"{lufs}, 平均 {channel['rms_db']:.1f} dBFS, 最响 {channel['peak_db']:.1f} dBFS"


def _failed(session: Any) -> list[str]:
    from sqlmodel import select

    from asr.models import Recording, RecordingState

    return sorted(session.exec(select(Recording.id).where(Recording.state == RecordingState.FAILED)))


def _retried(ident: str) -> bool:
    from api import calls
    from dongke import audit
    from dongke.db import session_scope

    try:
        with session_scope() as session:
            recording, customer, _ = calls.readable(session, None, ident)
            calls.retry(session, recording)
            audit.record(session, "cli", "recording.retry", ident, customer=customer.id)
    except DongkeError as fault:
        typer.echo(f"dongke: {ident}: {fault.detail} ({fault.code})", err=True)
        return False
    return True
