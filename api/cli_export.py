"""命令行 `dongke transcribe export`: the sound of a recording as a file, with personal numbers covered if wanted."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli_archive import app

__all__ = ["app"]


@app.command("export")
def export(
    ident: Annotated[str, typer.Argument(help="录音编号")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写到这个文件")],
    redact: Annotated[bool, typer.Option("--redact", help="盖掉个人号码 (写成 16 kHz WAV)")] = False,
) -> None:
    """导出一段录音的声音; --redact 按转写稿的字时间盖掉电话, 证件号, 卡号。"""
    from api import calls, redactions
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from dongke.settings import settings

    prepare_database()
    with session_scope() as session:
        recording, _, _ = calls.readable(session, None, ident)
        calls.sound(session, recording)
        covered = redactions.export(session, recording, output, settings(), redact=redact)
        audit.record(session, "cli", "audio.export", recording.id, customer=recording.customer_id, redacted=redact)
    typer.echo(f"{output}: 盖掉 {covered} 处" if redact else f"{output}: 原声")
