"""The same talk written down again: ids that last, quotes that are found again or not at all."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.anchors import Alignment, Line, Place, span_ms
from asr.folding import fold
from tests.asr.conftest import STARTED

C, A = "customer", "advisor"


def _find(old: list[Line], new: list[Line], quote: str, line: int = 0) -> list[str] | None:
    start = old[line].text.index(quote)
    places = Alignment(old, new).find(Place(line, start, start + len(quote)))
    return None if places is None else [new[p.line].text[p.start : p.end] for p in places]


def _ids(old: list[Line], new: list[Line]) -> list[int | None]:
    return Alignment(old, new).inherited()


TALK = [
    Line(A, "您最近有没有投资的打算？", 1000, 3000),
    Line(C, "我手里有八十万，想买基金。", 3500, 6500),
    Line(A, "好的，我给您看看。", 7000, 9000),
]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (TALK, ["八十万"]),
        ([TALK[0], Line(C, "我手里有80万想买基金", 3400, 6600), TALK[2]], ["80万"]),  # numbers, marks, times
        ([TALK[0], Line(C, "我手裡有八十萬，想買基金。", 3500, 6500), TALK[2]], ["八十萬"]),
        (
            [TALK[0], Line(C, "我手里有八十", 3500, 5000), Line(C, "万想买基金", 5000, 6500), TALK[2]],
            ["八十", "万"],
        ),  # cut
        ([Line(A, "您好", 0, 900), *TALK], ["八十万"]),  # one more turn before
        ([TALK[0], Line(C, "我手里有十八万，想买基金。", 3500, 6500), TALK[2]], None),  # other words
        ([TALK[0], Line(A, "我手里有八十万，想买基金。", 3500, 6500), TALK[2]], None),  # another speaker
        ([TALK[0], Line(C, "我手里有八十万，想买基金。", 60_000, 63_000), TALK[2]], None),  # another time
        ([TALK[0], Line(C, "我手里有八，十万想买基金。", 3500, 6500), TALK[2]], ["八，十万"]),  # a mark within
        ([TALK[0], Line(C, "我手里有八呃十万想买基金。", 3500, 6500), TALK[2]], None),  # a word within
        ([TALK[0], TALK[2]], None),
        ([], None),
    ],
)
def test_a_quote_is_found_where_the_same_words_are_said(new: list[Line], expected: list[str] | None) -> None:
    assert _find(TALK, new, "八十万", 1) == expected


def test_half_a_number_that_is_written_as_one_is_not_found() -> None:
    old = [Line(C, "我有五十五个", 0, 3000)]
    assert _find(old, [Line(C, "我有55个", 0, 3000)], "五十五") == ["55"]
    assert _find(old, [Line(C, "我有55个", 0, 3000)], "五十") is None


def test_the_same_words_twice_keep_their_order() -> None:
    old = [Line(C, "我有五十万，对，五十万没错。", 1000, 5000)]
    kept = [Line(C, "嗯我有五十万，对，五十万没错。", 1000, 5000)]
    alignment = Alignment(old, kept)
    assert alignment.find(Place(0, 2, 5)) == (Place(0, 3, 6),)
    assert alignment.find(Place(0, 8, 11)) == (Place(0, 9, 12),)


def test_words_that_fell_out_are_not_moved_to_their_twins() -> None:
    old = [Line(C, "我有五十万，对，五十万没错。", 1000, 5000)]
    lost = Alignment(old, [Line(C, "我有，对，五十万没错。", 1000, 5000)])
    assert lost.find(Place(0, 2, 5)) is None
    assert lost.find(Place(0, 8, 11)) == (Place(0, 5, 8),)
    other = [Line(C, "我有十五万要用，剩下的明年看看，大概五十万", 1000, 9000)]
    assert _find([Line(C, "我有五十万要用，剩下的明年看看，大概四十万", 1000, 9000)], other, "五十万") is None


def test_words_with_times_are_the_same_only_at_one_time() -> None:
    text = "五十万然后五十万"
    early, late = (0, 3, 1000, 1500), (5, 8, 9000, 9500)
    old = [Line(C, text, 1000, 9500, words=(early, (3, 5, 1500, 2000), late))]
    new = [Line(C, "然后五十万", 1000, 9500, words=((0, 2, 1500, 2000), (2, 5, 9100, 9600)))]
    alignment = Alignment(old, new)
    assert alignment.find(Place(0, 0, 3)) is None
    assert alignment.find(Place(0, 5, 8)) == (Place(0, 2, 5),)
    assert span_ms(new[0], 2, 5) == (9100, 9600)
    assert span_ms(TALK[1], 2, 5) == (3500, 6500)  # without words the turn's own times


def test_a_turn_that_was_split_gives_its_id_to_its_longest_part() -> None:
    new = [TALK[0], Line(C, "我手里", 3500, 4200), Line(C, "有八十万，想买基金。", 4300, 6500), TALK[2]]
    assert _ids(TALK, new) == [0, None, 1, 2]


def test_a_merged_turn_keeps_the_id_of_its_longest_part() -> None:
    old = [Line(C, "对", 0, 500), Line(C, "我手里有八十万", 600, 3000), Line(C, "嗯", 3100, 3300)]
    assert _ids(old, [Line(C, "对我手里有八十万嗯", 0, 3300)]) == [1]


def test_a_turn_heard_otherwise_at_its_time_keeps_its_id() -> None:
    assert _ids(TALK, [TALK[0], Line(C, "喂喂喂", 3500, 6400), TALK[2]]) == [0, 1, 2]


@pytest.mark.parametrize(
    "line",
    [
        Line(A, "我手里有八十万，想买基金。", 3500, 6500),  # the speakers were taken for each other
        Line(C, "我手里有八十万，想买基金。", 30_000, 33_000),
        Line(C, "别的话", 5900, 9900),
    ],
)
def test_another_turn_gets_an_id_of_its_own(line: Line) -> None:
    assert _ids(TALK[1:2], [line]) == [None]


def test_chats_go_by_the_time_of_the_message() -> None:
    at = [STARTED + timedelta(minutes=n) for n in range(4)]
    old = [Line(C, "在吗", at=at[0]), Line(C, "五十万", at=at[2])]
    new = [old[0], Line(A, "在的", at=at[1]), old[1], Line(C, "五十万", at=at[3])]
    assert _ids(old, new) == [0, None, 1, None]
    assert Alignment(old, new).find(Place(1, 0, 3)) == (Place(2, 0, 3),)


def test_without_times_the_order_of_the_talk_decides() -> None:
    old = [Line(A, "您好"), Line(C, "好的"), Line(C, "我有五十万"), Line(C, "好的")]
    new = [Line(A, "您好"), Line(C, "好的"), Line(C, "我有五十万块"), Line(A, "哦"), Line(C, "好的")]
    assert _ids(old, new) == [0, 1, 2, None, 3]
    assert _find(old, new, "五十万", 2) == ["五十万"]


def test_long_talks_are_aligned_in_no_time() -> None:
    old = [Line((A, C)[n % 2], f"第{n}句话说到五十万", n * 3000, n * 3000 + 2500) for n in range(4000)]
    new = [Line(x.speaker, x.text + "吧", (x.start_ms or 0) + 40, x.end_ms) for x in old]
    alignment = Alignment(old, new)
    assert alignment.inherited() == list(range(4000))
    start = old[3001].text.index("五十万")
    assert alignment.find(Place(3001, start, start + 3)) == (Place(3001, start, start + 3),)


# --- random edits: what is found quotes the same words; what was not touched is found; ids stay unique -----------


LETTERS = "甲乙丙丁戊己庚辛五十万对好，。 "


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[Line], list[Line]]:
    """A talk, and the same with turns reworded, split, merged, dropped, shifted in time."""
    old: list[Line] = []
    clock = 0
    for _ in range(draw(st.integers(1, 6))):
        text = draw(st.text(LETTERS, min_size=1, max_size=14))
        clock += draw(st.integers(0, 2000))
        old.append(Line(draw(st.sampled_from([A, C])), text, clock, clock + 200 * len(text)))
        clock += 200 * len(text)
    new: list[Line] = []
    for line in old:
        new += draw(st.sampled_from([_same, _dropped, _split, _reworded, _shifted, _joined]))(draw, line, new)
    return old, new


def _same(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    return [line]


def _dropped(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    return []


def _split(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    cut = draw(st.integers(0, len(line.text)))
    middle = (line.start_ms or 0) + 200 * cut
    return [
        Line(line.speaker, line.text[:cut], line.start_ms, middle),
        Line(line.speaker, line.text[cut:], middle, line.end_ms),
    ]


def _reworded(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    a = draw(st.integers(0, len(line.text)))
    b = draw(st.integers(a, len(line.text)))
    return [
        Line(
            line.speaker, line.text[:a] + draw(st.text(LETTERS, max_size=5)) + line.text[b:], line.start_ms, line.end_ms
        )
    ]


def _shifted(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    by = draw(st.integers(0, 700))
    return [Line(line.speaker, line.text, (line.start_ms or 0) + by, (line.end_ms or 0) + by)]


def _joined(draw: st.DrawFn, line: Line, done: list[Line]) -> list[Line]:
    if not done or done[-1].speaker != line.speaker:
        return [line]
    last = done.pop()
    return [Line(line.speaker, last.text + line.text, last.start_ms, line.end_ms)]


@settings(max_examples=300)
@given(edited(), st.data())
def test_random_edits(talks: tuple[list[Line], list[Line]], data: st.DataObject) -> None:
    old, new = talks
    alignment = Alignment(old, new)
    ids = [i for i in alignment.inherited() if i is not None]
    assert len(ids) == len(set(ids))
    number = data.draw(st.integers(0, len(old) - 1))
    a = data.draw(st.integers(0, len(old[number].text)))
    b = data.draw(st.integers(a, len(old[number].text)))
    places = alignment.find(Place(number, a, b))
    quote = fold(old[number].text[a:b]).chars
    if places is None:
        assert new != old or not quote  # the same talk loses nothing
        return
    assert "".join(fold(new[p.line].text[p.start : p.end]).chars for p in places) == quote
    assert {new[p.line].speaker for p in places} == {old[number].speaker}
    for place in places:
        assert abs((new[place.line].start_ms or 0) - (old[number].start_ms or 0)) < 20_000
    if new == old:
        assert len(places) == 1
        assert places[0].line == number
