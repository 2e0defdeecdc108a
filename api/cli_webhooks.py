"""命令行 `dongke webhook …`: 网钩的接收方和投递. `api/cli.py` hangs it in."""

from datetime import timedelta
from typing import Annotated

import typer

app = typer.Typer(help="网钩: 把发生的事 (只有编号和数字) 签名后告诉公司内网的其他系统。", no_args_is_help=True)
Receiver = Annotated[str, typer.Argument(help="接收方编号 wh_…")]


@app.command("list")
def show() -> None:
    """全部接收方。"""
    from rich import box
    from rich.table import Table
    from sqlmodel import col, select

    from api.printing import console
    from dongke.db import session_scope
    from followup.webhooks.models import WebhookReceiver

    _ready()
    table = Table("编号", "地址", "事件", "状态", box=box.SIMPLE_HEAD)
    with session_scope() as session:
        for row in session.exec(select(WebhookReceiver).order_by(col(WebhookReceiver.made_at))):
            state = "启用" if row.is_enabled else f"停用: {row.disabled_reason}"
            table.add_row(row.id, row.url, ", ".join(row.types) or "全部", state)
    console().print(table)


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="地址; 主机要在 DONGKE_WEBHOOK_HOSTS 里")],
    types: Annotated[list[str] | None, typer.Option("--type", help="要听的事件, 可以给几个; 不给是全部")] = None,
    description: Annotated[str, typer.Option("--description")] = "",
) -> None:
    """新的接收方; 密钥只显示这一次。"""
    from dongke import audit
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        row, secret = receivers.add(session, url, types or (), description, by="cli")
        audit.record(session, "cli", "webhook.add", row.id, url=row.url, types=row.types)
    typer.echo(f"{row.id}\n{secret}")


@app.command("rotate")
def rotate(receiver: Receiver) -> None:
    """换密钥: 24 小时内新旧两个都签名。"""
    from dongke import audit
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        _, secret = receivers.rotate(session, receiver)
        audit.record(session, "cli", "webhook.rotate", receiver)
    typer.echo(secret)


@app.command("enable")
def enable(receiver: Receiver) -> None:
    """启用; 等着的马上投递。"""
    _switch(receiver, True)


@app.command("disable")
def disable(receiver: Receiver) -> None:
    """停用; 等着的留着。"""
    _switch(receiver, False)


@app.command("remove")
def remove(receiver: Receiver) -> None:
    """删除, 连同它的投递。"""
    from dongke import audit
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        receivers.remove(session, receiver)
        audit.record(session, "cli", "webhook.remove", receiver)


@app.command("test")
def test(receiver: Receiver) -> None:
    """发一个测试事件, 并马上投递等着的。"""
    from dongke.db import session_scope
    from followup.webhooks import receivers
    from followup.webhooks.delivery import send_waiting

    _ready()
    with session_scope() as session:
        receivers.send_test(session, receiver)
    send_waiting()
    _print_log(receiver, 1)


@app.command("log")
def log(receiver: Receiver, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20) -> None:
    """最近的投递, 新的在前。"""
    _ready()
    _print_log(receiver, limit)


@app.command("redeliver")
def redeliver(delivery: Annotated[int, typer.Argument(help="投递编号, 见 log")]) -> None:
    """这一次投递再发一遍。"""
    from dongke import audit
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        receivers.redeliver(session, delivery)
        audit.record(session, "cli", "webhook.redeliver", str(delivery))


@app.command("replay")
def replay(receiver: Receiver, days: Annotated[int, typer.Option("--days", min=1, max=30)] = 1) -> None:
    """最近几天的事件重发一遍。"""
    from dongke import audit
    from dongke.clock import now
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        count = receivers.replay(session, receiver, now() - timedelta(days=days))
        audit.record(session, "cli", "webhook.replay", receiver, days=days, count=count)
    typer.echo(f"{count} 件")


@app.command("send")
def send() -> None:
    """投递现在到时候的, 一遍。平时由 dongke scheduler 做。"""
    from followup.webhooks.delivery import send_waiting

    _ready()
    typer.echo(f"试了 {send_waiting(most=10_000)} 件")


def _ready() -> None:
    from api.commands import prepare_database

    prepare_database()


def _switch(receiver: str, on: bool) -> None:
    from dongke import audit
    from dongke.db import session_scope
    from followup.webhooks import receivers

    _ready()
    with session_scope() as session:
        if on:
            receivers.enable(session, receiver)
        else:
            receivers.disable(session, receiver, "命令行停用")
        audit.record(session, "cli", "webhook.change", receiver, is_enabled=on)


def _print_log(receiver: str, limit: int) -> None:
    from sqlmodel import col, select

    from dongke.clock import beijing
    from dongke.db import session_scope
    from followup.webhooks import receivers
    from followup.webhooks.delivery import log_of
    from followup.webhooks.models import WebhookDelivery, WebhookEvent

    d, e = WebhookDelivery, WebhookEvent
    with session_scope() as session:
        receivers.one(session, receiver)
        query = select(d, e).join(e, col(e.number) == col(d.event_number)).where(col(d.receiver_id) == receiver)
        rows = session.exec(query.order_by(col(d.id).desc()).limit(limit)).all()
        logs = log_of(session, [row.id for row, _ in rows if row.id is not None])
        for row, event in rows:
            tries = " ".join(str(a.status or a.error) for a in logs.get(row.id or 0, []))
            typer.echo(f"{row.id} {beijing(event.at):%Y-%m-%d %H:%M} {event.type} {row.state} [{tries}]")
