"""提醒: what the scheduler tells advisors beside what is overdue (followup/escalation.py) – maturities, expiring
questionnaires.

Each is made once: the same (kind, subject, day) again changes nothing. Deadlines are read from the business tables.
"""

import hashlib
from datetime import datetime, timedelta
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
    """到期提醒 of money held elsewhere: 7, 3 and 0 trading days before, while it is not settled."""
    day = beijing(moment).date()
    told = _VALUE["matures_on"].astext
    soon = told.between(day.isoformat(), (day + timedelta(days=LONGEST)).isoformat())
    query = select(StoredOpportunity).where(
        col(StoredOpportunity.playbook) == "external_assets", col(StoredOpportunity.state).in_(LIVE), soon, listed()
    )
    made = 0
    for row in session.exec(query):
        matures = as_date(row.value.get("matures_on"))
        if matures is None:
            continue
        left = calendar.days_between(day, matures)
        if left in MATURITY_DAYS:
            words = f"{_label(row)} {matures.isoformat()} 到期" + (f", 还有 {left} 个交易日" if left else ", 就在今天")
            made += _keep(session, "maturity", row, at_beijing(day, DAY_ENDS), words, moment)
    return made


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
