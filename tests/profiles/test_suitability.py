"""Suitability: the whole matrix, and no way from speech to a higher level."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.suitability import allowed, assess, table_on, tables

TODAY = date(2026, 6, 20)
LEVELS = ["C1", "C2", "C3", "C4", "C5"]
PRODUCTS = ["R1", "R2", "R3", "R4", "R5"]
STANCES = ["conservative", "moderate", "aggressive"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_matrix(level: str, product: str) -> None:
    found = assess({"risk_level": level, "questionnaire_on": "2025-06-20"}, [], TODAY)
    fits, reason = allowed(product, found)
    assert fits is (int(product[1]) <= int(level[1]))
    assert found.offer_level in reason


@pytest.mark.parametrize(
    ("static", "reason"),
    [
        ({}, "没有风险测评等级"),
        ({"risk_level": "C9", "questionnaire_on": "2026-01-01"}, "没有风险测评等级"),
        ({"risk_level": "C5"}, "没有风险测评日期"),
        ({"risk_level": "C5", "questionnaire_on": "2024-06-20"}, "过期"),  # two years to the day
    ],
)
def test_what_is_missing_or_expired_blocks_everything(static: dict[str, str], reason: str) -> None:
    found = assess(static, [], TODAY)
    assert reason in found.blocked
    assert not any(allowed(product, found)[0] for product in PRODUCTS)


def test_the_last_day_of_the_questionnaire_still_counts() -> None:
    assert not assess({"risk_level": "C5", "questionnaire_on": "2024-06-21"}, [], TODAY).blocked
    leap = {"risk_level": "C5", "questionnaire_on": "2024-02-29"}
    assert not assess(leap, [], date(2026, 2, 28)).blocked
    assert assess(leap, [], date(2026, 3, 1)).is_expired


@pytest.mark.parametrize(
    ("level", "stance", "offer", "is_flagged"),
    [
        ("C2", "aggressive", "C2", True),  # flagged, never raised
        ("C5", "aggressive", "C5", False),
        ("C5", "conservative", "C2", True),  # tightened at once
        ("C1", "conservative", "C1", False),
        ("C3", "moderate", "C3", False),
        ("C1", "moderate", "C1", True),
    ],
)
def test_speech_against_the_file(level: str, stance: str, offer: str, is_flagged: bool) -> None:
    found = assess({"risk_level": level, "questionnaire_on": "2026-01-01"}, [stance], TODAY)
    assert (found.offer_level, bool(found.conflict)) == (offer, is_flagged)


@given(
    st.sampled_from([None, "C0", *LEVELS]),
    st.none() | st.dates(date(2020, 1, 1), TODAY),
    st.lists(st.sampled_from([*STANCES, "nonsense"]), max_size=4),
    st.dates(date(2015, 1, 1), date(2035, 1, 1)),
)
def test_no_path_from_speech_to_a_higher_level(
    level: str | None, asked_on: date | None, spoken: list[str], day: date
) -> None:
    static = {"risk_level": level, "questionnaire_on": asked_on.isoformat() if asked_on else None}
    silent, told = assess(static, [], day), assess(static, spoken, day)
    for product in PRODUCTS:
        assert allowed(product, told)[0] <= allowed(product, silent)[0]
    assert told.level == silent.level


def test_tables_are_whole() -> None:
    for table in tables():
        assert set(table.highest) == set(table.levels)
        assert set(table.highest.values()) <= set(table.products)
        assert set(table.conflicts) <= set(STANCES)
    assert table_on(date(1990, 1, 1)) is tables()[0]
    for pair in combinations(tables(), 2):
        assert pair[0].effective_on < pair[1].effective_on


def test_an_unknown_product_risk_is_never_allowed() -> None:
    found = assess({"risk_level": "C5", "questionnaire_on": "2026-01-01"}, [], TODAY)
    assert allowed("R6", found) == (False, "产品风险等级 R6 不认识")
