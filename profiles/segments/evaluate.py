"""判定: whether a customer fits a condition, and why or why not (pure). This is what membership means.

Unknown meets nothing: 生命周期是活跃 is false where the lifecycle is unknown, and so 生命周期不是活跃 is true.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dongke.clock import beijing
from profiles.segments import kinds
from profiles.segments.checks import Moment, passes, strength
from profiles.segments.phrases import plain, yuan
from profiles.segments.row import Item, Row
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Group, Leaf, Not, Tree
from profiles.segments.vocabulary import Field

MAX_SHOWN = 3  #: items of a customer that an explanation names


@dataclass(frozen=True, slots=True)
class Finding:
    """一个条件的结论, or that of a group of them."""

    op: str  #: all, any, not, leaf
    sentence: str
    is_met: bool
    actual: str = ""  #: leaves: what there is
    parts: tuple["Finding", ...] = ()

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"op": self.op, "sentence": self.sentence, "is_met": self.is_met}
        return row | ({"actual": self.actual} if self.op == "leaf" else {"parts": [p.to_json() for p in self.parts]})

    def deciding(self) -> Iterator["Finding"]:
        """The conditions that make the conclusion what it is."""
        if self.op == "leaf":
            yield self
            return
        decisive = [p for p in self.parts if p.is_met is self.is_met] if self.op != "not" else list(self.parts)
        for part in decisive:
            yield from part.deciding()

    @property
    def because(self) -> str:
        """The deciding conditions with what there is, in one line."""
        words = (f.sentence if f.actual == f.sentence else f"{f.sentence}: {f.actual}" for f in self.deciding())
        return "; ".join(dict.fromkeys(words)) or self.sentence


def holds(tree: Tree, row: Row, moment: Moment) -> bool:
    """Whether the customer belongs to it at that moment."""
    if isinstance(tree, Group):
        return (all if tree.op == "all" else any)(holds(part, row, moment) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, row, moment)
    return any(_fits(tree, item, moment) for item in row.of(tree.told))


def explain(tree: Tree, row: Row, moment: Moment) -> Finding:
    """The same conclusion with every condition, its words, and what there is."""
    is_met = holds(tree, row, moment)
    if isinstance(tree, Leaf):
        return Finding("leaf", to_sentence(tree), is_met, _actual(tree, row, moment))
    if isinstance(tree, Group):
        parts = tuple(explain(part, row, moment) for part in tree.parts)
        return Finding(tree.op, to_sentence(tree), is_met, parts=parts)
    if isinstance(tree.part, Leaf):  # a denied condition is one condition: 没有逾期商机
        return Finding("leaf", to_sentence(tree), is_met, _actual(tree.part, row, moment))
    return Finding("not", to_sentence(tree), is_met, parts=(explain(tree.part, row, moment),))


def _fits(leaf: Leaf, item: Item, moment: Moment) -> bool:
    return all(passes(c, item, moment) for f, ops in leaf.whole for c in kinds.checks_of(f, ops, moment))


def _actual(leaf: Leaf, row: Row, moment: Moment) -> str:
    told = leaf.told
    items = row.of(told)
    if not told.is_collection:
        return value_words(told.value, items[0][""])
    found = [_item_words(leaf, item, moment) for item in items]
    if not found:
        return f"没有{told.label}"
    fitting = [words for fits, words in found if fits]
    shown = fitting or [words for _, words in found]
    return "、".join(shown[:MAX_SHOWN]) + (f" 等{len(shown)}项" if len(shown) > MAX_SHOWN else "")


def _item_words(leaf: Leaf, item: Item, moment: Moment) -> tuple[bool, str]:
    """Whether the item fits, and its words with what does not."""
    text = str(item["text"])
    if any(f.fades for f, _ in leaf.whole):
        text = f"{text} 强度{plain(strength(item, moment))}"
    failed = [
        f.label
        for f, ops in leaf.whole
        if not f.hidden and not all(passes(c, item, moment) for c in kinds.checks_of(f, ops, moment))
    ]
    if _fits(leaf, item, moment):
        return True, text
    return False, f"{text} {'、'.join(failed) + '不符' if failed else '不在此列'}"


def value_words(f: Field, value: Any) -> str:
    """A stored value in Chinese; 没有记录 where it is unknown."""
    if value is None:
        return "没有记录"
    if f.type == "flag":
        return f.yes if value else f.no
    if f.type in ("choice", "choices"):
        return "、".join(f.labels[code] for code in ([value] if isinstance(value, str) else value))
    if f.type == "money":
        return yuan(value)
    if f.type == "moment":
        return f"{beijing(datetime.fromtimestamp(value, UTC)):%Y-%m-%d %H:%M}"
    return f"{plain(value)}{f.unit}"
