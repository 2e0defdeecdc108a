"""当时的商机: the opportunities as they stood at a past moment.

They are laid in a temporary table of the shape of the projection, so that the same questions are asked of both and the
same bytes come out. Of whom nothing happened and nothing came to be known since, what is stored is what was; of all
others it is computed again from the facts known then.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, MetaData, String, Table, any_, func, insert, literal, or_, text, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from dongke.directory import Customer
from dongke.scope import visible
from dongke.settings import settings
from dongke.standing import PROFILE, processable
from followup import playbooks, repository, service
from followup.models import StoredOpportunity
from followup.reports import unchanged
from followup.reports.question import Question
from profiles.models import BehaviourEvent, IdentityLink, StoredAssertion

NAME = "opportunity_then"
_CHUNK = 500


def standing(session: Session, question: Question) -> Any:
    """What the report is asked of: `StoredOpportunity`, or its look-alike as of `question.as_of`."""
    if question.as_of is None:
        return StoredOpportunity
    table = _table(session)
    kept = unchanged.lay(session, table, question)
    for part in _chunks(sorted(_candidates(session, question) - kept)):
        _fill(session, table, part, question.as_of)
    session.execute(text(f"analyze {NAME}"))
    return aliased(StoredOpportunity, table, adapt_on_names=True)


def _table(session: Session) -> Table:
    known: Table = StoredOpportunity.__table__  # type: ignore[attr-defined]
    session.execute(text(f"drop table if exists {NAME}"))
    session.execute(text(f"create temporary table {NAME} (like {known.name} including defaults) on commit drop"))
    session.execute(text(f"create unique index {NAME}_id on {NAME} (id)"))
    return known.to_metadata(MetaData(), name=NAME)


def _candidates(session: Session, question: Question) -> set[str]:
    """Who said (or did) in the period what opens an opportunity, as it was known then. One of several merged ids may
    belong to anybody."""
    a = StoredAssertion
    books, e = playbooks.load(settings().playbooks_dir), BehaviourEvent
    tags = playbooks.opening_tags(books)
    spoke = select(a.customer_id).where(
        col(a.tag).in_(tags),
        col(a.polarity) == "affirmed",
        col(a.said_at) >= question.start,
        col(a.said_at) < question.end,
        col(a.known_at) <= question.moment,
        processable(a.customer_id, *PROFILE),
    )
    did = select(e.customer_id).where(
        col(e.event).in_(playbooks.opening_events(books)),
        col(e.at) >= question.start,
        col(e.at) < question.end,
        col(e.known_at) <= question.moment,
        processable(e.customer_id, *PROFILE),
    )
    if question.principal is not None:
        mine = select(Customer.id).where(visible(question.principal))
        linked = union(select(IdentityLink.customer_id), select(IdentityLink.into_id)).subquery()
        spoke, did = (
            query.where(or_(col(who).in_(mine), col(who).in_(select(linked.c[0]))))
            for query, who in ((spoke, a.customer_id), (did, e.customer_id))
        )
    return {*session.exec(spoke.distinct()), *session.exec(did.distinct())}


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _fill(session: Session, table: Table, customer_ids: Sequence[str], as_of: datetime) -> None:
    """Two ids of one person give the same opportunities: each is laid down once."""
    rows: dict[str, dict[str, Any]] = {}
    for found in service.compute_many(session, customer_ids, as_of):
        rows |= {o.id: repository.row_of(o, as_of) for o in found}
    known = set(session.scalars(select(table.c.id).where(table.c.id == any_(literal(sorted(rows), ARRAY(String))))))
    fresh = [row for ident, row in rows.items() if ident not in known]
    if fresh:
        session.execute(insert(table), fresh)


def count(session: Session, opportunity: Any) -> int:
    """How many there are (tests and jobs ask)."""
    return int(session.execute(select(func.count()).select_from(opportunity)).scalar_one())
