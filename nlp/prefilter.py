"""预筛: which literal words a pattern cannot do without, read from its syntax tree, so that most patterns never run."""

from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST = 120  #: more alternatives than this do not pay


def required(pattern: str) -> frozenset[str] | None:
    """Literals of which at least one stands in every match; None where none can be named."""
    return _of_sequence(parser.parse(pattern))


def _of_sequence(items: Iterable[Any]) -> frozenset[str] | None:
    best: frozenset[str] | None = None
    run = ""
    for op, value in [*items, (None, None)]:
        if op is sre.LITERAL:
            run += chr(value)
            continue
        if run:
            best = _better(best, frozenset([run]))
        run = ""
        best = _better(best, _of_item(op, value))
    return best


def _of_item(op: Any, value: Any) -> frozenset[str] | None:
    if op is sre.SUBPATTERN:
        return _of_sequence(value[3])
    if op is sre.BRANCH:
        return _of_branch(value[1])
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return _of_sequence(value[2]) if value[0] > 0 else None
    if op is sre.IN:
        return _of_set(value)
    return None


def _of_branch(branches: Iterable[Any]) -> frozenset[str] | None:
    found: set[str] = set()
    for branch in branches:
        words = _of_sequence(branch)
        if words is None:
            return None
        found |= words
    return frozenset(found) if len(found) <= MOST else None


def _of_set(items: Iterable[Any]) -> frozenset[str] | None:
    letters = {chr(value) for op, value in items if op is sre.LITERAL}
    plain = all(op is sre.LITERAL for op, _ in items)
    return frozenset(letters) if plain and letters and len(letters) <= MOST else None


def _better(old: frozenset[str] | None, new: frozenset[str] | None) -> frozenset[str] | None:
    """The rarer of the two: longer words first, then fewer of them."""
    if old is None or new is None:
        return old if new is None else new
    return max(old, new, key=lambda words: (min(map(len, words)), -len(words)))
