"""结果: what one fact does to one open case – attempt, contact, discharge, refusal, withdrawal, win, loss. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dongke.clock import TradingCalendar, beijing
from followup import matching, pauses, promises
from followup.case import Case
from followup.deadlines import put_off
from followup.history import Contact, Event, History, Said, Ticked, Try, Verdict, VisitNote
from followup.opportunity import OWN_WORD, Source

STRANGER = "不是负责的投顾或代班人"


def apply(
    history: History,
    case: Case,
    fact: Contact | Try | VisitNote | Event | Ticked | Verdict,
    cases: Sequence[Case],
    calendar: TradingCalendar,
) -> None:
    """Lets the fact act on the case, which was opened before it."""
    if isinstance(fact, Event):
        _event(case, fact)
    elif not case.live:
        return
    elif isinstance(fact, Contact):
        _contact(history, case, fact, cases, calendar)
    elif isinstance(fact, Try):
        _attempt(case, fact.at, fact.id, _is_right(history, case, fact))
    elif isinstance(fact, VisitNote):
        _note(history, case, fact)
    elif isinstance(fact, Ticked):
        _ticked(history, case, fact)


def _is_right(history: History, case: Case, fact: Contact | Try | VisitNote | Ticked) -> bool:
    at = fact.started_at if isinstance(fact, Contact) else fact.at
    return matching.is_right_person(history, case.playbook, fact.advisor_id, at, fact.customer_id, case.opened_at)


def _attempt(case: Case, at: datetime, record: str, right: bool) -> None:
    case.miss(at, "未接通" if right else STRANGER, record)
    case.attempts += right and case.discharged_at is None


def _note(history: History, case: Case, note: VisitNote) -> None:
    if not _is_right(history, case, note):
        case.miss(note.at, STRANGER, note.id)
    elif promises.told_in_note(case.subject, note):
        _discharge(case, note.at, "拜访记录写明已办", record=note.id, source=Source.NOTE, known_at=note.known_at)
    elif case.playbook.discharge.notes and case.discharged_at is None and matching.note_names(case.subject, note):
        told: dict[str, Any] = {"source": Source.NOTE, "known_at": note.known_at, "own_word": True}
        _discharge(case, note.at, f"{OWN_WORD}: 拜访记录提到", record=note.id, **told)
    else:
        case.miss(note.at, "拜访记录没有写明已办" if case.playbook.told else "拜访记录不能代替会话", note.id)


def _contact(history: History, case: Case, contact: Contact, cases: Sequence[Case], calendar: TradingCalendar) -> None:
    right = _is_right(history, case, contact)
    if contact.is_attempt:
        _attempt(case, contact.started_at, contact.id, right)
        return
    unfit = matching.no_talk(case.playbook.discharge, contact) if right else STRANGER
    if unfit is None:
        _talk(case, contact)
    else:
        case.miss(contact.started_at, unfit, contact.id)
    pause(history, case, contact, calendar)
    if case.playbook.about.anything and case.discharged_at == contact.started_at:
        return
    _taken_back(case, contact, cases)
    refused = matching.refusal(case.subject, contact) if case.live else None
    if refused is not None:
        case.refused_at = contact.started_at
        case.add(contact.started_at, "客户拒绝", contact, tuple(refused))


def _talk(case: Case, contact: Contact) -> None:
    """A talk by the right person: it touches the customer, and discharges where it is about the subject."""
    first = case.first_contact_at is None
    case.first_contact_at = case.first_contact_at or contact.started_at
    proof = _proof(case, contact)
    if proof is not None:
        _discharge(case, contact.started_at, "谈到了", contact, tuple(proof))
        return
    case.miss(contact.started_at, matching.not_about(case.subject, contact), contact.id)
    if first and case.discharged_at is None:
        case.add(contact.started_at, "通上了话, 没有谈到", contact, contact.first_words)


def _proof(case: Case, contact: Contact) -> list[int] | None:
    if case.playbook.about.anything:
        talked = contact.customer_messages and matching.in_window(case.subject, contact, case.deadline.window_from)
        return list(contact.first_words) if talked else None
    if case.playbook.told:
        return promises.told_in_talk(case.subject, contact)
    return matching.about(case.subject, contact)


def _discharge(
    case: Case,
    at: datetime,
    why: str,
    contact: Contact | None = None,
    evidence: tuple[int, ...] = (),
    record: str | None = None,
    source: Source = Source.TALK,
    known_at: datetime | None = None,
    own_word: bool = False,
) -> None:
    """谈到 by proof, or by the advisor's `own_word` (自报) until proof comes."""
    if case.discharged_at is None or (not own_word and _bears_out(case, at)):
        case.discharged_at, case.self_reported = at, own_word
        case.add(at, why, contact, evidence, record, source, known_at)


def _bears_out(case: Case, at: datetime) -> bool:
    """Whether proof takes the place of a 自报: not where it came only after the deadline for which that was given."""
    due, told = case.deadline.due_at, case.discharged_at
    return case.self_reported and told is not None and (at <= due or told > due)


def pause(history: History, case: Case, contact: Contact, calendar: TradingCalendar) -> None:
    """暂停: he named a time, or could not or would not talk – the deadline stands still, where the playbook says so."""
    if case.discharged_at is not None or not (case.live and contact.answered and contact.with_customer):
        return
    for rule in case.playbook.pause:
        found = pauses.standstill(rule, contact, calendar)
        if found is None or case.paused.get(rule.reason, 0) >= rule.at_most:
            continue
        if contact.started_at < case.deadline.due_at:
            case.paused[rule.reason] = case.paused.get(rule.reason, 0) + 1
            branch = history.branches.get(history.owner_at(case.opened_at))
            stops = contact.started_at
            case.deadline = put_off(case.playbook.due, case.deadline, stops, found.goes_on, calendar, branch)
            case.add(stops, f"期限暂停到 {beijing(found.goes_on):%m-%d %H:%M}: {found.why}", contact, found.evidence)
            return


def _taken_back(case: Case, contact: Contact, cases: Sequence[Case]) -> None:
    """The customer says that it is no longer so: 失效, or for a thought of leaving that he stays."""
    if not contact.answered or not contact.with_customer:
        return
    for said in contact.said:
        if said.affirmed or _affirmed_too(case, contact):
            continue
        if said.tag in case.playbook.withdraw and _same_asset(case, said):
            case.expired_at = contact.started_at
            case.add(contact.started_at, "客户说已经没有", contact, said.evidence)
            return
        if said.tag in case.playbook.withdraw_wins and _same_threat(case, said, cases):
            case.won_at = contact.started_at
            case.add(contact.started_at, "客户表示留下", contact, said.evidence)
            return


def _affirmed_too(case: Case, contact: Contact) -> bool:
    tags = {o.tag for o in case.playbook.opens}
    return any(s.affirmed and s.tag in tags and case.playbook.key_of(s.value) == case.key for s in contact.said)


def _same_asset(case: Case, said: Said) -> bool:
    """Money has no name; of assets elsewhere the institution decides, else its type, else all are meant."""
    name, kind = said.value.get("institution"), said.value.get("institution_type")
    if name:
        return bool(name == case.value.get("institution"))
    if kind in (None, "unknown"):
        return True
    return case.value.get("institution_type") in (kind, None, "unknown")


def _same_threat(case: Case, said: Said, cases: Sequence[Case]) -> bool:
    """The same action; all of them where the action he takes back was never an opportunity."""
    action = case.playbook.key_of(said.value)
    rivals = [c for c in cases if c.playbook.id == case.playbook.id and (c.live or c.won_at is not None)]
    return action == case.key or all(c.key != action for c in rivals)


def _ticked(history: History, case: Case, ticked: Ticked) -> None:
    if ticked.playbook != case.playbook.id or ticked.opportunity_id not in (None, case.id):
        return
    if ticked.key not in (None, case.key):
        return
    if not _is_right(history, case, ticked):
        case.miss(ticked.at, STRANGER, ticked.id)
        return
    told: dict[str, Any] = {"source": Source.MANUAL, "known_at": ticked.known_at}
    if ticked.outcome == "refused":
        case.refused_at, case.self_reported = ticked.at, True
        case.add(ticked.at, f"{OWN_WORD}: 客户拒绝", event=ticked.id, **told)
    elif ticked.outcome == "done" and case.discharged_at is None:
        _discharge(case, ticked.at, f"{OWN_WORD}: 已跟进", record=ticked.id, own_word=True, **told)


def _event(case: Case, event: Event) -> None:
    if case.live and promises.told_by_event(case.subject, event):
        _discharge(case, event.at, "系统记录已办", record=event.id, source=Source.EVENT, known_at=event.known_at)
    if case.playbook.win:
        _win(case, event)
    elif case.playbook.keep and case.live:
        _lose(case, event)


def _win(case: Case, event: Event) -> None:
    win = case.playbook.win
    if win is None or event.at > case.opened_at + timedelta(days=win.days):
        return
    if not any(matching.counts(rule, case.subject, event, win.covers) for rule in win.events):
        return
    case.came_in += event.amount
    amount = case.amount()
    if win.share is not None and amount is not None and case.came_in < win.share * amount:
        return
    case.won_at, case.expired_at = event.at, None
    case.add(event.at, "成单", event=event.id, source=Source.EVENT, known_at=event.known_at)


def _lose(case: Case, event: Event) -> None:
    keep = case.playbook.keep
    if keep is None or event.at > case.opened_at + timedelta(days=keep.days):
        return
    if any(matching.counts(rule, case.subject, event, {}) for rule in keep.events):
        case.expired_at = event.at
        case.add(event.at, "客户已离开或转走", event=event.id, source=Source.EVENT, known_at=event.known_at)
