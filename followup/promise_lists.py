"""承诺的名单: the promises of a period from the tables, for reports; and one customer's whole ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import now
from dongke.directory import Customer, Ownership
from dongke.scope import Principal, visible
from dongke.settings import settings
from dongke.standing import PROFILE, processable
from followup import ledger, playbooks, repository, service
from followup.history import History
from followup.ledger import Promise, Tally
from followup.models import StoredOpportunity
from followup.opportunity import Opportunity
from followup.rights import is_listed, listed
from profiles.anchoring import is_to_check
from profiles.models import StoredAssertion, StoredReading
from profiles.rights.store import right_of

_VALUE = StoredAssertion.__table__.c.value  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Track:
    """一位客户的跟进经过 as of a time, from what was known by another."""

    customer: str
    opportunities: tuple[Opportunity, ...]
    promises: tuple[Promise, ...]


def track_of(
    session: Session, customer_id: str, as_of: datetime | None = None, known_at: datetime | None = None
) -> Track:
    """His opportunities and promises as of `as_of` (now), from what Dongke knew by `known_at` (now).

    `known_at` = `as_of` gives what was believed then; the default for a past `as_of` judges it with all that is known
    today. What his rights forbid to list is left out. Raises NotFound `customer-unknown`.
    """
    moment = now()
    until = as_of or moment
    history, found = service.compute(session, customer_id, until, known_at or max(moment, until))
    rights = right_of(session, history.customer_id)
    kept = [o for o in found if is_listed(o.playbook, rights)]
    promises = _promises(history, kept, until) if rights.is_profiled else []
    return Track(history.customer_id, tuple(kept), tuple(promises))


def _promises(history: History, found: Sequence[Opportunity], until: datetime) -> list[Promise]:
    return ledger.ledger(history, playbooks.load(settings().playbooks_dir), found, until)


def made_between(
    session: Session,
    principal: Principal | None,
    start: datetime,
    end: datetime,
    *,
    moment: datetime | None = None,
) -> list[Promise]:
    """The dated promises made in [start, end) to customers whom the principal may read, as they stand at `moment`.

    Who owned the customer when it was due answers for it, as in his ledger.
    """
    moment = moment or now()
    books = [book.id for book in playbooks.load(settings().playbooks_dir) if ledger.is_promise(book)]
    query = (
        select(StoredOpportunity)
        .join(Customer, col(Customer.id) == col(StoredOpportunity.customer_id))
        .where(
            col(StoredOpportunity.playbook).in_(books),
            col(StoredOpportunity.opened_at) >= start,
            col(StoredOpportunity.opened_at) < end,
            listed() if principal is None else listed() & visible(principal),
        )
        .order_by(col(StoredOpportunity.opened_at), col(StoredOpportunity.id))
    )
    rows = session.exec(query).all()
    owners = _owners(session, {row.customer_id for row in rows})
    found = (ledger.of_opportunity(repository.as_opportunity(r, service.is_overdue(r, moment)), moment) for r in rows)
    return [
        replace(p, advisor=_owner_at(owners.get(p.customer, ()), p.due_at or p.made_at) or p.advisor) for p in found
    ]


def _owners(session: Session, customer_ids: Collection[str]) -> Mapping[str, Sequence[tuple[datetime, str]]]:
    """(from, advisor) of the recorded owners of each, the oldest first."""
    o = Ownership
    query = select(o.customer_id, o.from_at, o.advisor_id).where(col(o.customer_id).in_(customer_ids))
    found: dict[str, list[tuple[datetime, str]]] = {}
    for who, from_at, advisor in session.exec(query.order_by(col(o.from_at))):
        found.setdefault(who, []).append((from_at, advisor))
    return found


def _owner_at(owners: Sequence[tuple[datetime, str]], moment: datetime) -> str | None:
    """As `History.owner_at`: before the first record, the first owner."""
    held = [advisor for from_at, advisor in owners if from_at <= moment]
    return held[-1] if held else owners[0][1] if owners else None


def undated_between(session: Session, principal: Principal | None, start: datetime, end: datetime) -> Mapping[str, int]:
    """How many undertakings without a date were given in [start, end), by the advisor who gave them. None is broken."""
    said = StoredAssertion
    query = (
        select(StoredConversation.advisor_id, func.count())
        .join(said, col(said.conversation_id) == col(StoredConversation.id))
        .join(StoredReading, col(StoredReading.id) == col(said.reading_id))
        .join(Customer, col(Customer.id) == col(said.customer_id))
        .where(
            said.tag == ledger.TAG,
            said.polarity == "affirmed",
            or_(_VALUE["due_date"].astext.is_(None), _VALUE["due_date"].astext == ""),
            col(said.said_at) >= start,
            col(said.said_at) < end,
            col(StoredReading.superseded_at).is_(None),
            ~is_to_check(now()),
            processable(col(said.customer_id), *PROFILE),
        )
        .group_by(col(StoredConversation.advisor_id))
    )
    if principal is not None:
        query = query.where(visible(principal))
    return {advisor: int(count) for advisor, count in session.exec(query)}


def table(
    session: Session, principal: Principal | None, start: datetime, end: datetime, moment: datetime | None = None
) -> dict[str, Any]:
    """兑现情况 by advisor: counts, broken rate, the ids behind each count, and how many undertakings had no date."""
    tallies: Mapping[str, Tally] = ledger.tally(made_between(session, principal, start, end, moment=moment))
    undated = undated_between(session, principal, start, end)
    none = Tally({})
    return {
        who: tallies.get(who, none).to_json() | {"undated": undated.get(who, 0)} for who in sorted({*tallies, *undated})
    }
