import pytest

from asr.cleanup import safe
from asr.transcriber import Segment, Word
from asr.utterances import channel_turns, merge, to_utterances
from dongke.types import Speaker

ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER


def _said(*words: tuple[str, int, int]) -> Segment:
    """A segment of (word, start, end) in milliseconds."""
    timed = tuple(Word(*w) for w in words)
    return Segment("".join(w.text for w in timed), timed[0].start_ms, timed[-1].end_ms, timed)


def _lines(*channels: tuple[Speaker, list[Segment]]) -> list[tuple[Speaker, str]]:
    return [(t.speaker, t.text) for t in merge(channels)]


def test_a_segment_stretched_over_the_other_party_is_cut() -> None:
    advisor = [_said(("您看可以吗？", 0, 2000), ("好的，我记下了。", 6000, 8000))]
    customer = [_said(("可以，", 3000, 3500), ("下周吧。", 3500, 4500))]
    assert _lines((ADVISOR, advisor), (CUSTOMER, customer)) == [
        (ADVISOR, "您看可以吗？"),
        (CUSTOMER, "可以，下周吧。"),
        (ADVISOR, "好的，我记下了。"),
    ]


def test_beginning_that_was_timed_before_the_pause_goes_after_it() -> None:
    turns = channel_turns(CUSTOMER, [_said(("方", 1000, 1000), ("便，", 5000, 5300), ("你说吧。", 5300, 6000))])
    assert [(t.text, t.start_ms) for t in turns] == [("方便，你说吧。", 5000)]


@pytest.mark.parametrize("answer", ["对", "没有", "可以", "好"])
def test_short_answer_stays_where_it_was_said(answer: str) -> None:
    advisor = [_said(("那要买吗", 2500, 4000))]
    customer = [_said((answer, 1000, 1500), ("不买", 5000, 6000))]
    assert [t for _, t in _lines((CUSTOMER, customer), (ADVISOR, advisor))] == [answer, "那要买吗", "不买"]


def test_cut_off_particle_follows_its_word() -> None:
    turns = channel_turns(ADVISOR, [_said(("好", 1000, 1500), ("的，", 4000, 4200), ("再见。", 4200, 5000))])
    assert [t.text for t in turns] == ["好的，再见。"]


def test_neighbouring_pieces_are_one_turn_but_sentences_are_not() -> None:
    halves = [_said(("我在华泰", 0, 1000)), _said(("还有八十万。", 1200, 2500)), _said(("都是股票。", 2700, 3500))]
    assert [t for _, t in _lines((CUSTOMER, halves))] == ["我在华泰还有八十万。", "都是股票。"]


def test_doubted_piece_keeps_its_doubt_apart() -> None:
    ghost = Segment("谢谢大家观看", 1100, 2500)
    turns = merge([(CUSTOMER, [_said(("我有五十万", 0, 1000)), ghost])])
    assert [(t.text, t.doubt) for t in turns] == [("我有五十万", None), ("谢谢大家观看", "疑似字幕幻觉")]
    assert [u.suspect for u in to_utterances(turns)] == [False, True]


def test_what_the_database_cannot_keep_is_replaced() -> None:
    assert safe("我\x00有\ud83d五十万") == "我\ufffd有\ufffd五十万"
    assert safe("我有五十万😀") == "我有五十万😀"
