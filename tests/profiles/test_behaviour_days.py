"""Day rows: counting on as events come is the same as counting anew; late events change their own day only."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, text

from profiles.behaviour.day_rows import days_of
from profiles.behaviour.days import Day, amount_of, fold_days
from profiles.behaviour.intake import take_events
from profiles.behaviour.traits import traits_of
from profiles.facts import Event
from profiles.service import facts_of, profile_of

At = Callable[[str], datetime]
EVER = (date(1990, 1, 1), date(2100, 1, 1))


def row(ident: str, at: datetime, event: str = "page_view", who: str = "C1", **properties: Any) -> dict[str, Any]:
    return {"message_id": ident, "customer_id": who, "event": event, "at": at.isoformat(), "properties": properties}


EVENTS = st.builds(
    row,
    st.integers(0, 40).map(str),
    st.integers(0, 60 * 24 * 9).map(lambda minutes: datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["page_view", "trade", "deposit"]),
    st.sampled_from(["C1", "C2"]),
    product=st.sampled_from(["gold", "", 7, None, "长" * 120]),
    amount=st.sampled_from([None, 0, 1, 0.1, "1000.50", 99999.999, 1e-7, "12345678901.01"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(EVENTS, max_size=12), max_size=5))
def test_counting_on_gives_what_counting_anew_gives(branch: Session, batches: list[list[dict[str, Any]]]) -> None:
    branch.execute(text("delete from behaviourevent"))
    branch.execute(text("delete from behaviourday"))
    for number, batch in enumerate(batches):
        take_events(branch, batch, datetime(2026, 7, 1, number, tzinfo=UTC))
    stored = [e for who in ("C1", "C2") for e in facts_of(branch, who).events]
    assert days_of(branch, ["C1", "C2"], *EVER) == fold_days(stored)


def test_a_late_event_changes_what_was_true_then_and_not_what_was_known_then(branch: Session, at: At) -> None:
    take_events(branch, [row("m1", at("06-10T10:00"), "trade", amount=5)], at("06-10T12:00"))
    before = profile_of(branch, "C1", as_of=at("06-11"), known_at=at("06-11")).to_json()
    days = days_of(branch, ["C1"], *EVER)
    take_events(branch, [row("m2", at("06-09T10:00"), "trade", amount=7, product="gold")], at("06-20"))
    assert profile_of(branch, "C1", as_of=at("06-11"), known_at=at("06-11")).to_json() == before
    now_known = facts_of(branch, "C1").at(at("06-11"), at("06-21")).events
    assert [e.id for e in now_known] == ["m2", "m1"]
    assert [e.id for e in facts_of(branch, "C1").at(at("06-09T12:00"), at("06-21")).events] == ["m2"]
    late = {("C1", date(2026, 6, 9), "trade", "gold"): Day(1, Decimal(7), at("06-09T10:00"))}
    assert days_of(branch, ["C1"], *EVER) == days | late


def test_the_day_is_the_day_in_beijing(branch: Session) -> None:
    take_events(branch, [row("m1", datetime(2026, 6, 8, 16, 30, tzinfo=UTC))], datetime(2026, 6, 10, tzinfo=UTC))
    assert [key[1] for key in days_of(branch, ["C1"], *EVER)] == [date(2026, 6, 9)]
    assert days_of(branch, ["C1"], date(2026, 6, 8), date(2026, 6, 8)) == {}
    assert days_of(branch, ["C2"], *EVER) == {}


AMOUNTS: list[tuple[Any, Decimal | None]] = [
    (5, Decimal(5)),
    (0.1, Decimal("0.1")),
    ("1000.50", Decimal("1000.5")),
    (1e-7, Decimal("0.0000001")),
    (None, None),
    (True, None),
    (-1, None),
    ("1,000", None),
    (" 5", None),
    ("5\n", None),
    ("1e5", None),
    ("五十万", None),
    ("１２", None),
    (float("nan"), None),
    (float("inf"), None),
    (10**14, None),
    ([5], None),
]


@pytest.mark.parametrize(("amount", "expected"), AMOUNTS)
def test_what_is_a_number_of_yuan(amount: Any, expected: Decimal | None) -> None:
    assert amount_of({"amount": amount}) == expected
    assert amount_of({}) is None


def test_traits_are_folded_in_the_order_in_which_they_were_said(at: At) -> None:
    def said(day: str, kind: str, **given: Any) -> Event:
        return Event(f"{day}{kind}", "C1", kind, at(day), at(day), given)

    events = [
        said("06-01", "identify", city="杭州", level=1),
        said("06-02", "profile_set_once", city="上海", since="2020"),
        said("06-03", "profile_increment", level=2, visits=1, city=3),
        said("06-04", "profile_increment", visits=0.1),
        said("06-05", "profile_increment", visits=0.2),
        said("06-06", "profile_append", likes=["gold", "etf"], city=["x"]),
        said("06-07", "profile_append", likes=["gold", "bond", "bond"]),
        said("06-08", "profile_unset", since=True),
        said("06-08", "page_view", city="no trait"),
    ]
    held = {"city": "杭州", "level": 3, "visits": 1.3, "likes": ["gold", "etf", "bond"]}
    assert traits_of(events) == traits_of(reversed(events)) == held
    assert traits_of([*events, said("06-09", "profile_delete")]) == {}
