"""句式: patterns over clean text (nlp/lexicon/frames/*.yaml) that turn words into mentions with a kind and a key.

A file holds `macros` (name → pattern, used as <name>) and `frames`, each with `id`, `kind`, `key`, `match`, and
optionally `by` (customer, advisor), `unless` (a pattern that must not hold in the same clause), `weight` (0-1).
Named groups of the pattern travel with the mention.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from nlp import prefilter, vocabulary
from nlp.document import Mention, Turn
from nlp.matcher import Matcher
from nlp.prefilter import Need, Words

Index = Mapping[str, Sequence[tuple[int, Words | None]]]
_MACRO = re.compile(r"<([a-z_0-9]+)>")


@dataclass(frozen=True, slots=True)
class Frame:
    """句式: one pattern, compiled."""

    id: str
    kind: str
    key: str
    pattern: re.Pattern[str]
    needs: tuple[Need, ...] | None
    by: str = "both"
    unless: re.Pattern[str] | None = None
    weight: float = 0.9


def find(turn: Turn) -> Iterator[Mention]:
    """Every frame that fits the turn, as mentions without context, in the order of the files."""
    triggers, always, index = _index()
    said = {hit.word for hit in triggers.find(turn.text)}
    numbers = set(always)
    for word in said:
        numbers.update(n for n, second in index.get(word, ()) if second is None or not second.isdisjoint(said))
    speaker = turn.speaker.value
    for number in sorted(numbers):
        frame = frames()[number]
        if frame.by in ("both", speaker):
            yield from _mentions(frame, turn)


def _mentions(frame: Frame, turn: Turn) -> Iterator[Mention]:
    for hit in frame.pattern.finditer(turn.text):
        if hit.end() == hit.start() or _barred(frame, turn, hit):
            continue
        yield Mention(
            kind=frame.kind,
            key=frame.key,
            turn=turn.index,
            start=hit.start(),
            end=hit.end(),
            text=hit[0],
            speaker=turn.speaker,
            rule=frame.id,
            weight=frame.weight,
            groups={k: v for k, v in hit.groupdict().items() if v is not None},
        )


def _barred(frame: Frame, turn: Turn, hit: re.Match[str]) -> bool:
    if frame.unless is None:
        return False
    first, last = turn.clause_at(hit.start()), turn.clause_at(hit.end() - 1)
    return bool(frame.unless.search(turn.text, turn.clauses[first][0], turn.clauses[last][1]))


@cache
def frames() -> tuple[Frame, ...]:
    """All frames of all files, in order."""
    return tuple(frame for name in vocabulary.names("frames") for frame in _of_file(name))


def _of_file(name: str) -> Iterator[Frame]:
    content = vocabulary.load(name)
    macros = dict(vocabulary.load("frames/_macros")) | (content.get("macros") or {})
    for row in content.get("frames") or ():
        yield _frame(row, macros)


def _frame(row: dict[str, str], macros: dict[str, str]) -> Frame:
    source = expand(row["match"], macros)
    unless = row.get("unless")
    return Frame(
        id=row["id"],
        kind=row["kind"],
        key=str(row["key"]),
        pattern=re.compile(source),
        needs=prefilter.needs(source),
        by=row.get("by", "both"),
        unless=re.compile(expand(unless, macros)) if unless else None,
        weight=float(row.get("weight", 0.9)),
    )


def expand(pattern: str, macros: dict[str, str]) -> str:
    """The pattern with every <name> replaced by its macro, again and again."""
    while (hit := _MACRO.search(pattern)) and hit[1] in macros:
        pattern = _MACRO.sub(lambda m: f"(?:{macros[m[1]]})" if m[1] in macros else m[0], pattern)
    return pattern


@cache
def _index() -> tuple[Matcher[None], frozenset[int], Index]:
    """Trigger words, frames that always run, and trigger word → frames with the words that they need besides."""
    index: dict[str, list[tuple[int, Words | None]]] = {}
    words: set[str] = set()
    always = set()
    for number, frame in enumerate(frames()):
        if frame.needs is None:
            always.add(number)
        for need in frame.needs or ():
            words |= need.first | (need.second or set())
            for word in need.first:
                index.setdefault(word, []).append((number, need.second))
    return Matcher(dict.fromkeys(sorted(words)), overlapping=True), frozenset(always), index
