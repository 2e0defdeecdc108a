"""承诺台账: every promise made in talks – call-backs agreed with a time, what the advisor undertook – and its outcome.

Pure. The proof is named; a promise without a date is never broken, and no date is ever made up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.clock import DAY_ENDS, at_beijing, beijing
from followup import matching, promises
from followup.deadlines import as_date
from followup.history import Contact, Event, History, Said, VisitNote
from followup.models import State
from followup.opportunity import OWN_WORD, Cause, Opportunity, Source
from followup.playbooks import Playbook
from followup.subjects import Subject

CALL_BACK = "call_back"
OTHER = "other"  #: a deed that nothing in the records can prove
TAG = "commitment.advisor"


class Outcome(StrEnum):
    """兑现情况."""

    KEPT = "kept"  #: 按时兑现, proven
    LATE = "late"  #: 迟到兑现, proven
    BROKEN = "broken"  #: 未兑现: the time came, and nothing proves it
    REPORTED = "reported"  #: 自报: ticked by hand, nothing proves it
    RELEASED = "released"  #: 已免除: he needed it no more, or the tag was wrong
    OPEN = "open"  #: 未到期, or without a date


LABELS = {
    Outcome.KEPT: "按时兑现",
    Outcome.LATE: "迟到兑现",
    Outcome.BROKEN: "未兑现",
    Outcome.REPORTED: "自报",
    Outcome.RELEASED: "已免除",
    Outcome.OPEN: "未到期",
}


DONE = (Outcome.KEPT, Outcome.LATE, Outcome.REPORTED)


@dataclass(frozen=True, slots=True)
class Promise:
    """一个承诺. `advisor` answers for it, `promised_by` gave it; the id is the opportunity's, else the tag's."""

    id: str
    customer: str
    advisor: str
    kind: str  #: call_back, send_material, process_business, meet, other
    made_at: datetime
    due_at: datetime | None
    outcome: Outcome
    done_at: datetime | None = None
    proof: Cause | None = None
    conversation: str | None = None
    evidence: tuple[int, ...] = ()
    promised_by: str | None = None

    @property
    def label(self) -> str:
        """The outcome in Chinese."""
        if self.outcome is Outcome.OPEN and self.kind == OTHER:
            return "无从核实"
        return "没有说定日期" if self.outcome is Outcome.OPEN and self.due_at is None else LABELS[self.outcome]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "customer": self.customer,
            "advisor": self.advisor,
            "promised_by": self.promised_by,
            "kind": self.kind,
            "made_at": beijing(self.made_at).isoformat(),
            "due_at": beijing(self.due_at).isoformat() if self.due_at else None,
            "outcome": self.outcome.value,
            "label": self.label,
            "done_at": beijing(self.done_at).isoformat() if self.done_at else None,
            "proof": self.proof.to_json() if self.proof else None,
            "conversation": self.conversation,
            "evidence": list(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """一位投顾的承诺: the promises by outcome. `judged` are those whose time has come and which a record decides."""

    ids: Mapping[Outcome, tuple[str, ...]]
    undated: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return len(self.ids.get(outcome, ()))

    @property
    def judged(self) -> int:
        return sum(self.count(o) for o in (Outcome.KEPT, Outcome.LATE, Outcome.BROKEN))

    @property
    def broken_rate(self) -> float | None:
        """未兑现率: broken of judged; None where nothing was judged."""
        return self.count(Outcome.BROKEN) / self.judged if self.judged else None

    def to_json(self) -> dict[str, Any]:
        counts = {outcome.value: self.count(outcome) for outcome in Outcome}
        rate = None if self.broken_rate is None else round(self.broken_rate, 4)
        ids = {outcome.value: list(self.ids.get(outcome, ())) for outcome in Outcome}
        return counts | {"undated": len(self.undated), "judged": self.judged, "broken_rate": rate, "promises": ids}


def is_promise(book: Playbook) -> bool:
    """Whether the playbook follows a promise: its deadline is what was agreed."""
    return book.due.rule in ("window", "date")


def outcome(o: Opportunity, moment: datetime) -> Outcome:
    """What became of a dated promise by that moment."""
    if o.causes and o.causes[-1].source is Source.VERDICT:
        return Outcome.RELEASED
    refused_at = o.closed_at if o.state is State.REFUSED else None
    if o.discharged_at is not None and not (refused_at and refused_at <= o.discharged_at):
        if o.proof is not None and o.proof.why.startswith(OWN_WORD):
            return Outcome.REPORTED
        return Outcome.KEPT if o.discharged_at <= o.due_at else Outcome.LATE
    if o.closed_at is not None and o.closed_at <= o.due_at:
        return Outcome.RELEASED
    return Outcome.BROKEN if moment >= o.due_at else Outcome.OPEN


def of_opportunity(o: Opportunity, moment: datetime) -> Promise:
    """The promise behind an opportunity of a promise's playbook. Its owner answers for it."""
    found, first = outcome(o, moment), o.causes[0] if o.causes else None
    return Promise(
        id=o.id,
        customer=o.customer,
        advisor=o.owner,
        kind=o.key or CALL_BACK,
        made_at=o.opened_at,
        due_at=o.due_at,
        outcome=found,
        done_at=o.discharged_at if found in DONE else None,
        proof=o.proof if found in DONE else None,
        conversation=first.conversation if first else None,
        evidence=first.evidence if first else (),
    )


def tally(found: Iterable[Promise]) -> dict[str, Tally]:
    """The promises of each advisor who answers for them, by id of the advisor."""
    ids: dict[str, dict[Outcome, list[str]]] = defaultdict(lambda: defaultdict(list))
    undated: dict[str, list[str]] = defaultdict(list)
    for p in found:
        ids[p.advisor][p.outcome].append(p.id)
        if p.due_at is None:
            undated[p.advisor].append(p.id)
    return {
        who: Tally({o: tuple(rows) for o, rows in mine.items()}, tuple(undated[who]))
        for who, mine in sorted(ids.items())
    }


def ledger(
    history: History, books: Sequence[Playbook], found: Sequence[Opportunity], moment: datetime
) -> list[Promise]:
    """All promises of one customer as of that moment, oldest first: those of his opportunities, and the undated ones.

    Who owned him when it was due answers for it: a promise is inherited with the customer.
    """
    talks = {c.id: c for c in history.contacts}
    dated = [
        _answered_for(of_opportunity(o, moment), history, talks)
        for o in found
        if any(book.id == o.playbook and is_promise(book) for book in books)
    ]
    return sorted([*dated, *_open_ended(history, books, moment)], key=lambda p: (p.made_at, p.id))


def _answered_for(p: Promise, history: History, talks: Mapping[str, Contact]) -> Promise:
    made_in = talks.get(p.conversation or "")
    return replace(
        p,
        advisor=history.owner_at(p.due_at or p.made_at) or p.advisor,
        promised_by=made_in.advisor_id if made_in else None,
    )


def _open_ended(history: History, books: Sequence[Playbook], moment: datetime) -> Iterator[Promise]:
    """What was undertaken without a date: kept where a later record proves it, else open for good."""
    deeds, calls = next((b for b in books if b.told), None), next((b for b in books if b.due.rule == "window"), None)
    given = [
        Subject(book, action, said, contact)
        for contact in sorted(history.contacts, key=lambda c: (c.started_at, c.id))
        for said in contact.said
        if contact.started_at <= moment and said.tag == TAG and said.affirmed
        for action in (str(said.value.get("action") or OTHER),)
        if (book := calls if action == CALL_BACK else deeds) is not None
    ]
    for number, subject in enumerate(given):
        if subject.key != OTHER and as_date(subject.said.value.get("due_date")) is not None:
            continue  # an opportunity follows it; what lies before the talk is no promise
        again = next((s for s in given[number + 1 :] if _is_same(subject, s)), None)
        promise = _judged(history, subject, moment)
        if again is None or (promise.done_at and promise.done_at <= again.opening.started_at):
            yield promise


def _is_same(first: Subject, second: Subject) -> bool:
    """Whether a later promise takes the place of this one."""
    later = second.opening.started_at > first.opening.started_at
    return later and second.key == first.key and promises.same_things(first, second)


def _judged(history: History, subject: Subject, moment: datetime) -> Promise:
    opening, day = subject.opening, as_date(subject.said.value.get("due_date"))
    proof = _proof(history, subject, moment)
    released = _is_released(history, subject, proof.at if proof else moment)
    state = Outcome.RELEASED if released else Outcome.KEPT if proof else Outcome.OPEN
    return Promise(
        id=subject.said.id,
        customer=history.customer_id,
        advisor=history.owner_at(opening.started_at) or opening.advisor_id,
        kind=subject.key or "other",
        made_at=opening.started_at,
        due_at=at_beijing(day, DAY_ENDS) if day else None,
        outcome=state,
        done_at=proof.at if proof and not released else None,
        proof=None if released else proof,
        conversation=opening.id,
        evidence=subject.said.evidence,
        promised_by=opening.advisor_id,
    )


def _proof(history: History, subject: Subject, moment: datetime) -> Cause | None:
    """The first later record that tells of the deed; for a call-back the first talk with him."""
    opened_at = subject.opening.started_at
    found = []
    for contact in history.contacts:
        if opened_at < contact.started_at <= moment:
            words = _words(history, subject, contact)
            if words is not None:
                at, known_at = contact.started_at, contact.known_at
                found.append(Cause(State.DISCUSSED, at, "谈到了", contact.id, words, known_at=known_at))
    records: tuple[VisitNote | Event, ...] = (*history.notes, *history.events)
    for record in records:
        if opened_at < record.at <= moment and _tells(history, subject, record):
            source = Source.NOTE if isinstance(record, VisitNote) else Source.EVENT
            why = "拜访记录写明已办" if source is Source.NOTE else "系统记录已办"
            found.append(Cause(State.DISCUSSED, record.at, why, None, (), record.id, source, record.known_at))
    return min(found, key=lambda c: c.at, default=None)


def _words(history: History, subject: Subject, contact: Contact) -> tuple[int, ...] | None:
    book, opened_at = subject.playbook, subject.opening.started_at
    right = matching.is_right_person(
        history, book, contact.advisor_id, contact.started_at, contact.customer_id, opened_at
    )
    if not right or matching.no_talk(book.discharge, contact) is not None:
        return None
    if subject.key == CALL_BACK:
        return contact.first_words if contact.customer_messages else None
    told = promises.told_in_talk(subject, contact)
    return tuple(told) if told is not None else None


def _tells(history: History, subject: Subject, record: VisitNote | Event) -> bool:
    if isinstance(record, Event):
        return promises.told_by_event(subject, record)
    may = history.may_act(record.advisor_id, record.at, record.customer_id)
    return may and promises.told_in_note(subject, record)


def _is_released(history: History, subject: Subject, moment: datetime) -> bool:
    """He said that it is not needed, or the tag was judged wrong."""
    refused = any(
        subject.opening.started_at < c.started_at <= moment and matching.refusal(subject, c) is not None
        for c in history.contacts
    )
    verdicts = [
        v for v in history.verdicts if _is_on(v.said_id, v.tag, subject.said) and v.at >= subject.opening.started_at
    ]
    newest = max(verdicts, key=lambda v: v.at, default=None)
    return refused or (newest is not None and newest.verdict == "wrong")


def _is_on(said_id: str | None, tag: str, said: Said) -> bool:
    return said_id == said.id if said_id is not None else tag == said.tag
