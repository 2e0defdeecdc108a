import wave
from pathlib import Path

import numpy as np
import pytest

from asr import redaction
from asr.audio import Sound
from asr.redaction import Line
from asr.transcriber import SAMPLE_RATE
from dongke.errors import Conflict

PHONE = "电话是***********没错"
WORDS = [[0, 3, 1000, 1500], *([3 + n, 4 + n, 1600 + 150 * n, 1750 + 150 * n] for n in range(11)), [14, 16, 3400, 4000]]


def test_only_the_words_of_the_number_are_covered() -> None:
    assert redaction.spans([Line(PHONE, 1000, 4000, WORDS)]) == ((1600 - redaction.EARLY_MS, 3250 + redaction.LATE_MS),)


@pytest.mark.parametrize("words", [None, [], WORDS[:5]], ids=["none", "empty", "half"])
def test_without_word_times_the_whole_utterance_is(words: list[list[int]] | None) -> None:
    assert redaction.spans([Line(PHONE, 1000, 4000, words)]) == ((800, 4300),)


def test_a_number_read_out_in_pieces_is_one_stretch() -> None:
    lines = [Line("***", 0, 1000), Line("嗯", 1100, 1200), Line("****", 1300, 2000), Line("****", 9000, 9500)]
    assert redaction.spans(lines) == ((0, 2300), (8800, 9800))


def test_amounts_are_not_covered_and_missing_times_are_told() -> None:
    assert redaction.spans([Line("我有五十万, 尾号六六六六", 0, 1000), Line("好", None, None)]) == ()
    with pytest.raises(Conflict) as fault:
        redaction.spans([Line(PHONE, None, None)])
    assert fault.value.code == "redaction-no-times"


def test_the_sound_under_the_cover_is_gone_in_both_channels(tmp_path: Path) -> None:
    voice = np.random.default_rng(0).integers(-9000, 9000, (SAMPLE_RATE * 3, 2), dtype=np.int16)
    sound = redaction.cover(Sound(voice), ((1000, 2000), (2900, 9000)))
    second = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)
    assert np.array_equal(sound.pcm[:SAMPLE_RATE], voice[:SAMPLE_RATE])
    for channel in (0, 1):
        covered = sound.pcm[second, channel].astype(float)
        assert abs(covered).max() <= redaction.TONE_LEVEL * 32767
        assert abs(np.corrcoef(covered, voice[second, channel])[0, 1]) < 0.05
    redaction.write(sound, tmp_path / "new" / "x.wav")
    with wave.open(str(tmp_path / "new" / "x.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, SAMPLE_RATE, SAMPLE_RATE * 3)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["x.wav"]
