"""命令行 `dongke evidence …`: the evidence pack of suitability, made and compared. `api/cli.py` hangs it in."""

import getpass
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dongke.errors import BadInput

app = typer.Typer(help="适当性举证包: 导出, 核对。", no_args_is_help=True)


@app.command("export")
def export(
    customer: Annotated[str, typer.Argument(help="客户号")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=".zip 或 .json; 不给则打印中文摘要")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="ISO 时间: 那一刻为止说过和做过的; 默认现在")] = None,
    known_at: Annotated[str | None, typer.Option("--known-at", help="ISO 时间: 那一刻为止懂客知道的; 默认现在")] = None,
) -> None:
    """导出一位客户的举证包: 画像, 等级, 可否推荐, 标签与原话, 风险揭示, 规则版本, sha256。记入审计。"""
    from api import evidence

    made = _pack(customer, _moment(as_of, "--as-of"), _moment(known_at, "--known-at"))
    if output is None:
        typer.echo(evidence.summary(made), nl=False)
        return
    output.write_bytes(evidence.archive(made) if output.suffix == ".zip" else evidence.canonical(made))
    typer.echo(f"{output}: sha256 {made['sha256']}")


@app.command("check")
def check(path: Annotated[Path, typer.Argument(help="导出的 .zip 或 .json")]) -> None:
    """核对: 包没有被改过, 并且按它的两个时间重做一遍得到同样的内容。不一致退出 1。"""
    from api import evidence

    content, told = _read(path)
    if evidence.digest(content) != told:
        typer.echo("内容和 sha256 不符: 这个包被改过")
        raise typer.Exit(1)
    again = _pack(content["customer"], _moment(content["as_of"], "as_of"), _moment(content["known_at"], "known_at"))
    if again["sha256"] != told:
        parts = [name for name in content if again["content"].get(name) != content[name]]
        typer.echo(f"重做的内容不同: {'、'.join(parts)} (事实、权利或规则在导出之后有变化)")
        raise typer.Exit(1)
    typer.echo(f"一致: sha256 {told}")


def _pack(customer: str, as_of: datetime | None, known_at: datetime | None) -> dict[str, Any]:
    """The command line is used by those who run the house; who is restricted or erased is not shown here either."""
    from api import evidence
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from dongke.scope import Principal, Role, readable_customer

    prepare_database()
    with session_scope() as session:
        who = readable_customer(session, Principal("cli", Role.COMPLIANCE), customer).id
        made = evidence.pack(session, who, as_of=as_of, known_at=known_at)
        audit.record(session, f"cli:{getpass.getuser()}", "suitability.evidence", who, sha256=made["sha256"])
    return made


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """The content and the sha256 that the file tells. Raises BadInput `evidence-invalid`."""
    import io
    import zipfile

    try:
        data = path.read_bytes()
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                sums = dict(line.split("  ")[::-1] for line in book.read("SHA256SUMS").decode().splitlines())
                content, told = json.loads(book.read("evidence.json")), sums["evidence.json"]
        else:
            whole = json.loads(data)
            content, told = whole["content"], whole["sha256"]
        if not all(isinstance(content[name], str) for name in ("customer", "as_of", "known_at")):
            raise ValueError("没有客户和时间")
    except (KeyError, TypeError, ValueError, RecursionError, zipfile.BadZipFile) as fault:
        raise BadInput("evidence-invalid", f"{path.name} 不是举证包: {fault}") from None
    return content, told


def _moment(text: str | None, name: str) -> datetime | None:
    from dongke.types import aware

    return aware(text, name) if text else None
