"""数词: every numeral reads back, and vagueness becomes an interval."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.charforms import fold
from nlp.numerals import numerals, plain, read_numeral

DIGITS = "零一二三四五六七八九"


def in_chinese(n: int) -> str:
    """`n` below 10**12 in Chinese numerals, as it is written."""
    if n == 0:
        return DIGITS[0]
    sections = [(n // 10**8, "亿"), (n // 10**4 % 10**4, "万"), (n % 10**4, "")]
    said = ""
    for value, unit in sections:
        if value == 0:
            said += "零" if said and not said.endswith("零") else ""
            continue
        gap = "零" if said and value < 1000 and not said.endswith("零") else ""
        said += gap + below_wan(value) + unit
    return said.rstrip("零")


def below_wan(n: int) -> str:
    said = ""
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // place % 10
        if digit:
            said += DIGITS[digit] + unit
        elif said and not said.endswith("零"):
            said += "零"
    return said.rstrip("零")


@given(st.integers(min_value=1, max_value=10**12 - 1))
def test_any_whole_number_in_chinese_reads_back(n: int) -> None:
    said = in_chinese(n)
    found = read_numeral(said, 0)
    assert found is not None
    assert (found.low, found.high, found.end) == (n, n, len(said))


@given(st.integers(min_value=0, max_value=10**9))
def test_any_whole_number_in_digits_reads_back(n: int) -> None:
    for said in (str(n), f"{n:,}"):
        found = read_numeral(said, 0)
        assert found is not None
        assert (found.low, found.end) == (n, len(said))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("十五六", 15, 16),
        ("十几", 11, 19),
        ("二十几", 21, 29),
        ("几十", 20, 90),
        ("好几百", 200, 900),
        ("大几十", 50, 90),
        ("小几十", 20, 40),
        ("五十多", 50, 60),
        ("五十来个", 50, 50),
        ("三五百", 300, 500),
        ("一百二", 120, 120),
        ("一百二三十", 120, 130),
        ("三千五", 3500, 3500),
        ("两万七八", 27000, 28000),
        ("百八十", 80, 100),
        ("万儿八千", 8000, 10000),
        ("一亿二", 120000000, 120000000),
        ("35万8", 358000, 358000),
        ("1.5亿", 150000000, 150000000),
        ("三十五十万", 300000, 500000),
        ("十几二十万", 110000, 200000),
        ("一千几百", 1200, 1900),
        ("廿五", 25, 25),
        ("二十二十五万", 250000, 250000),
    ],
)
def test_vagueness_is_an_interval(text: str, low: int, high: int) -> None:
    found = read_numeral(text, 0)
    assert found is not None
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize("text", ["六零一三一八", "幺三八零零", "一三九零零零零一二三四"])
def test_digits_in_a_row_are_a_code(text: str) -> None:
    (found,) = numerals(text)
    assert found.code
    assert found.end == len(text)


@pytest.mark.parametrize(
    ("text", "stops"),
    [("两百万一年", 3), ("十万三个点", 2), ("三万五月到期", 2), ("三百两年", 2), ("五十万半年", 3)],
)
def test_a_digit_that_counts_something_else_is_not_taken(text: str, stops: int) -> None:
    found = read_numeral(text, 0)
    assert found is not None
    assert found.end == stops


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("貳拾萬圓", "二十万元"),
        ("50W", "50w"),
        ("三點", "三点"),
        ("五十玩", "五十万"),
        ("三碗面", "三碗面"),
        ("两碗", "两碗"),
        ("三晚", "三晚"),
        ("月低到账", "月底到账"),
        ("后填中午", "后天中午"),
        ("年抵", "年底"),
        ("最低", "最低"),
    ],
)
def test_one_character_for_one(raw: str, folded: str) -> None:
    assert fold(raw) == folded


@given(st.text(max_size=30))
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(("value", "expected"), [("10.50", 10.5), ("20", 20), ("94000.0", 94000)])
def test_plain_numbers(value: str, expected: float) -> None:
    assert plain(Decimal(value)) == expected
