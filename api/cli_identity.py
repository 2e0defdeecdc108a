"""命令行 `dongke identity …`: who is who – show, link, unlink, merge, unmerge, doubts, households."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import Conflict

if TYPE_CHECKING:
    from sqlmodel import Session

    from dongke.scope import Principal

app = typer.Typer(help="客户身份: 标识、合并与拆分、疑点、一家人。", no_args_is_help=True)

Why = Annotated[str, typer.Option("--reason", help="为什么, 进审计记录")]
At = Annotated[str | None, typer.Option("--at", help="日期或 ISO 时间; 不给则现在")]


@app.command()
def show(customer_id: str) -> None:
    """一位客户是谁: 合并的客户号, 标识 (掩码), 经过, 一家人, 疑点。"""
    from api.identity_views import show as view
    from api.printing_identity import identity_page

    _print(identity_page(_run(lambda session, who: view(session, who, customer_id))))


@app.command()
def link(
    customer_id: str,
    kind: Annotated[str, typer.Argument(help="phone, fund_account, openid, device …")],
    value: str,
    reason: Why,
    at: At = None,
    shared: Annotated[bool, typer.Option("--shared", help="原来的持有人也继续用 (一家人共用)")] = False,
) -> None:
    """给客户关联一个标识。"""
    from api import identities
    from api.schemas_identity import LinkIn

    given = LinkIn(kind=kind, value=value, from_at=_moment(at), shared=shared, reason=_reason(reason))
    found = _run(lambda session, who: identities.link(session, who, customer_id, given))
    typer.echo(f"已关联: {found['label']} {found['value']}, 编号 {found['id']}")


@app.command()
def unlink(customer_id: str, identifier_id: str, reason: Why, at: At = None) -> None:
    """解除一个标识 (编号见 show)。--at 给关联开始的时间或更早, 就是从来不是他的。"""
    from api import identities

    until, why = _moment(at), _reason(reason)
    found = _run(lambda session, who: identities.unlink(session, who, customer_id, identifier_id, until, why))
    typer.echo(f"已解除: {found['label']} {found['value']}")


@app.command()
def merge(first: str, second: str, reason: Why, at: At = None) -> None:
    """合并: 之后两人的事实归在第一个客户号名下, 商机随之重算。"""
    from api import identities
    from api.schemas_identity import MergeIn

    given = MergeIn(customer_id=first, other_id=second, at=_moment(at), reason=_reason(reason))
    done = _run(lambda session, who: identities.merge(session, who, given))
    _refresh(done)
    (person,) = done["persons"]
    typer.echo(f"已合并到 {person['canonical_id']}: {'、'.join(person['members'])}")


@app.command()
def unmerge(first: str, second: str, reason: Why, at: At = None) -> None:
    """拆分: 撤回把这两位合在一起的那一次合并, 商机随之分开。--at 给合并的时间, 就是从未合并。"""
    from api import identities
    from api.schemas_identity import MergeIn

    given = MergeIn(customer_id=first, other_id=second, at=_moment(at), reason=_reason(reason))
    done = _run(lambda session, who: identities.unmerge(session, who, given))
    _refresh(done)
    typer.echo("已拆分: " + "; ".join("、".join(person["members"]) for person in done["persons"]))


@app.command("conflicts")
def conflicts_command(
    kind: Annotated[str | None, typer.Option(help="disagreement, handover, double, limit")] = None,
    settled: Annotated[bool, typer.Option("--all", help="连同已处理的")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """身份疑点: 数据里说法不一, 等人来定的。"""
    from api.identity_views import doubts
    from api.printing_identity import conflict_table

    page = _run(lambda session, who: doubts(session, who, kind=kind, settled=settled, limit=limit))
    _print(conflict_table(page["items"], more=page["next_cursor"] is not None))


@app.command()
def settle(conflict_id: str, reason: Why) -> None:
    """疑点已处理, 写明结论。"""
    from api import identities

    why = _reason(reason)
    _run(lambda session, who: identities.settle(session, who, conflict_id, why))
    typer.echo(f"疑点 {conflict_id} 已处理")


@app.command()
def household(
    customer_id: str, at: Annotated[str | None, typer.Option("--as-of", help="哪一天; 不给则现在")] = None
) -> None:
    """一家人的线索: 谁和这位客户共用电话或设备。"""
    from api.printing_identity import household_lines
    from dongke.clock import now
    from profiles.identity.households import household_of

    as_of = _moment(at) or now()
    for line in household_lines(_run(lambda session, who: household_of(session, customer_id, as_of))):
        typer.echo(line)


def _run(work: "Callable[[Session, Principal], Any]") -> Any:
    """One transaction, in the name of the one at the machine. What a refusal leaves behind is kept."""
    import getpass

    from api.commands import prepare_database
    from dongke.db import session_scope
    from dongke.scope import Principal, Role

    prepare_database()
    with session_scope() as session:
        try:
            return work(session, Principal(f"cli:{getpass.getuser()}", Role.ADMIN))
        except Conflict as fault:
            refused = fault
    raise refused


def _refresh(done: dict[str, Any]) -> None:
    """The opportunities at once, whether or not a worker runs."""
    from api import worker
    from api.queue import Task

    for person in done["persons"]:
        worker.attempt(Task.CUSTOMER, person["canonical_id"], worker.WORK[Task.CUSTOMER])


def _moment(text: str | None) -> datetime | None:
    from profiles.identity.rows import moment

    return moment(text, "--at") if text else None


def _reason(text: str) -> str:
    from dongke.errors import BadInput

    if not 2 <= len(text.strip()) <= 500:
        raise BadInput("reason-missing", "要写明理由: --reason, 2 到 500 个字")
    return text.strip()


def _print(what: Any) -> None:
    from api.printing import console

    console().print(what)
