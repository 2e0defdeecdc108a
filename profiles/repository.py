"""Facts out of the tables, as frozen values. Plain column rows, not ORM objects: a profile reads thousands of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, String, any_, literal, select
from sqlmodel import Session, col

from profiles import loading
from profiles.behaviour.calls import calls_of
from profiles.facts import CustomerFacts, Event, Feedback, ReadTalk, Snapshot, Statement
from profiles.identity.grouping import Link
from profiles.loading import quote_of as quote_of
from profiles.models import (
    BehaviourEvent,
    IdentityLink,
    StaticSnapshot,
    StoredAssertion,
    StoredReading,
    TagAnchor,
    TagFeedback,
)


def links_around(session: Session, *customer_ids: str) -> tuple[Link, ...]:
    """All links, past ones too, of everyone who was ever joined to these customers, directly or through others."""
    seen, fresh, found = set(customer_ids), set(customer_ids), dict[str, Link]()
    while fresh:
        these = any_(literal(sorted(fresh), ARRAY(String)))  # one parameter, however many they are
        rows = session.scalars(
            select(IdentityLink).where((col(IdentityLink.customer_id) == these) | (col(IdentityLink.into_id) == these))
        )
        found |= {r.id: Link(r.id, r.customer_id, r.into_id, r.at, r.known_at, r.by, r.undoes) for r in rows}
        everyone = {who for x in found.values() for who in (x.customer_id, x.into_id)}
        fresh = everyone - seen
        seen |= fresh
    return tuple(sorted(found.values(), key=lambda x: x.order))


def load(session: Session, customer_id: str, known_at: datetime | None = None) -> CustomerFacts:
    """All facts of the customer and of everyone he was ever merged with; those known by `known_at` where given."""
    return load_checked(session, customer_id, known_at)[0]


def load_checked(session: Session, customer_id: str, known_at: datetime | None = None) -> tuple[CustomerFacts, bool]:
    """The same, and whether rights are noted of any of them: of most customers none are, and none need be fetched."""
    facts, ids, has_feedback, has_standing = loading.load(session, customer_id, known_at)
    if has_feedback:
        facts = replace(facts, feedback=feedback_of(session, ids, known_at))
    return facts, has_standing


def load_many(session: Session, customer_ids: Collection[str]) -> dict[str, CustomerFacts]:
    """All facts of each of these customers and of everyone who was ever merged with one of them, by id, in one go."""
    links, ids = _persons(session, customer_ids)
    kinds: dict[str, Any] = {
        "assertions": statements_of(session, ids),
        "feedback": feedback_of(session, ids),
        "events": _events(session, ids) + calls_of(session, ids),
        "snapshots": _snapshots(session, ids),
        "links": links,
        "readings": _readings(session, ids),
    }
    return _sorted_out(kinds, links, ids)


def load_part(session: Session, customer_ids: Collection[str], tags: Collection[str]) -> dict[str, CustomerFacts]:
    """The same, but only the file and what concerns these tags: enough for suitability in a list."""
    links, ids = _persons(session, customer_ids)
    kinds: dict[str, Any] = {
        "assertions": statements_of(session, ids, tags=tags),
        "feedback": feedback_of(session, ids, tags=tags),
        "snapshots": _snapshots(session, ids),
        "links": links,
    }
    return _sorted_out(kinds, links, ids)


def _persons(session: Session, customer_ids: Collection[str]) -> tuple[tuple[Link, ...], set[str]]:
    links = links_around(session, *customer_ids)
    return links, {*customer_ids, *(who for x in links for who in (x.customer_id, x.into_id))}


def _sorted_out(
    kinds: Mapping[str, tuple[Any, ...]], links: tuple[Link, ...], ids: Collection[str]
) -> dict[str, CustomerFacts]:
    mine: dict[str, dict[str, list[Any]]] = {who: {name: [] for name in kinds} for who in ids}
    for name, rows in kinds.items():
        for row in rows:
            mine[row.customer_id][name].append(row)
    found: dict[str, CustomerFacts] = {}
    for group in _joined(ids, links):
        whole: dict[str, Any] = {name: tuple(row for who in group for row in mine[who][name]) for name in kinds}
        found |= {who: CustomerFacts(customer_id=who, **whole) for who in group}
    return found


def _joined(ids: Collection[str], links: Iterable[Link]) -> list[list[str]]:
    """The ids in groups of those whom links ever joined, directly or through others."""
    group = {who: [who] for who in sorted(ids)}
    for x in links:
        one, other = group[x.customer_id], group[x.into_id]
        if one is not other:
            one.extend(other)
            group.update(dict.fromkeys(other, one))
    return list({id(who): who for who in group.values()}.values())


_ASSERTION_COLUMNS = (*StoredAssertion.__table__.c, StoredReading.__table__.c.superseded_at)  # type: ignore[attr-defined]


def statements_of(session: Session, ids: Collection[str], tags: Collection[str] = ()) -> tuple[Statement, ...]:
    """What these customers said (of these tags, where given) by every reading."""
    query = (
        select(*_ASSERTION_COLUMNS)
        .join(StoredReading, col(StoredReading.id) == col(StoredAssertion.reading_id))
        .where(col(StoredAssertion.customer_id).in_(ids))
    )
    if tags:
        query = query.where(col(StoredAssertion.tag).in_(tags))
    said = [_statement(row) for row in session.execute(query)]
    return loading.anchored(said, _anchors(session, col(TagAnchor.customer_id).in_(ids)))


def _anchors(session: Session, whose: ColumnElement[bool]) -> Sequence[Row[Any]]:
    a = TagAnchor
    return session.execute(select(a.assertion_id, a.known_at, a.evidence, a.suspended).where(whose)).all()  # type: ignore[call-overload]


def _statement(row: Row[Any]) -> Statement:
    return Statement(
        id=row.id,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        tag=row.tag,
        polarity=row.polarity,
        value=row.value,
        confidence=row.confidence,
        evidence=tuple(quote_of(row.conversation_id, e, row.said_at) for e in row.evidence),
        said_at=row.said_at,
        known_at=row.known_at,
        superseded_at=row.superseded_at,
        holder=row.holder,
        certainty=row.certainty,
        explanation=row.explanation,
    )


def feedback_of(
    session: Session, ids: Collection[str], known_at: datetime | None = None, tags: Collection[str] = ()
) -> tuple[Feedback, ...]:
    """The verdicts on what these customers said (of these tags, where given), known by `known_at` where given."""
    query = select(TagFeedback).where(col(TagFeedback.customer_id).in_(ids))
    if known_at is not None:
        query = query.where(col(TagFeedback.known_at) <= known_at)
    if tags:
        query = query.where(col(TagFeedback.tag).in_(tags))
    rows = list(session.scalars(query))
    targets = statements_by_id(session, {row.assertion_id for row in rows if row.assertion_id})
    return tuple(
        Feedback(
            id=row.id,
            customer_id=row.customer_id,
            tag=row.tag,
            verdict=row.verdict,
            by=row.by,
            at=row.at,
            known_at=row.known_at,
            value=row.value,
            target=targets.get(row.assertion_id or ""),
        )
        for row in rows
    )


def statements_by_id(session: Session, wanted: Collection[str]) -> dict[str, Statement]:
    """These statements, whoever said them."""
    if not wanted:
        return {}
    query = (
        select(*_ASSERTION_COLUMNS)
        .join(StoredReading, col(StoredReading.id) == col(StoredAssertion.reading_id))
        .where(col(StoredAssertion.id).in_(wanted))
    )
    said = [_statement(row) for row in session.execute(query)]
    return {s.id: s for s in loading.anchored(said, _anchors(session, col(TagAnchor.assertion_id).in_(wanted)))}


def _events(session: Session, ids: Collection[str]) -> tuple[Event, ...]:
    c = BehaviourEvent.__table__.c  # type: ignore[attr-defined]
    query = select(c.message_id, c.customer_id, c.event, c.at, c.known_at, c.properties).where(c.customer_id.in_(ids))
    return tuple(Event(*row) for row in session.execute(query))


def events_of(session: Session, ids: Collection[str], kinds: Collection[str]) -> tuple[Event, ...]:
    """The events of these kinds, by the order of their times."""
    c = BehaviourEvent.__table__.c  # type: ignore[attr-defined]
    columns = (c.message_id, c.customer_id, c.event, c.at, c.known_at, c.properties)
    query = select(*columns).where(c.customer_id.in_(ids), c.event.in_(kinds)).order_by(c.at, c.message_id)
    return tuple(Event(*row) for row in session.execute(query))


def _snapshots(session: Session, ids: Collection[str]) -> tuple[Snapshot, ...]:
    c = StaticSnapshot.__table__.c  # type: ignore[attr-defined]
    query = select(c.id, c.customer_id, c.effective_at, c.known_at, c.data).where(c.customer_id.in_(ids))
    return tuple(Snapshot(*row) for row in session.execute(query))


def _readings(session: Session, ids: Collection[str]) -> tuple[ReadTalk, ...]:
    c = StoredReading.__table__.c  # type: ignore[attr-defined]
    query = select(c.conversation_id, c.customer_id, c.read_at, c.superseded_at, c.mentions, c.notes).where(
        c.customer_id.in_(ids)
    )
    return tuple(
        ReadTalk(r.conversation_id, r.customer_id, r.read_at, r.superseded_at, tuple(r.mentions), tuple(r.notes))
        for r in session.execute(query)
    )
