"""Sounds without speech as a telephone line carries them, 16 kHz, made on the spot: what a recogniser dreams in."""

from collections.abc import Callable

import numpy as np

RATE = 16_000
Sound = np.ndarray


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.float32)


def ring_back(seconds: float) -> Sound:
    """回铃音: 450 Hz, one second on, four seconds off."""
    return (0.2 * _tone(seconds, 450) * (_time(seconds) % 5 < 1)).astype(np.float32)


def busy(seconds: float) -> Sound:
    """忙音: 450 Hz, 0.35 s on, 0.35 s off."""
    return (0.2 * _tone(seconds, 450) * (_time(seconds) % 0.7 < 0.35)).astype(np.float32)


def dtmf(seconds: float) -> Sound:
    """按键音: a key of two tones, 0.1 s in every 0.4 s."""
    low, high = (697, 770, 852, 941), (1209, 1336, 1477)
    key = (_time(seconds) // 0.4).astype(int)
    rows, columns = np.take(low, key % 4), np.take(high, key % 3)
    both = np.sin(2 * np.pi * rows * _time(seconds)) + np.sin(2 * np.pi * columns * _time(seconds))
    return (0.1 * both * (_time(seconds) % 0.4 < 0.1)).astype(np.float32)


def white(seconds: float) -> Sound:
    return np.random.default_rng(1).normal(0, 0.03, round(seconds * RATE)).astype(np.float32)


def pink(seconds: float) -> Sound:
    """Noise whose power falls with frequency."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(0, 1, count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    sound = np.fft.irfft(spectrum, count)
    return (0.05 * sound / sound.std()).astype(np.float32)


def hall(seconds: float) -> Sound:
    """A hall full of people, none of them to be understood: noise in the band of speech that swells and fades."""
    noise = np.random.default_rng(3).normal(0, 1, round(seconds * RATE))
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 1200)] *= 0.05
    swell = 1 + 0.4 * np.sin(2 * np.pi * 0.7 * _time(seconds)) * np.sin(2 * np.pi * 3.1 * _time(seconds))
    sound = np.fft.irfft(spectrum, len(noise)) * swell
    return (0.03 * sound / sound.std()).astype(np.float32)


def music(seconds: float) -> Sound:
    """彩铃: chords of a plucked string over a beat."""
    time, sound = _time(seconds), np.zeros(round(seconds * RATE))
    for beat, chord in enumerate(((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)) * 400):
        first = round(beat * 0.5 * RATE)
        if first >= len(sound):
            break
        local = time[: min(RATE, len(sound) - first)]
        for note in chord:
            tones = sum(np.sin(2 * np.pi * note * k * local) / k for k in (1, 2, 3))
            sound[first : first + len(local)] += 0.04 * tones * np.exp(-3 * local)
    return sound.astype(np.float32)


KINDS: dict[str, Callable[[float], Sound]] = {
    made.__name__: made for made in (silence, ring_back, busy, dtmf, white, pink, hall, music)
}


def _time(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def _tone(seconds: float, hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * _time(seconds))
