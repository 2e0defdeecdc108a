"""会话的度量: 深挖 and 服务策略 of every talk, measured once it has been read, and again with its customer's next talk
or when his tags were judged or he was merged.

The scores themselves are pure (followup/digging, followup/adherence); here they are kept, so that a report over a
million talks adds them up instead of reading the talks again. Never changed, only superseded: a past report finds what
was measured then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.directory import Customer
from dongke.standing import PROFILE, processable
from followup.adherence import assess
from followup.adherence.level import TAG as EXPERIENCE
from followup.adherence.level import level_at
from followup.digging import RUNG_LABELS, digs, ladders
from followup.lives import Life, Wanted, lives
from followup.reports.models import TalkMeasure, TalkSeen
from profiles.corrections import apply
from profiles.models import IdentityLink, TagFeedback

WANTED = Wanted(tags=("assets.external", EXPERIENCE), events=("transfer_in", "deposit"))
CHUNK = 200  #: customers read at once
MAX_CUSTOMERS = 20_000  #: of one run; the rest waits for the next


@dataclass(frozen=True, slots=True)
class Measure:
    """一次会话的一个度量."""

    conversation_id: str
    kind: str
    customer_id: str
    advisor_id: str
    at: datetime
    points: float = 0.0
    asked: int = 0
    level: str | None = None
    detail: tuple[tuple[str, int], ...] = ()  #: (what, utterance)


def measure_new(
    session: Session, moment: datetime, *, since: datetime | None = None, most: int = MAX_CUSTOMERS
) -> dict[str, int]:
    """Measures the talks of everyone who has a talk that was read and not yet looked at, and of those whose tags were
    judged or who were merged or parted from `since` on. How many customers, rows."""
    changed = _changed(session, since) if since is not None else set()
    people, rows = sorted({*_waiting(session, most), *changed}), 0
    for start in range(0, len(people), CHUNK):
        found = lives(session, people[start : start + CHUNK], moment, WANTED)
        rows += _keep(session, list(found.values()), moment)
    return {"customers": len(people), "measures": rows}


def measures_of(life: Life, until: datetime) -> Iterator[Measure]:
    """Everything measured of one person's talks (pure)."""
    statements = list(apply(life.facts).live.values())
    for dig in digs(ladders(life.history, statements, until), life.history):
        steps = [step for _, step in dig.steps]
        detail = tuple((RUNG_LABELS[s.rung], s.utterance) for s in steps if s.utterance is not None)
        yield Measure(
            dig.contact_id, "dig", dig.customer_id, dig.advisor_id, dig.at, len(steps), dig.asked, detail=detail
        )
    for talk in life.history.contacts:
        judged = assess(talk, level_at(life.facts, talk.started_at, until))
        if judged.score is not None:
            detail = tuple((d.label, turn) for d in judged.deductions for turn in d.turns[:1])
            yield Measure(
                talk.id, "adherence", talk.customer_id, talk.advisor_id, talk.started_at,
                points=judged.score, level=judged.level, detail=detail,
            )  # fmt: skip


def _waiting(session: Session, most: int) -> Sequence[str]:
    c, t = StoredConversation, TalkSeen
    seen = exists().where(col(t.conversation_id) == col(c.id), col(t.mark) == col(c.read_hash))
    query = select(c.customer_id).where(col(c.read_hash).is_not(None), ~seen, processable(c.customer_id, *PROFILE))
    return sorted(session.exec(query.distinct().limit(most)))


def _changed(session: Session, since: datetime) -> set[str]:
    """Whose talks may be judged otherwise now although nothing new was said."""
    f, x = TagFeedback, IdentityLink
    judged = select(f.customer_id).where(col(f.tag).in_(WANTED.tags), col(f.known_at) >= since)
    regrouped = union(*(select(who).where(col(x.known_at) >= since) for who in (x.customer_id, x.into_id))).subquery()
    found = {*session.exec(judged), *session.execute(select(regrouped.c[0])).scalars()}
    allowed = select(Customer.id).where(col(Customer.id).in_(found), processable(Customer.id, *PROFILE))
    return set(session.exec(allowed))


def _keep(session: Session, people: Sequence[Life], moment: datetime) -> int:
    """Writes what is new or different; what no longer is, is superseded."""
    found = {(m.conversation_id, m.kind): m for life in people for m in measures_of(life, moment)}
    talks = sorted({talk.id for life in people for talk in life.history.contacts})
    known = {(r.conversation_id, r.kind): r for r in session.exec(_standing(talks))}
    rows = {place: _row(m, moment) for place, m in found.items()}
    stale = [r for place, r in known.items() if place not in rows or _differs(r, rows[place])]
    for row in stale:
        session.execute(_supersede(row, moment))
    gone = {(r.conversation_id, r.kind) for r in stale}
    fresh = [row for place, row in rows.items() if place not in known or place in gone]
    if fresh:
        session.execute(insert(TalkMeasure).on_conflict_do_nothing(), fresh)
    _note_seen(session, talks)
    return len(fresh)


def _note_seen(session: Session, talks: Sequence[str]) -> None:
    c = StoredConversation
    read = select(c.id, c.read_hash).where(col(c.id).in_(talks), col(c.read_hash).is_not(None))
    query = insert(TalkSeen).from_select(["conversation_id", "mark"], read)
    session.execute(query.on_conflict_do_update(index_elements=["conversation_id"], set_={"mark": query.excluded.mark}))


def _standing(talks: Sequence[str]) -> Any:
    m = TalkMeasure
    return select(m).where(col(m.conversation_id).in_(talks), col(m.superseded_at).is_(None))


def _supersede(row: TalkMeasure, moment: datetime) -> Any:
    m = TalkMeasure
    mine = (col(m.conversation_id) == row.conversation_id, col(m.kind) == row.kind)
    return update(m).where(*mine, col(m.measured_at) == row.measured_at).values(superseded_at=moment)


def _row(m: Measure, moment: datetime) -> dict[str, Any]:
    return {
        "conversation_id": m.conversation_id,
        "kind": m.kind,
        "measured_at": moment,
        "superseded_at": None,
        "customer_id": m.customer_id,
        "advisor_id": m.advisor_id,
        "at": m.at,
        "points": float(m.points),
        "asked": m.asked,
        "level": m.level,
        "detail": [{"what": what, "utterance": turn} for what, turn in m.detail],
    }


def _differs(row: TalkMeasure, new: dict[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in new.items() if name != "measured_at")
