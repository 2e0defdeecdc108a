"""没有变过的: of whom nothing happened and nothing came to be known since a past moment, the stored projection is the
one of then. What time alone did since is undone by computing again.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, Table, and_, any_, false, func, insert, literal, not_, or_, select
from sqlalchemy import union as sql_union
from sqlmodel import Session, col

from asr.models import StoredConversation
from dongke.clock import beijing
from dongke.directory import Ownership
from dongke.settings import settings
from followup import playbooks
from followup.models import Attempt, ManualAction, Note, State, StoredOpportunity
from followup.opportunity import Source
from followup.playbooks import Playbook
from followup.reports.question import Question
from profiles.models import BehaviourEvent, IdentityLink, StoredReading, TagAnchor, TagFeedback
from profiles.repository import links_around

LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)
_O = StoredOpportunity


def lay(session: Session, table: Table, question: Question) -> set[str]:
    """Copies into the table the opportunities of the period that stand as they stood; whose they are."""
    as_of = question.moment
    changed = any_(literal(sorted(_changed(session, as_of)), ARRAY(String)))
    mine = select(col(_O.customer_id)).where(col(_O.opened_at) >= question.start, col(_O.opened_at) < question.end)
    doubtful = select(col(_O.customer_id)).where(_is_doubtful(as_of))
    whose = mine.where(not_(col(_O.customer_id) == changed), col(_O.customer_id).not_in(doubtful)).distinct()
    columns = [c.name for c in table.c]
    chosen: Any = [getattr(_O, name) for name in columns]
    rows: Any = select(*chosen).where(col(_O.customer_id).in_(whose))
    told = insert(table).from_select(columns, rows).returning(table.c.customer_id)
    return set(session.execute(told).scalars())


def _changed(session: Session, as_of: datetime) -> set[str]:
    """Of whom anything happened or came to be known after that moment, with all who were ever one with them."""
    c, r, e, f, x, n = StoredConversation, StoredReading, BehaviourEvent, TagFeedback, IdentityLink, TagAnchor
    facts: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (c.customer_id, (c.known_at, c.started_at)),
        (r.customer_id, (r.read_at, r.superseded_at)),
        (n.customer_id, (n.known_at,)),
        (e.customer_id, (e.known_at, e.at)),
        (f.customer_id, (f.known_at, f.at)),
        (x.customer_id, (x.known_at, x.at)),
        (x.into_id, (x.known_at, x.at)),
        (Ownership.customer_id, (Ownership.from_at,)),
        *((t.customer_id, (t.known_at, t.at)) for t in (Attempt, Note, ManualAction)),
    )
    told = sql_union(*(select(col(who)).where(or_(*(col(at) > as_of for at in times))) for who, times in facts))
    found = set(session.execute(told).scalars())
    around = links_around(session, *found) if found else ()
    return found | {who for link in around for who in (link.customer_id, link.into_id)}


def _is_doubtful(as_of: datetime) -> ColumnElement[bool]:
    """A row that time alone has changed since, or should have by then; that another rule computed, or one computed
    before all was read that was known by then."""
    by_time = and_(_O.causes[-1]["source"].astext == Source.TIME.value, col(_O.closed_at) > as_of)
    books = playbooks.load(settings().playbooks_dir)
    same = [and_(col(_O.playbook) == b.id, col(_O.playbook_version) == b.version) for b in books]
    ends = [and_(col(_O.playbook) == b.id, _ends_by(b, as_of)) for b in books]
    late = (
        select(col(StoredReading.id))
        .where(col(StoredReading.customer_id) == col(_O.customer_id), col(StoredReading.read_at) > col(_O.computed_at))
        .exists()
    )
    return or_(by_time, not_(or_(false(), *same)), and_(col(_O.state).in_(LIVE), or_(false(), *ends)), late)


def _ends_by(book: Playbook, moment: datetime) -> ColumnElement[bool]:
    """As `followup.schedule.ends_by` says it of a live row."""
    ends: list[ColumnElement[bool]] = []
    if book.keep is not None:
        ends.append(col(_O.opened_at) <= moment - timedelta(days=book.keep.days))
    if book.due.maturity is not None:
        matures = func.jsonb_extract_path_text(_O.value, book.due.maturity)
        ends.append(matures < beijing(moment).date().isoformat())
    waits = literal(True) if book.win is not None else col(_O.discharged_at).is_(None)
    ends.append(and_(waits, col(_O.due_at) <= moment - timedelta(days=book.expires_after_days)))
    return or_(*ends)
