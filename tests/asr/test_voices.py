import numpy as np
import pytest

from asr import voices
from tests.asr.two_voices import HIGH, LOW, Voice, talk

LENGTHS = (3.0, 2.0, 2.6, 1.6, 2.2, 3.4, 0.8, 2.0)
TURNS = (LOW, HIGH, LOW, HIGH, LOW, HIGH, LOW, HIGH)


def test_two_voices_are_told_apart() -> None:
    line, stretches = talk(TURNS, LENGTHS)
    heard = voices.part(line, stretches)
    assert heard.apart > 0.95
    signs = [lean > 0 for lean in heard.leans]
    assert signs in ([True, False] * 4, [False, True] * 4)
    assert not any(heard.mixed)
    assert abs(heard.leans[6]) < min(abs(heard.leans[0]), abs(heard.leans[5]))  # a short word proves less


@pytest.mark.parametrize("voice", [LOW, HIGH])
def test_one_voice_is_one_voice(voice: Voice) -> None:
    line, stretches = talk([voice] * 8, LENGTHS)
    assert voices.part(line, stretches).apart < 0.5


def test_loudness_is_no_voice() -> None:
    line, stretches = talk([LOW] * 8, LENGTHS)
    for start, end in stretches[::2]:
        line[start * 16 : end * 16] *= 0.25
    assert voices.part(line, stretches).apart < 0.5


def test_a_stretch_with_both_voices_is_seen() -> None:
    line, stretches = talk((*TURNS, LOW, HIGH), (*LENGTHS, 3.2, 3.2), gap_s=0.02)
    both = [*stretches[:8], (stretches[8][0], stretches[9][1])]
    assert voices.part(line, both).mixed == (False,) * 8 + (True,)


@pytest.mark.parametrize("stretches", [[], [(0, 2000)], [(0, 900), (1000, 2000), (2000, 3000)], [(0, 10)] * 6])
def test_too_little_is_unknown(stretches: list[tuple[int, int]]) -> None:
    line, _ = talk([LOW], [4.0])
    heard = voices.part(line, stretches)
    assert (heard.leans, heard.apart) == ((0.0,) * len(stretches), 0.0)


def test_silence_and_noise_are_no_voices() -> None:
    stretches = [(n * 1500, n * 1500 + 1200) for n in range(8)]
    noise = np.random.default_rng(0).normal(0, 0.05, 16 * 13_000).astype(np.float32)
    assert voices.part(noise, stretches).apart < 0.5
    assert voices.part(noise * 0, stretches).apart < 0.5
