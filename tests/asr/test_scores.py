"""Counts by hand, with look-alikes: what is an error, and what is only another way of writing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.folding import fold_as_written
from asr.scores import Said, Score, figures, score
from dongke.types import Speaker

A, C = Speaker.ADVISOR, Speaker.CUSTOMER
TERMS = ("科创板", "科创板基金", "佣金")


def _one(said: str, heard: str, **rest: object) -> Score:
    return score([Said(C, said)], [Said(C, heard)], TERMS, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "heard", "errors", "chars"),
    [
        ("我有五十万", "我有五十万", 0, 5),
        ("我有五十万", "我有十五万", 2, 5),  # 五 missing before, one made up behind
        ("我有五十万", "我有五十", 1, 5),
        ("我有五十万", "我有五十万吧", 1, 5),
        ("我有五十万", "他有四十万", 2, 5),
        ("我有五十万", "", 5, 5),
        ("", "谢谢观看", 4, 0),
        ("", "", 0, 0),
        ("甲乙丙", "丁戊己庚", 4, 3),  # more errors than characters: the rate may exceed one
    ],
)
def test_errors_by_hand(said: str, heard: str, errors: int, chars: int) -> None:
    counted = _one(said, heard)
    assert (counted.errors, counted.chars) == (errors, chars)


@pytest.mark.parametrize(
    ("said", "heard", "errors", "as_written"),
    [
        ("我有五十万，对吧？", "我有五十万对吧", 0, 0),
        ("ETF很好", "ｅｔｆ 很好", 0, 0),
        ("開戶", "开户", 0, 0),
        ("我有五十万", "我有50万", 0, 2),
        ("百分之二点八", "2.8%", 0, 6),
        ("沪深300", "沪深三百", 3, 3),  # a name keeps its digits
        ("三十", "十三", 2, 2),
    ],
)
def test_other_writings_are_no_errors(said: str, heard: str, errors: int, as_written: int) -> None:
    assert _one(said, heard).errors == errors
    assert _one(said, heard, folded=fold_as_written).errors == as_written


@pytest.mark.parametrize(
    ("said", "heard", "terms", "found"),
    [
        ("我想开科创板", "我想开科创板", 1, 1),
        ("我想开科创板", "我想开科创办", 1, 0),
        ("我想开科创板", "我想开科创呃板", 1, 0),  # torn apart it is no term
        ("科创板基金", "科创板基金", 1, 1),  # the longest, once
        ("科创板基金", "科创板鸡精", 1, 0),
        ("佣金佣金", "佣金", 2, 1),
        ("没有术语", "科创板", 0, 0),  # what was not said cannot be recalled
        ("用金子买", "佣金子买", 0, 0),
        ("科创，板", "科创板", 1, 1),
    ],
)
def test_terms_by_hand(said: str, heard: str, terms: int, found: int) -> None:
    counted = _one(said, heard)
    assert (counted.terms, counted.terms_heard) == (terms, found)


def test_speakers_by_hand() -> None:
    said = [Said(A, "您好请说"), Said(C, "我有钱")]
    right = score(said, said, TERMS)
    assert (right.matched, right.right_speaker) == (7, 7)
    swapped = score(said, [Said(C, "您好请说"), Said(A, "我有钱")], TERMS)
    assert (swapped.matched, swapped.right_speaker, swapped.errors) == (7, 0, 0)  # heard right, told wrong
    half = score(said, [Said(A, "您好请说"), Said(A, "我没钱")], TERMS)
    assert (half.matched, half.right_speaker, half.errors) == (6, 4, 1)


def test_the_order_of_overlapping_turns_is_no_error_of_hearing() -> None:
    said = [Said(A, "那我给您看一下"), Said(C, "好的好的谢谢")]
    heard = [Said(C, "好的好的谢谢"), Said(A, "那我给您看一下")]
    assert score(said, heard, TERMS).errors == 0
    other = [Said(A, "好的好的谢谢"), Said(C, "那我给您看一下")]  # nobody said it so, in whichever order
    assert score(said, other, TERMS).errors > 0


def test_figures_are_ratios_of_sums_with_intervals() -> None:
    scores = [Score(chars=100, errors=10, seconds=10, wall=1), Score(chars=300, errors=0, seconds=30, wall=1)]
    found = figures(scores, samples=500, seed=7)
    assert found["cer"].value == 10 / 400
    assert (found["cer"].low, found["cer"].high) == (0.0, 0.1)  # twice the one, or twice the other
    assert found["rtf"].value == 2 / 40
    assert found["term_recall"] == (None, None, None)  # no term was said
    assert figures(scores, samples=500, seed=7) == found
    assert figures(scores[:1])["cer"] == (0.1, None, None)  # one recording tells no interval
    assert figures([])["cer"] == (None, None, None)


turns = st.lists(st.builds(Said, st.sampled_from([A, C]), st.text("我有五十万科创板好，", max_size=12)), max_size=5)


@given(turns, turns)
def test_any_talk_counts_within_bounds(said: list[Said], heard: list[Said]) -> None:
    counted = score(said, heard, TERMS)
    assert 0 <= counted.terms_heard <= counted.terms
    assert 0 <= counted.right_speaker <= counted.matched <= counted.chars
    assert counted.errors <= counted.chars + sum(len(t.text) for t in heard)
    same = score(said, said, TERMS)
    assert (same.errors, same.terms_heard, same.right_speaker) == (0, same.terms, same.chars)
