"""成句: a condition as one Chinese sentence that a branch manager could have written.

闲置资金不低于20万元, 且 (生命周期是预流失 或 外部资产在30天内到期), 且没有逾期商机
"""

from typing import Any

from profiles.segments.phrases import NEGATED, is_whole, phrase
from profiles.segments.tree import Group, Leaf, Not, Tree, normal
from profiles.segments.vocabulary import Field

EVERYBODY = "全部客户"
WORDS = {"all": "且", "any": "或"}


def to_sentence(tree: Tree) -> str:
    """The tree in words; `reading.from_sentence` reads them back to its normal form."""
    tree = normal(tree)
    if isinstance(tree, Group) and tree.parts:
        word = WORDS[tree.op]
        parts = [_part(part) for part in tree.parts]
        return f", {word}".join([parts[0], *(f" {p}" if p.startswith("(") else p for p in parts[1:])])
    return _part(tree)


def leaf_text(leaf: Leaf) -> str:
    """One condition in words: 闲置资金不低于20万元(在近30天内说过)."""
    told = leaf.told
    if not told.is_collection:
        ((field, operands),) = leaf.asked
        words = phrase(field, operands)
        return words if is_whole(field, operands) else told.label + words
    asked = leaf.asked
    attached = next((pair for pair in asked if pair[0].attach and "known" not in pair[1]), None)
    rest = [_aside(field, operands) for field, operands in asked if attached is None or field is not attached[0]]
    head = told.label + phrase(*attached) if attached else f"有{told.label}"
    return f"{head}({', '.join(rest)})" if rest else head


def _part(tree: Tree) -> str:
    if isinstance(tree, Leaf):
        return leaf_text(tree)
    if isinstance(tree, Not):
        return _denied(tree.part)
    return f"({f' {WORDS[tree.op]} '.join(_part(p) for p in tree.parts)})" if tree.parts else EVERYBODY


def _denied(tree: Tree) -> str:
    """没有逾期商机, 生命周期不是流失; anything longer 并非(…)."""
    words = _part(tree)
    if not isinstance(tree, Leaf):
        return f"并非{words}"
    if tree.told.is_collection:
        return f"没{words}" if words.startswith(f"有{tree.told.label}") else f"并非{words}"
    ((field, operands),) = tree.asked
    verb = phrase(field, operands)[:1]
    if "known" not in operands and verb in NEGATED and field.type in ("choice", "choices", "text"):
        return tree.told.label + NEGATED[verb] + phrase(field, operands)[1:]
    return f"并非{words}"


def _aside(field: Field, operands: dict[str, Any]) -> str:
    words = phrase(field, operands)
    return words if is_whole(field, operands) else field.label + words
