"""取数: everything that a profile is folded from, in one statement – a profile is read three hundred times a second.

PostgreSQL follows the merges, gathers each kind of fact as one JSON array and sends one row. What comes out is what
`profiles.repository` gives row by row (tests/profiles/test_loading.py holds the two against each other).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from dongke import db
from profiles.behaviour.calls import CALLS, contact_name
from profiles.facts import Anchor, CustomerFacts, Event, Quote, ReadTalk, Snapshot, Statement
from profiles.identity.grouping import Link

#: the customer and everyone he was ever merged with, directly or through others
_WHO = """
    with recursive who(id) as (
        select %(customer_id)s::text
        union
        select next.id from who cross join lateral (
            select into_id from identitylink where customer_id = who.id
            union all
            select customer_id from identitylink where into_id = who.id
        ) next(id)
    ), person as materialized (select array_agg(id) as ids from who)"""
_KNOWN = "(%(known_at)s::timestamptz is null or {0} <= %(known_at)s::timestamptz)"


def _rows(columns: str, table: str, known: str, customer: str = "x.customer_id") -> str:
    """All rows of one kind as one JSON array of arrays."""
    return (
        f"(select json_agg(json_build_array({columns})) from {table}"
        f" where {customer} = any(person.ids) and {_KNOWN.format(known)})"
    )


_ASSERTION = (
    "x.id, x.customer_id, x.conversation_id, x.tag, x.polarity, x.value, x.confidence, x.evidence, x.said_at,"
    " x.known_at, r.superseded_at, x.holder, x.certainty, x.explanation"
)
_PARTS = {
    "links": _rows("x.id, x.customer_id, x.into_id, x.at, x.known_at, x.by, x.undoes", "identitylink x", "x.known_at"),
    "assertions": _rows(_ASSERTION, "tag_assertion x join reading r on r.id = x.reading_id", "x.known_at"),
    "anchors": _rows("x.assertion_id, x.known_at, x.evidence, x.suspended", "tag_anchor x", "x.known_at"),
    "events": _rows("x.message_id, x.customer_id, x.event, x.at, x.known_at, x.properties", "behaviourevent x",
                    "x.known_at"),
    "calls": _rows("x.kind, x.id, x.customer_id, x.answered, x.at, x.known_at, x.advisor_id, x.direction",
                   f"({CALLS}) x", "x.known_at"),
    "snapshots": _rows("x.id, x.customer_id, x.effective_at, x.known_at, x.data", "staticsnapshot x", "x.known_at"),
    "readings": _rows("x.conversation_id, x.customer_id, x.read_at, x.superseded_at, x.mentions, x.notes", "reading x",
                      "x.read_at"),
    "standing": "exists (select from standing x where x.customer_id = any(person.ids))",
    "feedback": "exists (select from tagfeedback x where x.customer_id = any(person.ids))",
}  # fmt: skip
_LOAD = f"{_WHO} select person.ids, {', '.join(f'{part} as {name}' for name, part in _PARTS.items())} from person"


class Loaded(NamedTuple):
    """The facts but for the feedback, everyone whose they are, and what is still to be fetched."""

    facts: CustomerFacts
    customer_ids: list[str]
    has_feedback: bool
    has_standing: bool  #: of anyone of them rights are noted (dongke/standing.py)


def load(session: Session, customer_id: str, known_at: datetime | None = None) -> Loaded:
    """All facts of the customer and of everyone he was ever merged with; those known by `known_at` where given."""
    row = db.one(session, _LOAD, {"customer_id": customer_id, "known_at": known_at})
    facts = CustomerFacts(
        customer_id=customer_id,
        assertions=anchored((_statement(*r) for r in row.assertions or ()), row.anchors or ()),
        events=tuple([Event(i, who, name, _at(at), _at(known), p) for i, who, name, at, known, p in row.events or ()])
        + tuple(_call(*r) for r in row.calls or ()),
        snapshots=tuple(Snapshot(i, who, _at(at), _at(known), data) for i, who, at, known, data in row.snapshots or ()),
        links=_links(row.links or ()),
        readings=tuple(_reading(*r) for r in row.readings or ()),
    )
    return Loaded(facts, row.ids, row.feedback, row.standing)


_at = datetime.fromisoformat


def _links(rows: Iterable[Any]) -> tuple[Link, ...]:
    links = (Link(i, who, into, _at(at), _at(known), by, undoes) for i, who, into, at, known, by, undoes in rows)
    return tuple(sorted(links, key=lambda x: x.order))


def _statement(
    ident: str,
    customer_id: str,
    conversation_id: str,
    tag: str,
    polarity: str,
    value: Any,
    confidence: float,
    evidence: Any,
    said: str,
    known: str,
    superseded: str | None,
    holder: str,
    certainty: str,
    explanation: Any,
) -> Statement:
    said_at = _at(said)
    return Statement(
        id=ident,
        customer_id=customer_id,
        conversation_id=conversation_id,
        tag=tag,
        polarity=polarity,
        value=value,
        confidence=float(confidence),
        evidence=tuple(quote_of(conversation_id, e, said_at) for e in evidence),
        said_at=said_at,
        known_at=_at(known),
        superseded_at=_at(superseded) if superseded else None,
        holder=holder,
        certainty=certainty,
        explanation=explanation,
    )


def anchored(statements: Iterable[Statement], rows: Iterable[Any]) -> tuple[Statement, ...]:
    """The statements with their anchors: rows of assertion_id, known_at (a moment or its text), evidence, suspended."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    if not found:
        return tuple(statements)
    return tuple(replace(s, anchors=_anchors(s, found.get(s.id, ()))) for s in statements)


def _anchors(said: Statement, rows: Iterable[Any]) -> tuple[Anchor, ...]:
    made = (
        Anchor(
            _at(known) if isinstance(known, str) else known,
            tuple(quote_of(said.conversation_id, e, said.said_at) for e in evidence),
            suspended,
        )
        for _, known, evidence, suspended in rows
    )
    return tuple(sorted(made, key=lambda a: a.known_at))


def quote_of(conversation_id: str, evidence: dict[str, Any], talk_at: datetime) -> Quote:
    """The stored evidence as a quote; without its own time it was said when the talk began."""
    said_at = evidence.get("said_at")
    return Quote(
        conversation_id=conversation_id,
        utterance=evidence["utterance"],
        quote=evidence["quote"],
        speaker=evidence["speaker"],
        said_at=_at(said_at) if said_at else talk_at,
        start_ms=evidence.get("start_ms"),
        end_ms=evidence.get("end_ms"),
        start=evidence.get("start"),
        suspended=evidence.get("suspended", False),
    )


def _call(
    kind: str, ident: str, customer_id: str, answered: bool, at: str, known: str, advisor_id: str, direction: str
) -> Event:
    return Event(
        id=f"call:{kind}:{ident}",
        customer_id=customer_id,
        event=contact_name(kind, answered),
        at=_at(at),
        known_at=_at(known),
        properties={"advisor": advisor_id, "direction": direction},
    )


def _reading(
    conversation_id: str, customer_id: str, read: str, superseded: str | None, mentions: Any, notes: Any
) -> ReadTalk:
    ended = _at(superseded) if superseded else None
    return ReadTalk(conversation_id, customer_id, _at(read), ended, tuple(mentions), tuple(notes))
