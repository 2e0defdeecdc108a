"""概念: the thesaurus of spoken Chinese (nlp/lexicon/concepts/*.yaml): many ways of saying one thing count as one."""

from functools import cache, lru_cache

from nlp import vocabulary
from nlp.matcher import Matcher

Place = tuple[int, int, str]  #: start and end in the text, concept


@lru_cache(maxsize=1024)
def find(text: str) -> tuple[Place, ...]:
    """Every concept in the text, in reading order; of overlapping words the longest at each place."""
    return tuple((hit.start, hit.end, concept) for hit in _matcher().find(text) for concept in hit.payload)


@cache
def _matcher() -> Matcher[tuple[str, ...]]:
    words: dict[str, list[str]] = {}
    for name in vocabulary.names("concepts"):
        for concept, entries in vocabulary.load(name).items():
            for entry in entries:
                words.setdefault(str(entry).lower(), []).append(concept)
    return Matcher({word: tuple(dict.fromkeys(found)) for word, found in words.items()})
