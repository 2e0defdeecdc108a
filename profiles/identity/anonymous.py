"""匿名行为: events of whom nobody knows yet. They wait under the marks of their identifiers, and move to a customer
once one of the identifiers is linked – those from the beginning of his ownership on, known from then on.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, String, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from profiles.behaviour.day_rows import ADD_DAYS
from profiles.identity.conflicts import disagreements, note
from profiles.identity.models import AnonymousEvent
from profiles.identity.resolution import Mark, resolve_marks
from profiles.models import Identifier

CHUNK = 5_000
_TABLE = AnonymousEvent.__table__  # type: ignore[attr-defined]
_MOVE = text(
    f"""
    with named as (
        select * from unnest(cast(:ids as text[]), cast(:who as text[])) as t(message_id, customer_id)
    ), gone as (
        delete from anonymousevent a using named n where a.message_id = n.message_id
        returning a.message_id, n.customer_id, a.event, a.at, a.known_at, a.properties
    ), added as (
        insert into behaviourevent (message_id, customer_id, event, at, known_at, properties)
        select message_id, customer_id, event, at, greatest(known_at, :known_at), properties from gone
        order by message_id
        on conflict (message_id) do nothing
        returning message_id, customer_id, event, at, properties
    ), counted as ({ADD_DAYS % "added"})
    select distinct customer_id from added
    """
)


class Stranger(NamedTuple):
    """One event of nobody. `marks` from `Resolution.marks`."""

    message_id: str
    marks: Sequence[Mark]
    event: str
    at: datetime
    known_at: datetime
    properties: dict[str, Any]


def keep(session: Session, events: Iterable[Stranger]) -> set[str]:
    """Keeps them; the message ids that were new. One that waits already stays as it is."""
    rows = sorted((e._asdict() | {"marks": sorted(e.marks)} for e in events), key=lambda row: str(row["message_id"]))
    kept: set[str] = set()
    for start in range(0, len(rows), CHUNK):
        statement = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.message_id)
        kept |= set(session.execute(statement, rows[start : start + CHUNK]).scalars())
    return kept


def adopt(session: Session, marks: Collection[Mark], known_at: datetime) -> set[str]:
    """Moves the events that these identifiers now name to their customers, who are given back.

    They count as known from `known_at` on: what was answered before stays reproducible.
    """
    found: set[str] = set()
    wanted = sorted(set(marks))
    for start in range(0, len(wanted), CHUNK):
        these = literal(wanted[start : start + CHUNK], ARRAY(String))
        rows = session.execute(select(_TABLE).where(_TABLE.c.marks.overlap(these)).with_for_update()).all()
        found |= _move(session, rows, known_at)
    return found


def adopt_since(session: Session, since: datetime, known_at: datetime) -> set[str]:
    """The same for all identifiers linked since then: an event and a link may have crossed each other on the way."""
    mark = col(Identifier.kind) + "~" + col(Identifier.blind_index)
    return adopt(session, list(session.scalars(select(mark).where(col(Identifier.known_at) >= since))), known_at)


def forget(session: Session, before: datetime) -> int:
    """Drops what nobody was known for until then; how many."""
    gone = session.execute(delete(AnonymousEvent).where(col(AnonymousEvent.at) < before).returning(_TABLE.c.message_id))
    return len(gone.all())


def count(session: Session) -> int:
    """How many wait."""
    return int(session.execute(select(func.count(_TABLE.c.message_id))).scalar_one())


def _move(session: Session, rows: Sequence[Any], known_at: datetime) -> set[str]:
    answers = resolve_marks(session, [(row.at, row.marks) for row in rows])
    known = [(row, found) for row, found in zip(rows, answers, strict=True) if found.customer_id is not None]
    if not known:
        return set()
    note(session, [doubt for row, found in known for doubt in disagreements(row.at, found)])
    given = {
        "ids": [row.message_id for row, _ in known],
        "who": [found.customer_id for _, found in known],
        "known_at": known_at,
    }
    return set(session.execute(_MOVE, given).scalars())
