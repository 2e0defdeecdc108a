"""同一件事的各次说法: statements gathered into the facts that they tell (pure).

A statement is held against the fact as it is folded so far, not against single tellings: the amount may have been told
in one talk and the date in another. The first amount counts too – steps of a tenth never make a new amount the old one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any, TypeVar

from profiles.facts import Statement
from profiles.relations import Relation, relation

#: whether the fact, folded into one statement, was over by that moment
Ended = Callable[[Statement, datetime], bool]


@dataclass(slots=True, eq=False)
class FactGroup:
    """A fact under construction. `whole` is its newest statement with the value of all of them."""

    statements: list[Statement]
    whole: Statement

    def stands_to(self, later: Statement) -> Relation:
        """How a later statement stands to the fact."""
        found = relation(self.whole, later)
        if found is not Relation.SAME:
            return found
        first = next((s for s in self.statements if _has_amount(s.value)), None)
        if first is None or first is self.statements[-1]:
            return found
        return relation(replace(self.whole, value={**self.whole.value, **_amount(first.value)}), later)

    def add(self, statement: Statement) -> None:
        """The fact is told once more."""
        self.statements.append(statement)
        self.whole = replace(statement, value=merged(self.whole.value, statement.value))


_Group = TypeVar("_Group", bound=FactGroup)


def tellings(
    statements: Iterable[Statement],
    target: Statement,
    until: datetime | None = None,
    ended: Ended | None = None,
    *,
    pinned: bool = False,
) -> tuple[Statement, ...]:
    """Those of the statements, said by `until`, that tell the fact of `target`, in time order.

    `target` need not be among them: where its talk was read anew, what the new reading says of it stands for it; where
    a person's value is `pinned` to it, whatever the new reading makes of the same words.
    """
    mine = [s for s in statements if s.tag == target.tag and (until is None or s.said_at <= until)]
    ids = {s.id for s in mine}
    anchor = target if target.id in ids else _reread(mine, target, pinned)
    pool = mine if anchor.id in ids else [*mine, anchor]
    for group in groups(pool, ended):
        if any(s.id == anchor.id for s in group.statements):
            return tuple(s for s in group.statements if s.id in ids)
    return ()


def groups(statements: Iterable[Statement], ended: Ended | None = None) -> list[FactGroup]:
    """The facts that the statements tell. What opposes a fact does not part its tellings before and after."""
    found: list[FactGroup] = []
    for statement in sorted(statements, key=lambda s: s.order):
        standing = [g for g in found if not (ended and ended(g.whole, statement.said_at))]
        home = home_of(standing, statement)
        if home is None:
            found.append(FactGroup([statement], statement))
        else:
            home.add(statement)
    return found


def home_of(standing: Sequence[_Group], statement: Statement) -> _Group | None:
    """The fact of which the statement is one more telling: the one that it repeats most of, the newest of several."""
    fitting = [g for g in reversed(standing) if g.stands_to(statement) is Relation.SAME]
    return max(fitting, key=lambda g: _repeated(g.whole.value, statement.value), default=None)


def folded(statements: Iterable[Statement]) -> dict[str, Any]:
    """The value of tellings of one fact, given in time order."""
    return reduce(merged, (s.value for s in statements), {})


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Slot by slot the newest that was told; an amount is one slot of two ends."""
    told = {k: v for k, v in new.items() if v is not None or k not in old}
    return {**old, **told, **(_amount(new) if _has_amount(new) else {})}


def _reread(statements: Sequence[Statement], target: Statement, pinned: bool) -> Statement:
    """What a newer reading of the talk says of the fact: the same, or of its words what another talk might tell."""
    same_talk = [s for s in statements if s.conversation_id == target.conversation_id]
    same = [s for s in same_talk if relation(target, s) is Relation.SAME]
    of_words = [s for s in same_talk if any(q.shares_words(o) for q in s.evidence for o in target.evidence)]
    as_elsewhere = [s for s in of_words if relation(target, replace(s, conversation_id="")) is Relation.SAME]
    return next(iter(same or as_elsewhere or (of_words if pinned else [])), target)


def _repeated(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    return sum(v is not None and old.get(k) == v for k, v in new.items())


def _has_amount(value: Mapping[str, Any]) -> bool:
    return value.get("low") is not None or value.get("high") is not None


def _amount(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"low": value.get("low"), "high": value.get("high")}
