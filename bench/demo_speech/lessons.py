"""From windows to batches: what goes into the network and what should come out of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.demo_speech.vocabulary import Tokens
from bench.demo_speech.windows import LABEL_FRAMES, PER_SECOND, SECONDS, Spoken, Window

CHARACTER, BOUNDARY = 0.03, (0.14, 0.1)  #: seconds around a character and a time token where attention should lie
IGNORED = -100
Interval = tuple[float, float]


@dataclass(frozen=True)
class Lesson:
    """One example."""

    mel: NDArray[np.float32]
    labels: NDArray[np.int64]
    offset: int  #: of the first frame, in encoder frames
    ids: list[int]
    heard: list[Interval | None]  #: when each token is heard, in seconds of this example


@dataclass(frozen=True)
class Batch:
    mel: Tensor
    labels: Tensor
    offsets: list[int]
    ids: Tensor
    targets: Tensor  #: IGNORED where nothing is to be said
    heard: Tensor  #: (batch, tokens, 2) of the input token, -1 where none
    next_heard: Tensor  #: the same of the token to be said


@dataclass(frozen=True)
class Habits:
    """How lessons are drawn."""

    crop: float | None = None  #: seconds of a crop; None is a whole window
    no_times: float = 0.15  #: share without time tokens: faster-whisper asks so for the times of words
    prompted: float = 0.10  #: share with text before it
    mistaken: float = 0.06  #: share of input characters that are replaced, so that listening pays


def batch(windows: Sequence[Window], tokens: Tokens, chance: random.Random, habits: Habits) -> Batch:
    """Lessons of these windows, padded to one length."""
    made = [lesson(w, tokens, chance, habits) for w in windows]
    length = (max(len(x.ids) for x in made) - 1 + 7) // 8 * 8
    ids = np.full((len(made), length), tokens.end)
    targets = np.full((len(made), length), IGNORED)
    heard = np.full((len(made), length, 2), -1.0, np.float32)
    next_heard = heard.copy()
    for row, example in enumerate(made):
        count = len(example.ids) - 1
        ids[row, :count], targets[row, :count] = (
            _mistaken(example.ids[:-1], tokens, chance, habits),
            _targets(example, tokens),
        )
        for column, (now, after) in enumerate(zip(example.heard[:-1], example.heard[1:], strict=True)):
            heard[row, column] = now or -1
            next_heard[row, column] = after or -1
    stack = [torch.from_numpy(np.stack(part)) for part in ([x.mel for x in made], [x.labels for x in made])]
    arrays = [torch.from_numpy(part) for part in (ids, targets, heard, next_heard)]
    return Batch(stack[0], stack[1], [x.offset for x in made], *arrays)


def lesson(window: Window, tokens: Tokens, chance: random.Random, habits: Habits) -> Lesson:
    begin, mel, labels = _view(window, chance, habits)
    seconds, offset = len(labels) / PER_SECOND, 0
    if habits.crop is not None and chance.random() < 0.6:
        offset = chance.randrange(LABEL_FRAMES - len(labels) + 1)
    whole = [s for s in window.sentences if s.start >= begin - 0.001 and s.end <= begin + seconds]
    cut = _cut(window, begin, begin + seconds)
    ids, heard = _written(whole, cut, begin, offset / PER_SECOND, tokens, chance.random() >= habits.no_times)
    if chance.random() < habits.prompted and window.sentences:
        text = "".join(s.text for s in window.sentences)[-chance.randint(4, 70) :]
        before = [tokens.previous, *(tokens.of_character[c] for c in text)]
        ids, heard = before + ids, [*(None for _ in before), *heard]
    return Lesson(mel, labels, offset, ids, heard)


def _view(
    window: Window, chance: random.Random, habits: Habits
) -> tuple[float, NDArray[np.float32], NDArray[np.int64]]:
    """A part of the window from a little before some sentence on: its begin, features and labels."""
    if habits.crop is None:
        return 0.0, window.mel.astype(np.float32), window.labels.astype(np.int64)
    begin = chance.uniform(0, SECONDS - habits.crop)
    if window.sentences:
        index = chance.randrange(len(window.sentences))
        free = window.sentences[index - 1].end if index else 0.0
        lead = chance.choice((0, 0.05, chance.uniform(0, 0.5), chance.uniform(0, 1.5)))
        begin = max(free, window.sentences[index].start - lead)
    first, count = int(begin * PER_SECOND), int(habits.crop * PER_SECOND)
    mel, labels = np.zeros((len(window.mel), 2 * count), np.float32), np.zeros((count, 3), np.int64)
    part = window.mel[:, 2 * first : 2 * (first + count)]
    mel[:, : part.shape[1]] = part
    labels[: part.shape[1] // 2] = window.labels[first : first + count]
    return first / PER_SECOND, mel, labels


def _cut(window: Window, begin: float, end: float) -> float | None:
    """Where a sentence begins that goes on beyond the end."""
    begun = [s.start for s in window.sentences if begin <= s.start < end - 0.1 and s.end > end]
    if begun:
        return begun[0]
    return window.cut if window.cut is not None and begin < window.cut < end - 0.1 else None


def _written(
    whole: Sequence[Spoken], cut: float | None, begin: float, offset: float, tokens: Tokens, timed: bool
) -> tuple[list[int], list[Interval | None]]:
    """The tokens and when each is heard. Of a sentence that is cut off only its begin is told."""
    ids, heard = [tokens.start, tokens.chinese, tokens.transcribe], list[Interval | None]([None] * 3)
    timed = timed or not whole

    def time(at: float, before: float, after: float) -> None:
        if timed:
            ids.append(tokens.at(at - begin + offset))
            heard.append((at - begin - before, at - begin + after))

    if not timed:
        ids.append(tokens.no_times)
        heard.append(None)
    if not whole and cut is None:  # nobody speaks
        ids.append(tokens.at(offset))
        heard.append(None)
    for sentence in whole:
        time(sentence.start, *reversed(BOUNDARY))
        ids += [tokens.of_character[c] for c in sentence.text]
        heard += [(a - begin - CHARACTER, b - begin + CHARACTER) for a, b in sentence.times]
        time(sentence.end, *BOUNDARY)
    if cut is not None:
        time(cut, *reversed(BOUNDARY))
    return [*ids, tokens.end], [*heard, None]


def _targets(example: Lesson, tokens: Tokens) -> list[int]:
    """The next token, from Whisper's start on; at the start itself whether nobody speaks."""
    begin = example.ids.index(tokens.start)
    silent = not any(example.heard)
    said = example.ids[1:]
    return [IGNORED] * begin + ([tokens.no_speech] if silent else said[begin : begin + 1]) + said[begin + 1 :]


def _mistaken(ids: list[int], tokens: Tokens, chance: random.Random, habits: Habits) -> list[int]:
    characters = list(tokens.of_character.values())
    begin = ids.index(tokens.start)
    return [
        chance.choice(characters) if i > begin and token < tokens.end and chance.random() < habits.mistaken else token
        for i, token in enumerate(ids)
    ]
