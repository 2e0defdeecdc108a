"""词库匹配: Aho-Corasick over many words at once; the longest word at the leftmost place wins."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """One word found: its place and what it stands for."""

    start: int
    end: int
    word: str
    payload: T


class Matcher(Generic[T]):
    """Words → payloads. Build it once; `find` is pure and safe to share."""

    def __init__(self, words: Mapping[str, T], overlapping: bool = False) -> None:
        self._words: Sequence[str] = sorted(words)
        self._payloads = [words[w] for w in self._words]
        self._overlapping = overlapping
        kind = MatchKind.Standard if overlapping else MatchKind.LeftmostLongest
        self._automaton = AhoCorasick(self._words, matchkind=kind)

    def find(self, text: str) -> Iterator[Found[T]]:
        """Every word in the text, in reading order."""
        hits = self._automaton.find_matches_as_indexes(text, overlapping=self._overlapping)
        for number, start, end in hits:
            yield Found(start, end, self._words[number], self._payloads[number])
