"""开启商机: which tags of a talk open an opportunity, and when it is the repetition of one that is still open. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dongke.clock import TradingCalendar, beijing
from dongke.types import Channel, Polarity
from followup.case import Case
from followup.deadlines import Deadline, as_time, deadline
from followup.history import Contact, Event, Said
from followup.playbooks import Opening, Playbook
from followup.promises import same_things
from followup.subjects import Subject


class Candidate(NamedTuple):
    """What one tag would open."""

    subject: Subject
    deadline: Deadline


def candidates(
    contact: Contact, playbooks: Sequence[Playbook], calendar: TradingCalendar, branch: str | None = None
) -> list[Candidate]:
    """Everything that the talk's tags would open, each fact once (both words for the same call are one). `branch` is
    the one in whose hours deadlines may run."""
    found: list[Candidate] = []
    for book in playbooks:
        for opening in book.opens:
            for said in contact.said:
                if _opens(opening, said):
                    _add(found, _candidate(book, said, contact, calendar, branch))
    return found


def of_event(
    event: Event, playbooks: Sequence[Playbook], calendar: TradingCalendar, branch: str | None = None
) -> list[Candidate]:
    """What the event would open: 开户断点 and the like. Its properties stand in the place of slots."""
    found = []
    for book in playbooks:
        if any(opening.means(event.name, event.properties) for opening in book.opens_on):
            value, known_at = dict(event.properties), event.known_at or event.at
            said = Said(f"event:{event.id}", f"event:{event.name}", Polarity.AFFIRMED, value, ())
            when = Contact(event.id, event.customer_id, "", Channel.CHAT, event.at, event.at, known_at)
            due = deadline(book.due, value, event.at, calendar, branch)
            if due is not None:
                found.append(Candidate(Subject(book, book.key_of(value), said, when, event.id), due))
    return found


def _opens(opening: Opening, said: Said) -> bool:
    if not said.affirmed or said.tag != opening.tag:
        return False
    if any(not said.value.get(slot) for slot in opening.need):
        return False
    for slot, allowed in opening.where.items():
        values = (allowed,) if isinstance(allowed, str) else allowed
        if said.value.get(slot) not in values:
            return False
    return opening.min_yuan is None or _reaches(said.value, opening.min_yuan)


def _reaches(value: Any, least: int) -> bool:
    amount = value.get("low")
    if amount is None:
        amount = value.get("high")
    return amount is None or amount >= least


def _candidate(
    book: Playbook, said: Said, contact: Contact, calendar: TradingCalendar, branch: str | None
) -> Candidate | None:
    due = deadline(book.due, said.value, contact.started_at, calendar, branch)
    return None if due is None else Candidate(Subject(book, book.key_of(said.value), said, contact), due)


def _add(found: list[Candidate], new: Candidate | None) -> None:
    """Keeps the first of two that mean the same; of two free sums, the one that is due first."""
    if new is None:
        return
    for number, old in enumerate(found):
        if _same_fact(old, new):
            if new.subject.playbook.due.is_span and new.deadline.due_at < old.deadline.due_at:
                found[number] = new
            return
    found.append(new)


def _same_fact(old: Candidate, new: Candidate) -> bool:
    if (old.subject.playbook.id, old.subject.key) != (new.subject.playbook.id, new.subject.key):
        return False
    if new.subject.playbook.due.is_span:
        return True
    return beijing(old.deadline.due_at).date() == beijing(new.deadline.due_at).date()


def repeated(candidate: Candidate, cases: Iterable[Case]) -> Case | None:
    """The live case whose wish this is said again."""
    same = (c for c in cases if c.live and c.opened_at < candidate.subject.opening.started_at)
    return next((c for c in same if _repeats(c, candidate)), None)


def _repeats(case: Case, new: Candidate) -> bool:
    if case.playbook.id != new.subject.playbook.id:
        return False
    if case.playbook.due.is_span:
        return case.key == new.subject.key or _same_kind_elsewhere(case, new.subject)
    if case.discharged_at is not None or case.key != new.subject.key:
        return False
    return _same_call(case, new) if case.playbook.due.rule == "window" else same_things(case.subject, new.subject)


def _same_kind_elsewhere(case: Case, subject: Subject) -> bool:
    """An institution named before, now spoken of by its type alone (那家券商)."""
    slots = case.playbook.key
    return len(slots) > 1 and not subject.said.value.get(slots[0]) and case.value.get(slots[1]) == subject.key


def _same_call(case: Case, new: Candidate) -> bool:
    if beijing(case.deadline.due_at).date() != beijing(new.deadline.due_at).date():
        return False
    if not (_timed(case.subject.said) and _timed(new.subject.said)):
        return True
    mine, other = case.deadline, new.deadline
    begins = [d.window_from for d in (mine, other) if d.window_from]
    return max(begins) < min(mine.due_at, other.due_at)


def _timed(said: Said) -> bool:
    return as_time(said.value.get("from")) is not None or as_time(said.value.get("to")) is not None
