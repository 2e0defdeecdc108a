"""依据重新锚定: a talk that was written down anew keeps the proof of its tags, or says that it is to be checked.

Every piece of evidence is looked for in the new words (asr/anchors.py): where the same words are said by the same
speaker at the same time it points there. Where one of them is not found the statement is suspended 依据待复核: shown,
not believed, not lost. A newer reading that tells the same, or a person's verdict, settles it. Verdicts outlive all of
this: what a person said of a statement holds, wherever its words stand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.anchors import Alignment, Line, Place, span_ms
from asr.models import StoredConversation
from asr.repository import line_of, lines_of
from dongke.stamps import stamp
from dongke.types import Channel
from profiles.models import StoredAssertion, StoredReading, TagAnchor, TagFeedback

Entry = dict[str, Any]  #: a piece of evidence as it is stored


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the proof of a talk's tags: how many statements point elsewhere now, and how many are to be
    checked."""

    moved: int = 0
    suspended: int = 0


def settle(session: Session, conversation_ids: Iterable[str]) -> Settled:
    """Finds the evidence of these talks in their new words, where they were written down anew; flushes."""
    ids = list(conversation_ids)
    query = select(StoredConversation).where(col(StoredConversation.id).in_(ids))
    waiting = query.where(col(StoredConversation.as_quoted).is_not(None)).with_for_update()
    done = [_settle(session, stored) for stored in session.exec(waiting)]
    return Settled(sum(d.moved for d in done), sum(d.suspended for d in done))


def evidence_now(session: Session, assertions: Sequence[StoredAssertion]) -> dict[str, list[Entry]]:
    """The evidence of each assertion where it stands now, by its id."""
    last = _last(session, assertions)
    return {a.id: last[a.id].evidence if a.id in last else a.evidence for a in assertions}


def is_to_check(moment: datetime) -> ColumnElement[bool]:
    """SQL on `StoredAssertion`, for counts that fold nothing: 依据待复核 by what was known at the moment, and nobody
    had said that it is right, or what is right instead."""
    n, newer = TagAnchor.__table__.alias(), TagAnchor.__table__.alias()  # type: ignore[attr-defined]
    f, later = TagFeedback.__table__.alias(), TagFeedback.__table__.alias()  # type: ignore[attr-defined]
    moved = and_(newer.c.assertion_id == n.c.assertion_id, newer.c.known_at <= moment, newer.c.known_at > n.c.known_at)
    ruled = and_(later.c.assertion_id == f.c.assertion_id, later.c.known_at <= moment, later.c.at > f.c.at)
    doubted = (n.c.assertion_id == col(StoredAssertion.id), n.c.known_at <= moment, n.c.suspended)
    settled = (f.c.assertion_id == col(StoredAssertion.id), f.c.known_at <= moment, f.c.verdict != "wrong")
    return and_(exists().where(*doubted, ~exists().where(moved)), ~exists().where(*settled, ~exists().where(ruled)))


def reinstate(session: Session, assertions: Sequence[StoredAssertion]) -> None:
    """The talk stands as it was read: the evidence is where the reader found it, nothing is to be checked."""
    moved = _last(session, assertions)
    _keep(session, [_row(a, stamp(session), a.evidence, False) for a in assertions if a.id in moved])


def again(evidence: Sequence[Entry], alignment: Alignment) -> list[Entry]:
    """The evidence as the new words have it; what is not found is marked and keeps its words and its time (pure)."""
    found: list[Entry] = []
    for entry in evidence:
        found += [entry] if entry.get("suspended") else _entries(entry, alignment)
    return found


def _entries(entry: Entry, alignment: Alignment) -> list[Entry]:
    inside = entry["utterance"] < len(alignment.old)
    places = alignment.find(Place(entry["utterance"], entry["start"], entry["end"])) if inside else None
    if places is None:
        return [entry | {"suspended": True}]
    return [entry | _place(place, alignment.new[place.line]) for place in places]


def _place(place: Place, line: Line) -> Entry:
    start_ms, end_ms = span_ms(line, place.start, place.end)
    return {
        "utterance": place.line,
        "start": place.start,
        "end": place.end,
        "quote": line.text[place.start : place.end],
        "start_ms": start_ms,
        "end_ms": end_ms,
    }


def _settle(session: Session, stored: StoredConversation) -> Settled:
    alignment = Alignment([line_of(row) for row in stored.as_quoted or ()], list(lines_of(session, stored.id).values()))
    moment = stamp(session)
    assertions = list(session.exec(select(StoredAssertion).where(StoredAssertion.conversation_id == stored.id)))
    last = _last(session, assertions)
    # of a chat what is gone was taken back, and a reading that is superseded is not believed as it is
    current = _current(session, stored.id) if stored.channel == Channel.CALL else set()
    rows = []
    for a in assertions:
        before = last[a.id].evidence if a.id in last else a.evidence
        evidence = again(before, alignment)
        if evidence != before:
            doubtful = (a.id in last and last[a.id].suspended) or (a.reading_id in current and _lacks(evidence))
            rows.append(_row(a, moment, evidence, doubtful))
    _keep(session, rows)
    stored.as_quoted = None
    session.flush()
    return Settled(len(rows), sum(row["suspended"] for row in rows))


def _last(session: Session, assertions: Sequence[StoredAssertion]) -> dict[str, TagAnchor]:
    """The newest anchor of each of these assertions that has one."""
    ids = [a.id for a in assertions]
    query = select(TagAnchor).where(col(TagAnchor.assertion_id).in_(ids)).order_by(col(TagAnchor.known_at))
    return {row.assertion_id: row for row in session.exec(query.execution_options(populate_existing=True))}


def _keep(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        made = insert(TagAnchor).values(rows)
        kept = {name: made.excluded[name] for name in ("evidence", "suspended")}
        session.execute(made.on_conflict_do_update(index_elements=["assertion_id", "known_at"], set_=kept))


def _row(a: StoredAssertion, moment: datetime, evidence: list[Entry], suspended: bool) -> dict[str, Any]:
    return {
        "assertion_id": a.id,
        "known_at": moment,
        "customer_id": a.customer_id,
        "evidence": evidence,
        "suspended": suspended,
    }


def _lacks(evidence: Iterable[Entry]) -> bool:
    return any(entry.get("suspended") for entry in evidence)


def _current(session: Session, conversation_id: str) -> set[str]:
    """The readings of the talk that are not superseded."""
    query = select(StoredReading.id).where(StoredReading.conversation_id == conversation_id)
    return set(session.exec(query.where(col(StoredReading.superseded_at).is_(None))))
