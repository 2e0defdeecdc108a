"""画像服务: the profile of a customer, at any two times. Reading needs no job: decay is computed here and now."""

from datetime import datetime

from sqlmodel import Session

from dongke import calendar_files
from dongke.clock import TradingCalendar, beijing, now
from dongke.directory import customer
from dongke.settings import settings
from dongke.stamps import check_settled, clock
from profiles import repository
from profiles.facts import CustomerFacts
from profiles.merge import fold
from profiles.profile import Profile
from profiles.rights.fold import kept
from profiles.rights.store import rights_of


def facts_of(
    session: Session, customer_id: str, known_at: datetime | None = None, *, opened: bool = False
) -> CustomerFacts:
    """The facts known by `known_at` (all where None) of this customer and everyone he was ever merged with.

    Only those that may be processed now: of a restricted or erased customer none, unless `opened` with a reason.
    Frozen values, to be cut with `CustomerFacts.at(as_of, known_at)`. Raises NotFound `customer-unknown`.
    """
    customer(session, customer_id)
    facts, are_noted = repository.load_checked(session, customer_id, known_at)
    return kept(facts, rights_of(session, facts.customer_ids, are_noted=are_noted), opened=opened)


def profile_of(
    session: Session,
    customer_id: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    calendar: TradingCalendar | None = None,
    opened: bool = False,
) -> Profile:
    """画像 at `as_of` (now), from what Dongke knew by `known_at` (now). A merged customer answers under the first id.

    The same two times give the same answer for ever. Raises NotFound `customer-unknown`, BadInput `time-naive`,
    Conflict `known-at-open` where something may still come to be known by `known_at`.
    """
    as_of = as_of or now()
    beijing(as_of)
    if known_at is not None:
        beijing(known_at)
        check_settled(session, known_at)
        facts = facts_of(session, customer_id, known_at, opened=opened)
    else:
        moment, settled = clock(session)
        facts = facts_of(session, customer_id, moment, opened=opened)
        # what is known already is not held back because somebody else is still writing
        known_at = settled if settled == moment or _is_known_by(facts, settled) else moment
    return fold(facts, as_of, known_at, calendar=calendar or trading_calendar())


def _is_known_by(facts: CustomerFacts, moment: datetime) -> bool:
    """Whether every one of them was known by then, and nothing of it has changed since."""
    kinds = (facts.assertions, facts.feedback, facts.events, facts.snapshots, facts.links)
    anchors = (anchor for s in facts.assertions for anchor in s.anchors)
    return all(fact.known_at <= moment for kind in (*kinds, anchors) for fact in kind) and all(
        r.read_at <= moment and (r.superseded_at is None or r.superseded_at <= moment) for r in facts.readings
    )


def trading_calendar() -> TradingCalendar:
    """The exchange's calendar with the operator's overrides, and the hours of the branches."""
    return calendar_files.load(settings().calendar_file, settings().hours_file)
