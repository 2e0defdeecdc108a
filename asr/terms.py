"""术语修复: finance terms that the engine wrote with other characters of nearly the same sound (固收家 → 固收加).

What counts is the distance of the syllables, tone aside. The words are data (terms.yaml); whatever is changed keeps
its original in the turn's log. A word that really exists and sounds alike stays (可转账, 弃权, 用尽).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from asr.edits import Change
from dongke.pinyin import syllable

CLOSE = 0.5  #: two sounds that dialects do not tell apart
NEAR = 0.75  #: with breath or without: j/q, b/p …
LIMIT = 1.0  #: the sum of differences up to which a term of four characters and more is repaired
LIMIT_OF_THREE = 0.5
_CLOSE_INITIALS = frozenset(map(frozenset, (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("l", "r"))))
_NEAR_INITIALS = frozenset(map(frozenset, (("b", "p"), ("d", "t"), ("g", "k"), ("j", "q"), ("z", "c"), ("zh", "ch"))))
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")


def repairs(text: str) -> list[Change]:
    """The changes that put finance terms right, in order. A term that stands there is kept."""
    known = _known()
    standing = [(start, end) for start, end in _windows(text) if text[start:end] in known.words]
    found = [
        (cost, Change(start, end, term)) for start, end in _windows(text) for cost, term in known.like(text[start:end])
    ]
    changes: list[Change] = []
    for _, change in sorted(found, key=lambda f: (f[1].start - f[1].end, f[0], f[1].start)):  # the longest, the closest
        apart = all(change.end <= other.start or other.end <= change.start for other in changes)
        if apart and not _breaks(standing, change, text) and not _is_kept(text, change.start, change.end):
            changes.append(change)
    return sorted(changes, key=lambda change: change.start)


def words() -> frozenset[str]:
    """The finance terms."""
    return _known().words


def distance(one: str, other: str) -> float:
    """How differently two words of equal length sound; infinite where a syllable is another one or unknown."""
    return sum(_differ(syllable(a), syllable(b)) for a, b in zip(one, other, strict=True))


class _Known:
    """The terms by how they sound, blurred as far as a repair may reach; those of two characters by their writings."""

    def __init__(self, terms: Sequence[str], spellings: Mapping[str, Sequence[str]]) -> None:
        self.words = frozenset((*terms, *spellings))
        self.lengths = tuple(sorted({len(term) for term in self.words}))
        self._by_spelling = {written: term for term, writings in spellings.items() for written in writings}
        self._by_sound: Mapping[tuple[str | None, ...], list[str]] = defaultdict(list)
        for term in terms:
            self._by_sound[_signature(term)].append(term)

    def like(self, written: str) -> Iterator[tuple[float, str]]:
        """(distance, term) of the terms for which this may stand."""
        if written in self._by_spelling:
            yield 0.0, self._by_spelling[written]
        for term in self._by_sound.get(_signature(written), ()):
            cost = distance(written, term)
            if written != term and cost <= (LIMIT_OF_THREE if len(term) == 3 else LIMIT):
                yield cost, term


def _windows(text: str) -> Iterator[tuple[int, int]]:
    for length in _known().lengths:
        for start in range(len(text) - length + 1):
            if all("\u4e00" <= c <= "\u9fff" for c in text[start : start + length]):
                yield start, start + length


def _breaks(standing: Sequence[tuple[int, int]], change: Change, text: str) -> bool:
    """Whether the change would touch a term that stands there already; one inside it that it keeps is not touched."""
    for start, end in standing:
        if change.end <= start or end <= change.start:
            continue
        inside = change.start <= start and end <= change.end
        if not inside or change.new[start - change.start : end - change.start] != text[start:end]:
            return True
    return False


def _is_kept(text: str, start: int, end: int) -> bool:
    """A real word there, or part of a longer one: 备用金."""
    around = (text[max(start - left, 0) : end + right] for left in (0, 1) for right in (0, 1))
    return any(word in _data()["keep"] for word in around)


@lru_cache(maxsize=100_000)
def _differ(one: str | None, other: str | None) -> float:
    if one is None or other is None:
        return float("inf")
    if one == other:
        return 0.0
    (first, rest), (second, end) = _split(one), _split(other)
    cost = 0.0
    if rest != end:
        if rest.removesuffix("g") != end.removesuffix("g") or not rest.endswith(("n", "ng")):
            return float("inf")
        cost = CLOSE
    pair = frozenset((first, second))
    if first == second:
        return cost
    if pair in _CLOSE_INITIALS:
        return cost + CLOSE
    return cost + NEAR if pair in _NEAR_INITIALS else float("inf")


@cache
def _split(name: str) -> tuple[str, str]:
    """Initial and final of a syllable."""
    first = next((i for i in _INITIALS if name.startswith(i)), "")
    return first, name[len(first) :]


#: initials that may stand for one another in a repair, by one of them
_CLASS = {
    "zh": "z",
    "ch": "z",
    "c": "z",
    "sh": "s",
    "l": "n",
    "r": "n",
    "f": "h",
    "p": "b",
    "t": "d",
    "k": "g",
    "q": "j",
}


@lru_cache(maxsize=100_000)
def _signature(word: str) -> tuple[str | None, ...]:
    return tuple(_blurred(syllable(c)) for c in word)


@cache
def _blurred(name: str | None) -> str | None:
    if name is None:
        return None
    first, rest = _split(name)
    return _CLASS.get(first, first) + (rest.removesuffix("g") if rest.endswith("ng") else rest)


@cache
def _known() -> _Known:
    return _Known(_data()["terms"], _data()["spellings"])


@cache
def _data() -> Any:
    data = yaml.safe_load((Path(__file__).parent / "terms.yaml").read_text(encoding="utf-8"))
    return data | {"keep": frozenset(data["keep"])}
