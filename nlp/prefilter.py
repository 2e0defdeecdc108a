"""预筛: which literal words a pattern cannot do without, read from its syntax tree, so that most patterns never run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST = 120  #: more alternatives than this do not pay
Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Need:
    """所需: a match holds one word of `first` and, where given, one of `second`, the less rare ones."""

    first: Words
    second: Words | None = None


def needs(pattern: str) -> tuple[Need, ...] | None:
    """Every match of the pattern satisfies at least one of these; None where it may do without any word."""
    found = [_need(branch) for branch in _branches(parser.parse(pattern))]
    return tuple(need for need in found if need is not None) if None not in found else None


def _branches(items: Any) -> Iterator[Any]:
    """The alternatives of a pattern that is nothing but alternatives; else the pattern itself."""
    if len(items) == 1 and items[0][0] is sre.BRANCH:
        for branch in items[0][1][1]:
            yield from _branches(branch)
    elif len(items) == 1 and items[0][0] is sre.SUBPATTERN:
        yield from _branches(items[0][1][3])
    else:
        yield items


def _need(items: Iterable[Any]) -> Need | None:
    ranked = sorted(_parts(items), key=_rarity, reverse=True)
    if not ranked:
        return None
    return Need(ranked[0], ranked[1] if len(ranked) > 1 else None)


def _parts(items: Iterable[Any]) -> Iterator[Words]:
    """What each part of a sequence cannot do without."""
    run = ""
    for op, value in [*items, (None, None)]:
        if op is sre.LITERAL:
            run += chr(value)
            continue
        if run:
            yield frozenset([run])
        run = ""
        if op is sre.SUBPATTERN:
            yield from _parts(value[3])
        elif (words := _of_item(op, value)) is not None:
            yield words


def _of_sequence(items: Iterable[Any]) -> Words | None:
    return max(_parts(items), key=_rarity, default=None)


def _of_item(op: Any, value: Any) -> Words | None:
    if op is sre.BRANCH:
        return _of_branch(value[1])
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return _of_sequence(value[2]) if value[0] > 0 else None
    if op is sre.IN:
        return _of_set(value)
    return None


def _of_branch(branches: Iterable[Any]) -> Words | None:
    found: set[str] = set()
    for branch in branches:
        words = _of_sequence(branch)
        if words is None:
            return None
        found |= words
    return frozenset(found) if len(found) <= MOST else None


def _of_set(items: Iterable[Any]) -> Words | None:
    letters = {chr(value) for op, value in items if op is sre.LITERAL}
    plain = all(op is sre.LITERAL for op, _ in items)
    return frozenset(letters) if plain and letters and len(letters) <= MOST else None


def _rarity(words: Words) -> tuple[int, int]:
    """Longer words are rarer, and so are fewer of them."""
    return min(map(len, words)), -len(words)
