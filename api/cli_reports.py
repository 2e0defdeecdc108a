"""命令行 `dongke reports …`: 存档报表 – made, listed, made again and compared. `api/cli.py` hangs it in."""

from datetime import date
from typing import Annotated

import typer

from dongke.errors import BadInput

app = typer.Typer(help="存档报表: 写进报表文件夹, 存下来, 以后按当时所知重做核对。", no_args_is_help=True)


@app.command("make")
def make(
    kind: Annotated[str, typer.Argument(help="day, week 或 month")] = "week",
    on: Annotated[str | None, typer.Option("--on", help="那一周或那个月里的一天; 默认刚结束的那个")] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="只要这个营业部, 按投顾")] = None,
) -> None:
    """写一份日报, 周报或月报: JSON, Excel, PDF。"""
    from api.commands import prepare_database
    from dongke.clock import beijing, now
    from dongke.db import session_scope
    from dongke.directory import Branch
    from dongke.errors import NotFound
    from dongke.settings import settings
    from followup.reports import period, storing
    from followup.reports.periodic import ended

    prepare_database()
    moment = now()
    first, last = period(kind, _day(on)) if on else ended(kind, beijing(moment).date())
    with session_scope() as session:
        if branch is not None and session.get(Branch, branch) is None:
            raise NotFound("branch-unknown", f"没有营业部 {branch[:80]}")
        scope = {"group": "advisor", "branch": branch} if branch else {"group": "branch"}
        row = storing.keep(session, kind, first, last, moment, settings(), **scope)
        typer.echo(row.id)
        for name in row.files:
            typer.echo(settings().report_folder() / name)
        if not any(name.endswith(".pdf") for name in row.files):
            typer.echo("没有写 PDF: 缺中文字体 (docs/reports.md)", err=True)


@app.command("list")
def show(limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20) -> None:
    """最近的存档报表。"""
    from rich import box
    from rich.table import Table
    from sqlmodel import col, select

    from api.commands import prepare_database
    from api.printing import console
    from dongke.clock import beijing
    from dongke.db import session_scope
    from followup.reports.models import StoredReport

    prepare_database()
    table = Table("编号", "截至", "SHA-256", box=box.SIMPLE_HEAD)
    with session_scope() as session:
        for row in session.exec(select(StoredReport).order_by(col(StoredReport.as_of).desc()).limit(limit)):
            table.add_row(row.id, f"{beijing(row.as_of):%Y-%m-%d %H:%M}", row.sha256[:16])
    console().print(table)


@app.command("check")
def check(report: Annotated[str, typer.Argument(help="存档报表编号, 见 list")]) -> None:
    """按当时所知重做一遍, 逐字节核对; 不同则列出来, 退出码 1。"""
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from followup.reports import storing

    prepare_database()
    with session_scope() as session:
        found = storing.compare(session, storing.one(session, report))
        audit.record(session, "cli", "report.check", report, is_same=found.is_same)
    if found.is_same:
        typer.echo(f"相同 {found.made_sha256}")
        return
    typer.echo("\n".join(["不同", *found.differences]))
    raise typer.Exit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("date-invalid", f"不是日期: {text} (要 2026-06-30 这样)") from None
