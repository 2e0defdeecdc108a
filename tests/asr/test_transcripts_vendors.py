"""Vendors' real shapes: the same four sentences through every format, and every way in which each can be broken."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from asr import transcripts
from asr.transcriber import Turn
from asr.transcripts import Voices
from dongke.errors import BadInput
from dongke.types import Speaker

ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER
FOLDER = Path(__file__).parent / "transcripts"
SAID = [
    (ADVISOR, "您好，请问是陈先生吗？", 1000, 2900),
    (CUSTOMER, "对，我手里有八十万。", 3500, 5300),
    (ADVISOR, "八十万打算怎么放？", 6000, 7700),
    (CUSTOMER, "先放着，三点以后再说。", 8200, 10200),
]
TWO = Voices(channels=2)
NAMED = {"1": ADVISOR, "2": CUSTOMER}


def _load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def _seen(turns: tuple[Turn, ...]) -> list[tuple[Speaker, str, int | None, int | None]]:
    return [(t.speaker, t.text, t.start_ms, t.end_ms) for t in turns]


@pytest.mark.parametrize(
    ("name", "form", "voices"),
    [
        ("aliyun.json", "vendor:aliyun", None),
        ("tencent.json", "vendor:tencent", TWO),
        ("tencent.json", "vendor:tencent", Voices(names={"0": ADVISOR, "1": CUSTOMER})),
        ("tencent_lines.json", "vendor:tencent", TWO),
        ("xfyun_onebest.json", "vendor:xfyun", Voices(names=NAMED)),
        ("xfyun_order.json", "vendor:xfyun", None),
        ("whisperx.json", "whisper", Voices(names={"SPEAKER_00": ADVISOR, "SPEAKER_01": CUSTOMER})),
        ("whisper_cpp.json", "whisper", None),
    ],
)
def test_every_shape_says_the_same(name: str, form: str, voices: Voices | None) -> None:
    read = transcripts.read_file(FOLDER / name, voices)
    assert read.form == form
    assert _seen(read.turns) == SAID
    assert [t.doubt for t in read.turns] == [None] * 4
    for turn in read.turns:
        assert not turn.words or "".join(w.text for w in turn.words).strip() == turn.text


@pytest.mark.parametrize(
    "name",
    ["aliyun.json", "tencent.json", "xfyun_onebest.json", "xfyun_order.json", "whisper.json", "whisper_cpp.json"],
)
def test_words_keep_their_times_and_spell_the_sentence(name: str) -> None:
    """Where the vendor's words have no marks, a mark goes to the word before it."""
    words = transcripts.read_file(FOLDER / name, TWO).turns[1].words
    assert "".join(w.text for w in words).strip() == "对，我手里有八十万。"
    assert [(w.start_ms, w.end_ms) for w in words if "八十万" in w.text] == [(4500, 5200)]
    assert words[0].start_ms == 3500


def test_words_without_times_take_their_neighbours() -> None:
    last = transcripts.read_file(FOLDER / "whisperx.json").turns[3]
    assert [(w.text, w.start_ms, w.end_ms) for w in last.words][2] == ("三点", 8800, 8800)


def test_words_that_do_not_spell_the_sentence_are_left_out() -> None:
    data = _load("aliyun.json")
    data["Result"]["Words"][0]["Word"] = "你好"
    turns = transcripts.read_json(data).turns
    assert turns[0].words == ()
    assert turns[1].words  # the others keep theirs


@pytest.mark.parametrize(
    ("name", "voices"),
    [
        ("tencent.json", None),  # a mere number: the recording may have one channel
        ("tencent_lines.json", Voices(channels=1)),
        ("aliyun.json", Voices(channels=1)),
        ("xfyun_onebest.json", None),
        ("whisperx.json", None),
        ("whisper.json", TWO),  # nobody is told at all
    ],
)
def test_a_mere_number_names_nobody(name: str, voices: Voices | None) -> None:
    turns = transcripts.read_file(FOLDER / name, voices).turns
    assert [t.text for t in turns] == [text for _, text, _, _ in SAID]
    assert {t.doubt for t in turns} == {transcripts.UNKNOWN_SPEAKER}


def test_one_channel_alone_does_not_tell_the_role() -> None:
    """阿里云 numbers the only channel of a one-channel call 0: not everything was said by the advisor."""
    data = _load("aliyun.json")
    for row in data["Result"]["Sentences"]:
        row["ChannelId"] = 0
    assert {t.doubt for t in transcripts.read_json(data).turns} == {transcripts.UNKNOWN_SPEAKER}
    told = transcripts.read_json(data, TWO).turns  # a recording of two channels in which one spoke
    assert {(t.speaker, t.doubt) for t in told} == {(ADVISOR, None)}


def test_the_advisor_on_the_other_channel() -> None:
    turns = transcripts.read_file(FOLDER / "aliyun.json", Voices(advisor_channel=1)).turns
    assert [t.speaker for t in turns] == [CUSTOMER, ADVISOR, CUSTOMER, ADVISOR]


def test_tencent_text_by_itself() -> None:
    text = _load("tencent_lines.json")["Data"]["Result"]
    read = transcripts.read_text(text, TWO)
    assert (read.form, _seen(read.turns)) == ("vendor:tencent", SAID)
    mono = transcripts.read_text("[0:0.020,0:2.380]  您好。\n[61:0.000,61:1.500]  再见。\n").turns
    assert [(t.text, t.start_ms, t.end_ms) for t in mono] == [("您好。", 20, 2380), ("再见。", 3660000, 3661500)]


def test_xfyun_opened_envelopes() -> None:
    """Some gateways have opened the JSON texts within the JSON already."""
    data = _load("xfyun_order.json")
    inner = json.loads(data["content"]["orderResult"])
    for row in inner["lattice"]:
        row["json_1best"] = json.loads(row["json_1best"])
    assert _seen(transcripts.read_json(inner).turns) == SAID
    assert _seen(transcripts.read_json({"content": {"orderResult": inner}}).turns) == SAID
    older = json.loads(_load("xfyun_onebest.json")["data"])
    assert _seen(transcripts.read_json(older, Voices(names=NAMED)).turns) == SAID


def test_nothing_said_is_an_empty_talk() -> None:
    aliyun = {"TaskId": "x", "StatusText": "SUCCESS_WITH_NO_VALID_FRAGMENT", "StatusCode": 21050003}
    tencent = {"Data": {"Status": 2, "StatusStr": "success", "Result": "", "ResultDetail": None}}
    xfyun = {"content": {"orderInfo": {"status": 4}, "orderResult": json.dumps({"lattice": []})}}
    for data in (aliyun, tencent, xfyun, {"segments": []}, {"transcription": []}):
        assert transcripts.read_json(data).turns == ()


def test_whispers_figures_raise_doubts() -> None:
    data = _load("whisper.json")
    data["segments"][1] |= {"avg_logprob": -1.2, "no_speech_prob": 0.9}
    data["segments"][2]["text"] = "谢谢大家观看"
    voices = Voices(names={"S": ADVISOR})
    for row in data["segments"]:
        row["speaker"] = "S"
    doubts = [t.doubt for t in transcripts.read_json(data, voices).turns]
    assert doubts == [None, "可能没有人说话", "疑似字幕幻觉", None]


def _set(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


_SENTENCE = ("Result", "Sentences", 2)
_DETAIL = ("Response", "Data", "ResultDetail", 1)


@pytest.mark.parametrize(
    ("name", "path", "value", "place"),
    [
        ("aliyun.json", ("StatusText",), "RUNNING", "RUNNING"),
        ("aliyun.json", ("Result",), "x", "Result 不是对象"),
        ("aliyun.json", ("Result", "Sentences"), {}, None),  # an empty object is no list, and says nothing
        ("aliyun.json", ("Result", "Sentences"), "x", "Result.Sentences 不是列表"),
        ("aliyun.json", _SENTENCE, "x", "Result.Sentences 第 2 句不是对象"),
        ("aliyun.json", (*_SENTENCE, "Text"), ..., "Result.Sentences 第 2 句没有文字"),
        ("aliyun.json", (*_SENTENCE, "BeginTime"), ..., "第 2 句: BeginTime 不是有效时间"),
        ("aliyun.json", (*_SENTENCE, "EndTime"), "soon", "第 2 句: EndTime 不是有效时间"),
        ("aliyun.json", (*_SENTENCE, "EndTime"), True, "第 2 句: EndTime 不是有效时间"),
        ("aliyun.json", (*_SENTENCE, "EndTime"), 3400, "结束早于开始"),
        ("aliyun.json", ("Result", "Words", 3, "BeginTime"), -1, "Result.Words[3]: BeginTime"),
        ("tencent.json", ("Response", "Data", "Status"), 3, "腾讯云任务没有完成"),
        ("tencent.json", _DETAIL, None, "ResultDetail 第 1 句不是对象"),
        ("tencent.json", (*_DETAIL, "FinalSentence"), None, "ResultDetail 第 1 句没有文字"),
        ("tencent.json", (*_DETAIL, "StartMs"), ..., "ResultDetail 第 1 句: StartMs"),
        ("tencent.json", (*_DETAIL, "Words", 2, "OffsetEndMs"), float("nan"), "Words[2]: OffsetEndMs"),
        ("tencent_lines.json", ("Data", "Result"), "[0:0.020,0:2.380]  您好。\n没有时间\n", "第 1 行"),
        ("xfyun_onebest.json", ("err_no",), 26602, "讯飞任务没有完成"),
        ("xfyun_onebest.json", ("data",), "[{", "data 不是 JSON"),
        ("xfyun_onebest.json", ("data",), '[{"onebest": "好", "bg": "0"}]', "data 第 0 句: ed"),
        ("xfyun_order.json", ("content", "orderInfo", "status"), 3, "status 3"),
        ("xfyun_order.json", ("content", "orderInfo", "status"), -1, "讯飞任务没有完成"),
        ("xfyun_order.json", ("content", "orderResult"), "", "orderResult 不是 JSON"),
        ("xfyun_order.json", ("content", "orderResult"), "{}", "没有 lattice"),
        ("xfyun_order.json", ("content", "orderResult"), '{"lattice": [{}]}', "lattice 第 0 句"),
        ("xfyun_order.json", ("content", "orderResult"), '{"lattice": [{"json_1best": "{"}]}', "json_1best 不是 JSON"),
        ("whisper.json", ("segments", 1, "text"), 5, "segments 第 1 句没有文字"),
        ("whisper.json", ("segments", 1, "start"), float("inf"), "segments 第 1 句: start"),
        ("whisper.json", ("segments", 1, "words", 0, "word"), ..., "words[0] 没有文字"),
        ("whisper_cpp.json", ("transcription", 2, "offsets"), ..., "transcription 第 2 句 没有 offsets"),
        ("whisper_cpp.json", ("transcription", 2, "tokens", 1, "offsets", "from"), "x", "tokens[1]: offsets.from"),
    ],
)
def test_broken_ones_are_refused_with_the_place(
    name: str, path: tuple[Any, ...], value: Any, place: str | None
) -> None:
    data = _set(_load(name), path, value)
    if place is None:
        assert transcripts.read_json(data).turns == ()
        return
    with pytest.raises(BadInput) as fault:
        transcripts.read_json(data)
    assert fault.value.code == "transcript-invalid"
    assert place in fault.value.detail
