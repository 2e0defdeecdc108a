"""命令行 `dongke db …`: schema, accounts, quarantine, audit. `api/cli.py` hangs it in."""

from typing import Annotated

import typer

from dongke.errors import BadInput

app = typer.Typer(help="数据库: 建表, 账号, 隔离区, 审计。", no_args_is_help=True)


@app.command("upgrade")
def upgrade_command() -> None:
    """建表或升级到最新结构。"""
    from api.commands import upgrade
    from dongke.db import database_url

    upgrade(database_url())
    typer.echo("数据库已是最新结构")


@app.command("user")
def user(
    login: str,
    role: Annotated[str, typer.Option(help="advisor, manager, compliance, admin, ingest, crm")],
    advisor: Annotated[str | None, typer.Option(help="投资顾问号")] = None,
    branch: Annotated[str | None, typer.Option(help="营业部号")] = None,
    password: Annotated[str | None, typer.Option(help="不给则会提示输入")] = None,
    single_sign_on: Annotated[bool, typer.Option("--sso", help="不设密码, 只能从单点登录进入")] = False,
) -> None:
    """新建账号, 或改密码和角色。"""
    from api.commands import prepare_database
    from dongke.db import session_scope
    from dongke.scope import Role
    from dongke.users import save_user

    if role not in list(Role):
        raise BadInput("role-unknown", f"没有角色 {role}")
    if password is None and not single_sign_on:
        password = typer.prompt("密码", hide_input=True, confirmation_prompt=True)
    prepare_database()
    with session_scope() as session:
        save_user(session, login, password, Role(role), advisor_id=advisor, branch_id=branch)
    typer.echo(f"账号 {login} 已保存")


@app.command("withdraw")
def withdraw_command(login: str) -> None:
    """收回账号: 已登录的也立即失效。"""
    from api.commands import prepare_database
    from dongke.db import session_scope
    from dongke.users import withdraw

    prepare_database()
    with session_scope() as session:
        withdraw(session, login)
    typer.echo(f"账号 {login} 已收回")


@app.command("audit")
def audit_command() -> None:
    """核对审计日志: 每一条都接得上前一条。"""
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope

    prepare_database()
    with session_scope() as session:
        broken = audit.broken_at(session)
    if broken is not None:
        typer.echo(f"审计日志从第 {broken} 条起对不上: 被改过或删过")
        raise typer.Exit(1)
    typer.echo("审计日志完整")


@app.command("quarantine")
def quarantine_command(
    limit: Annotated[int, typer.Option(help="最多列出多少件")] = 50,
) -> None:
    """列出隔离区里等待处理的输入和原因。"""
    from api.commands import prepare_database
    from dongke import quarantine
    from dongke.db import session_scope

    prepare_database()
    with session_scope() as session:
        rows = quarantine.waiting(session, limit=limit)
        for row in rows:
            typer.echo(f"{row.id:>6}  {row.door:<14}{row.code:<24}{row.source}: {row.detail}")
        total = quarantine.count(session)
    typer.echo(f"共 {total} 件" + (f", 列出 {len(rows)} 件" if len(rows) < total else ""))


@app.command("retry")
def retry(
    ident: Annotated[int | None, typer.Argument(help="隔离件编号; 不给则全部")] = None,
) -> None:
    """重试隔离区的一件, 或全部。"""
    from api.intake import retry_quarantine

    done, left = retry_quarantine(ident)
    typer.echo(f"重试成功 {done} 件, 仍在隔离区 {left} 件")
    raise typer.Exit(1 if left else 0)
