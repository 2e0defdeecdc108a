"""结果: what one fact does to one open case – attempt, contact, discharge, refusal, withdrawal, win, loss. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from followup import matching, promises
from followup.case import Case
from followup.history import Contact, Event, History, Said, Ticked, Try, Verdict, VisitNote


def apply(
    history: History, case: Case, fact: Contact | Try | VisitNote | Event | Ticked | Verdict, cases: Sequence[Case]
) -> None:
    """Lets the fact act on the case, which was opened before it."""
    if isinstance(fact, Event):
        _event(case, fact)
    elif not case.live:
        return
    elif isinstance(fact, Contact):
        _contact(history, case, fact, cases)
    elif isinstance(fact, Try):
        if case.discharged_at is None and history.may_act(fact.advisor_id, fact.at, fact.customer_id):
            case.attempts += 1
    elif isinstance(fact, VisitNote):
        if history.may_act(fact.advisor_id, fact.at, fact.customer_id) and promises.told_in_note(case.subject, fact):
            _discharge(case, fact.at, "拜访记录写明已办", note=fact.id)
    elif isinstance(fact, Ticked):
        _ticked(history, case, fact)


def _contact(history: History, case: Case, contact: Contact, cases: Sequence[Case]) -> None:
    right = matching.is_right_person(history, contact)
    if contact.is_attempt:
        case.attempts += right and case.discharged_at is None
        return
    if right and contact.is_talk:
        _talk(case, contact)
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
    elif first:
        case.add(contact.started_at, "通上了话, 没有谈到", contact)


def _proof(case: Case, contact: Contact) -> list[int] | None:
    if case.playbook.about.anything:
        return [] if matching.in_window(case.subject, contact, case.deadline.window_from) else None
    if case.playbook.told:
        return promises.told_in_talk(case.subject, contact)
    return matching.about(case.subject, contact)


def _discharge(
    case: Case,
    at: datetime,
    why: str,
    contact: Contact | None = None,
    evidence: tuple[int, ...] = (),
    note: str | None = None,
) -> None:
    if case.discharged_at is None:
        case.discharged_at = at
        case.add(at, why, contact, evidence, note)


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
    if ticked.key not in (None, case.key) or not history.may_act(ticked.advisor_id, ticked.at, ticked.customer_id):
        return
    if ticked.outcome == "refused":
        case.refused_at, case.self_reported = ticked.at, True
        case.add(ticked.at, "自报: 客户拒绝", event=ticked.id)
    elif ticked.outcome == "done" and case.discharged_at is None:
        case.self_reported = True
        _discharge(case, ticked.at, "自报: 已跟进", note=ticked.id)


def _event(case: Case, event: Event) -> None:
    if case.live and case.discharged_at is None and promises.told_by_event(case.subject, event):
        _discharge(case, event.at, "系统记录已办", note=event.id)
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
    case.add(event.at, "成单", event=event.id)


def _lose(case: Case, event: Event) -> None:
    keep = case.playbook.keep
    if keep is None or event.at > case.opened_at + timedelta(days=keep.days):
        return
    if any(matching.counts(rule, case.subject, event, {}) for rule in keep.events):
        case.expired_at = event.at
        case.add(event.at, "客户已离开或转走", event=event.id)
