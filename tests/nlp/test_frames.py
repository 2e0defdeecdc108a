import pytest

from nlp.durations import find_durations
from nlp.frames import expand, frames
from nlp.prefilter import Need, needs


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("想买.{0,4}黄金", [("想买", "黄金")]),
        ("(?:黄金|白银)价", [("黄金 白银", "价")]),
        ("[买卖]股票", [("股票", "买 卖")]),
        ("黄金价.|(?:想|要)买", [("黄金价", ""), ("买", "想 要")]),
        ("(不(?:要|想))", [("不", "要 想")]),
        (".{3}", None),
        ("(?:a|.)", None),
        ("(?:基金)?", None),
        ("黄金|.", None),
    ],
)
def test_the_words_a_pattern_needs(pattern: str, words: list[tuple[str, str]] | None) -> None:
    expected = words and [
        Need(frozenset(one.split()), frozenset(other.split()) if other else None) for one, other in words
    ]
    assert needs(pattern) == (None if expected is None else tuple(expected))


def test_every_frame_compiles_and_has_a_name_of_its_own() -> None:
    found = frames()
    assert len({f.id for f in found}) == len(found)
    assert all(0 < f.weight <= 1 and f.by in ("both", "customer", "advisor") for f in found)


def test_no_macro_is_left_over() -> None:
    assert all("<" not in f.pattern.pattern.replace("(?<", "").replace("(?P<", "") for f in frames())


def test_macros_nest() -> None:
    assert expand("<a1>x", {"a1": "<b>|c", "b": "d"}) == "(?:(?:d)|c)x"


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("三五年", (36, 60)),
        ("一年半载", (12, 12)),
        ("半年到一年", (6, 12)),
        ("仨月俩月", (2, 3)),
        ("一年半", (18, 18)),
        ("两三年", (24, 36)),
        ("3个月", (3, 3)),
    ],
)
def test_spans_of_time(text: str, months: tuple[float, float]) -> None:
    found = find_durations(text)
    assert [(d.low, d.high) for d in found] == [months]


@pytest.mark.parametrize("text", ["三月份", "2026年", "三年级", "第三年", "两年前"])
def test_what_is_no_span(text: str) -> None:
    assert find_durations(text) == []
