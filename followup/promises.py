"""兑现承诺: was the promised deed told as done – in a talk, a visit note or by an event? Pure."""

import re

from dongke.types import Speaker
from followup.history import Contact, Event, VisitNote
from followup.matching import clauses
from followup.subjects import Subject


def told_in_talk(subject: Subject, contact: Contact) -> list[int] | None:
    """Utterances in which the promised deed is told as done, and the customer took part."""
    rule = subject.playbook.told.get(subject.key or "")
    if rule is None or not contact.customer_messages:
        return None
    for index, utterance in enumerate(contact.utterances):
        by_advisor = utterance.speaker is Speaker.ADVISOR
        before = "" if by_advisor or not index else contact.utterances[index - 1].text
        pattern = rule.advisor if by_advisor else rule.customer
        if not utterance.suspect and _tells(subject, pattern, utterance.text, before):
            return [index]
    return None


def told_in_note(subject: Subject, note: VisitNote) -> bool:
    """Whether the visit note tells of the deed."""
    rule = subject.playbook.told.get(subject.key or "")
    return rule is not None and not rule.void.search(note.text) and _tells(subject, rule.note, note.text)


def told_by_event(subject: Subject, event: Event) -> bool:
    """Whether the event is the deed (material_sent …). A permission that was opened must be the promised one."""
    rule = subject.playbook.told.get(subject.key or "")
    if rule is None or event.name not in rule.events:
        return False
    permission = event.properties.get("permission")
    if permission is None:
        return True
    words = rule.permissions.get(str(permission))
    return words is not None and any(words.search(text) for text in promise_texts(subject))


def _tells(subject: Subject, pattern: re.Pattern[str], text: str, before: str = "") -> bool:
    """Whether a clause tells of the deed. A bare 收到了 speaks of what was named `before` it."""
    book = subject.playbook
    if not any(pattern.search(c) and not book.untold.search(c) for c in clauses(text)):
        return False
    return not any(_other_thing(subject, names, before + text) for names in (book.materials, book.businesses))


def _other_thing(subject: Subject, names: re.Pattern[str], text: str) -> bool:
    """Whether the text names things, and none of those that were promised."""
    told, promised = {m[0] for m in names.finditer(text)}, promised_things(subject, names)
    return bool(told and promised) and told.isdisjoint(promised)


def promised_things(subject: Subject, names: re.Pattern[str]) -> set[str]:
    """What was promised, as named in the evidence of the promise and the turn before it."""
    return {m[0] for text in promise_texts(subject) for m in names.finditer(text)}


def same_things(first: Subject, second: Subject) -> bool:
    """Whether the second promise may be the first one put off or repeated: no other thing was promised."""
    for names in (first.playbook.materials, first.playbook.businesses):
        old, new = promised_things(first, names), promised_things(second, names)
        if old and new and old.isdisjoint(new):
            return False
    return True


def promise_texts(subject: Subject) -> list[str]:
    """The words of the promise: its evidence and the turn before it."""
    turns = subject.opening.utterances
    indexes = {n for index in subject.said.evidence for n in (index - 1, index) if 0 <= n < len(turns)}
    return [turns[n].text for n in sorted(indexes)]
