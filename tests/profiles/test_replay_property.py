"""Replaying the log gives the same bytes: an answer depends on its two times and on what was known by then – not on
what came later, and not on the order in which facts are stored."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dongke.clock import TradingCalendar
from profiles.facts import CustomerFacts, Event, Feedback, Snapshot, Statement
from profiles.identity.grouping import Link
from profiles.merge import fold

Make = Callable[..., Any]
CALENDAR = TradingCalendar()
PEOPLE = ("C1", "C2", "C3")
SAID: list[tuple[str, str, dict[str, Any]]] = [
    ("funds.idle", "affirmed", {"low": 500_000, "high": 500_000, "available_from": None}),
    ("funds.idle", "affirmed", {"low": 800_000, "high": None, "available_from": "2026-06-20"}),
    ("funds.idle", "negated", {}),
    (
        "assets.external",
        "affirmed",
        {"institution": "工商银行", "institution_type": "bank", "low": 1, "high": 9_000_000},
    ),
    ("assets.external", "negated", {"institution_type": "unknown"}),
    ("intent.product", "affirmed", {"product": "gold"}),
    ("intent.product", "negated", {"product": "gold"}),
    ("intent.permission", "affirmed", {"permission": "star"}),
    ("risk.appetite", "affirmed", {"level": "aggressive"}),
    ("risk.appetite", "affirmed", {"level": "conservative"}),
    ("contact.time", "affirmed", {"kind": "recurring", "days": ["mon"], "from_": "15:00", "to": None}),
    ("contact.time", "affirmed", {"kind": "once", "date": "2026-06-15", "from_": "10:00", "to": None}),
    ("commitment.advisor", "affirmed", {"action": "call_back", "due_date": "2026-06-12"}),
    ("contact.channel", "negated", {"channel": "sms"}),
    ("churn.risk", "affirmed", {"action": "close_account"}),
    ("churn.risk", "negated", {"action": "close_account"}),
    ("voice.feedback", "affirmed", {"topic": "fee", "sentiment": "negative"}),
]
DONE: list[tuple[str, dict[str, Any]]] = [
    ("login", {}),
    ("page_view", {"product": "gold"}),
    ("trade", {"side": "buy", "product": "gold", "amount": 300_000}),
    ("trade", {"side": "sell", "product": "gold", "amount": "12.5"}),
    ("deposit", {"amount": 400_000}),
    ("transfer_in", {"institution": "工商银行", "amount": 200_000}),
    ("withdraw", {"amount": 150_000}),
    ("permission_opened", {"permission": "star"}),
    ("call_answered", {}),
    ("call_unanswered", {}),
    ("account_opened", {}),
    ("account_closed", {}),
]
HOURS = st.integers(0, 28 * 24)


@st.composite
def facts_of_a_life(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """(kind, who, hour, lag of knowledge in hours, which, superseded after hours or 0)."""
    kind = st.sampled_from(["say", "say", "say", "event", "event", "file", "verdict", "link"])
    row = st.tuples(kind, st.integers(0, 2), HOURS, st.integers(0, 300), st.integers(0, 99), st.integers(0, 200))
    return draw(st.lists(row, min_size=1, max_size=16))


def _build(rows: list[tuple[Any, ...]], say: Make, start: datetime) -> list[Any]:
    made: list[Any] = []
    said: list[Statement] = []
    for n, (kind, person, hour, lag, which, gone) in enumerate(rows):
        who, at = PEOPLE[person], start + timedelta(hours=hour)
        known = at + timedelta(hours=lag)
        if kind == "say":
            tag, polarity, slots = SAID[which % len(SAID)]
            told = say("06-01", tag, polarity, talk=f"K{n % 5}-{hour}", id=f"a{n}", customer_id=who, **slots)
            superseded = known + timedelta(hours=gone) if gone > 150 else None
            told = replace(told, said_at=at, known_at=known, superseded_at=superseded)
            said.append(told)
            made.append(told)
        elif kind == "event":
            name, properties = DONE[which % len(DONE)]
            made.append(Event(f"e{n}", who, name, at, known, properties))
        elif kind == "file":
            data = {"risk_level": f"C{which % 5 + 1}", "cash_yuan": which * 9_000, "questionnaire_on": "2026-01-05",
                    "opened_on": "2026-06-02" if which % 2 else None, "assets_yuan": which * 90_000}  # fmt: skip
            made.append(Snapshot(f"s{n}", who, at, known, data))
        elif kind == "verdict" and said:
            target = said[which % len(said)]
            word = ("right", "wrong", "corrected")[which % 3]
            value = {"low": 1, "high": 2} if word == "corrected" else None
            made.append(Feedback(f"f{n}", target.customer_id, target.tag, word, "A1", at, known, value, target))
        elif kind == "link":
            made.append(_link(n, made, who, PEOPLE[which % 3], at, known, which))
    return made


def _link(n: int, made: list[Any], who: str, into: str, at: datetime, known: datetime, which: int) -> Link:
    """A merge, or now and then the undoing of one."""
    before = [x for x in made if isinstance(x, Link) and x.into_id != x.customer_id]
    if before and which % 4 == 0:
        undone = before[which % len(before)]
        return Link(f"{undone.customer_id}/{n:06d}", undone.customer_id, undone.customer_id, at, known, "A1", undone.id)
    return Link(f"{who}/{n:06d}", who, into, at, known, "A1")


KINDS = {Statement: "assertions", Feedback: "feedback", Event: "events", Snapshot: "snapshots", Link: "links"}


def _facts(made: list[Any]) -> CustomerFacts:
    parts: dict[str, list[Any]] = {}
    for fact in made:
        parts.setdefault(KINDS[type(fact)], []).append(fact)
    return CustomerFacts("C1", **{name: tuple(rows) for name, rows in parts.items()})


def _known_by(made: list[Any], moment: datetime) -> list[Any]:
    """The store as it was then: later facts not there yet, later readings had replaced nothing yet."""
    held = [fact for fact in made if fact.known_at <= moment]
    return [
        replace(f, superseded_at=None) if isinstance(f, Statement) and (f.superseded_at or moment) > moment else f
        for f in held
    ]


def _bytes(facts: CustomerFacts, as_of: datetime, known_at: datetime) -> bytes:
    page = fold(facts, as_of, known_at, calendar=CALENDAR).to_json()
    return json.dumps(page, ensure_ascii=False).encode()


@settings(max_examples=300, deadline=None)
@given(rows=facts_of_a_life(), order=st.randoms(use_true_random=False), as_of=HOURS, known=st.integers(0, 40 * 24))
def test_what_was_answered_then_is_answered_now(
    say: Make, at: Callable[[str], datetime], rows: list[tuple[Any, ...]], order: Any, as_of: int, known: int
) -> None:
    start = at("06-01")
    made = _build(rows, say, start)
    moments = start + timedelta(hours=as_of), start + timedelta(hours=known)
    then = _bytes(_facts(_known_by(made, moments[1])), *moments)
    assert _bytes(_facts(made), *moments) == then
    shuffled = list(made)
    order.shuffle(shuffled)
    assert _bytes(_facts(shuffled), *moments) == then


def test_the_property_would_notice_a_fact_that_leaks(say: Make, at: Callable[[str], datetime]) -> None:
    """The look-alike: a fact known before the asked time does change the answer."""
    start = at("06-01")
    early = _build([("say", 0, 10, 0, 0, 0)], say, start)
    moments = start + timedelta(days=5), start + timedelta(days=5)
    assert _bytes(_facts(early), *moments) != _bytes(_facts([]), *moments)
    assert _bytes(_facts(early), start, start) == _bytes(_facts([]), start, start)
