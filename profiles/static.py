"""静态导入: branches.csv, advisors.csv and customers.csv, all rows at once, a bad row by itself aside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.directory import Advisor, Branch, Customer, Ownership
from dongke.errors import BadInput, DongkeError
from dongke.stamps import stamp
from profiles.identity import service as identity
from profiles.rights.store import erased
from profiles.snapshots import SnapshotResult, effective_at
from profiles.snapshots import take_snapshots as take_snapshots
from profiles.tables import Source, is_text, rows_of

BRANCH_COLUMNS = ("branch_id", "name")
ADVISOR_COLUMNS = ("advisor_id", "name", "branch_id")
CUSTOMER_COLUMNS = ("customer_id", "name", "advisor_id")
MAX_ID_CHARS = 64
Row = Mapping[str, Any]


@dataclass(slots=True)
class DirectoryResult:
    """What became of the rows. `faults`: (which file, row number from 0, reason)."""

    branches: int = 0
    advisors: int = 0
    customers: int = 0
    unchanged: int = 0
    snapshots: int = 0
    faults: list[tuple[str, int, DongkeError]] = field(default_factory=list)


def take_directory(
    session: Session,
    branches: Source | None = None,
    advisors: Source | None = None,
    customers: Source | None = None,
    *,
    received_at: datetime | None = None,
) -> DirectoryResult:
    """通讯录: any of the three files, in this order. The counts are of rows that were new or changed.

    Raises BadInput `encoding`, `csv-columns`, `file-unreadable`; a bad row is a fault (`row-invalid`,
    `branch-unknown`, `advisor-unknown`, `snapshot-invalid`, `identifier-invalid`).
    """
    received_at = received_at or stamp(session)
    result = DirectoryResult()
    if branches is not None:
        _take_branches(session, rows_of(branches, BRANCH_COLUMNS), result)
    if advisors is not None:
        _take_advisors(session, rows_of(advisors, ADVISOR_COLUMNS), result)
    if customers is not None:
        _take_customers(session, rows_of(customers, CUSTOMER_COLUMNS), result, received_at)
    session.flush()
    session.expire_all()  # rows were written past the ORM
    return result


def _take_branches(session: Session, rows: Iterable[Row], result: DirectoryResult) -> None:
    known = {b.id: b.name for b in session.exec(select(Branch))}
    for number, row in enumerate(rows):
        try:
            ident, name = _ident(row, "branch_id"), _name(row)
        except DongkeError as fault:
            result.faults.append(("branches", number, fault))
            continue
        if known.get(ident) == name:
            result.unchanged += 1
            continue
        _upsert(session, Branch, {"id": ident, "name": name})
        known[ident] = name
        result.branches += 1


def _take_advisors(session: Session, rows: Iterable[Row], result: DirectoryResult) -> None:
    branches = set(session.exec(select(Branch.id)))
    known = {a.id: (a.name, a.branch_id, list(a.deputies)) for a in session.exec(select(Advisor))}
    for number, row in enumerate(rows):
        try:
            ident, name, branch = _ident(row, "advisor_id"), _name(row), _ident(row, "branch_id")
            if branch not in branches:
                raise BadInput("branch-unknown", f"没有营业部 {branch}")
        except DongkeError as fault:
            result.faults.append(("advisors", number, fault))
            continue
        deputies = _split(row.get("deputies"))
        if known.get(ident) == (name, branch, deputies):
            result.unchanged += 1
        else:
            _upsert(session, Advisor, {"id": ident, "name": name, "branch_id": branch, "deputies": deputies})
            known[ident] = (name, branch, deputies)
            result.advisors += 1
        if row.get("wecom_userid"):
            identity.link_advisor(session, str(row["wecom_userid"]).strip(), ident)


def _take_customers(session: Session, rows: list[Row], result: DirectoryResult, received_at: datetime) -> None:
    advisors = set(session.exec(select(Advisor.id)))
    known = {c.id: (c.name, c.advisor_id) for c in session.exec(select(Customer))}
    gone = erased(session)
    good: list[tuple[int, Row]] = []
    changed: list[tuple[dict[str, Any], datetime]] = []
    for number, row in enumerate(rows):
        try:
            who, name, owner = _ident(row, "customer_id"), _name(row), _ident(row, "advisor_id")
            since = effective_at(row, received_at)
            if owner not in advisors:
                raise BadInput("advisor-unknown", f"没有投资顾问 {owner}")
        except DongkeError as fault:
            result.faults.append(("customers", number, fault))
            continue
        if who in gone:  # his name and numbers were destroyed: nothing takes them up again
            result.unchanged += 1
            continue
        good.append((number, row))
        if known.get(who) != (name, owner):
            changed.append(({"id": who, "name": name, "advisor_id": owner}, since))
            known[who] = (name, owner)
    _write_customers(session, changed)
    filed = take_snapshots(session, [row for _, row in good], received_at=received_at)
    _report(result, filed, good, {row["id"] for row, _ in changed})
    _link_identifiers(session, good, set(filed.changed_ids) | {row["id"] for row, _ in changed}, result, received_at)


def _report(result: DirectoryResult, filed: SnapshotResult, good: list[tuple[int, Row]], changed_ids: set[str]) -> None:
    result.faults += [("customers", good[index][0], fault) for index, fault in filed.faults]
    result.snapshots = filed.accepted
    result.customers = len(changed_ids | set(filed.changed_ids))
    result.unchanged += len(good) - len(filed.faults) - result.customers


def _write_customers(session: Session, changed: list[tuple[dict[str, Any], datetime]]) -> None:
    """Customers, then the ownership facts, then the owner now: the one of the newest fact."""
    if not changed:
        return
    _upsert(session, Customer, *(row for row, _ in changed))
    statement = insert(Ownership)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["customer_id", "from_at"], set_={"advisor_id": statement.excluded.advisor_id}
        ),
        [{"customer_id": r["id"], "from_at": since, "advisor_id": r["advisor_id"]} for r, since in changed],
    )
    ids = sorted({row["id"] for row, _ in changed})
    newest: dict[str, str] = {}
    for fact in session.exec(
        select(Ownership).where(col(Ownership.customer_id).in_(ids)).order_by(col(Ownership.from_at))
    ):
        newest[fact.customer_id] = fact.advisor_id
    table = Customer.__table__  # type: ignore[attr-defined]
    session.execute(
        update(table).where(table.c.id == bindparam("who")).values(advisor_id=bindparam("owner")),
        [{"who": who, "owner": owner} for who, owner in newest.items()],
    )


def _link_identifiers(
    session: Session, good: list[tuple[int, Row]], changed: set[str], result: DirectoryResult, received_at: datetime
) -> None:
    """Only for rows that changed: else a couple's telephone would change hands with every nightly load."""
    columns = (("wecom_external_userid", identity.EXTERNAL_USERID), ("phone", identity.PHONE))
    claims: list[tuple[int, identity.Claim]] = []
    for number, row in good:
        who = str(row["customer_id"]).strip()
        if who in changed:
            since = effective_at(row, received_at)
            told = ((kind, row.get(column)) for column, kind in columns)
            claims += [(number, identity.Claim(kind, str(value), who, since)) for kind, value in told if value]
    for index, fault in identity.link_many(session, [claim for _, claim in claims]):
        result.faults.append(("customers", claims[index][0], fault))


def _upsert(session: Session, model: type[Branch] | type[Advisor] | type[Customer], *rows: dict[str, Any]) -> None:
    statement = insert(model)
    rest = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=rest), list(rows))


def _ident(row: Row, column: str) -> str:
    value = row.get(column)
    if not is_text(value, MAX_ID_CHARS):
        raise BadInput("row-invalid", f"{column} 要是 1 到 {MAX_ID_CHARS} 个字符")
    return str(value).strip()


def _name(row: Row) -> str:
    value = row.get("name") or ""
    if value and not is_text(value, 100):
        raise BadInput("row-invalid", "name 要是 1 到 100 个字符")
    return str(value).strip()


def _split(value: Any) -> list[str]:
    parts = value.split(";") if isinstance(value, str) else value or []
    return [str(p).strip() for p in parts if str(p).strip()]
