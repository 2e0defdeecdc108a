"""小句: where a turn falls into clauses. Recognised speech often has blanks or nothing where commas belong."""

import itertools
import re

_BORDER = re.compile(r"[，。？！；]+")
#: words that begin a new thought; they cut only where a clause runs long without punctuation
_TURNING = re.compile(r"(?<=.{6})(?=但是|不过|然后|可是|所以|而且|因为|就是说|反正|再说|要不然|另外|还有就是)")
LONG = 14


def split(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of the clauses in reading order, covering all of the text; borders belong to the clause before them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for border in _BORDER.finditer(text):
        spans.extend(_cut(text, start, border.end()))
        start = border.end()
    if start < len(text):
        spans.extend(_cut(text, start, len(text)))
    return tuple(spans)


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    if end - start <= LONG:
        return [(start, end)] if end > start else []
    places = [start]
    places += [m.start() for m in _TURNING.finditer(text, start, end) if m.start() - start >= 6]
    places.append(end)
    return [(a, b) for a, b in itertools.pairwise(places) if b > a]
