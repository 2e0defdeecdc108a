import json
from dataclasses import replace
from pathlib import Path

import pytest

from asr import transcripts
from asr.utterances import to_utterances
from dongke.errors import BadInput
from dongke.types import Channel, Conversation, Speaker, Utterance
from tests.asr.conftest import STARTED

ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER
TALK = Conversation(
    "K1",
    Channel.CALL,
    STARTED,
    (
        Utterance(ADVISOR, "您好，方便吗？", 1000, 3000),
        Utterance(CUSTOMER, "方便，收益 <5% & 我不要 --> 真的", 3661500, 3665250),
    ),
)


def _read(folder: Path, name: str, content: str | object, encoding: str = "utf-8") -> list[tuple[object, ...]]:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return [(t.speaker, t.text, t.start_ms, t.end_ms, t.doubt) for t in transcripts.read_sidecar(path).turns]


GOOD = [(ADVISOR, "您好", 1000, 2000, None), (CUSTOMER, "我有五十万", 2500, 4000, None)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.json",  # our own
            {
                "id": "K1",
                "utterances": [
                    {"speaker": "advisor", "text": "您好", "start": 1.0, "end": 2.0},
                    {"speaker": "customer", "text": "我有五十万", "start": 2.5, "end": 4.0},
                ],
            },
        ),
        (
            "a.json",  # a vendor's list, milliseconds, channels
            {
                "Result": {
                    "Sentences": [
                        {"ChannelId": 0, "BeginTime": 1000, "EndTime": 2000, "Text": "您好"},
                        {"ChannelId": 1, "BeginTime": 2500, "EndTime": 4000, "Text": "我有五十万"},
                    ]
                }
            },
        ),
        (
            "a.json",  # another's, with Chinese roles and a bare list
            [
                {"role": "坐席", "begin_time": "1000", "end_time": "2000", "content": "您好"},
                {"role": "客户", "begin_time": "2500", "end_time": "4000", "content": "我有五十万"},
            ],
        ),
        (
            "a.json",  # Whisper's, with a channel added
            {
                "text": "您好我有五十万",
                "segments": [
                    {"text": "您好", "start": 1.0, "end": 2.0, "channel": 0, "avg_logprob": -0.2},
                    {"text": "我有五十万", "start": 2.5, "end": 4.0, "channel": 1, "avg_logprob": -0.2},
                ],
                "language": "zh",
            },
        ),
        (
            "a.vtt",
            "WEBVTT\n\nNOTE made by hand\n\n1\n00:01.000 --> 00:02.000 align:start\n<v 投资顾问>您好</v>\n\n"
            "00:00:02.500 --> 00:00:04.000\n<v.loud 客户>我有<b>五十万</b>\n",
        ),
        (
            "a.srt",
            "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\n坐席: 您好\r\n\r\n"
            "2\r\n00:00:02,500 --> 00:00:04,000\r\n[客户] : 我有五十万\r\n",
        ),
    ],
)
def test_import(tmp_path: Path, name: str, content: object) -> None:
    assert _read(tmp_path, name, content) == GOOD


def test_gb18030(tmp_path: Path) -> None:
    content = "1\n00:00:01,000 --> 00:00:02,000\n顾问：您好\n\n2\n00:00:02,500 --> 00:00:04,000\n客户：我有五十万\n"
    assert _read(tmp_path, "a.srt", content, "gb18030") == GOOD


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", {"segments": [{"text": "我有五十万", "start": 1, "end": 2}]}),
        ("a.json", {"segments": [{"text": "我有五十万", "start": 1, "end": 2, "speaker": "SPEAKER_01"}]}),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n我有五十万\n"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 李女士>我有五十万\n"),
    ],
)
def test_unknown_speaker_is_doubted(tmp_path: Path, name: str, content: object) -> None:
    ((_, text, start, end, doubt),) = _read(tmp_path, name, content)
    assert (text, start, end, doubt) == ("我有五十万", 1000, 2000, "说话人不确定")


def test_colon_in_what_was_said_is_no_label(tmp_path: Path) -> None:
    ((_, text, *_),) = _read(tmp_path, "a.srt", "1\n00:00:01,000 --> 00:00:02,000\n我的意思是: 先不买\n")
    assert text == "我的意思是: 先不买"


def test_figures_of_whisper_and_our_mark_raise_doubts(tmp_path: Path) -> None:
    rows = [
        {"speaker": "customer", "text": "谢谢大家观看", "start": 1, "end": 3, "avg_logprob": -0.4},
        {"speaker": "customer", "text": "我有五十万", "start": 3, "end": 5, "suspect": True},
    ]
    assert [row[4] for row in _read(tmp_path, "a.json", rows)] == ["疑似字幕幻觉", "来源标记为可疑"]


def test_other_channel_is_the_advisor(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": "您好", "channel": 1, "start": 0, "end": 1}]))
    assert transcripts.read_sidecar(path, advisor_channel=1).turns[0].speaker is ADVISOR


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", {"hello": 1}),
        ("a.json", [{"text": "好"}, "x"]),
        ("a.json", [{"text": "好"}, {"speaker": "客户"}]),
        ("a.json", [{"text": "好", "start": -1}]),
        ("a.json", [{"text": "好", "start": "soon"}]),
        ("a.json", [{"text": "好" * 30_000}]),
        ("a.srt", "没有时间"),
    ],
)
def test_unreadable_sidecar_says_why(tmp_path: Path, name: str, content: object) -> None:
    with pytest.raises(BadInput, match="转写稿读不懂") as fault:
        _read(tmp_path, name, content)
    assert fault.value.code == "transcript-invalid"


def test_missing_sidecar(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as fault:
        transcripts.read_sidecar(tmp_path / "a.json")
    assert fault.value.code == "transcript-missing"


@pytest.mark.parametrize("text", ["WEBVTT\n", "[]", '{"utterances": []}'])
def test_empty_sidecar_is_an_empty_talk(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, "a.vtt" if text.startswith("W") else "a.json", text) == []


@pytest.mark.parametrize(("write", "name"), [(transcripts.to_webvtt, "a.vtt"), (transcripts.to_json, "a.json")])
def test_what_goes_out_comes_back(tmp_path: Path, write: object, name: str) -> None:
    path = tmp_path / name
    path.write_text(write(TALK))  # type: ignore[operator]
    said = to_utterances(transcripts.read_sidecar(path).turns)
    assert said == TALK.utterances


def test_webvtt_and_srt_as_people_see_them() -> None:
    assert transcripts.to_webvtt(TALK) == (
        "WEBVTT\n\n0\n00:00:01.000 --> 00:00:03.000\n<v 投资顾问>您好，方便吗？\n\n"
        "1\n01:01:01.500 --> 01:01:05.250\n<v 客户>方便，收益 &lt;5% &amp; 我不要 --&gt; 真的\n"
    )
    assert transcripts.to_srt(TALK).startswith(
        "1\n00:00:01,000 --> 00:00:03,000\n投资顾问: 您好，方便吗？\n\n2\n01:01:01,500"
    )


def test_export_of_chats_and_of_talks_without_times() -> None:
    chat = Conversation("K2", Channel.CHAT, STARTED, (Utterance(CUSTOMER, "在吗\n在吗", at=STARTED),))
    assert "00:00:00,000 --> 00:00:01,000\n客户: 在吗 在吗\n" in transcripts.to_srt(chat)
    with pytest.raises(BadInput) as fault:
        transcripts.to_srt(replace(chat, utterances=(Utterance(CUSTOMER, "在吗"),)))
    assert fault.value.code == "transcript-no-times"
