"""跟进服务: recomputes a customer's opportunities, and takes what people report by hand. Flushes, never commits."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke import privacy
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role, readable_customer
from dongke.settings import settings
from dongke.types import TopicMention, aware
from followup import opportunities, playbooks, repository
from followup.history import History
from followup.models import Attempt, ManualAction, Note, StoredOpportunity
from followup.opportunity import Opportunity
from profiles.identity import service as identity
from profiles.models import StoredAssertion
from profiles.service import trading_calendar

OUTCOMES = ("done", "refused")
MAX_TEXT_CHARS = 20_000


def compute(
    session: Session, customer_id: str, until: datetime, known_at: datetime | None = None
) -> tuple[History, list[Opportunity]]:
    """The person's history and his opportunities as of `until`, from what was known by `known_at` (the same time).

    With a later `known_at` the past is judged with the evidence that came late. Stores nothing.
    """
    history = repository.history_of(session, customer_id, known_at or until, as_of=until)
    books = playbooks.load(settings().playbooks_dir)
    return history, opportunities.track(history, books, trading_calendar(), until, known_at)


def compute_many(session: Session, customer_ids: Collection[str], until: datetime) -> Iterator[list[Opportunity]]:
    """The opportunities of many as of `until`, from what was known then, each as `compute` has them. Stores nothing."""
    books, calendar = playbooks.load(settings().playbooks_dir), trading_calendar()
    for history in repository.histories_of(session, customer_ids, until).values():
        yield opportunities.track(history, books, calendar, until)


def compute_at(session: Session, customer_id: str, as_of: datetime, known_at: datetime) -> list[Opportunity]:
    """The person's opportunities as they stood at `as_of`, from what is known by `known_at`. Stores nothing.

    Two times, as a profile has them: a talk of before `as_of` that came to be known later counts where it was known by
    `known_at`.
    """
    history = repository.history_of(session, customer_id, known_at, as_of=as_of)
    history = replace(history, contacts=tuple(replace(c, known_at=c.started_at) for c in history.contacts))
    books = playbooks.load(settings().playbooks_dir)
    return opportunities.track(history, books, trading_calendar(), as_of)


def refresh(session: Session, customer_id: str, *, until: datetime | None = None) -> list[StoredOpportunity]:
    """Recomputes the opportunities of the person whom this id is part of, as of `until` (now), and stores them.

    After a merge or an unmerge, refresh every id of it. Raises NotFound `customer-unknown`.
    """
    identity.alone(session, customer_id)  # an older state must not be written over a newer one
    until = until or now()
    history, found = compute(session, customer_id, until)
    return repository.save(session, found, history.members, until)


def refresh_many(session: Session, customer_ids: Iterable[str], *, until: datetime | None = None) -> int:
    """Refreshes these customers; how many opportunities they have."""
    return sum(len(refresh(session, who, until=until)) for who in sorted(set(customer_ids)))


def is_overdue(row: StoredOpportunity, moment: datetime) -> bool:
    """逾期: neither followed up nor over when the due time came."""
    ends = (row.discharged_at, row.closed_at)
    return moment >= row.due_at and not any(end is not None and end <= row.due_at for end in ends)


def one(session: Session, principal: Principal, opportunity_id: str) -> StoredOpportunity:
    """That opportunity, if the principal may read its customer. Raises NotFound `opportunity-unknown`."""
    row = session.get(StoredOpportunity, opportunity_id)
    if row is not None:
        try:
            readable_customer(session, principal, row.customer_id)
            return row
        except NotFound:
            pass
    raise NotFound("opportunity-unknown", f"没有商机 {opportunity_id[:80]}")


def act(
    session: Session,
    principal: Principal,
    opportunity_id: str,
    outcome: str,
    comment: str = "",
    at: datetime | None = None,
) -> StoredOpportunity:
    """手工登记 done or refused. It shows as 自报; the opportunity as it stands afterwards is given back.

    Raises Forbidden `role-forbidden`, NotFound `opportunity-unknown`, BadInput `outcome-invalid` or `text-too-long`.
    """
    principal.need(Role.ADVISOR, Role.MANAGER, Role.ADMIN)
    row = one(session, principal, opportunity_id)
    if outcome not in OUTCOMES:
        raise BadInput("outcome-invalid", f"登记的结果只能是 {'、'.join(OUTCOMES)}")
    moment = now()
    at = min(aware(at, "at"), moment) if at else moment
    session.add(
        ManualAction(
            id=uuid4().hex,
            customer_id=_opened_by(session, row),
            playbook=row.playbook,
            key=row.key,
            opportunity_id=row.id,
            advisor_id=principal.advisor_id or row.owner_id,
            outcome=outcome,
            comment=_text(comment),
            at=at,
            known_at=moment,
        )
    )
    session.flush()
    refresh(session, row.customer_id)
    return one(session, principal, opportunity_id)


def _opened_by(session: Session, row: StoredOpportunity) -> str:
    """The id under which it was said: what is noted stays with the opportunity when a merge is taken back."""
    opening = session.get(StoredAssertion, row.opened_by)
    return opening.customer_id if opening is not None else row.customer_id


def tick(session: Session, *, customer_id: str, playbook: str, advisor_id: str, at: datetime, outcome: str) -> None:
    """手工登记 from another system: about every open opportunity of that playbook. Told twice changes nothing."""
    _check_parties(session, customer_id, advisor_id)
    if outcome not in OUTCOMES:
        raise BadInput("outcome-invalid", f"登记的结果只能是 {'、'.join(OUTCOMES)}")
    ident = _digest("manual", customer_id, playbook, advisor_id, aware(at, "at").isoformat(), outcome)
    values = {"playbook": playbook, "outcome": outcome, "comment": ""}
    _keep(session, ManualAction, ident, customer_id, advisor_id, at, at, **values)


def add_attempt(
    session: Session,
    *,
    customer_id: str,
    advisor_id: str,
    at: datetime,
    ident: str | None = None,
    known_at: datetime | None = None,
) -> Attempt:
    """未接通的呼叫. Told twice (same id, or same parties and time) changes nothing.

    Raises BadInput `customer-unknown`, `advisor-unknown`, `time-naive`.
    """
    _check_parties(session, customer_id, advisor_id)
    ident = ident or _digest("attempt", customer_id, advisor_id, aware(at, "at").isoformat())
    _keep(session, Attempt, ident, customer_id, advisor_id, at, known_at or at)
    return session.get_one(Attempt, ident)


def add_note(
    session: Session,
    *,
    customer_id: str,
    advisor_id: str,
    at: datetime,
    text: str,
    mentions: Iterable[TopicMention] = (),
    ident: str | None = None,
    known_at: datetime | None = None,
) -> Note:
    """拜访记录, masked. Told twice changes nothing.

    Raises BadInput `customer-unknown`, `advisor-unknown`, `time-naive`, `text-too-long`, `note-empty`.
    """
    _check_parties(session, customer_id, advisor_id)
    if not text.strip():
        raise BadInput("note-empty", "拜访记录没有文字")
    ident = ident or _digest("note", customer_id, advisor_id, aware(at, "at").isoformat(), text)
    found = [m.to_json() for m in mentions]
    _keep(session, Note, ident, customer_id, advisor_id, at, known_at or at, text=_text(text), mentions=found)
    return session.get_one(Note, ident)


def _keep(
    session: Session,
    table: type[Attempt] | type[Note] | type[ManualAction],
    ident: str,
    customer_id: str,
    advisor_id: str,
    at: datetime,
    known_at: datetime,
    **values: object,
) -> None:
    row = {"id": ident, "customer_id": customer_id, "advisor_id": advisor_id, "at": at, "known_at": known_at, **values}
    session.execute(insert(table).values(row).on_conflict_do_nothing())


def _check_parties(session: Session, customer_id: str, advisor_id: str) -> None:
    if session.exec(select(Customer.id).where(col(Customer.id) == customer_id)).first() is None:
        raise BadInput("customer-unknown", f"没有客户 {customer_id[:80]}")
    if session.exec(select(Advisor.id).where(col(Advisor.id) == advisor_id)).first() is None:
        raise BadInput("advisor-unknown", f"没有投资顾问 {advisor_id[:80]}")


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise BadInput("text-too-long", f"文字超过 {MAX_TEXT_CHARS} 字")
    return privacy.mask(text)


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
