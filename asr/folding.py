"""同字: texts as they are compared – simplified, half width, numbers as spoken, without marks and blanks (pure)."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from asr import numbers
from asr.cleanup import simplify

_KEPT = "*%‰"  #: marks that are words: a masked digit, per cent


class Folded(NamedTuple):
    """The characters that count, each with the stretch of the text that it stands for."""

    chars: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def is_cut(self, at: int) -> bool:
        """Whether a cut before that character goes through something written as one: 50 in 五十."""
        return 0 < at < len(self.chars) and self.starts[at - 1] == self.starts[at]


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    """The text as it is compared, with the way back to its own characters."""
    return _folded(_spoken(simplify(text)))


@lru_cache(maxsize=4096)
def fold_as_written(text: str) -> Folded:
    """The same, but 50 and 五十 are different."""
    return _folded((i, i + 1, char) for i, char in enumerate(simplify(text)))


def _folded(pieces: Iterator[tuple[int, int, str]]) -> Folded:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, new in pieces:
        for char in unicodedata.normalize("NFKC", new).casefold():
            if char in _KEPT or unicodedata.category(char)[0] not in "PZC":
                chars.append(char)
                starts.append(start)
                ends.append(end)
    return Folded("".join(chars), tuple(starts), tuple(ends))


def _spoken(text: str) -> Iterator[tuple[int, int, str]]:
    """The text in pieces (from, to, as spoken): a number written in digits is one piece."""
    place = 0
    for change in numbers.as_spoken(text):
        yield from ((i, i + 1, text[i]) for i in range(place, change.start))
        yield change.start, change.end, change.new
        place = change.end
    yield from ((i, i + 1, text[i]) for i in range(place, len(text)))
