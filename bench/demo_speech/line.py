"""The telephone: band, codec, noise of the line, and the sounds that are no speech."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Law = Callable[[Samples], Samples]

NARROW = 8000
WIDE = 16_000
A_LAW, MU_LAW = 87.6, 255.0


def through(samples: "Samples", rate: int, chance: random.Random) -> "Samples":
    """What is recorded of it: band-limited to 8 kHz, coded (a-law, µ-law, 16 bit or coarser), back at 16 kHz."""
    import numpy as np

    seconds = len(samples) / rate
    narrow, wide = round(seconds * NARROW), round(seconds * WIDE)
    spectrum = np.fft.rfft(samples)
    hertz = np.arange(len(spectrum)) / seconds
    low, high = chance.uniform(200, 340), chance.choice((chance.uniform(3300, 3600), chance.uniform(3000, 3700)))
    spectrum *= 1 / (1 + np.exp(-(hertz - low) / 25)) / (1 + np.exp(np.minimum((hertz - high) / 30, 60)))
    spectrum *= 10 ** (chance.uniform(-4, 4) * hertz / NARROW / 10)  # handsets tilt
    coded = code(np.clip(np.fft.irfft(spectrum[: narrow // 2 + 1], narrow) * (narrow / len(samples)), -1, 1), chance)
    back = np.zeros(wide // 2 + 1, complex)
    back[: narrow // 2 + 1] = np.fft.rfft(coded)
    back[narrow // 2] *= 0.5
    return (np.fft.irfft(back, wide) * (wide / narrow)).astype(np.float32)


def code(samples: "Samples", chance: random.Random) -> "Samples":
    """Coded and decoded again."""
    import numpy as np

    draw = chance.random()
    if draw < 0.6:
        return _companded(samples, _a_law, _a_law_back)
    if draw < 0.8:
        return _companded(samples, _mu_law, _mu_law_back)
    steps = 32767 if draw < 0.92 else 1023
    return np.asarray(np.round(samples * steps) / steps, np.float32)


def _companded(samples: "Samples", forth: "Law", back: "Law") -> "Samples":
    import numpy as np

    level = (np.floor(forth(np.abs(samples)) * 128).clip(0, 127) + 0.5) / 128
    return np.asarray(back(np.asarray(level, np.float32)) * np.sign(samples), np.float32)


def _a_law(x: "Samples") -> "Samples":
    import numpy as np

    curve = np.where(x < 1 / A_LAW, A_LAW * x, 1 + np.log(np.maximum(A_LAW * x, 1)))
    return np.asarray(curve / (1 + np.log(A_LAW)), np.float32)


def _a_law_back(y: "Samples") -> "Samples":
    import numpy as np

    scaled = y * (1 + np.log(A_LAW))
    return np.asarray(np.where(scaled < 1, scaled, np.exp(scaled - 1)) / A_LAW, np.float32)


def _mu_law(x: "Samples") -> "Samples":
    import numpy as np

    return np.asarray(np.log1p(MU_LAW * x) / np.log1p(MU_LAW), np.float32)


def _mu_law_back(y: "Samples") -> "Samples":
    import numpy as np

    return np.asarray(np.expm1(y * np.log1p(MU_LAW)) / MU_LAW, np.float32)


def noise(count: int, rate: int, chance: random.Random) -> "Samples":
    """Hiss, rumble or hum, mostly faint."""
    import numpy as np

    level = 10 ** chance.uniform(-3.6, -2.2)
    white = np.random.default_rng(chance.getrandbits(32)).normal(0, level, count).astype(np.float32)
    draw = chance.random()
    if draw < 0.7:
        return white
    if draw < 0.9:  # a room: more of the low notes
        spectrum = np.fft.rfft(white)
        spectrum *= np.minimum(3.0, np.sqrt(600 / np.maximum(np.arange(len(spectrum)) * rate / count, 50)))
        return np.fft.irfft(spectrum, count).astype(np.float32)
    hum = np.sin(2 * np.pi * 350 * np.arange(count) / rate) * level * 2
    return (white + hum).astype(np.float32)


def ring(seconds: float, rate: int, chance: random.Random) -> "Samples":
    """回铃音, 忙音: 450 Hz, on and off."""
    import numpy as np

    time = np.arange(int(seconds * rate)) / rate
    on, off = chance.choice(((1, 4), (0.35, 0.35), (0.7, 0.7), (0.4, 0.4)))
    heard = (time + chance.uniform(0, on + off)) % (on + off) < on
    return (np.sin(2 * np.pi * 450 * time) * heard * chance.uniform(0.05, 0.4)).astype(np.float32)


def music(seconds: float, rate: int, chance: random.Random) -> "Samples":
    """等待音乐: chords and a tune of decaying notes with overtones."""
    import numpy as np

    out = np.zeros(int(seconds * rate), np.float32)
    beat = chance.uniform(0.18, 0.6)
    root = chance.uniform(180, 360)
    scale = [root * 2 ** (n / 12) for n in (0, 2, 4, 7, 9, 12, 14, 16)]
    at = 0.0
    while at < seconds - beat:
        length = beat * chance.choice((1, 1, 2, 4))
        time = np.arange(int(min(length * 1.5, seconds - at) * rate)) / rate
        for tone in chance.sample(scale, chance.choice((1, 1, 2, 3))):
            note = sum(np.sin(2 * np.pi * tone * k * time) / k ** chance.uniform(1, 2) for k in (1, 2, 3, 4))
            start = int(at * rate)
            faded = note * np.exp(-time * chance.uniform(1, 5)) * chance.uniform(0.03, 0.15)
            out[start : start + len(time)] += faded.astype(np.float32)[: len(out) - start]
        at += length
    return out
