"""账目: the sums that are spoken of in a stretch of talk, and how they add up.

People say the 万 once and leave it out afterwards; and they reckon aloud – 一百零六万, 扣下四十, 那就是六十六. A number
without unit is a sum where it says a sum of the talk again or comes out of two of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from nlp import values
from nlp.amounts import Amount
from nlp.charforms import fold
from nlp.document import Turn
from nlp.numeral_sections import Numeral
from nlp.numerals import numerals

WAN = 10_000
LEAST = 1_000  #: yuan; less is a price
LARGE = 10_000_000  #: yuan; 五千二 read as 万
MOST = 40  #: sums that are weighed together; talk has far fewer, a list of them is no reckoning
WITHIN = 400  #: characters around the place, in a turn that holds more sums than that
CLOSE = 0.012  #: so nearly must a sum come out
COUNTS = (10_000, 20_000)  #: 一 and 两 count things as often as money
_NOT_BARE = "年月天日号点个岁楼周折成%倍只股手份次笔家人位期块元万千百亿.分层级星度"
_REACH = 12  #: characters before the second sum within which the word for it stands
_WRONG = re.compile(r"(不对|说错|记错|哦不)[^？，。]{0,3}[，。 ]?[^？，。]{0,5}$")
_NAMED = "第零十百千万亿年月号.点"


@dataclass(frozen=True, slots=True)
class Spoken:
    """说到的一笔. `bare`: said without unit."""

    money: Amount
    turn: Turn
    bare: bool = False

    @property
    def size(self) -> float:
        """Yuan; of an open range the end that is said."""
        low, high = self.money.low, self.money.high
        if low is None or high is None:
            return float(low or high or 0)
        return (low + high) / 2

    @property
    def place(self) -> tuple[int, int]:
        return self.turn.index, self.money.start


def equal(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(one, other)


@dataclass(frozen=True)
class Ledger:
    """The sums in the order in which they were said."""

    sums: tuple[Spoken, ...]

    @cached_property
    def firsts(self) -> list[Spoken]:
        """Each size where it was first said."""
        found: list[Spoken] = []
        for one in self.sums:
            if one.size and not any(equal(one.size, other.size) for other in found):
                found.append(one)
        return found

    @cached_property
    def _differences(self) -> list[tuple[Spoken, Spoken, Spoken]]:
        """(whole, part, rest) among the sums, rest said after part."""
        return [
            (whole, part, rest)
            for whole in self.firsts
            for part in self.firsts
            for rest in self.firsts
            if part.size < whole.size and part.place < rest.place and equal(whole.size - part.size, rest.size)
        ]

    def roles(self, one: Spoken) -> Iterator[str]:
        """rest, taken, whole: of a sum from which something goes off; total, part: of sums that add up."""
        for whole, part, rest in self._differences:
            summed = whole.place > rest.place
            if equal(one.size, whole.size):
                yield "total" if summed else "whole"
            if equal(one.size, part.size):
                yield "part" if summed else "taken"
            if equal(one.size, rest.size):
                yield "part" if summed else "rest"

    def echoes(self, one: Spoken) -> tuple[bool, bool]:
        """Whether the sum is said again later: by the same side, by the other one."""
        later = [s for s in self.sums if s.turn.index > one.turn.index and equal(s.size, one.size)]
        return (
            any(s.turn.speaker is one.turn.speaker for s in later),
            any(s.turn.speaker is not one.turn.speaker for s in later),
        )


def _stands(one: Spoken, said: Sequence[Spoken]) -> bool:
    """Whether no later sum puts it right: 三十万 … 不对, 三十八."""
    return not any(_puts_right(one, other) for other in said if one.place < other.place)


def _puts_right(first: Spoken, second: Spoken) -> bool:
    if first.turn.speaker is not second.turn.speaker or second.turn.index - first.turn.index > 2:
        return False
    if equal(first.size, second.size) or not 0.1 < first.size / second.size < 10:
        return False
    start = max(first.money.end if first.turn is second.turn else 0, second.money.start - _REACH)
    return bool(_WRONG.search(second.turn.text, start, second.money.start))


@lru_cache(maxsize=256)
def ledger(turns: tuple[Turn, ...], around: tuple[int, int] = (0, 0), least: int = LEAST) -> Ledger:
    """The sums of these turns, from `least` yuan; of very many the nearest to `around`, a turn and a character."""
    said = _nearest([one for turn in turns if not turn.suspect for one in _told(turn)], around)
    marked = [s.size for s in said if not s.bare]
    if marked and max(marked) < 100 * WAN:
        said = [_in_yuan(s) if s.bare and s.size >= LARGE else s for s in said]
    known = list(dict.fromkeys(s.size for s in said))
    again = [one for turn in turns if not turn.suspect for one in _again(turn, said, known, around)]
    found = [s for s in [*said, *again] if s.size >= least]
    return Ledger(tuple(sorted((s for s in found if _stands(s, found)), key=lambda s: s.place)))


def _nearest(said: list[Spoken], around: tuple[int, int]) -> list[Spoken]:
    """All of them, or where they are too many to be one reckoning the nearest, in the order in which they stand."""
    if len(said) <= MOST:
        return said
    near = [s for s in said if s.turn.index != around[0] or abs(s.money.start - around[1]) <= WITHIN]
    ranked = sorted(near, key=lambda s: (abs(s.turn.index - around[0]), abs(s.money.start - around[1])))
    return sorted(ranked[:MOST], key=lambda s: s.place)


@lru_cache(maxsize=2048)
def _told(turn: Turn) -> tuple[Spoken, ...]:
    return tuple(_sums(turn))


def _sums(turn: Turn) -> Iterator[Spoken]:
    plain = {a.start: a for a in values.amounts(turn.text)}
    for found in values.amounts(turn.text, True):
        own = plain.get(found.start)
        if found.kind == "money" or (own is not None and own.kind == "money"):
            yield Spoken(own or found, turn)
        elif not (found.kind == "ellipsis" and (found.high or 0) in COUNTS):
            yield Spoken(found, turn, bare=True)


def _in_yuan(one: Spoken) -> Spoken:
    """五千二 beside 一万三 is in yuan."""
    low, high = one.money.low, one.money.high
    money = replace(one.money, low=low and low / WAN, high=high and high / WAN)
    return replace(one, money=money)


def _again(turn: Turn, said: Sequence[Spoken], known: Sequence[float], around: tuple[int, int]) -> Iterator[Spoken]:
    """The numbers of the turn that say a known sum again, or what comes out of two."""
    text, found = _numbers(turn.text)
    if not found or not known:
        return
    if len(found) > MOST:
        place = around[1] if turn.index == around[0] else 0
        found = tuple(sorted(sorted(found, key=lambda n: abs(n.start - place))[:MOST], key=lambda n: n.start))
    taken = [(s.money.start, s.money.end) for s in said if s.turn is turn]
    for number in found:
        if number.great or number.code or number.low < 3 or number.high > 9_999:
            continue
        if any(a < number.end and number.start < b for a, b in taken) or text[number.end : number.end + 1] in _NOT_BARE:
            if text[number.end :]:
                continue
        if number.start and text[number.start - 1] in _NAMED:
            continue
        low, high = (float(end) * WAN for end in (number.low, number.high))
        if _fits((low + high) / 2, known):
            span = turn.text[number.start : number.end]
            yield Spoken(Amount(low, high, number.start, number.end, span, "ellipsis"), turn, bare=True)


@lru_cache(maxsize=2048)
def _numbers(text: str) -> tuple[str, tuple[Numeral, ...]]:
    """The folded text and its numbers, read once."""
    folded = fold(text)
    return folded, tuple(numerals(folded))


def _fits(size: float, known: Sequence[float]) -> bool:
    if any(equal(size, one) for one in known) and size >= 5 * WAN:
        return True
    if size < 10 * WAN:
        return False
    return any(equal(abs(one - other), size) or equal(one / 2, size) for one in known for other in known if one > size)
