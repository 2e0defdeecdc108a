"""录音脱敏: a copy of the sound with a tone over every personal number.

Where a number was said is told by the masked characters of the transcript and the times of their words; without word
times the whole utterance is covered. What the transcript does not hold – a number that nobody understood – stays.
"""

import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr.audio import Sound
from asr.transcriber import SAMPLE_RATE
from dongke.errors import Conflict

MASK = "*"
EARLY_MS, LATE_MS = 200, 300  #: words are timed that loosely
JOIN_MS = 400  #: the pauses within a number that is read out are covered too
TONE_HZ, TONE_LEVEL = 1000, 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance as far as it matters here. `words`: (from, to, start_ms, end_ms) of stretches of the text."""

    text: str
    start_ms: int | None
    end_ms: int | None
    words: Sequence[Sequence[int]] | None = None


def spans(lines: Iterable[Line]) -> tuple[tuple[int, int], ...]:
    """The stretches to be covered, (start, end) in milliseconds, in order and apart.

    Raises Conflict `redaction-no-times` where a number is masked in a text without times.
    """
    found = sorted(span for line in lines for span in _of(line))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start - joined[-1][1] <= JOIN_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def cover(sound: Sound, covered: Iterable[tuple[int, int]]) -> Sound:
    """The sound with a tone in place of these stretches, in every channel: a party is faintly heard in the other's."""
    import numpy as np

    pcm = sound.pcm.copy()
    for start_ms, end_ms in covered:
        start, end = (ms * SAMPLE_RATE // 1000 for ms in (start_ms, end_ms))
        part = pcm[start:end]
        tone = np.sin(2 * np.pi * TONE_HZ * np.arange(len(part)) / SAMPLE_RATE) * TONE_LEVEL * 32767
        part[:] = tone.astype(np.int16)[:, None]
    return Sound(pcm)


def write(sound: Sound, path: Path) -> None:
    """Writes 16-bit PCM at 16 kHz; a file of that name is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(sound.pcm.astype("<i2").tobytes())
    part.replace(path)


def _of(line: Line) -> list[tuple[int, int]]:
    if MASK not in line.text:
        return []
    if line.words and all(_timed(line.words, place) for place, c in enumerate(line.text) if c == MASK):
        times = [(w[2], w[3]) for w in line.words if MASK in line.text[w[0] : w[1]]]
    elif line.start_ms is not None and line.end_ms is not None:
        times = [(line.start_ms, line.end_ms)]
    else:
        raise Conflict("redaction-no-times", "转写稿里有个人号码, 但没有时间, 录音不能脱敏")
    return [(max(0, start - EARLY_MS), end + LATE_MS) for start, end in times]


def _timed(words: Sequence[Sequence[int]], place: int) -> bool:
    return any(word[0] <= place < word[1] for word in words)
