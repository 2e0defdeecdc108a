"""锚定: the same talk written down again – which turn is which, and where quoted words stand now (pure).

A better model cuts and spells the same sound differently. A turn keeps its id where it is the same stretch of talk; a
quote is found again only where the very same words are said by the same speaker at the same time. What is not found
for certain is not found: nothing is moved to words that merely look alike.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import accumulate, groupby
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from asr.folding import fold

NEAR_MS = 1_000  #: two cuts of one stretch of sound may lie this far apart
WORD_MS = 2_000  #: words with times of their own are the same only this close together
NEAR_LINES = 10  #: without times: two cuts of one stretch of talk may lie this many lines apart
ALIKE = 0.5  #: share of the shorter turn's characters, or of the time of both, from which two turns may be one
CONTEXT = 16  #: characters on each side of a quote by which its place is known
LEAST_CONTEXT = 0.3  #: how alike they must be, 0 … 1


@dataclass(frozen=True, slots=True)
class Line:
    """一句话 as it was written down once. `words`: (from, to, start_ms, end_ms) of stretches of the text."""

    speaker: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    at: datetime | None = None
    words: tuple[tuple[int, int, int, int], ...] = ()


class Place(NamedTuple):
    """Characters `start` to `end` of a line."""

    line: int
    start: int
    end: int


class Alignment:
    """对齐: the lines of a talk as it was, and as it is."""

    def __init__(self, old: Sequence[Line], new: Sequence[Line]) -> None:
        self.old, self.new = old, new
        self._new_by_old: list[list[int]] = [[] for _ in old]
        self._old_by_new: list[list[int]] = [[] for _ in new]
        for o, n in _near_pairs(old, new):
            if old[o].speaker == new[n].speaker:
                self._new_by_old[o].append(n)
                self._old_by_new[n].append(o)

    def inherited(self) -> list[int | None]:
        """For each new line the old one whose id it keeps; each old id goes to one line at most.

        Two lines may be one where one speaker says them at one time, and they share half of the shorter one's
        characters or half of their time. The most shared characters choose first: of a turn that was split the longest
        part keeps the id, a merged turn keeps that of its longest part; of equals the earlier.
        """
        pairs = [(*_likeness(self.old[o], self.new[n]), o, n) for o, many in enumerate(self._new_by_old) for n in many]
        pairs.sort(key=lambda p: (-p[0], -p[1], p[2], p[3]))
        found: list[int | None] = [None] * len(self.new)
        taken: set[int] = set()
        for shared, together, o, n in pairs:
            if found[n] is None and o not in taken and _may_be_one(self.old[o], self.new[n], shared, together):
                found[n] = o
                taken.add(o)
        return found

    def find(self, place: Place) -> tuple[Place, ...] | None:
        """Where the words of an old place stand now: one place, or several where the turn was cut within them.

        None where they are not said there by the same speaker at the same time, or not for certain.
        """
        near = self._new_by_old[place.line]
        around = sorted({o for n in near for o in self._old_by_new[n]} | {place.line})
        before, after = _Stream(self.old, around), _Stream(self.new, near)
        wanted = before.range_of(place)
        if wanted is None:
            return None
        start, length = wanted[0], wanted[1] - wanted[0]
        quote = before.chars[start : start + length]
        moment = before.moment(start, length)
        here = [at for at in _occurrences(quote, before.chars) if _close(before.moment(at, length), moment)]
        there = [at for at in _occurrences(quote, after.chars) if _close(after.moment(at, length), moment)]
        chosen = _twin(start, here, there, before.chars, after.chars, length)
        return None if chosen is None else after.places(chosen, length)


def span_ms(line: Line, start: int, end: int) -> tuple[int | None, int | None]:
    """When those characters of the line are said: by its words, else the whole line's times."""
    touched = [w for w in line.words if w[0] < end and start < w[1]]
    if not touched:
        return line.start_ms, line.end_ms
    return touched[0][2], max(w[3] for w in touched)


class _Stream:
    """Several lines of one speaker as one run of characters that count."""

    def __init__(self, lines: Sequence[Line], chosen: Sequence[int]) -> None:
        self._lines = lines
        self._numbers = list(chosen)
        self._folded = [fold(lines[n].text) for n in self._numbers]
        self._ends = list(accumulate(len(f.chars) for f in self._folded))
        self.chars = "".join(f.chars for f in self._folded)

    def range_of(self, place: Place) -> tuple[int, int] | None:
        """The run of a place; None where it holds nothing that counts."""
        slot = self._numbers.index(place.line)
        folded = self._folded[slot]
        spans = zip(folded.starts, folded.ends, strict=True)
        inside = [i for i, (a, b) in enumerate(spans) if a < place.end and place.start < b]
        if not inside:
            return None
        offset = self._ends[slot] - len(folded.chars)
        return offset + inside[0], offset + inside[-1] + 1

    def places(self, at: int, length: int) -> tuple[Place, ...] | None:
        """The places of a run; None where it would quote half of a number that is written as one."""
        spots = [self._spot(i) for i in range(at, at + length)]
        found = []
        for slot, group in groupby(spots, key=lambda s: s[0]):
            inner = [i for _, i in group]
            folded = self._folded[slot]
            if folded.is_cut(inner[0]) or folded.is_cut(inner[-1] + 1):
                return None
            found.append(Place(self._numbers[slot], folded.starts[inner[0]], folded.ends[inner[-1]]))
        return tuple(found)

    def moment(self, at: int, length: int) -> float | None:
        """The middle of a run by its words, in milliseconds; None where its line has no words."""
        slot, first = self._spot(at)
        last_slot, last = self._spot(at + length - 1)
        line = self._lines[self._numbers[slot]]
        if slot != last_slot or not line.words:
            return None
        start, end = span_ms(line, self._folded[slot].starts[first], self._folded[slot].ends[last])
        return None if start is None or end is None else (start + end) / 2

    def _spot(self, at: int) -> tuple[int, int]:
        slot = bisect_right(self._ends, at)
        return slot, at - (self._ends[slot] - len(self._folded[slot].chars))


def _twin(wanted: int, here: list[int], there: list[int], old: str, new: str, length: int) -> int | None:
    """The occurrence that is the wanted one: each is the other's best by what stands around it.

    Where several are equally good they go by their order, if there are as many on both sides; else none is certain.
    """
    score = {(o, n): _context(old, o, new, n, length) for o in here for n in there}
    best = max((score[wanted, n] for n in there), default=0.0)
    if best < LEAST_CONTEXT:
        return None
    mine = [n for n in there if score[wanted, n] == best]
    theirs = [o for o in here if score[o, mine[0]] == max(score[x, mine[0]] for x in here)]
    if len(mine) == 1 and theirs == [wanted]:
        return mine[0]
    tied = len(mine) > 1 or wanted in theirs
    return there[here.index(wanted)] if tied and len(here) == len(there) else None


def _context(old: str, o: int, new: str, n: int, length: int) -> float:
    """How alike the characters on both sides of two occurrences are, 0 … 1; nothing on either side is alike."""
    before = LCSseq.normalized_similarity(old[max(o - CONTEXT, 0) : o], new[max(n - CONTEXT, 0) : n])
    after = LCSseq.normalized_similarity(old[o + length : o + length + CONTEXT], new[n + length : n + length + CONTEXT])
    return (before + after) / 2


def _close(one: float | None, other: float | None) -> bool:
    return one is None or other is None or abs(one - other) <= WORD_MS


def _occurrences(quote: str, text: str) -> list[int]:
    found, at = [], text.find(quote)
    while at >= 0:
        found.append(at)
        at = text.find(quote, at + 1)
    return found


def _likeness(one: Line, other: Line) -> tuple[int, float]:
    """(shared characters, share of the time of both)."""
    shared = LCSseq.similarity(fold(one.text).chars, fold(other.text).chars)
    a, b, c, d = one.start_ms, one.end_ms, other.start_ms, other.end_ms
    if a is None or b is None or c is None or d is None:
        return shared, 0.0
    return shared, max(min(b, d) - max(a, c), 0) / max(max(b, d) - min(a, c), 1)


def _may_be_one(one: Line, other: Line, shared: int, together: float) -> bool:
    if one.text == other.text or together >= ALIKE:
        return True
    shorter = min(len(fold(one.text).chars), len(fold(other.text).chars))
    return shared > 0 and shared >= ALIKE * shorter


def _near_pairs(old: Sequence[Line], new: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Pairs of lines that may be one stretch of talk: by their times, else by their place in the talk."""
    spans = _spans(old), _spans(new)
    if spans[0] is None or spans[1] is None:
        yield from _by_place(old, new)
        return
    order = sorted(range(len(new)), key=lambda n: spans[1][n])  # type: ignore[index]
    starts = [spans[1][n][0] for n in order]
    reach = list(accumulate((spans[1][n][1] for n in order), max))
    for o, (start, end) in enumerate(spans[0]):
        low = bisect_left(reach, start - NEAR_MS)
        for slot in range(low, bisect_right(starts, end + NEAR_MS)):
            if spans[1][order[slot]][1] >= start - NEAR_MS:
                yield o, order[slot]


def _spans(lines: Sequence[Line]) -> list[tuple[float, float]] | None:
    """Beginning and end of each line in milliseconds; None where one has neither."""
    found: list[tuple[float, float]] = []
    for line in lines:
        if line.start_ms is not None:
            found.append((line.start_ms, max(line.end_ms or 0, line.start_ms)))
        elif line.at is not None:
            found.append((line.at.timestamp() * 1000, line.at.timestamp() * 1000))
        else:
            return None
    return found


def _by_place(old: Sequence[Line], new: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Equal lines by their order; between them every line with those at its place."""
    was, now = ([(line.speaker, fold(line.text).chars) for line in lines] for lines in (old, new))
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, was, now).get_opcodes():
        if kind == "equal":
            yield from zip(range(i1, i2), range(j1, j2), strict=True)
        elif kind == "replace":
            for o in range(i1, i2):
                middle = j1 + (o - i1) * (j2 - j1) // (i2 - i1)
                yield from ((o, n) for n in range(max(middle - NEAR_LINES, j1), min(middle + NEAR_LINES + 1, j2)))
