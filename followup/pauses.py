"""暂停: what of a talk makes a deadline stand still – a time he wished for, or that he would not talk. Pure."""

from datetime import datetime
from typing import NamedTuple

from dongke.clock import TradingCalendar, at_beijing, beijing
from dongke.types import Speaker
from followup.deadlines import MIDNIGHT, as_date, as_time
from followup.history import Contact
from followup.playbooks import Pause


class Standstill(NamedTuple):
    """停表: until when, why, and the utterances that say so."""

    goes_on: datetime
    why: str
    evidence: tuple[int, ...]


def standstill(rule: Pause, contact: Contact, calendar: TradingCalendar) -> Standstill | None:
    """What the rule finds in the talk; None where nothing makes the deadline wait."""
    return _wished(contact) if rule.reason == "wished_time" else _declined(rule, contact, calendar)


def _wished(contact: Contact) -> Standstill | None:
    """The first time, later than the talk, at which he wants to be called."""
    found = []
    for said in contact.said:
        day = as_date(said.value.get("date"))
        if said.tag == "contact.time" and said.affirmed and said.value.get("kind") == "once" and day:
            begins = at_beijing(day, as_time(said.value.get("from")) or MIDNIGHT)
            if begins > contact.started_at:
                found.append(Standstill(begins, "客户约定时间", said.evidence))
    return min(found, default=None)


def _declined(rule: Pause, contact: Contact, calendar: TradingCalendar) -> Standstill | None:
    evidence = next((s.evidence for s in contact.said if s.affirmed and s.tag in rule.tags), None) or _words(
        rule, contact
    )
    if not evidence:
        return None
    started = beijing(contact.started_at)
    day = calendar.add_days(started.date(), rule.days)
    return Standstill(at_beijing(day, started.time()), "客户不便或拒绝接听", evidence)


def _words(rule: Pause, contact: Contact) -> tuple[int, ...]:
    for index, u in enumerate(contact.utterances):
        if u.speaker is Speaker.CUSTOMER and not u.suspect and rule.words.search(u.text):
            return (index,)
    return ()
