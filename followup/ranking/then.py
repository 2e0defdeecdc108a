"""当时的商机 of one advisor: what was live at another moment than now, computed from the facts known then."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, String, any_, literal
from sqlmodel import Session, col, select

from dongke.directory import Customer, Ownership
from dongke.scope import Principal, visible
from dongke.settings import settings
from followup import playbooks, repository, service
from followup.models import State, StoredOpportunity
from profiles.models import BehaviourEvent, StoredAssertion
from profiles.repository import links_around

LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)


def live_at(
    session: Session, principal: Principal, advisor_id: str, at: datetime
) -> list[tuple[StoredOpportunity, Customer]]:
    """The live opportunities that were his at that moment, of customers whom the principal may read now. Rows of no
    table; some milliseconds for each of his customers who had told of anything by then."""
    rows: dict[str, StoredOpportunity] = {}
    for found in service.compute_many(
        session, _told(session, _around(session, _owned(session, advisor_id, at)), at), at
    ):
        mine = (o for o in found if o.owner == advisor_id and o.state in LIVE)
        rows |= {o.id: StoredOpportunity(**repository.row_of(o, at)) for o in mine}
    readable = select(Customer).where(_is_one(Customer.id, {r.customer_id for r in rows.values()}), visible(principal))
    known = {customer.id: customer for customer in session.exec(readable)}
    return [(rows[ident], known[rows[ident].customer_id]) for ident in sorted(rows) if rows[ident].customer_id in known]


def _owned(session: Session, advisor_id: str, at: datetime) -> set[str]:
    """Whose owner he was then: by the newest record, else by the first one, else by the directory."""
    o = Ownership
    ever = select(o.customer_id).where(col(o.advisor_id) == advisor_id)
    records = select(o.customer_id, o.from_at, o.advisor_id).where(col(o.customer_id).in_(ever))
    owner: dict[str, str] = {}
    for who, from_at, advisor in session.exec(records.order_by(col(o.from_at))):
        if from_at <= at or who not in owner:
            owner[who] = advisor
    unrecorded = select(Customer.id).where(
        col(Customer.advisor_id) == advisor_id, col(Customer.id).not_in(select(o.customer_id))
    )
    return {who for who, advisor in owner.items() if advisor == advisor_id} | set(session.exec(unrecorded))


def _around(session: Session, ids: set[str]) -> set[str]:
    """These ids and all that were ever joined with them."""
    return ids | {who for link in links_around(session, *ids) for who in (link.customer_id, link.into_id)}


def _told(session: Session, ids: set[str], at: datetime) -> Sequence[str]:
    """Of whom something was known by then that a playbook may open."""
    books, a, e = playbooks.load(settings().playbooks_dir), StoredAssertion, BehaviourEvent
    said = select(a.customer_id).where(_is_one(a.customer_id, ids), col(a.tag).in_(playbooks.opening_tags(books)))
    did = select(e.customer_id).where(_is_one(e.customer_id, ids), col(e.event).in_(playbooks.opening_events(books)))
    told = (said.where(col(a.known_at) <= at), did.where(col(e.known_at) <= at))
    return sorted({who for query in told for who in session.exec(query.distinct())})


def _is_one(column: object, ids: set[str]) -> ColumnElement[bool]:
    return col(column) == any_(literal(sorted(ids), ARRAY(String)))
