"""条件树: what makes a customer belong to a segment. Frozen values, read from JSON with every fault told at once.

    {"all": [{"attribute": "tag.funds.idle", "where": {"amount": {"at_least": 200000}}},
             {"not": {"attribute": "behaviour.lifecycle", "is": {"in": ["流失"]}}}]}

The normal form is flat (no group directly in a group of its kind), without groups of one part, double negation or
conditions that a collection assumes anyway. An empty `all` is everybody; an empty `any` is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dongke.errors import BadInput
from profiles.segments import kinds
from profiles.segments.vocabulary import VALUE, Attribute, Field, vocabulary

MAX_LEAVES = 100
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Leaf:
    """一个条件: the operands of each field that is asked, in the order of the vocabulary."""

    attribute: str
    where: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()

    @property
    def told(self) -> Attribute:
        return vocabulary().attributes[self.attribute]

    @property
    def asked(self) -> list[tuple[Field, dict[str, Any]]]:
        """The fields that are named, with their operands."""
        return [(self.told.fields[name], dict(operands)) for name, operands in self.where]

    @property
    def whole(self) -> list[tuple[Field, Mapping[str, Any]]]:
        """The fields that are named, and those that are assumed."""
        named = {name for name, _ in self.where}
        assumed = [(self.told.fields[n], ops) for n, ops in self.told.assumes.items() if n not in named]
        return [*self.asked, *assumed]


@dataclass(frozen=True, slots=True)
class Group:
    """且 (all) or 或 (any)."""

    op: str
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """并非."""

    part: "Tree"


Tree: TypeAlias = Leaf | Group | Not
EVERYBODY = Group("all", ())


@dataclass(frozen=True, slots=True)
class Fault:
    """一处错误: a stable code, the JSON pointer of the place, the reason in Chinese."""

    code: str
    where: str
    reason: str


class TreeInvalid(BadInput):
    """The condition cannot be used; `faults` names every place."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(Fault(f.code, _visible(f.where), _visible(f.reason)) for f in faults)
        first = self.faults[0]
        more = f" (还有 {len(faults) - 1} 处)" if len(faults) > 1 else ""
        super().__init__(first.code, f"条件 {first.where or '/'}: {first.reason}{more}")

    @property
    def errors(self) -> list[dict[str, str]]:
        return [{"where": f.where or "/", "reason": f"{f.reason} ({f.code})"} for f in self.faults]


def from_json(row: Any) -> Tree:
    """The tree in normal form. Raises TreeInvalid with all faults: `segment-shape`, `segment-attribute-unknown`,
    `segment-field-unknown`, `segment-operand-invalid`, `segment-too-large`."""
    faults: list[Fault] = []
    tree = _read(row, "", 1, faults)
    if not faults and tree is not None and sum(1 for _ in leaves(tree)) > MAX_LEAVES:
        faults.append(Fault("segment-too-large", "", f"条件超过 {MAX_LEAVES} 个"))
    if faults or tree is None:
        raise TreeInvalid(faults)
    return normal(tree)


def to_json(tree: Tree) -> dict[str, Any]:
    """The JSON that `from_json` reads."""
    if isinstance(tree, Group):
        return {tree.op: [to_json(part) for part in tree.parts]}
    if isinstance(tree, Not):
        return {"not": to_json(tree.part)}
    where = {name: _plain(operands) for name, operands in tree.where}
    if tree.told.is_collection:
        return {"attribute": tree.attribute, "where": where} if where else {"attribute": tree.attribute}
    return {"attribute": tree.attribute, "is": where[VALUE]}


def normal(tree: Tree) -> Tree:
    """The one form of all trees that say the same in the same order."""
    if isinstance(tree, Leaf):
        assumes = tree.told.assumes
        return Leaf(tree.attribute, tuple((n, ops) for n, ops in tree.where if _plain(ops) != assumes.get(n)))
    if isinstance(tree, Not):
        part = normal(tree.part)
        return part.part if isinstance(part, Not) else Not(part)
    parts: list[Tree] = []
    for part in map(normal, tree.parts):
        parts.extend(part.parts if isinstance(part, Group) and part.op == tree.op else [part])
    return parts[0] if len(parts) == 1 else Group(tree.op, tuple(parts))


def leaves(tree: Tree) -> Iterator[Leaf]:
    """All conditions, in their order."""
    if isinstance(tree, Leaf):
        yield tree
    for part in (tree.part,) if isinstance(tree, Not) else tree.parts if isinstance(tree, Group) else ():
        yield from leaves(part)


def leaf(attribute: str, where: Mapping[str, Mapping[str, Any]]) -> Leaf:
    """A condition of operands that are in normal form already."""
    order = vocabulary().attributes[attribute].fields
    return Leaf(attribute, tuple((n, _frozen(where[n])) for n in order if n in where))


def _frozen(operands: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((op, tuple(v) if isinstance(v, list) else v) for op, v in operands.items())


def _plain(operands: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {op: list(v) if isinstance(v, tuple) else v for op, v in operands}


def _read(row: Any, where: str, depth: int, faults: list[Fault]) -> Tree | None:
    if depth > MAX_DEPTH:
        faults.append(Fault("segment-too-large", where, f"条件嵌套超过 {MAX_DEPTH} 层"))
        return None
    if not isinstance(row, Mapping):
        faults.append(Fault("segment-shape", where, "要一个 JSON 对象: all, any, not 或 attribute"))
        return None
    for op in ("all", "any"):
        if set(row) == {op}:
            return _group(op, row[op], f"{where}/{op}", depth, faults)
    if set(row) == {"not"}:
        part = _read(row["not"], f"{where}/not", depth + 1, faults)
        return Not(part) if part is not None else None
    return _leaf(row, where, faults)


def _group(op: str, rows: Any, where: str, depth: int, faults: list[Fault]) -> Tree | None:
    if not isinstance(rows, list) or len(rows) > MAX_LEAVES or (op == "any" and not rows):
        wanted = "列表" if op == "all" else "不空的列表"
        faults.append(Fault("segment-shape", where, f"{op} 要一个{wanted}, 最多 {MAX_LEAVES} 项"))
        return None
    parts = [_read(part, f"{where}/{n}", depth + 1, faults) for n, part in enumerate(rows)]
    return Group(op, tuple(p for p in parts if p is not None))


def _leaf(row: Mapping[str, Any], where: str, faults: list[Fault]) -> Tree | None:
    name = row.get("attribute")
    if not isinstance(name, str):
        faults.append(Fault("segment-shape", where, "要 all, any, not 或 attribute 中的一个"))
        return None
    told = vocabulary().attributes.get(name)
    if told is None:
        reason = f"没有属性 {name[:40]}, 可用的见 /v1/segments/vocabulary"
        faults.append(Fault("segment-attribute-unknown", f"{where}/attribute", reason))
        return None
    key = "where" if told.is_collection else "is"
    extra = set(map(str, row)) - {"attribute", key}
    if extra:
        faults.append(Fault("segment-shape", f"{where}/{_escaped(min(extra))}", f"多余的字段; {told.label} 用 {key}"))
        return None
    given = row.get("where", {}) if told.is_collection else {VALUE: row.get("is")}
    if not isinstance(given, Mapping):
        faults.append(Fault("segment-shape", f"{where}/where", "where 要一个 JSON 对象"))
        return None
    return leaf(name, _conditions(told, given, f"{where}/{key}", faults))


def _conditions(told: Attribute, given: Mapping[str, Any], where: str, faults: list[Fault]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, operands in given.items():
        place = f"{where}/{_escaped(str(name))}" if name != VALUE else where
        field = told.fields.get(name)
        if field is None or field.hidden:
            known = "、".join(f.name for f in told.shown)
            faults.append(Fault("segment-field-unknown", place, f"{told.label} 没有 {str(name)[:30]}, 可用 {known}"))
            continue
        try:
            found[name] = kinds.normal(field, operands)
        except kinds.Unfit as fault:
            faults.append(Fault("segment-operand-invalid", place, f"{field.label}: {fault}"))
    return found


def _visible(text: str) -> str:
    """Names come from the request: what cannot be shown (half a character, a control character) is a question mark."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")[:60]
