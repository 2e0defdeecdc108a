"""What goes out comes back: everything through JSON; texts, speakers, doubts and times through WebVTT and SRT."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr import transcripts
from asr.transcriber import Edit, Turn, Word
from asr.utterances import to_utterances
from dongke.errors import BadInput
from dongke.types import Channel, Conversation, Speaker, Utterance
from tests.asr.conftest import STARTED

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NASTY = st.sampled_from(
    ["a --> b", "<v 客户>好", "&lt;5%", "客户: 你好", "<5% 和 >3%", "1\n2", "NOTE", "WEBVTT", "]", "：", "-->"]
)
SAID = TEXT | NASTY | st.builds("{}{}".format, NASTY, TEXT)


@st.composite
def turns(draw: st.DrawFn) -> tuple[Turn, ...]:
    found, clock = [], 0
    for text in draw(st.lists(SAID, max_size=8)):
        start = clock + draw(st.integers(0, 90_000))
        clock = start + draw(st.integers(0, 9_000_000))
        doubt = draw(st.sampled_from([None, None, "来源标记为可疑"]))
        speaker = draw(st.sampled_from(list(Speaker)))
        words = _words(text, start, clock) if draw(st.booleans()) else ()
        edits = (Edit(0, 1, "甲", "term"),) if text and draw(st.booleans()) else ()
        found.append(Turn(speaker, text, start, clock, words, doubt, edits))
    return tuple(found)


def _words(text: str, start: int, end: int) -> tuple[Word, ...]:
    step = (end - start) // max(len(text), 1)
    return tuple(Word(c, start + n * step, start + (n + 1) * step, 0.875) for n, c in enumerate(text))


def _talk(found: tuple[Turn, ...]) -> Conversation:
    return Conversation("K1", Channel.CALL, STARTED, to_utterances(found))


@given(turns())
def test_json_keeps_everything(found: tuple[Turn, ...]) -> None:
    back = transcripts.read_text(transcripts.to_json(_talk(found), found))
    assert back.form == "dongke"
    assert back.turns == found
    bare = transcripts.read_text(transcripts.to_json(_talk(found))).turns  # without the turns: the contract's line
    assert to_utterances(bare) == to_utterances(found)


def _one_line(found: tuple[Turn, ...]) -> list[tuple[object, ...]]:
    return [
        (t.speaker, " ".join(t.text.split()), t.start_ms, t.end_ms, t.doubt) for t in found if " ".join(t.text.split())
    ]


@given(turns())
def test_webvtt_keeps_texts_speakers_doubts_and_times(found: tuple[Turn, ...]) -> None:
    assert _one_line(transcripts.read_text(transcripts.to_webvtt(_talk(found))).turns) == _one_line(found)


@given(turns())
def test_srt_keeps_texts_speakers_doubts_and_times(found: tuple[Turn, ...]) -> None:
    """But for tags of formatting, which SRT cannot escape: see the next test."""
    if not _one_line(found):
        return
    spoken = tuple(t for t in found if not re.search(r"</?(?:b|i|u|s|font)[\s>]|\{\\an?\d", t.text, re.IGNORECASE))
    if not _one_line(spoken):
        return
    assert _one_line(transcripts.read_text(transcripts.to_srt(_talk(spoken))).turns) == _one_line(spoken)


def test_a_spoken_tag_in_srt_becomes_full_width_and_is_not_lost() -> None:
    talk = _talk((Turn(Speaker.CUSTOMER, "写<b>大一点", 0, 1000),))
    (back,) = transcripts.read_text(transcripts.to_srt(talk)).turns
    assert back.text == "写＜b>大一点"


DEMO = "demo:demo_model@7380ffb9"
SURE = (
    Turn(Speaker.ADVISOR, "您好", 1000, 2000),
    Turn(Speaker.CUSTOMER, "演示模型: 我有(演示模型)五十万", 2500, 4000, doubt="来源标记为可疑"),
)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("json", '{\n "source": "演示模型",'),
        ("vtt", "WEBVTT\n\nNOTE 演示模型\n\n0\n00:00:01.000 -->"),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\n投资顾问(演示模型): 您好\n\n2\n"),
        ("txt", "[演示模型]\n00:00:01 投资顾问: 您好\n"),
    ],
)
def test_what_the_demo_s_model_heard_names_it_and_nobody_says_so(form: str, named: str) -> None:
    text = transcripts.write(form, _talk(SURE), SURE, DEMO)
    assert text.startswith(named)
    plain = transcripts.write(form, _talk(SURE), SURE, "large-v3-turbo@1a2b3c4d")
    assert plain == transcripts.write(form, _talk(SURE), SURE)
    assert plain.count("演示模型") == 2  # what was said
    if form != "txt":
        assert transcripts.read_text(text).turns == transcripts.read_text(plain).turns == SURE


@given(turns())
def test_srt_of_the_demo_s_model_comes_back_the_same(found: tuple[Turn, ...]) -> None:
    plain, named = (transcripts.write("srt", _talk(found), found, source) for source in ("", DEMO))
    if plain:
        assert transcripts.read_text(named).turns == transcripts.read_text(plain).turns


@pytest.mark.parametrize(
    ("said", "text", "doubted"),
    [
        ("客户(演示模型): 好", "好", False),
        ("[客户]（演示模型）（可疑）：好", "好", True),
        ("客户(可疑)(演示模型): 好", "好", True),
        ("客户(别的模型): 好", "客户(别的模型): 好", True),  # nobody knows whose words these are
        ("(演示模型): 好", "(演示模型): 好", True),
    ],
)
def test_behind_the_speaker_stands_what_is_known_of_the_words(said: str, text: str, doubted: bool) -> None:
    (turn,) = transcripts.read_text(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n").turns
    assert (turn.text, turn.doubt is not None) == (text, doubted)


def test_txt_is_time_speaker_words() -> None:
    talk = _talk(
        (
            Turn(Speaker.ADVISOR, "您好", 61_500, 63_000),
            Turn(Speaker.CUSTOMER, "我有\n五十万", 3_664_000, 3_665_000, doubt="串音"),
            Turn(Speaker.CUSTOMER, " ", 3_666_000, 3_667_000),
        )
    )
    assert transcripts.to_text(talk) == "00:01:01 投资顾问: 您好\n01:01:04 客户(可疑): 我有 五十万\n"
    chat = Conversation(
        "W1", Channel.CHAT, STARTED, (Utterance(Speaker.CUSTOMER, "在吗", at=STARTED + timedelta(hours=1)),)
    )
    assert transcripts.to_text(chat) == "2026-11-02 11:00:00 客户: 在吗\n"
    assert (
        transcripts.to_text(Conversation("K", Channel.CALL, STARTED, (Utterance(Speaker.CUSTOMER, "好"),)))
        == "客户: 好\n"
    )


def test_webvtt_timestamps_within_a_cue_are_word_times() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v 客户>我有<00:01.500>五十万<00:02.500><c>左右</c>\n"
    (turn,) = transcripts.read_text(text).turns
    assert turn.text == "我有五十万左右"
    assert [(w.text, w.start_ms, w.end_ms) for w in turn.words] == [
        ("我有", 1000, 1500),
        ("五十万", 1500, 2500),
        ("左右", 2500, 3000),
    ]


def test_an_empty_line_within_an_srt_cue_loses_no_words() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n客户: 我有\n\n五十万\n\n2\n00:00:03,000 --> 00:00:04,000\n客户: 好\n"
    assert [t.text for t in transcripts.read_text(text).turns] == ["我有 五十万", "好"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\n好\n\n2\n00:00:xx --> 00:00:03,000\n不好\n", "第 1 块"),
        ("WEBVTT\n\n00:01 --> 00:02\n好\n", "第 1 块"),
        ("1\n00:00:05,000 --> 00:00:02,000\n好\n", "结束早于开始"),
        (
            '{"utterances": [{"speaker": "advisor", "text": "好", "words": [{"text": "好", "start": 1}]}]}',
            "words[0]: end",
        ),
        ('{"utterances": [{"speaker": "advisor", "text": "好"}, {"speaker": "customer"}]}', "第 1 句没有文字"),
        ('{"utterances": [{"speaker": "advisor", "text": "好", "edits": [{"start": 1}]}]}', "edits[0] 不完整"),
    ],
)
def test_broken_ones_are_refused_with_the_place(text: str, place: str) -> None:
    with pytest.raises(BadInput) as fault:
        transcripts.read_text(text)
    assert fault.value.code == "transcript-invalid"
    assert place in fault.value.detail
