"""商机的推演: the fold over one customer's history → opportunities with their causes. Pure: no database, no clock.

Facts are walked in the order of their time. A talk first acts on the cases that were open before it, then opens or
refreshes cases by its own tags; so the talk that opens never discharges.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from dongke.clock import TradingCalendar
from followup import outcomes
from followup.case import Case
from followup.history import Contact, Event, History, Said, Ticked, Try, Verdict, VisitNote
from followup.openings import Candidate, candidates, of_event, repeated
from followup.opportunity import Opportunity, Source
from followup.playbooks import Playbook

Fact: TypeAlias = Contact | Try | VisitNote | Event | Ticked | Verdict


class _Moment(NamedTuple):
    at: datetime
    rank: int  #: of facts at the same time, talks come first
    id: str
    fact: Fact


def track(
    history: History,
    playbooks: Sequence[Playbook],
    calendar: TradingCalendar,
    until: datetime,
    known_at: datetime | None = None,
) -> list[Opportunity]:
    """The opportunities of one customer as of `until`, oldest first. Facts after `until` are left out, and those that
    Dongke did not know by `known_at` (the same time, where None): late evidence corrects the past, once it is known."""
    cases: list[Case] = []
    for moment in sorted(_moments(history, until, known_at or until), key=lambda m: m[:3]):
        for case in cases:
            case.pass_time(moment.at)
        _apply(history, cases, moment.fact, playbooks, calendar, until)
    for case in cases:
        case.pass_time(until)
    owner = history.owner_at(until)
    return [
        case.result(
            history.customer_id, owner if case.playbook.owner == "current" else history.owner_at(case.opened_at), until
        )
        for case in cases
    ]


def _moments(history: History, until: datetime, known_at: datetime) -> Iterator[_Moment]:
    for contact in history.contacts:
        if contact.started_at <= until and contact.known_at <= known_at:
            yield _Moment(contact.started_at, 0, contact.id, contact)
    facts: list[tuple[int, Iterable[Try | VisitNote | Event | Ticked]]] = [
        (1, history.attempts),
        (2, history.notes),
        (3, history.events),
        (4, history.manual),
    ]
    for rank, group in facts:
        for fact in group:
            if fact.at <= until and (fact.known_at or fact.at) <= known_at:
                yield _Moment(fact.at, rank, fact.id, fact)
    for number, verdict in enumerate(history.verdicts):
        if verdict.at <= until and (verdict.known_at or verdict.at) <= known_at:
            yield _Moment(verdict.at, 5, f"{number:06}", verdict)


def _apply(
    history: History,
    cases: list[Case],
    fact: Fact,
    playbooks: Sequence[Playbook],
    calendar: TradingCalendar,
    until: datetime,
) -> None:
    if isinstance(fact, Verdict):
        _withdraw(history, cases, fact, until)
        return
    at = fact.started_at if isinstance(fact, Contact) else fact.at
    for case in [c for c in cases if c.opened_at < at and (c.live or c.matured)]:
        if history.concerns(case.customers, fact.customer_id, at):
            outcomes.apply(history, case, fact, cases, calendar)
    if isinstance(fact, Contact):
        branch = history.branches.get(history.owner_at(fact.started_at))
        for candidate in candidates(fact, playbooks, calendar, branch):
            _open(history, cases, candidate, calendar)
    if isinstance(fact, Event):
        branch = history.branches.get(history.owner_at(fact.at))
        for candidate in of_event(fact, playbooks, calendar, branch):
            _open(history, cases, candidate, calendar)


def _open(history: History, cases: list[Case], new: Candidate, calendar: TradingCalendar) -> None:
    subject, contact = new.subject, new.subject.opening
    case = repeated(new, cases)
    if case is None:
        case = Case(
            subject,
            new.deadline,
            contact.started_at,
            dict(subject.said.value),
            [subject.said],
            {contact.customer_id},
            [],
        )
        cases.append(case)
        case.add_opening(subject, again=False)
        outcomes.pause(history, case, contact, calendar)
        return
    case.supports.append(subject.said)
    case.customers.add(contact.customer_id)
    case.value |= {slot: value for slot, value in subject.said.value.items() if value is not None}
    case.add_opening(subject, again=True)


def _withdraw(history: History, cases: list[Case], verdict: Verdict, until: datetime) -> None:
    """A tag judged wrong takes its opportunities with it, unless it was judged right again later."""
    for case in cases:
        if case.live and all(_judged_wrong(history, said, verdict.at, until) for said in case.supports):
            case.expired_at = verdict.at
            case.add(
                verdict.at, "标签被人工判为错误", event=verdict.id, source=Source.VERDICT, known_at=verdict.known_at
            )


def _judged_wrong(history: History, said: Said, at: datetime, until: datetime) -> bool:
    verdicts = [v for v in history.verdicts if v.at <= until and _concerns(history, v, said)]
    newest = max(verdicts, key=lambda v: v.at, default=None)
    return newest is not None and newest.verdict == "wrong" and newest.at <= at


def _concerns(history: History, verdict: Verdict, said: Said) -> bool:
    if verdict.said_id is not None:
        return verdict.said_id == said.id
    talk = next((c for c in history.contacts if said in c.said), None)
    if talk is None or verdict.tag != said.tag or talk.started_at > verdict.at:
        return False
    return history.concerns({talk.customer_id}, verdict.customer_id, verdict.at)
