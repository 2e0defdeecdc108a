"""声音: which of two voices speaks in each stretch of one channel, and how sure that is. Plain numpy, no model.

A stretch is described by the mean of its timbre (cepstrum of the telephone band, in units of its frames' spread) and by
its pitch. The stretches are parted into two groups. Any heap can be parted into two; how far the groups lie apart,
against how much stretches of one group differ, tells whether there are two voices at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from asr.transcriber import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from asr.transcriber import Samples

    Matrix = NDArray[np.float64]

FRAME = 512  #: samples, 32 ms
PITCH_FRAME = 1024
STEP = SAMPLE_RATE // 100
BAND_HZ = (250.0, 3400.0)  #: what a telephone lets through
BANDS, CEPSTRA = 24, 12
FAINT_DB = 25.0  #: frames this much fainter than the stretch's loudest are pauses
NOTHING_DB = -90.0  #: of a frame in which there is no sound at all
PITCH_HZ = (70, 400)
VOICED = 0.35  #: how periodic a frame must be to have a pitch
OCTAVE = 6.0  #: an octave of pitch weighs as much as so many spreads of timbre
LONG_FRAMES = 60  #: stretches of less speech do not shape the groups
SEEDS = 8  #: the longest stretches are tried as centres
MIN_SHARE = 0.15  #: a group with less of the speech is no second voice but an odd sound
MIDDLE_GAP, STEEP = 1.7, 5.0  #: groups this far apart are as likely one voice as two; how fast that changes
FREEDOM = 6.0  #: how much one stretch can prove
PROVING_FRAMES = 100  #: less speech proves less
CHUNK_MS, MIXED_LEAN = 1500, 0.5  #: within a stretch: parts this long that lean this much to different voices


@dataclass(frozen=True, slots=True)
class Voices:
    """Two groups of stretches. `leans[n]`: above 0 for the first voice, below for the second, natural logarithm."""

    leans: tuple[float, ...]
    mixed: tuple[bool, ...]  #: the stretch seems to hold both voices
    apart: float  #: 0 … 1 that these are two voices

    @classmethod
    def unknown(cls, count: int) -> "Voices":
        return cls((0.0,) * count, (False,) * count, 0.0)


class _Told(NamedTuple):
    """What a piece of sound tells: the cepstra of its loud frames, and the pitch of the voiced ones, in octaves."""

    cepstra: "Matrix"
    octaves: "Matrix"


def part(samples: "Samples", stretches: Sequence[tuple[int, int]]) -> Voices:
    """Parts the stretches, given as (start, end) in milliseconds, by voice. Fewer than four cannot be parted."""
    import numpy as np

    chunks = [[_describe(samples[a:b]) for a, b in _chunks(*stretch)] for stretch in stretches]
    told = [_together(parts) for parts in chunks]
    weights = np.array([len(t.cepstra) for t in told], float)
    long = weights >= LONG_FRAMES
    if long.sum() < 4:
        return Voices.unknown(len(stretches))
    space = _Space.of([t for t, ok in zip(told, long, strict=True) if ok])
    points = space.points(told)
    centres = _centres(points[long], np.sqrt(weights[long]))
    if centres is None:
        return Voices.unknown(len(stretches))
    small = [space.points(parts) for parts in chunks]
    sizes = [np.array([len(t.cepstra) for t in parts], float) for parts in chunks]
    spread = _within(np.concatenate(small), np.concatenate(sizes), centres)
    mixed = [_is_mixed(_leans(p, w, centres, spread)) for p, w in zip(small, sizes, strict=True)]
    within = _within(points, weights, centres)
    leans = _leans(points, weights, centres, within)
    return Voices(tuple(map(float, leans)), tuple(mixed), _apart(points, weights, centres, within))


class _Space(NamedTuple):
    """The axes in which voices are compared: whitened timbre, then pitch."""

    axes: "Matrix"
    middle: "Matrix"
    octave: float  #: the median pitch

    @classmethod
    def of(cls, told: Sequence[_Told]) -> "_Space":
        import numpy as np

        spread = np.cov(np.concatenate([t.cepstra - t.cepstra.mean(0) for t in told]).T)
        values, axes = np.linalg.eigh(spread + 1e-3 * np.eye(CEPSTRA) * np.trace(spread) / CEPSTRA)
        axes = axes / np.sqrt(np.maximum(values, 1e-9))
        pitches = [float(np.median(t.octaves)) for t in told if len(t.octaves)]
        middle: Matrix = np.mean([t.cepstra.mean(0) for t in told], axis=0)
        return cls(axes, middle @ axes, float(np.median(pitches)) if pitches else 0.0)

    def points(self, told: Sequence[_Told]) -> "Matrix":
        """One row a piece. One without speech or without pitch is put in the middle."""
        import numpy as np

        timbre = [t.cepstra.mean(0) @ self.axes - self.middle if len(t.cepstra) else self.middle * 0 for t in told]
        pitch = [(float(np.median(t.octaves)) if len(t.octaves) else self.octave) - self.octave for t in told]
        points: Matrix = np.column_stack([np.array(timbre), np.array(pitch) * OCTAVE])
        return points


def _within(points: "Matrix", weights: "Matrix", centres: "Matrix") -> float:
    """How much pieces of one group differ: the mean square to the nearest centre."""
    import numpy as np

    long = weights >= LONG_FRAMES
    if not long.any():
        return 1.0
    return float(np.average(_squares(points, centres)[long].min(1), weights=weights[long])) + 1e-9


def _leans(points: "Matrix", weights: "Matrix", centres: "Matrix", within: float) -> "Matrix":
    """As the ratio of two bells with wide skirts: what lies far from both proves little."""
    import numpy as np

    away = _squares(points, centres) / within
    leans: Matrix = FREEDOM / 2 * np.minimum(weights / PROVING_FRAMES, 1) * np.log((1 + away[:, 1]) / (1 + away[:, 0]))
    return leans


def _apart(points: "Matrix", weights: "Matrix", centres: "Matrix", within: float) -> float:
    """How likely the groups are two voices."""
    first = _squares(points, centres).argmin(1) == 0
    if min(weights[first].sum(), weights[~first].sum()) < MIN_SHARE * weights.sum():
        return 0.0
    gap = math.sqrt(float(((centres[0] - centres[1]) ** 2).sum()) / within)
    return 1 / (1 + math.exp(min(50.0, -STEEP * (gap - MIDDLE_GAP))))


def _is_mixed(leans: "Matrix") -> bool:
    """Whether some parts of a stretch lean to one voice and some to the other."""
    return bool(leans.max() > MIXED_LEAN and leans.min() < -MIXED_LEAN)


def _chunks(start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """The stretch in parts of about CHUNK_MS, as (start, end) in samples."""
    start, end = start_ms * SAMPLE_RATE // 1000, end_ms * SAMPLE_RATE // 1000
    count = max(1, round((end_ms - start_ms) / CHUNK_MS))
    edges = [start + (end - start) * n // count for n in range(count + 1)]
    return list(pairwise(edges))


def _together(parts: Sequence[_Told]) -> _Told:
    import numpy as np

    return _Told(np.concatenate([p.cepstra for p in parts]), np.concatenate([p.octaves for p in parts]))


def _centres(points: "Matrix", weights: "Matrix") -> "Matrix | None":
    """The two centres with the least sum of squares, from every pair of the longest stretches."""
    import numpy as np

    best: tuple[float, Matrix] | None = None
    seeds = np.argsort(-weights, kind="stable")[:SEEDS]
    for one, other in ((a, b) for n, a in enumerate(seeds) for b in seeds[n + 1 :]):
        found = _settle(points, weights, points[[one, other]])
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best[1] if best else None


def _settle(points: "Matrix", weights: "Matrix", centres: "Matrix") -> "tuple[float, Matrix] | None":
    import numpy as np

    for _ in range(30):
        nearest = _squares(points, centres).argmin(1)
        if nearest.min() == nearest.max():
            return None
        moved = np.stack([np.average(points[nearest == k], axis=0, weights=weights[nearest == k]) for k in (0, 1)])
        if np.allclose(moved, centres):
            break
        centres = moved
    return float((weights * _squares(points, centres).min(1)).sum()), centres


def _squares(points: "Matrix", centres: "Matrix") -> "Matrix":
    found: Matrix = ((points[:, None] - centres[None]) ** 2).sum(-1)
    return found


def _describe(samples: "Samples") -> _Told:
    import numpy as np

    if len(samples) < PITCH_FRAME:
        return _Told(np.zeros((0, CEPSTRA)), np.zeros(0))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::STEP] * np.hanning(FRAME)
    level = 10 * np.log10((frames**2).mean(1) + 1e-10)
    loud = level > max(level.max() - FAINT_DB, NOTHING_DB)
    power = np.abs(np.fft.rfft(frames[loud], axis=1)) ** 2
    bands, turns = _bands()
    return _Told(np.log(power @ bands.T + 1e-8) @ turns.T, _octaves(samples, loud))


def _octaves(samples: "Samples", loud: "NDArray[np.bool_]") -> "Matrix":
    """The pitch of the voiced frames. The spectrum is flattened first: a telephone lacks the ground tone."""
    import numpy as np

    frames = np.lib.stride_tricks.sliding_window_view(samples, PITCH_FRAME)[:: 2 * STEP]
    window = np.hanning(PITCH_FRAME)
    spectrum = np.abs(np.fft.rfft(frames[loud[::2][: len(frames)]] * window, 2 * PITCH_FRAME, axis=1)) ** 0.7
    spectrum[:, np.fft.rfftfreq(2 * PITCH_FRAME, 1 / SAMPLE_RATE) > 1800] = 0
    same = np.fft.irfft(spectrum, axis=1)[:, :PITCH_FRAME]
    fading = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * PITCH_FRAME)) ** 2)[:PITCH_FRAME]
    same = same / (same[:, :1] + 1e-9) / (fading / fading[0] + 0.05)
    low, high = SAMPLE_RATE // PITCH_HZ[1], SAMPLE_RATE // PITCH_HZ[0]
    found = [lag for row in same[:, low:high] if (lag := _lag(row)) is not None]
    octaves: Matrix = np.log2(SAMPLE_RATE / (np.array(found, float) + low))
    return octaves


def _lag(row: "Matrix") -> int | None:
    """The first peak nearly as high as the highest: later ones are whole periods more."""
    top = float(row.max())
    if top < VOICED:
        return None
    first = int((row >= 0.92 * top).argmax())
    return first + int(row[first : first + 12].argmax())


@cache
def _bands() -> "tuple[Matrix, Matrix]":
    """The triangular mel bands over the telephone's range, and the cosines that turn them into cepstra."""
    import numpy as np

    low, high = (2595 * math.log10(1 + hz / 700) for hz in BAND_HZ)
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    bands = np.stack([_triangle(hz, *edges[n : n + 3]) for n in range(BANDS)])
    turns = np.cos(np.pi * np.outer(np.arange(1, CEPSTRA + 1), np.arange(BANDS) + 0.5) / BANDS)
    return bands, turns


def _triangle(hz: "NDArray[np.floating]", start: float, top: float, end: float) -> "Matrix":
    import numpy as np

    triangle: Matrix = np.clip(np.minimum((hz - start) / (top - start), (end - hz) / (end - top)), 0, None)
    return triangle
