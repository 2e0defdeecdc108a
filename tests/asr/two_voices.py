"""Voices made on the spot: a buzz of some pitch through resonances, in syllables, over a telephone's band."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RATE = 16_000
VOWELS = ((730, 1090), (530, 1840), (390, 1990), (570, 840), (440, 1020))


@dataclass(frozen=True)
class Voice:
    pitch: float  #: Hz
    throat: float  #: how much higher or lower all resonances lie than those of VOWELS


LOW, HIGH = Voice(110, 0.92), Voice(205, 1.12)


def speak(voice: Voice, seconds: float, seed: int) -> np.ndarray:
    """Syllables of this voice for about so long."""
    dice = np.random.default_rng(seed)
    pieces = []
    for _ in range(max(1, round(seconds / 0.2))):
        first, second = VOWELS[dice.integers(len(VOWELS))]
        time = np.arange(round(0.2 * RATE)) / RATE
        pitch = voice.pitch * (1 + 0.06 * dice.normal() + 0.1 * dice.normal() * time)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        sound = np.zeros(len(time))
        for k in range(1, int(3400 / voice.pitch)):
            hertz = k * voice.pitch
            gain = sum(1 / (1 + ((hertz - f * voice.throat) / 90) ** 2) for f in (first, second, 2600)) + 0.01
            sound += gain * np.sin(k * phase) * (hertz > 280)
        pieces.append(sound * np.hanning(len(time)) ** 0.3)
    whole = np.concatenate(pieces)
    return (0.2 * whole / abs(whole).max()).astype(np.float32)


def talk(
    voices: Sequence[Voice], seconds: Sequence[float], gap_s: float = 0.4
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """One channel in which these voices speak one after the other, and the stretches in milliseconds."""
    at, pieces, stretches = 0.5, [], []
    for number, (voice, length) in enumerate(zip(voices, seconds, strict=True)):
        sound = speak(voice, length, number)
        pieces.append((round(at * RATE), sound))
        end = at + len(sound) / RATE
        stretches.append((round(at * 1000), round(end * 1000)))
        at = end + gap_s
    line = np.random.default_rng(0).normal(0, 0.001, round(at * RATE)).astype(np.float32)
    for first, sound in pieces:
        line[first : first + len(sound)] += sound
    return line, stretches
