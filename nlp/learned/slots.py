"""填空: which of the values said around a tag fills its slots. A linear weight for every sign of an option – where it
stands, the words before and after it, who says it again – learned from annotated talks (nlp/train.py); the heaviest
option wins. What the rules read is one option, and its being that is one sign.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.document import Candidate, Document, Turn
from nlp.learned.options import Group, Option, Value, groups_of, options

FAR = 4  #: turns; all that is farther is as far
LEAST_AMOUNT = 3.0  #: log10 of the smallest step of size
DAYS = (0, 1, 2, 7, 31, 100, 200)  #: days from today at which a day looks different
NGRAM = 4  #: characters of a neighbourhood that are seen as one
REACH = 14  #: characters within which a thing named before an option belongs to it
TAIL = 10  #: characters of the end of the turn before
Signs = frozenset[str]


@dataclass(frozen=True, slots=True)
class Chooser:
    """取舍: the weights of the signs, by group and name."""

    weights: Mapping[str, Mapping[str, float]]

    def fill(self, document: Document, found: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with each group of slots holding its heaviest option; two never come to say the same."""
        filled: list[Candidate] = []
        for candidate in found:
            new = self._filled(document, candidate)
            twice = any((o.tag, o.polarity, o.value) == (new.tag, new.polarity, new.value) for o in filled)
            filled.append(candidate if twice else new)
        return filled

    def _filled(self, document: Document, candidate: Candidate) -> Candidate:
        for group in groups_of(candidate):  # the day first: an hour of today may be over
            candidate = filled(candidate, group, self.best(document, candidate, group).value)
        return candidate

    def best(self, document: Document, candidate: Candidate, group: Group) -> Option:
        """The heaviest option; among equals the rules' own, then the first."""
        found = options(document, candidate, group)
        weights = self.weights.get(group.name, {})
        totals = [math.fsum(weights.get(n, 0.0) for n in s) for s in signs_of(document, candidate, group, found)]
        return max(zip(totals, found, strict=True), key=lambda pair: (round(pair[0], 6), "ruled" in pair[1].kinds))[1]


def filled(candidate: Candidate, group: Group, value: Value) -> Candidate:
    """The candidate with that value in the slots of the group."""
    changed = {**candidate.value, **dict(zip(group.slots, value, strict=True))}
    return candidate if changed == candidate.value else replace(candidate, value=changed)


def from_arrays(names: npt.NDArray[np.uint8], weights: npt.NDArray[np.float16]) -> Chooser:
    """The chooser of a stored archive."""
    numbers = iter(weights.astype(float).tolist())
    groups: dict[str, list[str]] = json.loads(names.tobytes())
    return Chooser(
        {group: dict(zip(signs, islice(numbers, len(signs)), strict=True)) for group, signs in groups.items()}
    )


def to_arrays(weights: Mapping[str, Mapping[str, float]]) -> dict[str, npt.NDArray[Any]]:
    """The weights as they are stored: the names by group, as JSON, and the numbers in the same order."""
    groups = {group: sorted(weights[group]) for group in sorted(weights)}
    names = json.dumps(groups, ensure_ascii=False).encode("utf-8", "surrogatepass")
    numbers = [weights[group][name] for group, signs in groups.items() for name in signs]
    return {"slots.names": np.frombuffer(names, dtype=np.uint8), "slots.weights": np.array(numbers, dtype=np.float16)}


def signs_of(document: Document, candidate: Candidate, group: Group, found: Sequence[Option]) -> list[Signs]:
    """What is to be seen of each option, beside all others."""
    shown = sorted({mark.turn for mark in candidate.marks})
    places = sorted({(o.turn, o.start) for o in found if o.turn is not None})
    return [_signs(document, candidate, group, found, option, shown, places) for option in found]


def _signs(
    document: Document,
    candidate: Candidate,
    group: Group,
    found: Sequence[Option],
    option: Option,
    shown: Sequence[int],
    places: Sequence[tuple[int, int]],
) -> Signs:
    names = {f"is {kind}" for kind in option.kinds} | set(_of_value(document, group, option, found))
    if option.turn is None:
        names |= set(_nowhere(document, option, shown, found))
    else:
        names |= set(_place(document, option, shown, places))
        names |= set(_again(document, option, found))
        names |= set(_words(document, document.turns[option.turn], option))
        names |= set(_beside(document, option))
    if group.kind == "hours" and _is_over(document, candidate, option):
        names.add("over by now")
    if group.tag == "contact.time":  # words speak for a wish or against it
        names |= {f"{candidate.polarity.value} {name}" for name in names}
    if "ruled" in option.kinds:
        names.add(f"ruled {candidate.rule}")
    return frozenset(names)


def _nowhere(document: Document, option: Option, shown: Sequence[int], found: Sequence[Option]) -> Iterator[str]:
    """What speaks for no value at all, or for one that is said nowhere: the words of the evidence."""
    kind = "none" if option.value[0] is None and option.value[-1] is None else "unsaid"
    inside = sum(o.turn in shown for o in found if o.turn is not None)
    yield f"{kind} of {min(inside, 3)}"
    for number in shown[-2:]:
        turn = document.turns[number]
        who = "his" if turn.by_customer else "advisor's"
        yield from (f"{kind} {who} {gram}" for gram in _grams(turn.text[-40:], 2))


def _place(
    document: Document, option: Option, shown: Sequence[int], places: Sequence[tuple[int, int]]
) -> Iterator[str]:
    turn = document.turns[option.turn or 0]
    who = "his" if turn.by_customer else "advisor's"
    near = min(shown, key=lambda number: (abs(number - turn.index), -number))
    step = max(min(turn.index - near, FAR), -FAR)
    yield f"{who} at {step}"
    yield f"{who} from last {max(min(turn.index - shown[-1], FAR), -FAR)}"
    if step == 0:
        yield f"{who} shown"
        yield f"kind at 0 {'bare' in option.kinds}"
    rank = places.index((turn.index, option.start))
    yield f"first {min(rank, 3)}"
    yield f"last {min(len(places) - 1 - rank, 3)}"
    inside = [p for p in places if p[0] in shown]
    if (turn.index, option.start) in inside:
        rank = inside.index((turn.index, option.start))
        yield f"inside first {min(rank, 3)}"
        yield f"inside last {min(len(inside) - 1 - rank, 3)} of {min(len(inside), 3)}"
    else:
        yield f"outside, inside {min(len(inside), 2)}"


def _again(document: Document, option: Option, found: Sequence[Option]) -> Iterator[str]:
    """Who says it again: the advisor who sums up, the customer who insists."""
    turn = document.turns[option.turn or 0]
    same = [o for o in found if o is not option and o.turn is not None and o.value == option.value]
    for other in same:
        later = (other.turn or 0, other.start) > (turn.index, option.start)
        own = document.turns[other.turn or 0].speaker is turn.speaker
        yield f"{'again' if later else 'before'} by {'own' if own else 'other'}"
    yield f"times {min(len(same), 3)}"


def _words(document: Document, turn: Turn, option: Option) -> Iterator[str]:
    text = turn.text
    low, high = turn.clauses[turn.clause_at(option.start)] if turn.clauses else (0, len(text))
    who = "his" if turn.by_customer else "advisor's"
    for n in range(1, NGRAM + 1):
        yield f"before {text[max(option.start - n, 0) : option.start]}"
        yield f"after {text[option.end : option.end + n]}"
    yield from (f"left {gram}" for gram in _grams(text[max(low, option.start - 14) : option.start], 2))
    yield from (f"right {gram}" for gram in _grams(text[option.end : max(high, option.end)][:14], 2))
    yield from (f"next {gram}" for gram in _grams(text[high : high + 10], 2))
    yield from (f"own {gram}" for gram in _grams(_masked(text[option.start : option.end]), 2))
    prompt = document.prompt(turn.index)
    if prompt is not None:
        yield from (f"{who} asked {gram}" for gram in _grams(prompt.text[-TAIL:], 2))
    if turn.index + 1 < len(document.turns):
        after = document.turns[turn.index + 1]
        yield from (f"{who} answered {gram}" for gram in _grams(after.text[:4], 2))


def _beside(document: Document, option: Option) -> Iterator[str]:
    """What is named just before it: a place where money lies, a person whose it is."""
    for mention in document.of("institution", "place_type", "product", "relative", turn=option.turn or 0):
        if 0 <= option.start - mention.end <= REACH:
            yield f"after a {mention.kind}"
            yield from (f"after {flag}" for flag in mention.flags)


def _is_over(document: Document, candidate: Candidate, option: Option) -> bool:
    """An hour of today that has passed: 九点 said at ten is the evening's."""
    now, last = document.started_at, option.value[1] or option.value[0]
    return candidate.value.get("date") == now.date().isoformat() and last is not None and last < now.strftime("%H:%M")


def _masked(text: str) -> str:
    return "".join("0" if c.isdigit() or c in "一二两三四五六七八九" else c for c in text)


def _grams(text: str, n: int) -> Iterable[str]:
    return {text[i : i + n] for i in range(len(text) - n + 1)}


def _of_value(document: Document, group: Group, option: Option, found: Sequence[Option]) -> Iterator[str]:
    """How the value itself looks."""
    if option.value[0] is None and option.value[-1] is None:
        return
    if group.kind.startswith("day"):
        ahead = (date.fromisoformat(option.value[0]) - document.started_at.date()).days
        yield f"ahead {sum(ahead >= step for step in DAYS)}"
    elif group.kind == "amount":
        sizes = [size for o in found if (size := _size(o.value)) > 0]
        size = _size(option.value)
        if size > 0:
            yield f"size {int(max(math.log10(size), LEAST_AMOUNT) * 2)}"
            yield f"against largest {int(math.log10(max(sizes) / size) * 3)}"
            yield f"larger {min(sum(other > size * 1.05 for other in sizes), 3)}"
            yield f"smaller {min(sum(other < size * 0.95 for other in sizes), 3)}"
    elif group.kind == "hours":
        yield f"from {(option.value[0] or 'open')[:2]}"
        yield f"to {(option.value[1] or 'open')[:2]}"
    else:
        yield f"rate {int(min(_size(option.value), 60) ** 0.5 * 2)}"
        yield f"ends {option.value[0] == option.value[1]} {option.value[1] is None}"


def _size(value: Sequence[Any]) -> float:
    ends = [float(end) for end in value if end is not None]
    return sum(ends) / len(ends) if ends else 0.0
