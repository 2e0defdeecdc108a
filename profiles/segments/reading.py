"""读句: a Chinese sentence as a condition. What cannot be read is told with its place and what should stand there.

Grammar, white space and full-width punctuation aside:

    expression = term {且 term} | term {或 term}        mixed only with brackets; a comma alone is 且
    term       = "(" expression ")" | 并非 term | 全部客户 | condition
    condition  = [有|没有] collection [phrase] ["(" phrase {"," phrase} ")"] | value phrase | flag
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dongke.errors import BadInput
from profiles.segments import kinds
from profiles.segments.phrases import HAVING, NEGATED, Wording, operands_of, squeezed, wordings
from profiles.segments.sentence import EVERYBODY, WORDS
from profiles.segments.tree import MAX_DEPTH, MAX_LEAVES, Group, Leaf, Not, Tree, leaf, leaves, normal
from profiles.segments.vocabulary import VALUE, Attribute, Field, vocabulary

MAX_CHARS = 4_000
_ENDS = ("", ")", ",", "且", "或")
COMMON = "有闲置资金、外部资产在30天内到期、产品意向是债券基金、生命周期是预流失、最近接触已超过30天、没有逾期商机"


class SentenceInvalid(BadInput):
    """The sentence cannot be read. `position` counts characters from 0; `expected` is Chinese."""

    def __init__(self, text: str, position: int, expected: list[str]) -> None:
        wanted = "、".join(dict.fromkeys(expected)) or "别的内容"
        near = f"“{text[position : position + 8]}”" if position < len(text) else "句末"
        super().__init__("segment-sentence-invalid", f"第 {position + 1} 个字 {near} 处读不懂: 这里应是 {wanted}")
        self.position = position
        self.expected = tuple(dict.fromkeys(expected))

    @property
    def errors(self) -> list[dict[str, str]]:
        return [{"where": f"sentence.{self.position}", "reason": "应是 " + "、".join(self.expected)}]


class _Stuck(Exception):
    """This way of reading leads nowhere; the scanner remembers the farthest place."""


def from_sentence(text: str) -> Tree:
    """The tree in normal form. Raises SentenceInvalid `segment-sentence-invalid`, BadInput `segment-too-large`."""
    if len(text) > MAX_CHARS:
        raise BadInput("segment-too-large", f"句子超过 {MAX_CHARS} 个字")
    scanner = _Scanner.of(text)
    try:
        tree = _expression(scanner, 0)
        if scanner.rest:
            scanner.stuck("且", "或", "句末")
    except _Stuck:
        raise SentenceInvalid(text, scanner.origin(scanner.farthest), scanner.expected) from None
    if sum(1 for _ in leaves(tree)) > MAX_LEAVES:
        raise BadInput("segment-too-large", f"条件超过 {MAX_LEAVES} 个")
    return normal(tree)


@dataclass(slots=True)
class _Scanner:
    """The sentence without white space, and where one stands in it."""

    text: str
    places: list[int]
    at: int = 0
    farthest: int = 0
    expected: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> "_Scanner":
        kept: list[str] = []
        places: list[int] = []
        quoted = False
        for place, char in enumerate(text):
            quoted = char == "“" or (quoted and char != "”")
            plain = char if quoted else squeezed(char)
            if plain and not (not quoted and plain in "。." and place == len(text.rstrip()) - 1):
                kept.append(plain)
                places.append(place)
        return cls("".join(kept), [*places, len(text)])

    @property
    def rest(self) -> bool:
        return self.at < len(self.text)

    def origin(self, place: int) -> int:
        return self.places[place]

    def take(self, *words: str) -> str | None:
        """The first of these words that stands here, taken."""
        for word in words:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return word
        return None

    def stuck(self, *expected: str) -> None:
        """Remembers what was expected here, if no way of reading got farther; this way ends."""
        self.note(*expected)
        raise _Stuck

    def note(self, *expected: str) -> None:
        if self.at > self.farthest:
            self.farthest, self.expected = self.at, []
        if self.at == self.farthest:
            self.expected.extend(expected)


def _expression(s: _Scanner, depth: int) -> Tree:
    if depth > MAX_DEPTH:
        s.stuck("更少的括号")
    parts, joined = [_term(s, depth)], ""
    while s.rest and not s.text.startswith(")", s.at):
        before = s.at
        comma = s.take(",")
        word = s.take("且", "或", "并且") or ("且" if comma else None)
        if word is None:
            s.stuck("且", "或")
        word = "或" if word == "或" else "且"
        if joined not in ("", word):
            s.at = before
            s.stuck(f"{joined} (且 和 或 不能混用, 请用括号分开)")
        joined = word
        parts.append(_term(s, depth))
    op = "any" if joined == WORDS["any"] else "all"
    return parts[0] if len(parts) == 1 else Group(op, tuple(parts))


def _term(s: _Scanner, depth: int) -> Tree:
    if depth > MAX_DEPTH:
        s.stuck("更少的层次")
    if s.take("("):
        inside = _expression(s, depth + 1)
        if not s.take(")"):
            s.stuck(")")
        return inside
    if s.take("并非"):
        return Not(_term(s, depth + 1))
    if s.take(EVERYBODY):
        return Group("all", ())
    return _condition(s)


def _condition(s: _Scanner) -> Tree:
    start = s.at
    for told, name in _names():
        s.at = start
        denied = told.is_collection and s.take("没有", "有") == "没有"
        if not (s.take(name) if name else _begins(s, told)):
            continue
        try:
            found = _collection(s, told) if told.is_collection else _value(s, told, is_named=bool(name))
        except _Stuck:
            continue
        return Not(found) if denied else found
    s.at = start
    s.take("没有", "有")
    s.note(*_suggestions(s))
    raise _Stuck


def _collection(s: _Scanner, told: Attribute) -> Tree:
    where: dict[str, Any] = {}
    if word := s.take(*HAVING.values()):  # 外部资产有记录: there is one, whatever is known of it
        _ended(s)
        return leaf(told.id, where) if word == HAVING[True] else Not(leaf(told.id, where))
    if not s.text.startswith(("(", *_ENDS[1:]), s.at) and s.rest:
        attached = [f for f in told.shown if f.attach]
        _phrase(s, told, attached, where, named=False, ends=(*_ENDS, "("))
    if s.take("("):
        while True:
            _phrase(s, told, list(told.shown), where, named=True, ends=(",", ")"))
            if s.take(")"):
                break
            s.take(",")
    _ended(s)
    return leaf(told.id, where)


def _value(s: _Scanner, told: Attribute, *, is_named: bool) -> Tree:
    where: dict[str, Any] = {}
    start = s.at
    for plain, negative in NEGATED.items():
        if s.text.startswith(negative, s.at):
            s.at += len(negative) - len(plain)  # 不是 → 是
            break
    denied = s.at > start
    _phrase(s, told, [told.value], where, named=not is_named, ends=_ENDS)
    found = leaf(told.id, where)
    return Not(found) if denied else found


def _phrase(
    s: _Scanner, told: Attribute, fields: list[Field], where: dict[str, Any], *, named: bool, ends: tuple[str, ...]
) -> None:
    """Reads one comparison of one of the fields, and what follows it must be one of `ends`."""
    start = s.at
    for f in fields:
        for wording in wordings(told.id, f.name):
            s.at = start
            if not named and told.is_collection and wording.ops == ("known",):
                continue  # in the brackets only: 有外部资产(金额有记录)
            if named and not wording.is_whole and (f.name == VALUE or not s.take(squeezed(f.label))):
                continue
            if _match(s, f, wording, where, ends):
                return
    s.at = start
    if named:
        s.note(*(f.label for f in fields))
    raise _Stuck


def _match(s: _Scanner, f: Field, wording: Wording, where: dict[str, Any], ends: tuple[str, ...]) -> bool:
    found = wording.pattern.match(s.text, s.at)
    if found is None:
        if wording.hint:
            s.note(wording.hint)
        return False
    s.at = found.end()
    if not any(s.text.startswith(e, s.at) if e else not s.rest for e in ends):
        s.note("、".join(e or "句末" for e in ends))
        return False
    s.at = found.start()
    if f.name in where:
        s.stuck(f"别的内容 ({f.label} 说了两次)")
    try:
        where[f.name] = kinds.normal(f, operands_of(f, wording, found))
    except kinds.Unfit as fault:
        s.stuck(f"合适的值 ({f.label}: {fault})")
    s.at = found.end()
    return True


def _ended(s: _Scanner) -> None:
    if s.rest and not s.text.startswith(_ENDS[1:], s.at):
        s.stuck("且", "或", "句末")


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[Attribute, str], ...]:
    """Every way a condition can begin, the longest name first; a flag begins with its own words."""
    return tuple(sorted(_beginnings(), key=lambda pair: -len(pair[1])))


def _beginnings() -> Iterator[tuple[Attribute, str]]:
    for told in vocabulary().attributes.values():
        for name in (told.label, *told.aliases):
            yield told, squeezed(name)
        if not told.is_collection and told.value.type == "flag":
            yield told, ""


def _begins(s: _Scanner, told: Attribute) -> bool:
    """Whether the words of a flag stand here: nothing of it is proposed where something else was meant."""
    return s.text.startswith((squeezed(told.value.yes), squeezed(told.value.no)), s.at)


def _suggestions(s: _Scanner) -> list[str]:
    """The names that stand a little further on, or that begin like what stands here, or the commonest."""
    ahead = re.split("[(),且或]", s.text[s.at :], maxsplit=1)[0]
    names = [(told.label, name) for told, name in _names() if name]
    if further := [label for label, name in names if name in ahead]:
        return [f"先说属性, 再说比较: {label}…" for label in further[:2]]
    alike = [label for label, name in names if ahead and name[:1] == ahead[:1]]
    return alike[:5] or [f"一个条件, 例如 {COMMON}", "(", "并非"]


__all__ = ["Leaf", "SentenceInvalid", "from_sentence"]
