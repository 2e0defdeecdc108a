"""跟进状态供圈选: open opportunities and the last contact of many persons, as `profiles.segments` asks for them.

What time alone does to an opportunity – overdue, lapsed, matured, stayed – is told as moments, so that an answer is
right between two runs of the job that writes it down.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, String, any_, func, literal
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import beijing
from dongke.settings import settings
from followup import playbooks
from followup.deadlines import as_date, day_after
from followup.models import State, StoredOpportunity
from followup.opportunity import Opportunity
from followup.playbooks import Playbook
from profiles.segments.follow import FollowState, Matter, Members

LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)


def follow_states(session: Session, people: Members, moment: datetime) -> Mapping[str, FollowState]:
    """The follow-up state of each person at `moment`. `people`: the id under which he folds → all his ids."""
    head = {who: first for first, members in people.items() for who in members}
    matters = _matters(session, head)
    contacts = _contacts(session, head, moment)
    return {who: FollowState(tuple(matters[who]), contacts.get(who)) for who in people}


def _matters(session: Session, head: Mapping[str, str]) -> dict[str, list[Matter]]:
    books = {book.id: book for book in playbooks.load(settings().playbooks_dir)}
    rows = session.exec(
        select(StoredOpportunity)
        .where(col(StoredOpportunity.customer_id) == _any(head), col(StoredOpportunity.state).in_(LIVE))
        .order_by(col(StoredOpportunity.due_at), col(StoredOpportunity.id))
    )
    found: dict[str, list[Matter]] = defaultdict(list)
    for row in rows:
        if row.playbook in books:
            found[head[row.customer_id]].append(matter(row, books[row.playbook]))
    return found


def matter(row: StoredOpportunity | Opportunity, book: Playbook) -> Matter:
    """The live opportunity with the moments at which time alone changes it (as `followup.case` reckons them)."""
    return Matter(
        playbook=row.playbook,
        label=book.label,
        tags=tuple(dict.fromkeys(opening.tag for opening in book.opens)),
        key=row.key,
        state=State(row.state).value,
        opened_at=row.opened_at,
        due_at=row.due_at,
        open_until=min(_ends(row, book), default=None),
        late_at=row.due_at if row.discharged_at is None else None,
        low=row.low_yuan,
        high=row.high_yuan,
    )


def _ends(row: StoredOpportunity | Opportunity, book: Playbook) -> list[datetime]:
    ends = [row.opened_at + timedelta(days=book.keep.days)] if book.keep else []
    matures = as_date(row.value.get(book.due.maturity)) if book.due.maturity else None
    if matures is not None and matures >= beijing(row.opened_at).date():
        ends.append(day_after(matures))
    if book.win is not None or row.discharged_at is None:
        ends.append(row.due_at + timedelta(days=book.expires_after_days))
    return ends


def _contacts(session: Session, head: Mapping[str, str], moment: datetime) -> dict[str, datetime]:
    """When each person was last talked with."""
    rows = session.exec(
        select(StoredConversation.customer_id, func.max(StoredConversation.started_at))
        .where(
            col(StoredConversation.customer_id) == _any(head),
            col(StoredConversation.answered),
            col(StoredConversation.started_at) <= moment,
        )
        .group_by(col(StoredConversation.customer_id))
    )
    found: dict[str, datetime] = {}
    for who, last in rows:
        found[head[who]] = max(last, found.get(head[who], last))
    return found


def _any(ids: Collection[str]) -> object:
    return any_(literal(sorted(ids), ARRAY(String)))  # one parameter, however many they are
