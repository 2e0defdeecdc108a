"""Scores, bars, intervals and totals: every figure is made of its parts, and look-alikes add nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.facts import CustomerFacts
from profiles.features import Feature
from profiles.features.beta import below, credible_interval
from profiles.merge import fold
from profiles.parameters import parameters

Make = Callable[..., Any]
At = Callable[[str], datetime]
OPENED = {"opened_on": "2026-06-10", "assets_yuan": 0}
BANK = {"institution": "工商银行", "institution_type": "bank", "product": "deposit", "matures_on": "2026-09-30",
        "low": 300_000, "high": 300_000}  # fmt: skip
BROKER = {"institution": "招商证券", "institution_type": "broker", "product": None, "matures_on": None,
          "low": 500_000, "high": 600_000}  # fmt: skip
IDLE = {"low": 300_000, "high": 300_000, "available_from": None}


def feature(held: CustomerFacts, name: str, when: datetime) -> Feature:
    return fold(held, when, when).behaviour[name]


# --- 空户激活潜力值

# (what was said and done, points by code on 06-20, day from which it can be acted on)
EMPTY: list[tuple[list[tuple[Any, ...]], dict[str, int], str]] = [
    ([], {"opened": 20, "recently_opened": 15}, "2026-06-20"),
    ([("06-12", "intent.product", {"product": "gold"})], {"wants_product": 15}, "2026-06-20"),
    ([("06-12", "funds.idle", IDLE)], {"idle_now": 25}, "2026-06-20"),
    ([("06-12", "funds.idle", {**IDLE, "available_from": "2026-06-30"})], {"idle_later": 15}, "2026-06-30"),
    # money that matures on a Saturday: the Monday after
    ([("06-12", "assets.external", {**BANK, "matures_on": "2026-08-01"})], {"external_maturing": 15}, "2026-08-03"),
    # one deposit told in both ways is one reason
    ([("06-12", "funds.idle", {**IDLE, "available_from": "2026-09-30"}), ("06-12", "assets.external", BANK)],
     {"idle_later": 15}, "2026-09-30"),
    ([("06-12", "funds.idle", "negated", {})], {"no_spare_money": -25}, "2026-06-20"),
    ([("06-12", "voice.feedback", {"topic": "disturbance", "sentiment": "negative"})], {"disturbed": -10},
     "2026-06-20"),
    ([("06-12", "voice.feedback", {"topic": "app", "sentiment": "negative"})], {}, "2026-06-20"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "points", "actionable"), EMPTY)
def test_an_empty_account_has_a_score_of_reasons(
    say: Make, on_file: Make, facts: Make, at: At, told: list[Any], points: dict[str, int], actionable: str
) -> None:
    said = [say(row[0], row[1], *row[2:-1], **row[-1]) for row in told]
    found = feature(facts(on_file("06-10", **OPENED), *said), "activation_potential", at("06-20"))
    got = {part.code: part.value for part in found.parts}
    assert got == {"opened": 20, "recently_opened": 15, **points}
    assert found.value == {"score": sum(got.values()), "actionable_on": actionable}


@pytest.mark.parametrize(
    ("quote", "bound", "heard"),
    [
        ("我那个银行卡还没绑上呢", None, True),
        ("还没去绑卡", None, True),
        ("银行卡早就绑好了", None, False),
        ("我没带卡", None, False),
        ("我那个银行卡还没绑上呢", "bank_card_bound", False),  # since then he has
    ],
)
def test_a_card_that_is_not_bound_is_heard(
    say: Make, event: Make, on_file: Make, facts: Make, at: At, quote: str, bound: str | None, heard: bool
) -> None:
    from dataclasses import replace

    told = say("06-12", "commitment.advisor", action="process_business")
    told = replace(told, evidence=(replace(told.evidence[0], quote=quote),))
    deeds = [event("06-15", bound)] if bound else []
    found = feature(facts(on_file("06-10", **OPENED), told, *deeds), "activation_potential", at("06-20"))
    assert ("card_not_bound" in {part.code for part in found.parts}) is heard


@pytest.mark.parametrize(
    ("filed", "deeds", "text"),
    [
        ({}, [], "数据不足"),
        ({"opened_on": "2026-06-10", "assets_yuan": 5_000}, [], "不是空户"),
        (OPENED, [("06-12", "deposit")], "不是空户"),
        (OPENED, [("06-12", "account_closed")], "不是空户"),
    ],
)
def test_what_is_no_empty_account_has_no_score(
    event: Make, on_file: Make, facts: Make, at: At, filed: dict[str, Any], deeds: list[Any], text: str
) -> None:
    held = facts(on_file("06-10", name="客户", **filed), *(event(*d) for d in deeds))
    found = feature(held, "activation_potential", at("06-20"))
    assert (found.value, found.text) == (None, text)


WORDS = [("funds.idle", IDLE), ("funds.idle", {}), ("assets.external", BANK), ("intent.product", {"product": "gold"}),
         ("intent.permission", {"permission": "star"}), ("churn.risk", {"action": "close_account"}),
         ("voice.feedback", {"topic": "disturbance", "sentiment": "negative"})]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    words=st.lists(st.tuples(st.sampled_from(WORDS), st.booleans()), max_size=6),
    deeds=st.lists(st.sampled_from(["login", "call_answered", "call_unanswered", "bank_card_failed"]), max_size=6),
)
def test_the_reasons_always_add_up_to_the_score(
    say: Make, event: Make, on_file: Make, facts: Make, at: At, words: list[Any], deeds: list[str]
) -> None:
    said = [
        say(f"06-{12 + n}", tag, "affirmed" if yes else "negated", **slots)
        for n, ((tag, slots), yes) in enumerate(words)
    ]
    held = facts(on_file("06-10", **OPENED), *said, *(event(f"06-{11 + n}", name) for n, name in enumerate(deeds)))
    found = feature(held, "activation_potential", at("06-20"))
    assert found.value["score"] == sum(part.value for part in found.parts)
    assert 0 <= found.value["score"] <= 100


# --- 基金偏好指数


def test_taking_a_source_away_changes_only_its_bar(say: Make, event: Make, facts: Make, at: At) -> None:
    views = [event(f"06-{n:02d}", "page_view", product="bond_fund") for n in range(1, 9)]
    said = [say("06-08", "intent.product", product="equity_fund"), say("06-09", "intent.product", product="bond_fund")]
    both, deeds, words = (
        feature(held, "fund_preference", at("06-20"))
        for held in (facts(*views, *said), facts(*views), facts(*said))
    )  # fmt: skip
    assert both.value["behaviour"] == deeds.value["behaviour"]
    assert both.value["speech"] == words.value["speech"]
    assert deeds.value["speech"] == words.value["behaviour"] == {}
    assert (deeds.value["agree"], words.value["agree"], both.value["agree"]) == (None, None, True)
    bars = {part.code: part.value for part in both.parts}
    assert bars["bond_fund"]["disagreement"] == bars["bond_fund"]["speech"] - bars["bond_fund"]["behaviour"]
    assert bars["equity_fund"] | {"speech": 0} == {"behaviour": None, "speech": 0, "disagreement": None}


ONE = st.sampled_from(["gold", "bond_fund"])
DAY = st.integers(1, 28)


@settings(max_examples=100, deadline=None)
@given(
    words=st.lists(st.tuples(DAY, ONE, st.booleans()), max_size=5),
    deeds=st.lists(st.tuples(DAY, ONE, st.sampled_from(["page_view", "trade", "redeem"])), max_size=8),
)
def test_neither_source_ever_moves_the_bar_of_the_other(
    say: Make, event: Make, facts: Make, at: At, words: list[Any], deeds: list[Any]
) -> None:
    said = [
        say(f"06-{n:02d}", "intent.product", "affirmed" if yes else "negated", product=p, talk=f"K{k}")
        for k, (n, p, yes) in enumerate(words)
    ]
    done = [event(f"06-{n:02d}", name, product=p, amount=1, id=str(k)) for k, (n, p, name) in enumerate(deeds)]
    when = at("06-29")
    both, alone, silent = (
        feature(held, "fund_preference", when).value or {"behaviour": {}, "speech": {}}
        for held in (facts(*said, *done), facts(*done), facts(*said))
    )
    assert (both["behaviour"], both["speech"]) == (alone["behaviour"], silent["speech"])


def test_a_product_he_refuses_and_buys_disagrees(say: Make, event: Make, facts: Make, at: At) -> None:
    refuses = say("06-01", "intent.product", "negated", product="gold")
    bought = event("06-10", "trade", side="buy", product="gold", amount=1)
    found = feature(facts(refuses, bought), "fund_preference", at("06-12"))
    assert found.value["agree"] is False
    assert found.value["speech"]["gold"] < 0 < found.value["behaviour"]["gold"]


# --- 外部资产合计, 高净值, 资产分布

# (statements, low, high, places)
TOTALS: list[tuple[list[tuple[str, dict[str, Any]]], int, int | None, int]] = [
    ([("06-01", BANK)], 300_000, 300_000, 1),
    ([("06-01", BANK), ("06-08", BANK)], 300_000, 300_000, 1),  # told twice
    ([("06-01", BANK), ("06-08", {**BANK, "low": 310_000, "high": 310_000})], 310_000, 310_000, 1),
    ([("06-01", BANK), ("06-08", BROKER)], 800_000, 900_000, 2),  # two institutions
    ([("06-01", BANK), ("06-08", {**BROKER, "low": None, "high": None})], 300_000, None, 2),
    ([("06-01", BANK), ("06-08", {**BANK, "product": "insurance", "matures_on": None})], 600_000, 600_000, 1),
    # the same sum without the bank's name is the same money; another sum is not
    ([("06-01", BANK), ("06-08", {**BANK, "institution": None, "product": None})], 300_000, 300_000, 1),
    ([("06-01", BANK), ("06-08", {**BANK, "institution": None, "low": 900_000, "high": 900_000})],
     1_200_000, 1_200_000, 2),
]  # fmt: skip


@pytest.mark.parametrize(("told", "low", "high", "places"), TOTALS)
def test_a_total_counts_every_sum_once(
    say: Make, facts: Make, at: At, told: list[Any], low: int, high: int | None, places: int
) -> None:
    held = facts(*(say(on, "assets.external", **value) for on, value in told))
    found = feature(held, "external_total", at("06-20"))
    assert found.value == {"low": low, "high": high, "places": places}
    assert sum(part.value["low"] for part in found.parts) == low
    assert all(part.tag_id and part.at for part in found.parts)


def test_nothing_elsewhere_is_a_total_of_nothing(say: Make, facts: Make, at: At) -> None:
    none = say("06-01", "assets.external", "negated", institution_type="unknown")
    assert feature(facts(none), "external_total", at("06-20")).value == {"low": 0, "high": 0, "places": 0}
    bank_only = say("06-01", "assets.external", "negated", institution_type="bank")
    assert feature(facts(bank_only), "external_total", at("06-20")).text == "数据不足"


def test_wealth_is_an_interval_of_its_clues_and_ends_with_them(say: Make, on_file: Make, facts: Make, at: At) -> None:
    told = say("06-01", "assets.external", **{**BROKER, "low": 5_000_000, "high": 6_000_000})
    held = facts(on_file("01-01", assets_yuan=500_000), told)
    found = feature(held, "high_net_worth", at("06-20"))
    assert found.value == {"low": 5_500_000, "likely": 6_000_000, "high": 6_500_000, "verdict": "maybe"}
    assert [part.code for part in found.parts] == ["account", "external"]
    assert all(part.at for part in found.parts)
    years_later = feature(held, "high_net_worth", at("2029-06-20"))
    assert years_later.value == {"low": 500_000, "likely": 500_000, "high": 500_000, "verdict": "no"}


def test_money_told_in_both_ways_is_counted_once(say: Make, on_file: Make, facts: Make, at: At) -> None:
    both = [say("06-01", "assets.external", **BANK), say("06-01", "funds.idle", **IDLE, talk="K2")]
    found = feature(facts(*both), "high_net_worth", at("06-20"))
    assert (found.value["low"], found.value["high"]) == (300_000, 300_000)
    in_cash = facts(on_file("01-01", assets_yuan=400_000, cash_yuan=350_000), say("06-01", "funds.idle", **IDLE))
    assert feature(in_cash, "high_net_worth", at("06-20")).value["high"] == 400_000


@pytest.mark.parametrize(
    ("quote", "clue"),
    [
        ("我自己开的厂, 这两年还行", "occupation"),
        ("手上有三套房", "property"),
        ("我在厂里上班", None),
        ("房租又涨了", None),
    ],
)
def test_a_hint_opens_the_interval_and_makes_no_number(
    say: Make, on_file: Make, facts: Make, at: At, quote: str, clue: str | None
) -> None:
    from dataclasses import replace

    told = say("06-01", "risk.appetite", level="moderate")
    told = replace(told, evidence=(replace(told.evidence[0], quote=quote),))
    found = feature(facts(on_file("01-01", assets_yuan=200_000), told), "high_net_worth", at("06-20"))
    assert (found.value["low"], found.value["likely"]) == (200_000, 200_000)
    assert found.value["high"] == (None if clue else 200_000)
    assert {part.code for part in found.parts} == {"account"} | ({clue} if clue else set())


def test_where_the_assets_lie(say: Make, on_file: Make, facts: Make, at: At) -> None:
    held = [{"product": "bond_fund", "amount": 90_000}, {"product": "bond_fund", "amount": 60_000}]
    filed = on_file("01-01", assets_yuan=500_000, cash_yuan=100_000, holdings=held)
    found = feature(facts(filed, say("06-01", "assets.external", **BANK)), "asset_distribution", at("06-20"))
    assert {code: row["low"] for code, row in found.value.items()} == {
        "cash": 100_000, "bond_fund": 150_000, "other": 250_000, "工商银行": 300_000,
    }  # fmt: skip
    assert "账户现金10万元 (12%)" in found.text or "账户现金10万元 (13%)" in found.text


# --- 交易频率, 联系时间


def test_trades_a_trading_day(event: Make, facts: Make, at: At) -> None:
    old = event("01-05", "login")
    trades = [event(f"06-{n:02d}T10:00", "trade", amount=1) for n in range(1, 13)]
    found = feature(facts(old, *trades), "trading_frequency", at("06-20"))
    assert found.value == {"trades": 12, "trading_days": 60, "per_trading_day": 0.2, "level": "中频"}
    new = feature(facts(event("06-15", "login"), event("06-16", "trade")), "trading_frequency", at("06-18T12:00"))
    assert (new.value["trading_days"], new.value["trades"]) == (4, 1)


def test_calls_on_a_holiday_say_nothing_of_that_weekday(event: Make, facts: Make, at: At) -> None:
    thursdays = [event(f"2026-{d}T10:15", "call_answered") for d in ("09-03", "09-10", "09-17", "09-24")]
    holiday = [event("2026-10-01T10:15", "call_unanswered", id=str(n)) for n in range(4)]
    found = feature(facts(*thursdays, *holiday), "best_contact_time", at("10-09"))
    best = found.value["windows"][0]
    assert (best["day"], best["from"], best["answered"], best["calls"]) == ("thu", "10:00", 4, 4)
    assert best["low"] < best["share"] < best["high"]
    assert {w["day"] for w in found.value["windows"]} == {"thu", "sun"}


def test_a_refused_time_is_left_out_and_a_wish_outranks_the_log(say: Make, event: Make, facts: Make, at: At) -> None:
    mornings = [event(f"06-{n:02d}T10:15", "call_answered") for n in range(1, 6)]
    evening = event("06-08T19:15", "call_answered")
    no_mornings = say("06-10", "contact.time", "negated", kind="recurring", days=None, date=None, to="12:00")
    found = feature(facts(*mornings, evening, no_mornings), "best_contact_time", at("06-20"))
    assert [w["from"] for w in found.value["windows"]] == ["19:00"]
    soon = say("06-19", "contact.time", kind="once", date="2026-06-22", from_="15:00", to=None)
    asked = feature(facts(*mornings, soon), "best_contact_time", at("06-20"))
    assert (asked.value["basis"], asked.text) == ("told", "6月22日 15:00以后")
    few = feature(facts(evening, no_mornings), "best_contact_time", at("06-20"))
    assert (few.value, few.reason) == ({"basis": "told", "windows": []}, "只有1次通话记录, 至少要5次")


def test_the_channel_is_what_he_says(say: Make, facts: Make, at: At) -> None:
    told = [
        say("06-01", "contact.channel", channel="wechat"),
        say("06-02", "contact.channel", "negated", channel="sms"),
    ]
    found = feature(facts(*told), "best_channel", at("06-20"))
    assert found.value == {"wanted": ["wechat"], "refused": ["sms"]}
    assert feature(facts(), "best_channel", at("06-20")).text == "数据不足"


# under a half so much lies so close to 1 that no float is near enough to the bound; the counts begin at more
@given(a=st.floats(0.5, 60), b=st.floats(0.5, 60))
def test_the_interval_holds_its_share_of_the_beta_distribution(a: float, b: float) -> None:
    low, high = credible_interval(a, b, 0.9)
    assert 0.0 <= low < high <= 1.0
    assert below(low, a, b) == pytest.approx(0.05, abs=1e-3)
    assert below(high, a, b) == pytest.approx(0.95, abs=1e-3)


def test_known_quantiles() -> None:
    """Beta(1, 1) is uniform; Beta(2, 1) has the distribution x squared."""
    assert credible_interval(1.0, 1.0, 0.9) == pytest.approx((0.05, 0.95), abs=1e-6)
    assert below(0.5, 2.0, 1.0) == pytest.approx(0.25)
    assert parameters().contact_history.interval == 0.9
