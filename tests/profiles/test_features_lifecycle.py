"""The lifecycle: no step outside the graph, no flapping, no holiday effect, and a past that does not change."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongke.clock import TradingCalendar
from profiles.facts import CustomerFacts
from profiles.features import features, view_of
from profiles.features.lifecycle import STEPS, Step, history
from profiles.merge import tags_at
from profiles.parameters import parameters

Make = Callable[..., Any]
At = Callable[[str], datetime]
CALENDAR = TradingCalendar()
RULE = parameters().lifecycle
OLD = {"opened_on": "2025-01-10"}


def steps(held: CustomerFacts, when: datetime) -> list[Step]:
    cut = held.at(when, when)
    return history(view_of(cut, when, tags=tags_at(cut, when, when), calendar=CALENDAR))


# (events as (day, name), stages in order on 06-30)
LIVES: list[tuple[list[tuple[str, str]], list[str]]] = [
    ([("03-02", "login")], ["新客", "活跃", "预流失", "流失"]),
    ([("03-02", "login"), ("04-27", "login")], ["新客", "活跃", "预流失"]),  # one click brings nobody back
    ([("03-02", "login"), ("04-27", "login"), ("04-28", "login")], ["新客", "活跃", "预流失", "活跃", "预流失"]),
    ([("03-02", "login"), ("04-20", "login"), ("05-13", "login")], ["新客", "活跃", "预流失"]),  # two days, far apart
    ([("03-02", "login"), ("04-27", "call_answered"), ("04-28", "chat_answered")], ["新客", "活跃", "预流失", "流失"]),
    ([("03-02", "login"), ("03-03", "account_closed"), ("03-04", "login"), ("03-05", "login")],
     ["新客", "活跃", "流失"]),
]  # fmt: skip


@pytest.mark.parametrize(("events", "stages"), LIVES)
def test_leaving_and_coming_back(
    event: Make, on_file: Make, facts: Make, at: At, events: list[tuple[str, str]], stages: list[str]
) -> None:
    held = facts(on_file("01-01", **OLD), *(event(day, name) for day, name in events))
    assert [s.stage for s in steps(held, at("06-30"))] == stages


def test_a_prospect_becomes_a_customer_on_the_day_on_file(event: Make, on_file: Make, facts: Make, at: At) -> None:
    held = facts(on_file("01-01", opened_on="2026-06-10"), event("06-01", "page_view"), event("06-12", "login"))
    assert [(s.stage, s.on.isoformat()) for s in steps(held, at("06-20"))] == [
        ("潜客", "2026-06-01"),
        ("新客", "2026-06-10"),
    ]


def test_a_spoken_leave_counts_at_once_and_until_it_is_taken_back(
    say: Make, event: Make, on_file: Make, facts: Make, at: At
) -> None:
    seen = [event(day, "login") for day in ("06-01", "06-05", "06-09", "06-12", "06-18")]
    threat = say("06-10", "churn.risk", action="close_account")
    stays = say("06-17", "churn.risk", "negated", action="close_account")
    held = facts(on_file("01-01", **OLD), *seen, threat, stays)
    found = [(s.stage, s.on.isoformat()) for s in steps(held, at("06-20"))][2:]
    assert found == [("预流失", "2026-06-10"), ("活跃", "2026-06-17")]
    bargains = facts(on_file("01-01", **OLD), *seen, say("06-10", "churn.risk", action="compare"))
    assert [s.stage for s in steps(bargains, at("06-20"))] == ["新客", "活跃"]


def test_a_holiday_week_sends_nobody_away(event: Make, on_file: Make, facts: Make, at: At) -> None:
    """Seen on every trading day up to the holiday: through 国庆 and its week-end nobody becomes 预流失."""
    days = [f"2026-09-{n:02d}" for n in range(1, 31)]
    held = facts(on_file("01-01", **OLD), *(event(day, "login") for day in days))
    day = at("2026-09-30")
    while day < at("2026-10-12"):
        assert features(held, day, calendar=CALENDAR)["lifecycle"].value == "活跃"
        day += timedelta(days=1)


KINDS = ["login", "page_view", "trade", "deposit", "call_answered", "account_opened", "account_closed"]
START = date(2026, 1, 5)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[tuple[int, str]], int | None, list[tuple[int, bool]]]:
    """Days since START with a deed; the opening day on file or none; days on which he threatens or takes it back."""
    deeds = st.tuples(st.integers(0, 350), st.sampled_from(["login", *KINDS]))
    words = st.tuples(st.integers(0, 350), st.booleans())
    opened = st.one_of(st.none(), st.integers(-400, 300))
    return draw(st.lists(deeds, max_size=25)), draw(opened), draw(st.lists(words, max_size=3))


def _life(life: Any, say: Make, event: Make, on_file: Make, facts: Make) -> CustomerFacts:
    deeds, opened, words = life
    made: list[Any] = [
        event((START + timedelta(days=n)).isoformat(), name, id=str(k)) for k, (n, name) in enumerate(deeds)
    ]
    made += [
        say((START + timedelta(days=n)).isoformat(), "churn.risk", "affirmed" if goes else "negated",
            action="close_account", talk=f"K{k}")
        for k, (n, goes) in enumerate(words)
    ]  # fmt: skip
    if opened is not None:
        made.append(on_file("2020-01-01", opened_on=(START + timedelta(days=opened)).isoformat()))
    return facts(*made)  # type: ignore[no-any-return]


@settings(max_examples=150, deadline=None)
@given(life=lives(), day=st.integers(0, 400), later=st.integers(0, 200))
def test_every_history_walks_the_graph_and_its_past_stays(
    say: Make, event: Make, on_file: Make, facts: Make, at: At, life: Any, day: int, later: int
) -> None:
    held = _life(life, say, event, on_file, facts)
    then = at((START + timedelta(days=day)).isoformat()) + timedelta(hours=23)
    found = steps(held, then + timedelta(days=later))
    assert all((a.stage, b.stage) in STEPS for a, b in pairwise(found))
    assert [s.on for s in found] == sorted(s.on for s in found)
    if life[1] is None or START + timedelta(days=life[1]) <= then.date():
        assert [s[:2] for s in found if s.on <= then.date()] == [s[:2] for s in steps(held, then)]


@settings(max_examples=100, deadline=None)
@given(days=st.lists(st.integers(0, 350), max_size=40, unique=True))
def test_the_stage_does_not_flap(event: Make, on_file: Make, facts: Make, at: At, days: list[int]) -> None:
    """Each turn takes what it takes: a long silence to leave, two days of visits within ten trading days to return."""
    seen = sorted(START + timedelta(days=n) for n in days)
    held = facts(on_file("2020-01-01", opened_on="2019-01-10"), *(event(d.isoformat(), "login") for d in seen))
    found = steps(held, at("2026-12-30"))
    for before, step in pairwise(found):
        last = max((d for d in seen if d < step.on), default=step.on)
        if step.stage == "预流失":
            assert CALENDAR.days_between(last, step.on) > RULE.active_trading_days
        if (before.stage, step.stage) in {("预流失", "活跃"), ("流失", "活跃")}:
            near = [d for d in seen if d <= step.on and CALENDAR.days_between(d, step.on) < RULE.return_trading_days]
            assert len([d for d in near if d >= before.on]) >= RULE.return_days
