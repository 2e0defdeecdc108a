import json
from collections.abc import Sequence

import numpy as np
import pytest

from asr import audio, hearing, onechannel, whisper
from asr.transcriber import SAMPLE_RATE, Segment, Word
from asr.transcripts import UNKNOWN_SPEAKER
from dongke.settings import Settings
from dongke.types import Speaker
from tests.asr.conftest import DEMO_MODEL, SAMPLE_CALL, noise, tone
from tests.asr.two_voices import HIGH, LOW, Voice, talk

ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER
TALK = (
    "您好，我是滨海证券的客户经理小周，工号三零二一。",
    "嗯，你说吧，你们又有什么新产品。",
    "想跟您说一下，您账户里的理财下周到期了。",
    "我老公管钱，我不太懂，我有五十万想买国债。",
    "好的，我给您发资料，您看可以吗？",
    "行，你发我微信上，我再想想。",
    "没问题，祝您生活愉快，不打扰您了。",
    "你忙吧，我也要开会了，再见。",
)
LENGTHS = (4.8, 3.2, 3.8, 4.0, 3.0, 2.6, 3.2, 2.6)


class Reader:
    """An engine that knows what is said and when, word by word, as a good one would hear it."""

    version = source = "reader@1"

    def __init__(self, lines: Sequence[str], stretches: Sequence[tuple[int, int]]) -> None:
        self._segments = tuple(_segment(text, *when) for text, when in zip(lines, stretches, strict=True))

    def segments(self, samples: np.ndarray) -> tuple[Segment, ...]:
        return self._segments


def _segment(text: str, start: int, end: int) -> Segment:
    edges = [start + (end - start) * n // len(text) for n in range(len(text) + 1)]
    words = tuple(Word(c, a, b) for c, a, b in zip(text, edges, edges[1:], strict=False))
    return Segment(text, start, end, words)


def _mono(line: np.ndarray) -> audio.Sound:
    return audio.Sound((line[:, None] * 32767).astype(np.int16))


def _call(voices: Sequence[Voice], lines: Sequence[str] = TALK, gap_s: float = 0.4) -> hearing.Transcript:
    line, stretches = talk(voices, LENGTHS, gap_s)
    return hearing.hear(_mono(line), Reader(lines, stretches))


def test_two_voices_in_one_channel_are_told_apart_and_believed() -> None:
    heard = _call([HIGH, LOW] * 4)
    assert [t.speaker for t in heard.turns] == [ADVISOR, CUSTOMER] * 4
    assert [t.doubt for t in heard.turns] == [None] * 8
    assert heard.role_confidence is not None
    assert heard.role_confidence > onechannel.BELIEVED
    assert min(t.role_confidence or 0 for t in heard.turns) >= onechannel.BELIEVED
    assert heard.notes[0].startswith(hearing.ONE_CHANNEL_TOLD)
    assert "role_confidence" in heard.to_json()["turns"][0]


@pytest.mark.parametrize(
    ("voices", "lines"),
    [
        ([LOW] * 8, TALK),  # one voice for both
        ([LOW, HIGH] * 4, ("好的。", "嗯。", "五十万。", "可以。", "下午三点。", "行。", "再见。", "再见。")),
        ([LOW, LOW, HIGH, HIGH] * 2, TALK),  # the voices do not go with the words
        ([LOW, HIGH] * 4, TALK[::2] + TALK[::2]),  # both speak as advisors: a transfer, a colleague
    ],
    ids=["one voice", "nothing tells", "voice against words", "two advisors"],
)
def test_where_roles_are_in_doubt_everything_is_doubted(voices: list[Voice], lines: tuple[str, ...]) -> None:
    heard = _call(voices, lines)
    assert heard.turns
    assert {t.doubt for t in heard.turns} == {UNKNOWN_SPEAKER}
    assert heard.notes == (hearing.ONE_CHANNEL,)
    assert heard.role_confidence is not None
    assert heard.role_confidence < onechannel.BELIEVED


def test_a_stretch_with_both_parties_is_doubted() -> None:
    """No pause between question and answer: the engine hears one sentence, and nobody may be quoted with it."""
    line, stretches = talk([HIGH, LOW] * 4 + [HIGH, LOW], (*LENGTHS, 3.0, 3.0), gap_s=0.05)
    joined = [*stretches[:8], (stretches[8][0], stretches[9][1])]
    heard = hearing.hear(_mono(line), Reader((*TALK, "那您打算买多少五十万吧"), joined))
    assert heard.turns[-1].doubt == UNKNOWN_SPEAKER
    assert any(t.doubt is None for t in heard.turns)


def test_the_same_mix_in_both_channels_is_one_channel() -> None:
    line, stretches = talk([HIGH, LOW] * 4, LENGTHS)
    both = audio.Sound(np.repeat((line[:, None] * 32767).astype(np.int16), 2, axis=1))
    heard = hearing.hear(both, Reader(TALK, stretches))
    assert heard.notes[0].startswith(hearing.ONE_CHANNEL_TOLD)


class Channels:
    """An engine that hears given lines in each channel, one after the other."""

    version = source = "channels@1"

    def __init__(self, *channels: Sequence[str]) -> None:
        self._channels = list(channels)

    def segments(self, samples: np.ndarray) -> tuple[Segment, ...]:
        lines = self._channels.pop(0)
        return tuple(_segment(text, 6000 * n, 6000 * n + 4000) for n, text in enumerate(lines))


def _stereo(left: Sequence[str], right: Sequence[str], advisor_channel: int = 0) -> hearing.Transcript:
    sound = np.stack([noise(30, SAMPLE_RATE, 0.1, 1), noise(30, SAMPLE_RATE, 0.1, 2)], 1)
    return hearing.hear(audio.Sound((sound * 32767).astype(np.int16)), Channels(left, right), advisor_channel)


@pytest.mark.parametrize("advisor_channel", [0, 1])
def test_swapped_channels_are_swapped_back_and_noted(advisor_channel: int) -> None:
    right, wrong = (TALK[::2], TALK[1::2]), (TALK[1::2], TALK[::2])
    fitting, swapped = (right, wrong) if advisor_channel == 0 else (wrong, right)
    as_told = _stereo(*fitting, advisor_channel=advisor_channel)
    assert (as_told.notes, {t.doubt for t in as_told.turns}) == ((), {None})
    mended = _stereo(*swapped, advisor_channel=advisor_channel)
    assert mended.notes == (hearing.SWAPPED,)
    assert {t.text: t.speaker for t in mended.turns} == {t.text: t.speaker for t in as_told.turns}
    assert {t.doubt for t in mended.turns} == {None}


def test_channels_that_hardly_fit_are_doubted() -> None:
    heard = _stereo(TALK[3:4], TALK[:1])
    assert heard.notes == (hearing.UNFIT,)
    assert {t.doubt for t in heard.turns} == {UNKNOWN_SPEAKER}


def test_a_short_call_keeps_the_manifests_roles() -> None:
    assert _stereo(["好的，再见。"], ["嗯，再见。"]).notes == ()


def test_sample_call_with_its_channels_swapped_and_mixed_down() -> None:
    """The real engine: the demo model hears a call of two synthetic voices."""
    engine = whisper.load(Settings(demo=True, speech_model=str(DEMO_MODEL), speech_threads=2))
    sound = audio.decode(SAMPLE_CALL, 7200)
    swapped = hearing.hear(sound, engine, advisor_channel=1)
    assert swapped.notes == (hearing.SWAPPED,)
    assert next(t.speaker for t in swapped.turns if "八十万" in t.text) is CUSTOMER
    mixed = sound.pcm.astype(np.int32).sum(1).clip(-32768, 32767).astype(np.int16)[:, None]
    alone = hearing.hear(audio.Sound(mixed), engine)
    truth = json.loads((SAMPLE_CALL.parent / "truth" / "R4001.json").read_text())["utterances"]
    believed = [t for t in alone.turns if t.doubt is None]
    assert len(believed) >= 5
    for turn in believed:
        middle = ((turn.start_ms or 0) + (turn.end_ms or 0)) / 2000
        assert turn.speaker == next(u["speaker"] for u in truth if u["start"] - 0.4 <= middle <= u["end"] + 0.4)


def test_one_voice_in_both_channels_speaks_for_the_louder_one() -> None:
    loud, faint = tone(4, SAMPLE_RATE), tone(4, SAMPLE_RATE, 0.1) + noise(4, SAMPLE_RATE, 0.02)
    sound = audio.Sound((np.stack([loud, faint], 1) * 32767).astype(np.int16))
    heard = hearing.hear(sound, Channels(["我们这款产品五十万起"], ["我们这款产品五十万起"]))
    assert [(t.speaker, t.doubt) for t in heard.turns] == [(ADVISOR, None), (CUSTOMER, hearing.ECHO)]
    swapped = hearing.hear(sound, Channels(["我们这款产品五十万起"], ["我们这款产品五十万起"]), advisor_channel=1)
    assert {t.speaker: t.doubt for t in swapped.turns} == {CUSTOMER: None, ADVISOR: hearing.ECHO}


def test_both_may_say_the_same_short_word() -> None:
    sound = audio.Sound((np.stack([tone(4, SAMPLE_RATE), noise(4, SAMPLE_RATE, 0.05)], 1) * 32767).astype(np.int16))
    assert [t.doubt for t in hearing.hear(sound, Channels(["再见"], ["再见"])).turns] == [None, None]
