"""列表: customers and opportunities as lists, in pages, only those that the principal may read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import Session, col, select

from api import paging
from api.labels import key_label, playbook_label, state_label
from asr.models import StoredConversation
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, visible
from dongke.types import aware
from followup.models import State, StoredOpportunity
from followup.rights import listed
from followup.service import is_overdue
from profiles.suitability import marks, offers
from profiles.suitability.assessment import Suitability

LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)  #: states in which something is still to be done
_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Which opportunities are asked for; None takes all."""

    states: tuple[State, ...] = ()
    overdue: bool | None = None
    playbook: str | None = None
    advisor_id: str | None = None
    branch_id: str | None = None
    customer_id: str | None = None
    ids: tuple[str, ...] = ()


def overdue(at: datetime) -> ColumnElement[bool]:
    """逾期, as `followup.service.is_overdue` says it of a row: neither followed up nor over when the due time came."""
    due = col(StoredOpportunity.due_at)
    ends = (col(StoredOpportunity.discharged_at), col(StoredOpportunity.closed_at))
    return and_(due <= at, *(or_(end.is_(None), end > due) for end in ends))


def pending(at: datetime) -> ColumnElement[bool]:
    """Overdue and still to be done: what is listed as 逾期 to work on."""
    return and_(overdue(at), col(StoredOpportunity.state).in_(LIVE), col(StoredOpportunity.discharged_at).is_(None))


def customers(
    session: Session, principal: Principal, *, search: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of customers by id; `search` is a part of the id or the name."""
    query = _customer_rows().where(visible(principal))
    if search:
        like = f"%{search.translate(_ESCAPES)}%"
        query = query.where(or_(col(Customer.id).ilike(like), col(Customer.name).ilike(like)))
    place = paging.decode("customers", cursor, 1)
    if place:
        query = query.where(col(Customer.id) > place[0])
    rows, last = paging.page(session.execute(query.order_by(Customer.id).limit(limit + 1)).all(), limit)
    items = [_customer(row) for row in rows]
    return {"items": items, "next_cursor": paging.encode("customers", last[0].id) if last else None}


def opportunities(
    session: Session, principal: Principal, wanted: OpportunityFilter, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of opportunities, the earliest deadline first."""
    at = now()
    query = _opportunity_rows(principal).where(*_conditions(wanted, at))
    place = paging.decode("opportunities", cursor, 2)
    if place:
        due = _cursor_time(place[0])
        query = query.where(paging.after((StoredOpportunity.due_at, StoredOpportunity.id), (due, place[1])))
    query = query.order_by(col(StoredOpportunity.due_at), col(StoredOpportunity.id))
    rows, last = paging.page(session.execute(query.limit(limit + 1)).all(), limit)
    suitable = offers.of_many(session, [row.customer_id for row, _, _ in rows])
    items = [opportunity(row, customer, owner, at, suitable[row.customer_id]) for row, customer, owner in rows]
    after = paging.encode("opportunities", last[0].due_at.isoformat(), last[0].id) if last else None
    return {"items": items, "next_cursor": after}


def shown_opportunity(session: Session, row: StoredOpportunity, customer: Customer, owner: Advisor) -> dict[str, Any]:
    """One opportunity as the API shows it now."""
    suitable = offers.of_many(session, [row.customer_id])[row.customer_id]
    return opportunity(row, customer, owner, now(), suitable)


def readable_opportunity(
    session: Session, principal: Principal, ident: str
) -> tuple[StoredOpportunity, Customer, Advisor]:
    """That opportunity, if the principal may read its customer. Raises NotFound `opportunity-unknown`."""
    query = _opportunity_rows(principal).where(StoredOpportunity.id == ident)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("opportunity-unknown", "没有这个商机")
    return found[0], found[1], found[2]


def opportunity(
    row: StoredOpportunity, customer: Customer, owner: Advisor, at: datetime, suitable: Suitability
) -> dict[str, Any]:
    """An opportunity as the API shows it, with whether what it suggests may be offered."""
    mark = marks.of_playbook(row.playbook, row.key, suitable)
    return row.model_dump(exclude={"causes", "computed_at"}) | {
        "customer_name": customer.name,
        "owner_name": owner.name,
        "playbook_label": playbook_label(row.playbook),
        "key_label": key_label(row.playbook, row.key),
        "state": str(row.state),
        "state_label": state_label(row.state),
        "overdue": is_overdue(row, at),
        "suitability": mark.to_json() if mark else None,
    }


def _opportunity_rows(principal: Principal) -> Any:
    return (
        select(StoredOpportunity, Customer, Advisor)
        .join(Customer, col(StoredOpportunity.customer_id) == col(Customer.id))
        .join(Advisor, col(StoredOpportunity.owner_id) == col(Advisor.id))
        .where(visible(principal), listed())
    )


def _conditions(wanted: OpportunityFilter, at: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(col(StoredOpportunity.state).in_(wanted.states))
    if wanted.overdue is not None:
        found.append(overdue(at) if wanted.overdue else ~overdue(at))
    if wanted.playbook:
        found.append(col(StoredOpportunity.playbook) == wanted.playbook)
    if wanted.advisor_id:
        found.append(col(StoredOpportunity.owner_id) == wanted.advisor_id)
    if wanted.branch_id:
        found.append(col(Advisor.branch_id) == wanted.branch_id)
    if wanted.ids:
        found.append(col(StoredOpportunity.id).in_(wanted.ids))
    if wanted.customer_id:
        found.append(col(StoredOpportunity.customer_id) == wanted.customer_id)
    return found


def _customer_rows() -> Any:
    at = now()
    live = (
        select(
            col(StoredOpportunity.customer_id).label("customer_id"),
            func.count().label("open"),
            func.sum(case((pending(at), 1), else_=0)).label("overdue"),
        )
        .where(col(StoredOpportunity.state).in_(LIVE), listed())
        .group_by(col(StoredOpportunity.customer_id))
        .subquery()
    )
    talks = (
        select(func.max(col(StoredConversation.started_at)))
        .where(col(StoredConversation.customer_id) == col(Customer.id), col(StoredConversation.answered))
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        select(Customer, Advisor.name, live.c.open, live.c.overdue, talks)  # type: ignore[call-overload]
        .join(Advisor, col(Customer.advisor_id) == col(Advisor.id))
        .outerjoin(live, live.c.customer_id == col(Customer.id))
    )


def _customer(row: Any) -> dict[str, Any]:
    customer, advisor_name, count, late, last = row
    return {
        "id": customer.id,
        "name": customer.name,
        "advisor_id": customer.advisor_id,
        "advisor_name": advisor_name,
        "open_opportunities": count or 0,
        "overdue_opportunities": late or 0,
        "last_contact_at": last,
    }


def _cursor_time(value: str) -> datetime:
    try:
        return aware(value, "cursor")
    except BadInput:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
