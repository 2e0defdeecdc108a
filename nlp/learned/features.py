"""特征: what the learned reader sees of a turn, or of a thing named in it: short character sequences of the shapes
around it, and which mentions stand there with which context. Pure; names of groups are stored with the weights.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nlp import context, entities
from nlp.document import Document, Mention, Turn
from nlp.learned import concepts
from nlp.learned.shapes import TARGET, shape

NAMED = ("product", "permission", "institution", "channel_word")
BACK = 5  #: so many turns back a thing may have been named that an answer is about
LEFT, RIGHT = 14, 15  #: characters around a named thing
REACH = 12  #: characters beside it in which a concept belongs to it
#: concepts that describe a thing (nlp/lexicon/concepts/wishes.yaml) → its kind
DESCRIBED = {"kind": "product", "perm": "permission"}
VAGUE = frozenset({"dividend_income", "wealth_generic", "other_derivative"})
CODES = {"structured": "structured_note", "qdii_overseas": "qdii", "fund_generic": "fund"}


class Passage(NamedTuple):
    """片段: a text of which every character sequence of `low` to `high` characters was seen, in the group."""

    group: str
    text: str
    low: int
    high: int


Names = tuple[str, Sequence[str]]  #: group → what was seen by name


@dataclass(frozen=True, slots=True)
class Seen:
    """所见 of one instance."""

    passages: Sequence[Passage]
    names: Sequence[Names]


@dataclass(frozen=True, slots=True)
class Instance:
    """一处: a turn (kind customer or advisor), or a thing named in or before a turn of the customer, to be weighed."""

    kind: str
    turn: int
    key: str
    seen: Seen
    mention: Mention | None = None


def instances(document: Document) -> Iterator[Instance]:
    """Everything in the conversation that could carry a tag, in reading order."""
    view = _View(document)
    for turn in document.turns:
        if turn.suspect:
            continue
        kind = "customer" if turn.by_customer else "advisor"
        yield Instance(kind, turn.index, "", _of_turn(view, turn))
        if turn.by_customer:
            yield from _named(view, turn)


class _View:
    """The document with its shapes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        by_turn: dict[int, list[Mention]] = defaultdict(list)
        for mention in document.mentions:
            by_turn[mention.turn].append(mention)
        self.mentions: Mapping[int, Sequence[Mention]] = by_turn
        self.shapes = [shape(turn, by_turn.get(turn.index, ())) for turn in document.turns]
        self.concepts = [concepts.find(turn.text) for turn in document.turns]
        self._described = [_described(turn, self.concepts[turn.index]) for turn in document.turns]

    def of(self, turn: int) -> Sequence[Mention]:
        return self.mentions.get(turn, ())

    def things(self, turn: int) -> Sequence[Mention]:
        """What is named in the turn, then what is only described in it."""
        named = [m for m in self.of(turn) if m.kind in NAMED]
        keys = {(m.kind, m.key) for m in named}
        return [*named, *(m for m in self._described[turn] if (m.kind, m.key) not in keys)]


def _described(turn: Turn, places: Sequence[concepts.Place]) -> list[Mention]:
    """那种跟着大盘走的: things spoken of without their name."""
    found = []
    for start, end, concept in places:
        kind, _, key = concept.partition("_")
        if kind in DESCRIBED and key not in VAGUE:
            mention = Mention(
                kind=DESCRIBED[kind],
                key=CODES.get(key, key),
                turn=turn.index,
                start=start,
                end=end,
                text=turn.text[start:end],
                speaker=turn.speaker,
                rule="described",
            )
            found.append(mention)
    return context.apply(turn, found)


def _of_turn(view: _View, turn: Turn) -> Seen:
    document, number = view.document, turn.index
    own = view.shapes[number]
    passages = [Passage("own", f"^{own}$", 1, 4)]
    names: list[Names] = []
    prompt = document.prompt(number)
    if prompt is not None:
        passages.append(Passage("asked", view.shapes[prompt.index][-30:] + "$", 2, 3))
        names.append(("asked@", [_name(m) for m in view.of(prompt.index)]))
        names.append(("asked.concept", [concept for _, _, concept in view.concepts[prompt.index]]))
    if number and document.turns[number - 1].speaker is turn.speaker:
        passages.append(Passage("before", view.shapes[number - 1][-20:] + "$", 2, 3))
    if number + 1 < len(document.turns):
        same = document.turns[number + 1].speaker is turn.speaker
        passages.append(Passage("on" if same else "reply", "^" + view.shapes[number + 1][:12], 2, 3))
        names.append(("reply.concept", [concept for _, _, concept in view.concepts[number + 1]]))
    names.append(("concept", [concept for _, _, concept in view.concepts[number]]))
    names.append(("@", [seen for m in view.of(number) for seen in _seen(m)]))
    place = "first" if number < 4 else "last" if number > len(document.turns) - 5 else "middle"
    names.append(("about", (f"chat{document.is_chat:d}", f"length{min(len(own) // 6, 6)}", place)))
    return Seen(passages, names)


def _name(mention: Mention) -> str:
    return "institution" if mention.kind == "institution" else f"{mention.kind}:{mention.key}"


def _seen(mention: Mention) -> list[str]:
    name = _name(mention)
    return [name, f"{name}+{'+'.join(sorted(mention.flags))}"] if mention.flags else [name]


def _named(view: _View, turn: Turn) -> Iterator[Instance]:
    """The things that the turn speaks of: named in it, in the words it answers, or last before it."""
    seen: dict[tuple[str, str], tuple[str, Mention]] = {}
    prompt = view.document.prompt(turn.index)
    for mention in view.things(turn.index):
        seen.setdefault((mention.kind, mention.key), ("own", mention))
    for mention in view.things(prompt.index) if prompt is not None else ():
        seen.setdefault((mention.kind, mention.key), ("asked", mention))
    for kind in ("product", "permission"):
        if all(k != kind for k, _ in seen):
            for mention in _last(view, turn.index, kind):
                seen.setdefault((kind, mention.key), ("earlier", mention))
    rivals: dict[tuple[str, str], int] = defaultdict(int)
    for (kind, _), (where, _) in seen.items():
        rivals[kind, where] += 1
    for (kind, key), (where, mention) in seen.items():
        yield Instance(kind, turn.index, key, _of_named(view, turn, where, mention, rivals[kind, where]), mention)


def _last(view: _View, turn: int, kind: str) -> list[Mention]:
    for number in range(turn - 1, max(turn - BACK - 1, -1), -1):
        found = [m for m in view.things(number) if m.kind == kind]
        if found:
            return found
    return []


def _of_named(view: _View, turn: Turn, where: str, mention: Mention, rivals: int) -> Seen:
    target = (mention.kind, mention.key)
    described = mention.rule == "described" and mention.turn == turn.index
    own = shape(turn, [*view.of(turn.index), mention] if described else view.of(turn.index), target)
    places = view.concepts[turn.index]
    passages: list[Passage] = []
    names: list[Names] = []
    if where == "own":
        at = max(own.find(TARGET), 0)
        left, right = own[max(at - LEFT, 0) : at], own[at + 1 : at + 1 + RIGHT]
        passages.append(Passage("around", left + TARGET + right, 2, 5))
        passages.append(Passage("left", left, 1, 3))
        passages.append(Passage("right", right, 1, 3))
        passages.append(Passage("own", f"^{own}$", 2, 3))
        names.append(("left.concept", [c for a, b, c in places if mention.start - REACH <= a and b <= mention.start]))
        names.append(("right.concept", [c for a, _, c in places if mention.end <= a < mention.end + REACH]))
        names.append(("concept", [c for a, _, c in places if a != mention.start]))
    else:
        passages.append(Passage(f"answer.{where}", f"^{own}$", 1, 4))
        names.append((f"concept.{where}", [c for _, _, c in places]))
    prompt = view.document.prompt(turn.index)
    if prompt is not None:
        words = shape(prompt, view.of(prompt.index), target)
        passages.append(Passage("asked.it" if TARGET in words else "asked", words[-40:] + "$", 2, 4))
    if turn.index + 1 < len(view.document.turns):
        passages.append(Passage("next", "^" + view.shapes[turn.index + 1][:10], 2, 3))
    flags = sorted(mention.flags)
    about = [*flags, "+".join(flags) + "!", f"rivals{min(rivals, 3)}", mention.rule]
    if mention.kind == "institution":
        about.append(entities.institution_type(mention.key))
    names.append((f"@{where}", about))
    names.append((f"beside.{where}", [f"{m.kind}:{m.key}" for m in view.of(turn.index) if m.kind not in NAMED]))
    return Seen(passages, names)
