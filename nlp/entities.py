"""实体: products, permissions, institutions and other things with a name, from the lexicon.

nlp/lexicon/{products,permissions,institutions}.yaml map a key to its words; one word may mean several things.
Names that several institutions share (ambiguous.yaml) are decided by the words around them.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from nlp import vocabulary
from nlp.document import Mention, Turn
from nlp.matcher import Matcher

Meaning = tuple[str, str]  #: kind, key
AMBIGUOUS = "ambiguous"


def find(turn: Turn) -> Iterator[Mention]:
    """Every named thing in the turn, the longest word at each place, as mentions without context."""
    for hit in _matcher().find(turn.text):
        for kind, key in hit.payload:
            if kind == "skip":
                continue
            if kind == AMBIGUOUS:
                kind, key = "institution", _decide(turn, hit.start, key)
            yield Mention(
                kind=kind,
                key=key,
                turn=turn.index,
                start=hit.start,
                end=hit.end,
                text=hit.word,
                speaker=turn.speaker,
            )


def institution_type(name: str) -> str:
    """The institution_type of a canonical short name; `unknown` for a name that is not in the lexicon."""
    return _types().get(name, "unknown")


def _decide(turn: Turn, position: int, word: str) -> str:
    """The institution that the words in the clause, else in the turn, speak for."""
    meanings: Mapping[str, str] = vocabulary.load(AMBIGUOUS)["names"][word]
    low, high = turn.clauses[turn.clause_at(position)]
    for text in (turn.text[position:high], turn.text[low:high], turn.text):
        for kind, signs in vocabulary.load(AMBIGUOUS)["types"].items():
            if kind in meanings and any(str(sign) in text for sign in signs):
                return meanings[kind]
    return meanings[meanings["default"]]


@cache
def _matcher() -> Matcher[tuple[Meaning, ...]]:
    words: dict[str, list[Meaning]] = {}
    for file, kind in (("products", "product"), ("permissions", "permission"), ("skip", "skip")):
        for key, row in vocabulary.load(file).items():
            for word in row:
                words.setdefault(str(word).lower(), []).append((kind, key))
    for key, entry in vocabulary.load("institutions").items():
        for word in [key, *entry["words"]]:
            words.setdefault(str(word).lower(), []).append(("institution", key))
    for word in vocabulary.load(AMBIGUOUS)["names"]:
        words[word] = [(AMBIGUOUS, word)]
    return Matcher({word: tuple(dict.fromkeys(meanings)) for word, meanings in words.items()})


@cache
def _types() -> dict[str, str]:
    found = {key: row["type"] for key, row in vocabulary.load("institutions").items()}
    ambiguous: Mapping[str, Mapping[str, Any]] = vocabulary.load(AMBIGUOUS)["names"]
    for meanings in ambiguous.values():
        found |= {name: kind for kind, name in meanings.items() if kind != "default"}
    return found
