"""可选的值: everything said around a tag's evidence that a slot of it could mean – sums, days, hours, rates.

What the rules read is one option among them. An option says where it stands; slots.py weighs it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from nlp import values, windows
from nlp.document import Candidate, Document, Turn
from nlp.recognizers import spoken_times
from nlp.recognizers.ledger import ledger
from nlp.windows import TimeExpr

BEFORE, AFTER = 5, 4  #: turns around the evidence
WIDEST = 40  #: turns that are looked at; evidence that lies farther apart is looked at from its end
MOST = 40  #: options that are weighed; a list of numbers is no choice
SMALLEST = 300  #: yuan; less is a price
Value = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """一组空格: slots that are filled together, of one tag."""

    tag: str
    kind: str  #: amount, day, day to come, hours, rate
    slots: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.tag}.{self.kind}"


GROUPS: tuple[Group, ...] = (
    Group("funds.idle", "amount", ("low", "high")),
    Group("funds.idle", "day to come", ("available_from",)),
    Group("assets.external", "day to come", ("matures_on",)),
    Group("contact.time", "day", ("date",)),
    Group("contact.time", "hours", ("from", "to")),
    Group("commitment.advisor", "day", ("due_date",)),
    Group("expectation.return", "rate", ("low_pct", "high_pct")),
)


@dataclass(frozen=True, slots=True)
class Option:
    """可选的值: what the slots would be, how it was come by, and where it was said (nowhere: `turn` is None)."""

    value: Value
    kinds: frozenset[str]
    turn: int | None = None
    start: int = 0
    end: int = 0


def groups_of(candidate: Candidate) -> Iterator[Group]:
    """The groups of slots that the candidate has a choice in."""
    if candidate.tag in ("funds.idle", "assets.external") and candidate.polarity.value == "negated":
        return
    for group in GROUPS:
        if group.tag == candidate.tag and not _is_closed(candidate.value, group):
            yield group


def _is_closed(value: Mapping[str, Any], group: Group) -> bool:
    """A habit has no date."""
    return group.tag == "contact.time" and group.kind == "day" and value["kind"] == "recurring"


def value_of(value: Mapping[str, Any], group: Group) -> Value:
    """What the slots of the group hold."""
    return tuple(value.get(slot) for slot in group.slots)


def options(document: Document, candidate: Candidate, group: Group) -> list[Option]:
    """Every value that the group could have, each place once; the rules' value and none at all always among them."""
    turns = _around(document, candidate)
    said = list(_READERS[group.kind](document, turns))[:MOST]
    ruled = value_of(candidate.value, group)
    found = [replace(o, kinds=o.kinds | {"ruled"}) if o.value == ruled else o for o in said]
    if not any("ruled" in o.kinds for o in found):
        found.append(Option(ruled, frozenset({"ruled", "elsewhere"})))
    nothing: Value = (None,) * len(group.slots)
    return found if any(o.value == nothing for o in found) else [*found, Option(nothing, frozenset({"none"}))]


def _around(document: Document, candidate: Candidate) -> tuple[Turn, ...]:
    shown = [mark.turn for mark in candidate.marks]
    last = max(shown) + AFTER
    first = max(min(shown) - BEFORE, last - WIDEST, 0)
    return tuple(t for t in document.turns[first : last + 1] if not t.suspect)


def _amounts(document: Document, turns: tuple[Turn, ...]) -> Iterator[Option]:
    for one in ledger(turns, (turns[len(turns) // 2].index, 0) if turns else (0, 0), SMALLEST).sums:
        value = (values.number(one.money.low), values.number(one.money.high))
        kinds = frozenset({"said", "bare"} if one.bare else {"said"})
        yield Option(value, kinds, one.turn.index, one.money.start, one.money.end)


def _days(document: Document, turns: Sequence[Turn]) -> Iterator[Option]:
    """Also today, which a promise or an appointment means without saying so."""
    yield from _days_said(document, turns)
    yield Option((document.started_at.date().isoformat(),), frozenset({"today"}))


def _days_said(document: Document, turns: Sequence[Turn]) -> Iterator[Option]:
    for turn in turns:
        seen: set[date] = set()
        for expr in _times(document, turn):
            if expr.on is not None and not expr.past:
                seen.add(expr.on)
                kinds = {"said"} | {name for name in ("span", "weekday", "has_clock") if getattr(expr, name)}
                yield Option((expr.on.isoformat(),), frozenset(kinds), turn.index, expr.start, expr.end)
        for day in values.dates(turn.text, document.started_at):
            if day.on is not None and day.on not in seen:
                yield Option((day.on.isoformat(),), frozenset({"said", "date"}), turn.index, day.start, day.end)


def _hours(document: Document, turns: Sequence[Turn]) -> Iterator[Option]:
    for turn in turns:
        for expr in _times(document, turn):
            if expr.has_clock:
                kinds = {"said", f"edge {expr.edge}", f"half {expr.half}"}
                kinds |= {name for name in ("part", "has_day", "inherited", "recurring") if getattr(expr, name)}
                place = (turn.index, expr.start, expr.end)
                yield Option((expr.from_, expr.to), frozenset(kinds), *place)
                if not expr.part and (later := _later(expr)) is not None:
                    yield Option(later, frozenset(kinds | {"later"}), *place)


def _later(expr: TimeExpr) -> Value | None:
    """The same hours of the other half of the day."""
    ends = [int(end[:2]) for end in (expr.from_, expr.to) if end]
    if not ends or max(ends) >= 12 or min(ends) < 1:
        return None
    shifted = [f"{int(end[:2]) + 12:02d}{end[2:]}" if end else None for end in (expr.from_, expr.to)]
    return tuple(shifted)


def _rates(document: Document, turns: Sequence[Turn]) -> Iterator[Option]:
    for turn in turns:
        signed = {(p.start, p.end) for p in values.percents(turn.text)}
        found = [*values.percents(turn.text)]
        found += [p for p in values.percents(turn.text, True) if (p.start, p.end) not in signed]
        for rate in found:
            low, high = values.number(rate.low), values.number(rate.high)
            kinds = {"said"} | (set() if (rate.start, rate.end) in signed else {"bare"})
            place = (turn.index, rate.start, rate.end)
            yield Option((low, high), frozenset(kinds), *place)
            if low is not None and high is not None:
                yield Option((low, None), frozenset(kinds | {"from"}), *place)
        for one, other in pairwise(found):
            if one.high is not None and other.low is not None and one.high < other.low and other.start - one.end <= 4:
                pair = (values.number(one.low), values.number(other.high))
                yield Option(pair, frozenset({"said", "pair"}), turn.index, one.start, other.end)


def _times(document: Document, turn: Turn) -> list[TimeExpr]:
    return windows.find_times(spoken_times.plain(turn.text), document.started_at)


_READERS: Mapping[str, Callable[[Document, tuple[Turn, ...]], Iterator[Option]]] = {
    "amount": _amounts,
    "day": _days,
    "day to come": _days_said,
    "hours": _hours,
    "rate": _rates,
}
