"""当时的商机: the opportunities as they stood at a past moment, computed again from the facts known then.

They are laid in a temporary table of the shape of the projection, so that the same questions are asked of both and
the same bytes come out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import MetaData, Table, func, insert, or_, text, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.directory import Customer
from dongke.scope import visible
from dongke.standing import PROFILE, processable
from followup import repository, service
from followup.models import StoredOpportunity
from followup.reports.question import Question
from profiles.models import IdentityLink, StoredAssertion

NAME = "opportunity_then"
_CHUNK = 500


def standing(session: Session, question: Question) -> Any:
    """What the report is asked of: `StoredOpportunity`, or its look-alike as of `question.as_of`."""
    if question.as_of is None:
        return StoredOpportunity
    table = _table(session)
    for part in _chunks(_candidates(session, question)):
        _fill(session, table, part, question.as_of)
    session.execute(text(f"analyze {NAME}"))
    return aliased(StoredOpportunity, table, adapt_on_names=True)


def _table(session: Session) -> Table:
    known: Table = StoredOpportunity.__table__  # type: ignore[attr-defined]
    session.execute(text(f"drop table if exists {NAME}"))
    session.execute(text(f"create temporary table {NAME} (like {known.name} including indexes) on commit drop"))
    return known.to_metadata(MetaData(), name=NAME)


def _candidates(session: Session, question: Question) -> list[str]:
    """Who said something in the period that was known then. One of several merged ids may belong to anybody."""
    c, a = StoredConversation, StoredAssertion
    spoke = select(c.customer_id).where(
        col(c.started_at) >= question.start,
        col(c.started_at) < question.end,
        col(c.known_at) <= question.moment,
        col(c.id).in_(select(a.conversation_id).where(col(a.known_at) <= question.moment)),
        processable(c.customer_id, *PROFILE),
    )
    if question.principal is not None:
        mine = select(Customer.id).where(visible(question.principal))
        linked = union(select(IdentityLink.customer_id), select(IdentityLink.into_id)).subquery()
        spoke = spoke.where(or_(col(c.customer_id).in_(mine), col(c.customer_id).in_(select(linked.c[0]))))
    return sorted(set(session.exec(spoke.distinct())))


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _fill(session: Session, table: Table, customer_ids: Sequence[str], as_of: datetime) -> None:
    """Two ids of one person give the same opportunities: each is laid down once."""
    rows: dict[str, dict[str, Any]] = {}
    for who in customer_ids:
        for o in service.compute(session, who, as_of)[1]:
            rows[o.id] = repository.row_of(o, as_of)
    if rows:
        known = set(session.scalars(select(table.c.id).where(table.c.id.in_(rows))))
        fresh = [row for ident, row in rows.items() if ident not in known]
        if fresh:
            session.execute(insert(table), fresh)


def count(session: Session, opportunity: Any) -> int:
    """How many there are (tests and jobs ask)."""
    return int(session.execute(select(func.count()).select_from(opportunity)).scalar_one())
