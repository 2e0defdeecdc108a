"""重算期限: when the calendar became known or was corrected, the deadlines that were counted by the old one.

Deadlines stand in the opportunities' rows; this job finds the rows that another calendar may change – all provisional
ones, and the live ones whose days it opens or closes – and has their customers computed anew.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from dongke.clock import TradingCalendar, beijing
from dongke.settings import Settings
from followup import playbooks
from followup.deadlines import as_date
from followup.models import CalendarEdition, State, StoredOpportunity
from followup.playbooks import Playbook
from followup.service import refresh_many

LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)


def recount(session: Session, moment: datetime, calendar: TradingCalendar, settings: Settings) -> dict[str, Any]:
    """Computes anew where the calendar differs from the one last seen; nothing where it is the same."""
    last = session.exec(select(CalendarEdition).order_by(col(CalendarEdition.seen_at).desc()).limit(1)).first()
    edition = calendar.edition()
    if last is not None and last.id == edition:
        return {"customers": 0, "opportunities": 0}
    days = {day.isoformat() for day in calendar.exceptions()}
    changed = sorted(date.fromisoformat(day) for day in days ^ set(last.exceptions)) if last else []
    books = {book.id: book for book in playbooks.load(settings.playbooks_dir)}
    rows = session.exec(
        select(StoredOpportunity).where(
            or_(col(StoredOpportunity.due_provisional), col(StoredOpportunity.state).in_(LIVE))
        )
    )
    customers = {row.customer_id for row in rows if _may_change(row, books.get(row.playbook), changed)}
    seen = insert(CalendarEdition).values(id=edition, exceptions=sorted(days), seen_at=moment)
    session.execute(seen.on_conflict_do_update(index_elements=["id"], set_={"seen_at": moment}))
    return {"customers": len(customers), "opportunities": refresh_many(session, customers), "days": len(changed)}


def _may_change(row: StoredOpportunity, book: Playbook | None, changed: Collection[date]) -> bool:
    """Whether the deadline rests on days that are not final, on hours, or on a day that has changed."""
    if row.due_provisional or book is None or not book.due.is_span:
        return row.due_provisional
    if book.due.rule == "trading_hours":
        return True
    matures = as_date(row.value.get(book.due.maturity)) if book.due.maturity else None
    first, due = beijing(row.opened_at).date(), beijing(row.due_at).date()
    last = max(due, matures or due)
    return any(first <= day <= last for day in changed)
