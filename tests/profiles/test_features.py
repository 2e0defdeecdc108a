"""Behaviour features: each with its reason, and 数据不足 where the data do not say."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dongke.clock import TradingCalendar
from profiles.features import features
from profiles.merge import fold, tags_at

Make = Callable[..., Any]
CALENDAR = TradingCalendar()

# (opened_on, events as (day, name), as of, stage)
STAGES: list[tuple[str | None, list[tuple[str, str]], str, str]] = [
    (None, [], "06-20", "数据不足"),
    (None, [("06-18", "page_view")], "06-20", "潜客"),
    ("2026-06-10", [], "06-20", "新客"),
    ("2025-01-10", [], "06-20", "数据不足"),
    ("2025-01-10", [("06-18", "login")], "06-20", "活跃"),
    ("2025-01-10", [("04-20", "login")], "06-20", "预流失"),
    ("2025-01-10", [("01-05", "login")], "06-20", "流失"),
    ("2025-01-10", [("06-18", "login"), ("06-19", "account_closed")], "06-20", "流失"),
    ("2025-01-10", [("01-26", "login")], "03-02", "活跃"),  # 35 days, but 春节 is no silence
    ("2025-01-10", [("05-16", "login")], "06-20", "预流失"),  # 35 days without a holiday of that length
]


@pytest.mark.parametrize(("opened_on", "events", "as_of", "stage"), STAGES)
def test_lifecycle_in_trading_days(
    event: Make, on_file: Make, facts: Make, at: Callable[[str], datetime],
    opened_on: str | None, events: list[tuple[str, str]], as_of: str, stage: str,
) -> None:  # fmt: skip
    held = facts(on_file("01-01", opened_on=opened_on), *(event(day, name) for day, name in events))
    found = features(held, at(as_of), calendar=CALENDAR)["lifecycle"]
    assert found.text == stage
    assert found.reason


@pytest.mark.parametrize(
    ("action", "polarity", "stage"),
    [
        ("close_account", "affirmed", "预流失"),
        ("transfer_out", "affirmed", "预流失"),
        ("compare", "affirmed", "活跃"),  # bargaining is no departure
        ("close_account", "negated", "活跃"),
    ],
)
def test_a_spoken_leave_outranks_a_log_in(
    say: Make, event: Make, on_file: Make, facts: Make, at: Callable[[str], datetime],
    action: str, polarity: str, stage: str,
) -> None:  # fmt: skip
    told = say("06-10", "churn.risk", polarity, action=action)
    held = facts(told, on_file("01-01", opened_on="2025-01-10"), event("06-18", "login"))
    tags = tags_at(held, at("06-20"), at("06-20"))
    assert features(held, at("06-20"), tags=tags, calendar=CALENDAR)["lifecycle"].value == stage


def test_figures_of_thirty_days(event: Make, facts: Make, at: Callable[[str], datetime]) -> None:
    held = facts(
        event("05-20", "deposit", amount=999),  # too old
        event("06-01", "deposit", amount="200000.50"),
        event("06-02", "transfer_in", amount=100_000),
        event("06-03", "withdraw", amount=50_000),
        event("06-04", "trade", side="buy", amount=1, product="gold"),
        event("06-19", "login"),
        event("06-25", "trade", amount=1),  # not yet
    )
    found = features(held, at("06-20T12:00"), calendar=CALENDAR)
    assert found["net_flow_30d"].value == 250_000.5
    assert (found["trades_30d"].value, found["last_login_days"].value) == (1, 1)


def test_without_data_nothing_is_claimed(facts: Make, at: Callable[[str], datetime]) -> None:
    found = features(facts(), at("06-20"), calendar=CALENDAR)
    assert {f.text for f in found.values()} == {"数据不足"}
    assert all(f.value is None and f.reason for f in found.values())


def test_what_he_views_beside_what_he_says(say: Make, event: Make, facts: Make, at: Callable[[str], datetime]) -> None:
    views = [event(f"06-0{n}", "page_view", product=p) for n, p in ((1, "bond_fund"), (2, "bond_fund"), (3, "gold"))]
    held = facts(say("06-08", "intent.product", product="equity_fund"), *views)
    found = fold(held, at("06-20"), at("06-20")).behaviour["fund_preference"]
    assert found.value == {"behaviour": {"bond_fund": 16, "gold": 9}, "speech": {"equity_fund": 78}, "agree": False}
    assert (found.text, found.reason) == ("行为: 债券基金 16、黄金 9; 口头: 股票型基金 78", "行为与口头不一致")


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ([(10, True)] * 4, "数据不足"),
        ([(10, True)] * 4 + [(15, False)], "周一 10点–11点 (盘中), 1次接通1次"),
        ([(10, False)] * 5, "数据不足"),
    ],
)
def test_best_hour_needs_enough_calls(
    event: Make, facts: Make, at: Callable[[str], datetime], calls: list[tuple[int, bool]], text: str
) -> None:
    made = [
        event(f"06-{n + 1:02d}T{hour}:15", "call_answered" if ok else "call_unanswered")
        for n, (hour, ok) in enumerate(calls)
    ]
    assert features(facts(*made), at("06-20"), calendar=CALENDAR)["best_contact_time"].text.startswith(text)


def test_his_own_words_outrank_the_log_of_calls(
    say: Make, event: Make, facts: Make, at: Callable[[str], datetime]
) -> None:
    calls = [event(f"06-{n:02d}T10:15", "call_answered") for n in range(1, 10)]
    told = say("06-12", "contact.time", kind="recurring", days=None, date=None, from_="15:00", to=None)
    found = fold(facts(told, *calls), at("06-20"), at("06-20")).behaviour["best_contact_time"]
    assert (found.text, found.reason) == ("15:00以后", "客户亲口说的")


@pytest.mark.parametrize(("assets", "text"), [(6_000_000, "是"), (5_999_999, "否")])
def test_high_net_worth(on_file: Make, facts: Make, at: Callable[[str], datetime], assets: int, text: str) -> None:
    held = facts(on_file("01-01", assets_yuan=assets))
    assert features(held, at("06-20"), calendar=CALENDAR)["high_net_worth"].text == text
