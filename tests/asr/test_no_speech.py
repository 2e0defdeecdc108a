"""Half an hour of sounds without speech, through the real voice detection and the real engine, whose decoder says a
sentence into whatever it is given: the guard is really asked."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from asr import audio, hearing, whisper
from asr.transcriber import SAMPLE_RATE, Transcript
from asr.utterances import to_utterances
from dongke.clock import BEIJING
from dongke.settings import Settings
from dongke.types import Channel, Conversation
from nlp import pipeline
from tests.asr import no_speech, tiny_whisper
from tests.asr.conftest import SAMPLE_CALL, SENTENCE

GHOST = "谢谢大家观看"
LOOP = "我想买基金" * 8


def _engine(folder: Path, sentence: str) -> whisper.WhisperTranscriber:
    (tiny_whisper.make(folder / "scripted", sentence, seconds=8.0) / "DEMO_ONLY").touch()
    return whisper.load(Settings(demo=True, speech_model=str(folder / "scripted"), speech_threads=2))


def _stereo(left: np.ndarray, right: np.ndarray) -> audio.Sound:
    return audio.Sound((np.stack([left, right], 1) * 32767).clip(-32768, 32767).astype(np.int16))


def _tags(heard: Transcript) -> list[object]:
    began = datetime(2026, 11, 2, 10, 0, tzinfo=BEIJING)
    return list(pipeline.analyze(Conversation("R1", Channel.CALL, began, to_utterances(heard.turns))))


def _speech() -> np.ndarray:
    return audio.decode(SAMPLE_CALL, 7200).channel(1)


def test_the_engine_would_speak(tmp_path: Path) -> None:
    """What follows would prove nothing otherwise."""
    heard = hearing.hear(_stereo(_speech() * 0, _speech()), _engine(tmp_path, SENTENCE))
    assert any("五十万" in turn.text for turn in heard.turns)


@pytest.mark.slow
def test_half_an_hour_without_speech(tmp_path: Path) -> None:
    line = np.concatenate([made(30 * 60 / len(no_speech.KINDS)) for made in no_speech.KINDS.values()])
    sound = audio.Sound((line[:, None] * 32767).astype(np.int16))
    assert sound.duration_ms >= 30 * 60_000
    heard = hearing.hear(sound, _engine(tmp_path, SENTENCE))
    assert [turn.text for turn in heard.turns if turn.doubt is None] == []
    assert _tags(heard) == []


def test_two_channels_without_speech(tmp_path: Path) -> None:
    parts = [made(8) for made in no_speech.KINDS.values()]
    sound = _stereo(np.concatenate(parts), np.concatenate(parts[::-1]))
    heard = hearing.hear(sound, _engine(tmp_path, SENTENCE))
    assert [turn.text for turn in heard.turns if turn.doubt is None] == []
    assert _tags(heard) == []


def test_voices_that_nobody_understands(tmp_path: Path) -> None:
    """Speech backwards, several at once: the voice detection lets it through, and the engine dreams the same line."""
    voice = _speech()[::-1]
    babble = np.concatenate([sum(np.roll(voice, SAMPLE_RATE * n) for n in range(3, 40, 9)) for _ in range(3)]) * 0.4
    heard = hearing.hear(
        _stereo(no_speech.silence(len(babble) / SAMPLE_RATE) + 1e-4, babble), _engine(tmp_path, SENTENCE)
    )
    assert heard.turns
    assert {turn.doubt for turn in heard.turns} == {"整句反复出现"}
    assert _tags(heard) == []


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [(GHOST, "疑似字幕幻觉"), (LOOP, "文字循环重复"), ("はい、そうですね、わかりました", "不是中文")],
)
def test_what_is_dreamt_is_kept_and_tags_nothing(tmp_path: Path, sentence: str, doubt: str) -> None:
    heard = hearing.hear(_stereo(_speech() * 0 + 1e-4, _speech()), _engine(tmp_path, sentence))
    assert heard.turns
    assert {turn.doubt for turn in heard.turns} == {doubt}
    assert all(utterance.suspect for utterance in to_utterances(heard.turns))
    assert _tags(heard) == []
