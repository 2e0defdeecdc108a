"""语境: what takes a mention away or changes whose it is – negated, hypothetical, past, question, somebody else's,
quoted, sarcastic. One step over all mentions, after medspaCy's ConText: modifiers with scopes, pseudo words, ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from nlp import vocabulary
from nlp.document import Mention, Turn
from nlp.matcher import Found, Matcher

PSEUDO, ENDS, SELF, HOUSEHOLD = "pseudo", "ends", "self", "household"


@dataclass(frozen=True, slots=True)
class Modifier:
    """语境词: what it does and how far."""

    flag: str
    side: str = "forward"
    reach: str = "clause"
    near: int = 400


Scope = Found[tuple[Modifier, ...]]


def apply(turn: Turn, mentions: Iterable[Mention]) -> list[Mention]:
    """The turn's mentions with the flags that its words set on them."""
    scopes = list(_matcher().find(turn.text))
    if not scopes:
        return list(mentions)
    return [_flagged(turn, mention, scopes) for mention in mentions]


def _flagged(turn: Turn, mention: Mention, scopes: list[Scope]) -> Mention:
    flags, because = set(mention.flags), list(mention.because)
    for scope in scopes:
        if scope.start < mention.end and mention.start < scope.end:
            continue  # a frame that holds the word has weighed it already
        for modifier in scope.payload:
            if _acts(turn, scope, modifier, mention, scopes):
                flags.add(modifier.flag)
                because.append(f"{modifier.flag}: {scope.word}")
    if len(flags) == len(mention.flags):
        return mention
    return replace(mention, flags=frozenset(flags), because=tuple(because))


def _acts(turn: Turn, scope: Scope, modifier: Modifier, mention: Mention, scopes: list[Scope]) -> bool:
    if modifier.flag in (PSEUDO, ENDS, SELF):
        return False
    before = scope.end <= mention.start
    if modifier.side == ("backward" if before else "forward"):
        return False
    low, high = (scope.end, mention.start) if before else (mention.end, scope.start)
    if high - low > modifier.near or not _reaches(turn, modifier, low, high):
        return False
    return not _is_cut(modifier, low, high, scopes)


def _reaches(turn: Turn, modifier: Modifier, low: int, high: int) -> bool:
    if modifier.reach == "turn":
        return True
    gap = turn.clause_at(high) - turn.clause_at(max(low - 1, 0))
    return gap <= (1 if modifier.reach == "next" else 0)


def _is_cut(modifier: Modifier, low: int, high: int, scopes: list[Scope]) -> bool:
    closing = {ENDS, SELF} if modifier.flag in ("other_holder", "quoted", "past", "kin") else {ENDS}
    return any(
        low <= other.start and other.end <= high and m.flag in closing for other in scopes for m in other.payload
    )


@cache
def _matcher() -> Matcher[tuple[Modifier, ...]]:
    data = vocabulary.load("context")
    words: dict[str, list[Modifier]] = {}
    for name in (PSEUDO, ENDS, SELF, HOUSEHOLD):
        side, reach = ("both", "next") if name == HOUSEHOLD else ("forward", "clause")
        for word in data[name]:
            words.setdefault(str(word).lower(), []).append(Modifier(name, side, reach))
    for row in data["modifiers"]:
        modifier = Modifier(row["flag"], row["side"], row["reach"], row.get("near", 400))
        for word in row["words"]:
            words.setdefault(str(word).lower(), []).append(modifier)
    return Matcher({word: tuple(found) for word, found in words.items()})
