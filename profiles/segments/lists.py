"""名单: previews, members, explanations and maturities, as those may see them who ask.

Every list is settled first, passes the gate of rights, and keeps to the customers whom the principal may read. One that
is going to suggest a product says of each customer whether he may be offered it, and by which rule.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from sqlalchemy import and_, func, literal, or_, tuple_
from sqlmodel import Session, col, select

from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, readable_customer
from profiles.identity.persons import canonical
from profiles.labels import tables
from profiles.segments import gate
from profiles.segments.checks import Moment
from profiles.segments.evaluate import Finding, explain
from profiles.segments.follow import FollowSource
from profiles.segments.models import SegmentItem, SegmentRow
from profiles.segments.query import condition
from profiles.segments.row import Row
from profiles.segments.tree import Tree, leaf
from profiles.segments.view import MOST_AT_ONCE, settle, stored
from profiles.service import trading_calendar
from profiles.suitability import assessment as suitability
from profiles.suitability.assessment import table_on

MATURITY_DAYS = (7, 3, 0)  #: T-7, T-3, T-0
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Member:
    """名单里的一位客户."""

    customer_id: str
    name: str
    advisor_id: str
    advisor_name: str
    because: str
    offer: Mapping[str, Any] | None = None  #: of a list that suggests: as `offer_of`

    def to_json(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer_id,
            "name": self.name,
            "advisor_id": self.advisor_id,
            "advisor_name": self.advisor_name,
            "because": self.because,
            "suitability": dict(self.offer) if self.offer is not None else None,
        }


def settled(session: Session, follow: FollowSource) -> Moment:
    """The moment of an answer, with every row true at it."""
    moment = now()
    settle(session, follow, moment=moment, most=MOST_AT_ONCE)
    return Moment(moment, trading_calendar())


def count(session: Session, principal: Principal, tree: Tree, asked: Moment, suggests: str | None = None) -> int:
    """How many customers belong to it, of those whom the principal may read."""
    query = _belonging(principal, tree, asked, suggests).with_only_columns(func.count())
    return int(session.execute(query).scalar_one())


def members(
    session: Session,
    principal: Principal,
    tree: Tree,
    asked: Moment,
    *,
    after: str | None = None,
    limit: int | None = 50,
    suggests: str | None = None,
) -> list[Member]:
    """The customers who belong to it, by id, from behind `after` on, with why."""
    query = _belonging(principal, tree, asked, suggests)
    if after is not None:
        query = query.where(col(Customer.id) > after)
    rows = session.execute(query.order_by(col(Customer.id)).limit(limit)).all()
    who = stored(session, [customer.id for customer, _ in rows])
    return [_member(customer, advisor, who[customer.id], tree, asked, suggests) for customer, advisor in rows]


def why(session: Session, principal: Principal, tree: Tree, customer_id: str, asked: Moment) -> tuple[str, Finding]:
    """Why that customer belongs to it or not: the id under which he folds, and every condition with what there is.

    Raises NotFound `customer-unknown`, also where the principal may not read him or he may not be profiled.
    """
    readable_customer(session, principal, customer_id)
    head = readable_customer(session, principal, canonical(session, customer_id)).id
    if not gate.admitted(session, [head]):
        raise NotFound("customer-unknown", f"没有客户 {customer_id}")
    return head, explain(tree, stored(session, [head])[head], asked)


def to_csv(found: Sequence[Member], *, suggests: bool) -> str:
    """The list for a spreadsheet; no cell can be taken for a formula."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["客户号", "姓名", "投资顾问", "投资顾问号", "入选原因", *(["适当性", "规则"] if suggests else [])])
    for m in found:
        offer = (
            [("可推荐" if m.offer["status"] == "allowed" else "不可推荐"), m.offer["text"]]
            if m.offer is not None
            else []
        )
        writer.writerow(map(guarded, [m.customer_id, m.name, m.advisor_name, m.advisor_id, m.because, *offer]))
    return out.getvalue()


def guarded(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + text if text.lstrip(" \n").startswith(_FORMULA) else text


@dataclass(frozen=True, slots=True)
class Maturing:
    """到期客群的一行: whose money, which, and in how many trading days."""

    member: Member
    number: int  #: of the item among the customer's, for paging
    data: Mapping[str, Any]
    left: int
    is_provisional: bool

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it stands in the list."""
        return self.data["on"], self.member.customer_id, self.number

    def to_json(self) -> dict[str, Any]:
        told = {key: self.data.get(key) for key in ("source", "product", "institution", "low", "high")}
        days = {"matures_on": self.data["on"], "trading_days_left": self.left, "is_provisional": self.is_provisional}
        return {**self.member.to_json(), **told, **days}


def maturing(
    session: Session,
    principal: Principal,
    asked: Moment,
    *,
    left: Sequence[int] = MATURITY_DAYS,
    after: tuple[str, str, int] | None = None,
    limit: int = 50,
    suggests: str | None = None,
) -> list[Maturing]:
    """到期客群 T-7/T-3/T-0: what matures in exactly so many trading days, the earliest first, then by customer."""
    on = col(SegmentItem.data)["on"].astext.collate("C")
    days = {n: asked.trading_day(n) for n in sorted(set(left))}
    within = [and_(on >= first, on <= last) for first, last in days.values()]
    query = (
        select(SegmentItem, Customer, Advisor)
        .join(Customer, col(Customer.id) == col(SegmentItem.customer_id))
        .join(Advisor, col(Advisor.id) == col(Customer.advisor_id))
        .where(SegmentItem.collection == "maturity", or_(*within))
        .where(gate.shown(principal, is_marketing=True))
    )
    if after is not None:
        place = tuple_(*(literal(part) for part in after))
        query = query.where(tuple_(on, col(SegmentItem.customer_id), col(SegmentItem.number)) > place)
    query = query.order_by(on, col(SegmentItem.customer_id), col(SegmentItem.number)).limit(limit)
    rows = session.execute(query).all()
    who = stored(session, [item.customer_id for item, _, _ in rows])
    return [_maturing(item, customer, advisor, who, days, asked, suggests) for item, customer, advisor in rows]


def _maturing(
    item: SegmentItem,
    customer: Customer,
    advisor: Advisor,
    who: Mapping[str, Row],
    days: Mapping[int, tuple[str, str]],
    asked: Moment,
    suggests: str | None,
) -> Maturing:
    on = item.data["on"]
    count = next(n for n, (first, last) in days.items() if first <= on <= last)
    asks = leaf("maturity", {"on": {"in_trading_days": count}})
    member = _member(customer, advisor, who[customer.id], asks, asked, suggests)
    return Maturing(member, item.number, item.data, count, asked.calendar.is_provisional(date.fromisoformat(on)))


def _belonging(principal: Principal, tree: Tree, asked: Moment, suggests: str | None) -> Any:
    return (
        select(Customer, Advisor)
        .join(SegmentRow, col(SegmentRow.customer_id) == col(Customer.id))
        .join(Advisor, col(Advisor.id) == col(Customer.advisor_id))
        .where(condition(tree, asked), gate.shown(principal, is_marketing=suggests is not None))
    )


def _member(customer: Customer, advisor: Advisor, row: Row, tree: Tree, asked: Moment, suggests: str | None) -> Member:
    because = explain(tree, row, asked).because
    offer = offer_of(row, suggests, asked.today) if suggests is not None else None
    return Member(customer.id, customer.name, advisor.id, advisor.name, because, offer)


def suggestion(what: str | None) -> str | None:
    """What a list suggests: a product, `permission:<code>`, or a product risk. Raises BadInput `suggestion-unknown`."""
    if what is None or what in tables()["product"] or what in table_on(now().date()).products:
        return what
    if what.startswith("permission:") and what.removeprefix("permission:") in tables()["permission"]:
        return what
    raise BadInput("suggestion-unknown", f"没有产品 {what[:40]}: 要产品代码, permission:权限代码, 或 R1–R5")


def offer_of(row: Row, what: str, today: date) -> dict[str, Any]:
    """适当性 of the suggestion on that day: may it be made, by which rule (and version), in words."""
    told = suitability.offer(what, row.suitability(today)).to_json()
    return {"suggestion": what} | {key: told[key] for key in ("status", "rule", "rule_version", "text")}
