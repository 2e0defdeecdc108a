"""Fixtures of the follow-up tests. `differences` compares an answer of the replay with what a story expects."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dongke.clock import TradingCalendar, beijing
from dongke.types import Channel, Conversation, Polarity, Speaker, Utterance
from followup import playbooks
from followup.history import Contact, Event, History, Ownership, Said, Ticked, Try, Verdict, VisitNote
from followup.opportunities import track
from followup.opportunity import Opportunity
from nlp.pipeline import read

_TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_WHICH = ("customer", "playbook", "key")


@pytest.fixture
def differences() -> Callable[[dict[str, Any], dict[str, Any]], list[str]]:
    """What is missing, too much or different in the second; empty where the answer is right."""
    return _differences


def _differences(expect: dict[str, Any], found: dict[str, Any]) -> list[str]:
    rest, faults = list(found["opportunities"]), []
    for wanted in expect["opportunities"]:
        same = [o for o in rest if all(_agrees(wanted[f], o[f]) for f in _WHICH if f in wanted)]
        if not same:
            faults.append(f"missing {[wanted.get(f) for f in _WHICH]}")
            continue
        best = min(same, key=lambda o: len(_wrong(wanted, o)))
        rest.remove(best)
        faults += _wrong(wanted, best)
    faults += [f"extra {[o[f] for f in _WHICH]}" for o in rest]
    for who, tags in (expect.get("profiles") or {}).items():
        held = found["profiles"].get(who, [])
        faults += [f"profile {who}: {t}" for t in tags if not any(_agrees(t, h) for h in held)]
    for who, numbers in (expect.get("report") or {}).items():
        faults += [f"report {who} {n}" for n, v in numbers.items() if found["report"].get(who, {}).get(n) != v]
    return faults


def _wrong(wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    return [f"{got['playbook']} {f}: {got.get(f)!r} not {v!r}" for f, v in wanted.items() if not _agrees(v, got.get(f))]


def _agrees(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, list):
        return any(_agrees(w, got) for w in wanted)
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(_agrees(v, got.get(k)) for k, v in wanted.items())
    if isinstance(wanted, str) and isinstance(got, str) and _TIME.match(got):
        moment = beijing(datetime.fromisoformat(got))
        if _DATE.match(wanted):
            return str(moment.date()) == wanted
        if _TIME.match(wanted):
            return moment.replace(second=0) == beijing(datetime.fromisoformat(wanted)).replace(second=0)
    return bool(wanted == got)


class Life:
    """一位客户的经历, told line by line: builds the `History` of C1 (owner A1, deputy D1) in 2026."""

    def __init__(self) -> None:
        self.facts: dict[str, list[Any]] = {
            name: [] for name in ("contacts", "attempts", "notes", "events", "manual", "verdicts")
        }
        self.ownerships = [Ownership("C1", at("05-01 09:00"), "A1")]
        self.deputies = {"A1": frozenset({"D1"})}
        self.members = {"C1"}
        self.merged_at: dict[str, datetime] = {}
        self.branches: dict[str, str] = {}

    def talk(self, when: str, *lines: str, tags: tuple[Any, ...] = (), **options: Any) -> Contact:
        """`lines`: "A: …" by the advisor, "C: …" by the customer. `tags`: (tag, value) or (tag, value, "negated")."""
        start, number = at(when), f"K{len(self.facts['contacts']) + 1}"
        turns = tuple(
            Utterance(Speaker.ADVISOR if line[0] == "A" else Speaker.CUSTOMER, line[2:].strip()) for line in lines
        )
        seconds = options.pop("seconds", 48)
        mentions = options.pop("mentions", None)
        if mentions is None:
            mentions = read(Conversation(number, Channel.CALL, start, turns)).mentions
        values: dict[str, Any] = {
            "customer_id": "C1",
            "advisor_id": "A1",
            "channel": Channel.CALL,
            "ended_at": start + timedelta(seconds=seconds),
            "known_at": start + timedelta(seconds=seconds),
        }
        contact = Contact(
            id=number,
            started_at=start,
            utterances=turns,
            mentions=tuple(mentions),
            said=tuple(_said(number, n, tag) for n, tag in enumerate(tags)),
            **(values | options),
        )
        self.facts["contacts"].append(contact)
        return contact

    def event(self, when: str, name: str, **properties: Any) -> None:
        customer = properties.pop("customer", "C1")
        self.facts["events"].append(Event(f"E{len(self.facts['events'])}", customer, at(when), name, properties))

    def attempt(self, when: str, advisor: str = "A1") -> None:
        self.facts["attempts"].append(Try(f"T{len(self.facts['attempts'])}", "C1", advisor, at(when)))

    def note(self, when: str, text: str, advisor: str = "A1") -> None:
        self.facts["notes"].append(VisitNote(f"N{len(self.facts['notes'])}", "C1", advisor, at(when), text))

    def manual(self, when: str, playbook: str, outcome: str = "done", advisor: str = "A1") -> None:
        number = f"M{len(self.facts['manual'])}"
        self.facts["manual"].append(Ticked(number, "C1", playbook, advisor, at(when), outcome))

    def verdict(self, when: str, tag: str, verdict: str = "wrong") -> None:
        self.facts["verdicts"].append(Verdict("C1", tag, verdict, at(when)))

    def owner(self, when: str, advisor: str, customer: str = "C1") -> None:
        self.ownerships.append(Ownership(customer, at(when), advisor))

    def merge(self, when: str, other: str) -> None:
        self.members.add(other)
        self.merged_at[other] = at(when)

    def moment(self, when: str) -> datetime:
        """That time in Beijing, of 2026."""
        return at(when)

    def history(self) -> History:
        return History(
            customer_id="C1",
            members=frozenset(self.members),
            ownerships=tuple(self.ownerships),
            deputies=self.deputies,
            merged_at=self.merged_at,
            branches=self.branches,
            **{name: tuple(rows) for name, rows in self.facts.items()},
        )

    def until(self, when: str) -> list[Opportunity]:
        return track(self.history(), playbooks.load(), TradingCalendar(), at(when))

    def only(self, when: str) -> Opportunity:
        """The one opportunity there must be."""
        (found,) = self.until(when)
        return found


def at(text: str) -> datetime:
    """`06-08 10:00` in Beijing, of 2026 unless a year stands before it."""
    return datetime.fromisoformat(f"{text if text.count('-') == 2 else '2026-' + text}:00+08:00".replace(" ", "T"))


def _said(contact: str, number: int, tag: tuple[Any, ...]) -> Said:
    polarity = Polarity(tag[2]) if len(tag) > 2 else Polarity.AFFIRMED
    return Said(f"{contact}/{number}", tag[0], polarity, tag[1], (0,))


@pytest.fixture
def life() -> Life:
    return Life()
