"""命令行 `dongke rights …`: 权利 of one customer, shown and exercised. `api/cli.py` hangs it in."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

app = typer.Typer(
    help="权利: 同意与拒绝, 删除标签, 限制处理, 删除, 法律保留。立即生效, 记入审计。", no_args_is_help=True
)

Customer = Annotated[str, typer.Argument(help="客户号")]
Purpose = Annotated[
    str, typer.Argument(help="profiling 画像, analysis 录音与会话分析, marketing 营销, sensitive 敏感信息")
]
Source = Annotated[str, typer.Option("--source", help="怎样得知: 客户口头, 书面, 企业微信 …")]
Reason = Annotated[str, typer.Option("--reason", help="理由")]
At = Annotated[str | None, typer.Option("--at", help="客户何时表示的, 带时区的 ISO 时间; 默认现在")]
Assertion = Annotated[str | None, typer.Option("--assertion", help="只这一个标签断言所说的事")]


@app.command("show")
def show(customer: Customer) -> None:
    """客户现在的权利, 和每一条依据。"""
    from api.printing import console
    from api.printing_rights import rights_table
    from dongke.db import session_scope
    from dongke.directory import customer as known
    from profiles.identity import persons
    from profiles.rights import store as rights_store

    _ready()
    with session_scope() as session:
        known(session, customer)
        facts = rights_store.facts_of(session, persons.members(session, customer))
        rights = rights_store.right_of(session, customer)
    console().print(rights_table(customer, rights, facts))


@app.command("grant")
def grant(customer: Customer, purpose: Purpose, source: Source = "", at: At = None) -> None:
    """同意一种处理。之前存下未读的会话会被接着处理。"""
    _exercise(customer, "consent", "granted", purpose, source=source, at=at)


@app.command("deny")
def deny(customer: Customer, purpose: Purpose, source: Source = "", at: At = None) -> None:
    """拒绝一种处理, 例如拒绝画像: dongke rights deny C1001 profiling。"""
    _exercise(customer, "consent", "denied", purpose, source=source, at=at)


@app.command("revoke")
def revoke(customer: Customer, purpose: Purpose, source: Source = "", at: At = None) -> None:
    """撤回同意。"""
    _exercise(customer, "consent", "revoked", purpose, source=source, at=at)


@app.command("delete-tag")
def delete_tag(
    customer: Customer,
    tag: Annotated[str, typer.Argument(help="标签, 例如 family.clue; 或 - 加 --assertion")],
    assertion: Assertion = None,
    source: Source = "",
    at: At = None,
) -> None:
    """按客户的意愿删除标签: 此后不再显示, 也不再生成。"""
    _exercise(customer, "tag", "deleted", "" if assertion else tag, assertion=assertion, source=source, at=at)


@app.command("restore-tag")
def restore_tag(customer: Customer, tag: str, assertion: Assertion = None, source: Source = "") -> None:
    """允许重新生成被删除的标签; 之前说过的不会回来。"""
    _exercise(customer, "tag", "restored", "" if assertion else tag, assertion=assertion, source=source)


@app.command("restrict")
def restrict(customer: Customer, reason: Reason = "") -> None:
    """限制处理: 只保存和保护, 只有合规说明理由后能看。"""
    _exercise(customer, "state", "restricted", reason=reason)


@app.command("activate")
def activate(customer: Customer, reason: Reason = "") -> None:
    """恢复正常处理。"""
    _exercise(customer, "state", "active", reason=reason)


@app.command("erase")
def erase(
    customer: Customer,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
) -> None:
    """删除: 销毁标识和姓名, 谁也看不到; 法定保存期内的记录只保存, 不处理。不能恢复。"""
    if not yes:
        typer.confirm(f"删除客户 {customer} 的数据不能恢复, 继续吗?", abort=True)
    _exercise(customer, "state", "erased", reason=reason)


@app.command("hold")
def hold(customer: Customer, reason: Reason = "") -> None:
    """法律保留: 期间不能删除。"""
    _exercise(customer, "hold", "held", reason=reason)


@app.command("release")
def release(customer: Customer, reason: Reason = "") -> None:
    """解除法律保留。"""
    _exercise(customer, "hold", "released", reason=reason)


def _exercise(
    customer: str,
    kind: str,
    status: str,
    subject: str = "",
    *,
    assertion: str | None = None,
    source: str = "",
    reason: str = "",
    at: str | None = None,
) -> None:
    from api.routes.rights import resume
    from dongke.db import session_scope
    from followup.rights import exercise
    from profiles.rights.fold import Kind
    from profiles.rights.store import Wish

    _ready()
    wish = Wish(Kind(kind), status, subject, assertion, _moment(at), source, reason)
    with session_scope() as session:
        facts = exercise(session, customer, wish, by=f"cli:{getpass.getuser()}")
        resume(session, customer)
    told = facts[0].to_json()
    both = f", 同一人的 {'、'.join(f.customer_id for f in facts)}" if len(facts) > 1 else ""
    typer.echo(f"客户 {customer}{both}: {told['status_label']}{told['subject_label']}, 已生效")


def _ready() -> None:
    from api.commands import prepare_database
    from api.queue import apply_queue_schema

    apply_queue_schema(prepare_database())


def _moment(text: str | None) -> datetime | None:
    from dongke.types import aware

    return aware(text, "--at") if text else None
