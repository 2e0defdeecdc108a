"""识别评分: what was said against what was heard – characters, finance terms, speakers, speed (pure).

Texts are compared folded (asr/folding.py): simplified, half width, without marks and blanks, numbers as spoken; or, as
written, with 50 and 五十 different. Every figure is a ratio of sums over recordings; its interval comes from drawing
the recordings anew.
"""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from asr.folding import Folded, fold
from dongke.types import Speaker

CONFIDENCE = 0.95


class Said(NamedTuple):
    """A turn: who, and what."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """One recording's counts, of which every figure is made."""

    chars: int = 0  #: of what was said
    errors: int = 0  #: characters wrong, missing or made up
    terms: int = 0  #: finance terms said
    terms_heard: int = 0
    matched: int = 0  #: characters heard right
    right_speaker: int = 0  #: of these, under the right speaker
    seconds: float = 0.0  #: of sound; 0 where it was heard elsewhere
    wall: float = 0.0  #: seconds that hearing it took


class Figure(NamedTuple):
    """A ratio with its interval; None where there is nothing to count, or too few recordings to tell."""

    value: float | None
    low: float | None
    high: float | None


#: name → counted, of
METRICS: dict[str, Callable[[Score], tuple[float, float]]] = {
    "cer": lambda s: (s.errors, s.chars),
    "term_recall": lambda s: (s.terms_heard, s.terms),
    "role_accuracy": lambda s: (s.right_speaker, s.matched),
    "rtf": lambda s: (s.wall, s.seconds),
}


def score(
    said: Sequence[Said],
    heard: Sequence[Said],
    terms: Collection[str],
    folded: Callable[[str], Folded] = fold,
    *,
    seconds: float = 0.0,
    wall: float = 0.0,
) -> Score:
    """The counts of one recording.

    Where both speak at once the order of turns is no error of hearing: characters and terms are counted in the order
    of the talk or by speaker, whichever has fewer errors. Speakers are judged in the order of the talk.
    """
    whole = _Pair(_run(said, folded), _run(heard, folded))
    by_speaker = [
        _Pair(*(_run([t for t in turns if t.speaker is who], folded) for turns in (said, heard))) for who in Speaker
    ]
    best = min(([whole], by_speaker), key=lambda pairs: sum(p.errors for p in pairs))
    spoken = [hit for pair in best for hit in pair.terms(terms, folded)]
    return Score(
        chars=len(whole.said),
        errors=sum(p.errors for p in best),
        terms=len(spoken),
        terms_heard=sum(spoken),
        matched=len(whole.matches),
        right_speaker=sum(whole.said[i][1] is whole.heard[j][1] for i, j in whole.matches.items()),
        seconds=seconds,
        wall=wall,
    )


def figures(scores: Sequence[Score], samples: int = 1000, seed: int = 1) -> dict[str, Figure]:
    """Every metric over these recordings with its interval."""
    return {name: _figure(scores, ratio, samples, seed) for name, ratio in METRICS.items()}


class _Pair:
    """Two runs of characters with their speakers, aligned with the fewest edits."""

    def __init__(self, said: list[tuple[str, Speaker]], heard: list[tuple[str, Speaker]]) -> None:
        self.said, self.heard = said, heard
        one, other = ("".join(c for c, _ in run) for run in (said, heard))
        edits = Levenshtein.opcodes(one, other)
        self.text = one
        self.errors = sum(max(e.src_end - e.src_start, e.dest_end - e.dest_start) for e in edits if e.tag != "equal")
        self.matches = {
            e.src_start + n: e.dest_start + n for e in edits if e.tag == "equal" for n in range(e.src_end - e.src_start)
        }

    def terms(self, terms: Collection[str], folded: Callable[[str], Folded]) -> Iterator[bool]:
        """For each term that was said whether it was heard, whole, at its place."""
        for start, end in _occurrences(self.text, {folded(term).chars for term in terms}):
            places = [self.matches.get(i) for i in range(start, end)]
            first = places[0]
            yield first is not None and places == list(range(first, first + len(places)))


def _run(turns: Sequence[Said], folded: Callable[[str], Folded]) -> list[tuple[str, Speaker]]:
    return [(char, turn.speaker) for turn in turns for char in folded(turn.text).chars]


def _occurrences(text: str, terms: Collection[str]) -> Iterator[tuple[int, int]]:
    """From left to right, the longest first, none within another."""
    by_length = {n: frozenset(t for t in terms if len(t) == n) for n in sorted({len(t) for t in terms}, reverse=True)}
    place = 0
    while place < len(text):
        fitting = (n for n, known in by_length.items() if n and text[place : place + n] in known)
        length = next(fitting, 0)
        if length:
            yield place, place + length
        place += length or 1


def _figure(scores: Sequence[Score], ratio: Callable[[Score], tuple[float, float]], samples: int, seed: int) -> Figure:
    counted = [ratio(s) for s in scores]
    value = _ratio(counted)
    if value is None or len(counted) < 2:
        return Figure(value, None, None)
    draw = random.Random(seed)
    drawn = [_ratio(draw.choices(counted, k=len(counted))) for _ in range(samples)]
    found = sorted(d for d in drawn if d is not None)
    if not found:
        return Figure(value, None, None)
    edge = (1 - CONFIDENCE) / 2
    return Figure(value, found[int(edge * len(found))], found[min(int((1 - edge) * len(found)), len(found) - 1)])


def _ratio(counted: Sequence[tuple[float, float]]) -> float | None:
    whole = sum(of for _, of in counted)
    return sum(some for some, _ in counted) / whole if whole else None
