"""归因的材料 out of the tables: outcomes of a period, and the talks before them with their tags."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, String, any_, literal
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import now
from followup.attribution.credit import Outcome, Touch
from profiles import repository
from profiles.anchoring import is_to_check
from profiles.behaviour.days import amount_of
from profiles.behaviour.deeds import INFLOWS, OUTFLOWS
from profiles.facts import Event
from profiles.identity.persons import canonicals
from profiles.models import StoredAssertion, StoredReading
from profiles.rights.store import rights_of

OUTCOMES: Mapping[str, str] = {"net_assets": "净新增资产(元)", "permissions": "开通权限(个)"}
#: the events that each outcome is counted from
EVENTS = {"net_assets": (*INFLOWS, *OUTFLOWS), "permissions": ("permission_opened",)}
CHUNK = 10_000


def outcomes_of(
    session: Session, persons: Collection[str], outcome: str, start: datetime, end: datetime
) -> list[Outcome]:
    """What came in [start, end) of these persons, under the ids under which they fold."""
    head = members_of(session, persons)
    ids = sorted(head)
    return [
        Outcome(e.id, head[e.customer_id], e.at, _value(e, outcome))
        for first in range(0, len(ids), CHUNK)
        for e in repository.events_of(session, ids[first : first + CHUNK], EVENTS[outcome])
        if start <= e.at < end
    ]


def _value(e: Event, outcome: str) -> float:
    if outcome == "permissions":
        return 1.0
    amount = abs(float(amount_of(e.properties) or 0))
    return -amount if e.event in OUTFLOWS else amount


def members_of(session: Session, persons: Collection[str]) -> dict[str, str]:
    """Every id → the person under whom it folds, for these persons."""
    ids = set(persons)
    for x in repository.links_around(session, *sorted(ids)) if ids else ():
        ids |= {x.customer_id, x.into_id}
    folds = canonicals(session, ids) if ids else {}
    return {who: head for who, head in folds.items() if head in persons}


def touches_of(session: Session, persons: Collection[str], start: datetime, end: datetime) -> list[Touch]:
    """Their answered talks begun in [start, end)."""
    head = members_of(session, persons)
    c = StoredConversation
    query = select(c.id, c.customer_id, c.advisor_id, c.channel, c.started_at).where(  # type: ignore[call-overload]
        col(c.customer_id) == _any(head), col(c.answered), col(c.started_at) >= start, col(c.started_at) < end
    )
    rows = session.execute(query).all()
    tags = _tags(session, [row.id for row in rows], head)
    return [
        Touch(row.id, head[row.customer_id], row.advisor_id, row.channel, row.started_at, tags.get(row.id, ()))
        for row in rows
    ]


def _tags(session: Session, talks: Sequence[str], customers: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The affirmed tags of each talk by its newest reading, without those that their customer had deleted, or whose
    words are to be checked."""
    a = StoredAssertion
    query = select(a.id).join(StoredReading, col(StoredReading.id) == col(a.reading_id))
    newest = col(StoredReading.superseded_at).is_(None)
    ids = session.exec(
        query.where(col(a.conversation_id) == _any(talks), a.polarity == "affirmed", newest, ~is_to_check(now()))
    ).all()
    told = [
        s
        for first in range(0, len(ids), CHUNK)
        for s in repository.statements_by_id(session, ids[first : first + CHUNK]).values()
    ]
    rights = rights_of(session, customers)
    found: dict[str, dict[str, None]] = {}
    for s in told:
        if rights[s.customer_id].keeps(s):
            found.setdefault(s.conversation_id, {})[s.tag] = None
    return {talk: tuple(sorted(tags)) for talk, tags in found.items()}


def _any(ids: Collection[str]) -> object:
    return any_(literal(sorted(ids), ARRAY(String)))  # one parameter, however many they are
