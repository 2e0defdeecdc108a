"""同音误写: finance terms that a speech recogniser wrote with other characters of the same sound are put right."""

import re
from functools import cache

from dongke import pinyin
from nlp import vocabulary
from nlp.matcher import Matcher


def repair(text: str) -> str:
    """The text with known terms restored; its length never changes."""
    if len(text) < 2:
        return text
    plain = vocabulary.load("homophones")["always"]
    text = _always().sub(lambda hit: plain.get(hit[0], hit[0]), text)
    text = _restore(text, pinyin.sound(text), _short())
    return _restore(text, pinyin.blurred(text), _long())


def _restore(text: str, sounds: str, terms: Matcher[str]) -> str:
    for hit in terms.find(sounds):
        written = text[hit.start : hit.end]
        if written != hit.payload and not _is_kept(text, hit.start, hit.end):
            text = text[: hit.start] + hit.payload + text[hit.end :]
    return text


def _is_kept(text: str, start: int, end: int) -> bool:
    """A real word there, or part of a longer one (备用金); or characters that are none."""
    written = text[start:end]
    longer = (text[max(start - 1, 0) : end], text[start : end + 1], text[max(start - 1, 0) : end + 1])
    if written in _keep() or any(word in _keep() for word in longer):
        return True
    return any(not "\u4e00" <= c <= "\u9fff" for c in written)


@cache
def _keep() -> frozenset[str]:
    return frozenset(vocabulary.load("homophones")["keep"])


@cache
def _always() -> re.Pattern[str]:
    words = {k: v for k, v in vocabulary.load("homophones")["always"].items() if len(k) == len(v)}
    longer = [k for k in _keep() if len(k) > 2]
    return re.compile("|".join(sorted(map(re.escape, {*words, *longer}), key=len, reverse=True)))


@cache
def _short() -> Matcher[str]:
    return Matcher({pinyin.sound(term): term for term in vocabulary.load("homophones")["short"]})


@cache
def _long() -> Matcher[str]:
    return Matcher({pinyin.blurred(term): term for term in vocabulary.load("homophones")["long"]})
