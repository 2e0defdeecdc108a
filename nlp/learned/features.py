"""特征: what the learned reader sees of a turn, or of a thing named in it: short character sequences of the shapes
around it, and which mentions stand there with which context. Pure; names of groups are stored with the weights.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp import entities
from nlp.document import Document, Mention, Turn
from nlp.learned.shapes import TARGET, shape

NAMED = ("product", "permission", "institution", "channel_word")
BACK = 5  #: so many turns back a thing may have been named that an answer is about
LEFT, RIGHT = 14, 15  #: characters around a named thing
Groups = Sequence[tuple[str, Sequence[str]]]  #: group → what was seen


@dataclass(frozen=True, slots=True)
class Instance:
    """一处: a turn (kind customer or advisor), or a thing named in or before a turn of the customer, to be weighed."""

    kind: str
    turn: int
    key: str
    groups: Groups
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

    def of(self, turn: int) -> Sequence[Mention]:
        return self.mentions.get(turn, ())


def _grams(text: str, low: int, high: int) -> list[str]:
    return [text[i : i + n] for n in range(low, high + 1) for i in range(len(text) - n + 1)]


def _of_turn(view: _View, turn: Turn) -> Groups:
    document, number = view.document, turn.index
    own = view.shapes[number]
    found: list[tuple[str, Sequence[str]]] = [("own", _grams(f"^{own}$", 1, 4))]
    prompt = document.prompt(number)
    if prompt is not None:
        found.append(("asked", _grams(view.shapes[prompt.index][-30:] + "$", 2, 3)))
        found.append(("asked@", [_name(m) for m in view.of(prompt.index)]))
    if number and document.turns[number - 1].speaker is turn.speaker:
        found.append(("before", _grams(view.shapes[number - 1][-20:] + "$", 2, 3)))
    if number + 1 < len(document.turns):
        same = document.turns[number + 1].speaker is turn.speaker
        found.append(("on" if same else "reply", _grams("^" + view.shapes[number + 1][:12], 2, 3)))
    found.append(("@", [seen for m in view.of(number) for seen in _seen(m)]))
    place = "first" if number < 4 else "last" if number > len(document.turns) - 5 else "middle"
    found.append(("about", (f"chat{document.is_chat:d}", f"length{min(len(own) // 6, 6)}", place)))
    return found


def _name(mention: Mention) -> str:
    return "institution" if mention.kind == "institution" else f"{mention.kind}:{mention.key}"


def _seen(mention: Mention) -> list[str]:
    name = _name(mention)
    return [name, f"{name}+{'+'.join(sorted(mention.flags))}"] if mention.flags else [name]


def _named(view: _View, turn: Turn) -> Iterator[Instance]:
    """The things that the turn speaks of: named in it, in the words it answers, or last before it."""
    seen: dict[tuple[str, str], tuple[str, Mention]] = {}
    prompt = view.document.prompt(turn.index)
    for mention in view.of(turn.index):
        if mention.kind in NAMED:
            seen.setdefault((mention.kind, mention.key), ("own", mention))
    for mention in view.of(prompt.index) if prompt is not None else ():
        if mention.kind in NAMED:
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
        found = [m for m in view.of(number) if m.kind == kind]
        if found:
            return found
    return []


def _of_named(view: _View, turn: Turn, where: str, mention: Mention, rivals: int) -> Groups:
    target = (mention.kind, mention.key)
    own = shape(turn, view.of(turn.index), target)
    found: list[tuple[str, Sequence[str]]] = []
    if where == "own":
        at = max(own.find(TARGET), 0)
        left, right = own[max(at - LEFT, 0) : at], own[at + 1 : at + 1 + RIGHT]
        found.append(("around", _grams(left + TARGET + right, 2, 5)))
        found.append(("left", _grams(left, 1, 3)))
        found.append(("right", _grams(right, 1, 3)))
        found.append(("own", _grams(f"^{own}$", 2, 3)))
    else:
        found.append((f"answer.{where}", _grams(f"^{own}$", 1, 4)))
    prompt = view.document.prompt(turn.index)
    if prompt is not None:
        words = shape(prompt, view.of(prompt.index), target)
        found.append(("asked.it" if TARGET in words else "asked", _grams(words[-40:] + "$", 2, 4)))
    if turn.index + 1 < len(view.document.turns):
        found.append(("next", _grams("^" + view.shapes[turn.index + 1][:10], 2, 3)))
    key = entities.institution_type(mention.key) if mention.kind == "institution" else mention.key
    flags = sorted(mention.flags)
    found.append((f"@{where}", (*flags, "+".join(flags) + "!", f"rivals{min(rivals, 3)}", f"key:{key}")))
    beside = [f"{m.kind}:{m.key}" for m in view.of(turn.index) if m.kind not in NAMED]
    found.append((f"beside.{where}", beside))
    return found
