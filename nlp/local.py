"""邻近语境: the words around one mention, with the mention itself as ◆ and its rivals as ◇, for cue patterns.

Cues (nlp/lexicon/cues/<family>.yaml) are patterns over such a window, each with an `id` and a `sign`: want, refuse,
have, none … The first cue that fits decides; put what overrules others first.
"""

import re
from dataclasses import dataclass
from functools import cache

from nlp import vocabulary
from nlp.document import Document, Mention
from nlp.frames import expand

SELF, OTHER = "◆", "◇"


#: A和B我都要: what is said of the one is said of the other
_JOINED = re.compile(r"[◆◇](?:(?:和|跟|、|，|还有|以及|与|或者|或|加)[◆◇])+(?:这两个|这些)?")


def _one(hit: re.Match[str]) -> str:
    return SELF if SELF in hit[0] else OTHER


@dataclass(frozen=True, slots=True)
class Cue:
    """线索: what the words around a mention say of it."""

    id: str
    sign: str
    pattern: re.Pattern[str]
    weight: float = 0.85


def window(document: Document, mention: Mention, before: int = 1, after: int = 2) -> str:
    """The mention's clause with so many clauses around it; ◆ for the mention, ◇ for others of its kind."""
    turn = document.turns[mention.turn]
    if not turn.clauses:
        return SELF
    here = turn.clause_at(mention.start)
    low = turn.clauses[max(here - before, 0)][0]
    high = turn.clauses[min(turn.clause_at(mention.end - 1) + after, len(turn.clauses) - 1)][1]
    spans = {(m.start, m.end): OTHER for m in document.of(mention.kind, turn=mention.turn)}
    spans[mention.start, mention.end] = SELF
    out, place = [], low
    for (start, end), sign in sorted(spans.items()):
        if start < place or end > high:
            continue
        out += [turn.text[place:start], sign]
        place = end
    return _JOINED.sub(_one, "".join([*out, turn.text[place:high]]))


def judge(family: str, text: str) -> Cue | None:
    """The first cue of the family that fits the window."""
    return next((cue for cue in cues(family) if cue.pattern.search(text)), None)


@cache
def cues(family: str) -> tuple[Cue, ...]:
    """The cues of nlp/lexicon/cues/<family>.yaml in order."""
    content = vocabulary.load(f"cues/{family}")
    macros = dict(vocabulary.load("frames/_macros")) | (content.get("macros") or {})
    return tuple(
        Cue(
            id=row["id"],
            sign=row["sign"],
            pattern=re.compile(expand(row["match"], macros)),
            weight=float(row.get("weight", 0.85)),
        )
        for row in content["cues"]
    )
