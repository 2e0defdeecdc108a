"""提醒: what the scheduler tells advisors beside what is overdue (followup/escalation.py) – maturities, expiring
questionnaires.

Each is made once: the same (kind, subject, day) again changes nothing. Deadlines are read from the business tables.
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import DAY_ENDS, TradingCalendar, at_beijing, beijing
from dongke.directory import Customer
from dongke.settings import settings
from dongke.standing import processable
from followup import playbooks
from followup.deadlines import as_date
from followup.models import Notice, State, StoredOpportunity
from followup.rights import listed
from profiles.models import StaticSnapshot
from profiles.suitability.assessment import assess

MATURITY_DAYS = (7, 3, 0)  #: trading days before a maturity at which the owner is reminded
EXPIRY_DAYS = 30  #: days before a questionnaire expires
_DATA = StaticSnapshot.__table__.c.data  # type: ignore[attr-defined]
_VALUE = StoredOpportunity.__table__.c.value  # type: ignore[attr-defined]
LONGEST = 3 * max(MATURITY_DAYS) + 14  #: days that the longest holiday may stretch the trading days to
LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)


def maturities(session: Session, moment: datetime, calendar: TradingCalendar) -> int:
    """到期提醒 of money held elsewhere: 7, 3 and 0 trading days before, while it is not settled. A day on which nobody
    looked is caught up, by the newest reminder alone."""
    day = beijing(moment).date()
    books = [b.id for b in playbooks.load(settings().playbooks_dir) if b.due.maturity == "matures_on"]
    told = _VALUE["matures_on"].astext
    soon = told.between(day.isoformat(), (day + timedelta(days=LONGEST)).isoformat())
    query = select(StoredOpportunity).where(
        col(StoredOpportunity.playbook).in_(books), col(StoredOpportunity.state).in_(LIVE), soon, listed()
    )
    made = 0
    for row in session.exec(query):
        matures = as_date(row.value.get("matures_on"))
        on = reminded_on(matures, beijing(row.opened_at).date(), day, calendar) if matures else None
        if matures is not None and on is not None:
            words = f"{_label(row)} {matures.isoformat()} 到期, {_left(day, matures, calendar)}"
            made += _keep(session, "maturity", row, at_beijing(on, DAY_ENDS), words, moment)
    return made


def reminded_on(matures: date, opened_on: date, day: date, calendar: TradingCalendar) -> date | None:
    """The newest day up to `day` on which a reminder was due; None where there was none since it was told of (pure).

    What matures on a closed day is counted from the last open day before.
    """
    last = matures if calendar.is_open(matures) else calendar.previous_open(matures)
    due = [calendar.add_days(last, -n) if n else last for n in MATURITY_DAYS]
    return max((on for on in due if opened_on <= on <= day), default=None)


def _left(day: date, matures: date, calendar: TradingCalendar) -> str:
    left = calendar.days_between(day, matures)
    if left:
        return f"还有 {left} 个交易日"
    return "就在今天" if matures == day else "今天是之前最后一个交易日"


def questionnaires(session: Session, moment: datetime) -> int:
    """风险测评 that expire within 30 days, once for each date of expiry."""
    day, made = beijing(moment).date(), 0
    for customer, data in _files(session, moment):
        expires = assess(data, [], day).expires_on
        if expires is not None and day <= expires <= day + timedelta(days=EXPIRY_DAYS):
            words, due_at = f"风险测评 {expires} 到期", at_beijing(expires, DAY_ENDS)
            ident = _digest("profile_expiry", customer.id, due_at)
            made += _insert(session, ident, "profile_expiry", customer.id, customer.advisor_id, due_at, words, moment)
    return made


def _files(session: Session, moment: datetime) -> list[tuple[Customer, dict[str, Any]]]:
    """Each customer with the newest file that names a questionnaire."""
    rows = session.exec(
        select(Customer, StaticSnapshot)
        .join(StaticSnapshot, col(StaticSnapshot.customer_id) == col(Customer.id))
        .where(col(StaticSnapshot.effective_at) <= moment, _DATA.has_key("questionnaire_on"), processable(Customer.id))
        .order_by(col(StaticSnapshot.effective_at))
    )
    newest = {customer.id: (customer, snapshot.data) for customer, snapshot in rows}
    return [newest[who] for who in sorted(newest)]


def _label(row: StoredOpportunity) -> str:
    names = {book.id: book.label for book in playbooks.load(settings().playbooks_dir)}
    return f"{names.get(row.playbook, row.playbook)}{' ' + row.key if row.key else ''} (客户 {row.customer_id})"


def _keep(session: Session, kind: str, row: StoredOpportunity, due_at: datetime, words: str, moment: datetime) -> int:
    ident = _digest(kind, row.id, due_at)
    return _insert(session, ident, kind, row.customer_id, row.owner_id, due_at, words, moment, row.id)


def _digest(kind: str, subject: str, due_at: datetime) -> str:
    return hashlib.sha256(f"{kind}|{subject}|{due_at.timestamp()}".encode()).hexdigest()[:32]


def _insert(
    session: Session,
    ident: str,
    kind: str,
    customer_id: str,
    advisor_id: str,
    due_at: datetime,
    words: str,
    moment: datetime,
    opportunity_id: str | None = None,
) -> int:
    row = insert(Notice).values(
        id=ident,
        kind=kind,
        customer_id=customer_id,
        advisor_id=advisor_id,
        due_at=due_at,
        text=words,
        made_at=moment,
        opportunity_id=opportunity_id,
    )
    return len(session.execute(row.on_conflict_do_nothing().returning(col(Notice.id))).all())
