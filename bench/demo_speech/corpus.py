"""What is read out in training: templates, other people's talk, its clauses newly joined, and plain words."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

from bench.demo_speech import grammar, held_out
from bench.demo_speech.spoken import MARKS, clauses, spoken

MISHEARD = ("raw_calls", "raw_calls_2", "raw_calls_3", "broken_turns")  #: written as a recogniser mishears: no truth
LONGEST = 48  #: characters of a sentence
COMMON_WORDS, ALL_WORDS = 2000, 30_000
SAID_OF_READING = 0.7
FREQUENT = 5  #: how often the talks must use a character beyond the common ones


@dataclass(frozen=True)
class Corpus:
    """Everything that sentences are made of."""

    grammar: grammar.Grammar
    said: tuple[str, ...]  #: utterances of the talks
    clauses: tuple[str, ...]
    words: tuple[str, ...]  #: of the dictionary, most frequent first
    held_out: held_out.HeldOut

    def sentence(self, chance: random.Random) -> str:
        """One to train on: never one that is held out."""
        while True:
            text = self._draft(chance)
            if len(text) <= LONGEST and self.held_out.allows(text):
                return text

    def reading(self, chance: random.Random) -> str:
        """One to read without a sound: mostly what somebody said, since its words are to be learnt."""
        return chance.choice(self.said) if chance.random() < SAID_OF_READING else self.sentence(chance)

    def _draft(self, chance: random.Random) -> str:
        draw = chance.random()
        if draw < 0.36:
            return self.grammar.sentence(chance)
        if draw < 0.70:
            return chance.choice(self.said)
        if draw < 0.84:
            return "，".join(chance.choices(self.clauses, k=chance.choice((1, 2, 2, 3)))) + chance.choice("。。。？！")
        return self._words(chance)

    def _words(self, chance: random.Random) -> str:
        """Words that mean nothing together: what is heard must do, not what is likely. Half of them common."""
        many = chance.randint(2, 7)
        ranks = (len(self.words) * chance.random() ** 2 for _ in range(many))
        joined = "".join(self.words[int(rank)] + ("，" if chance.random() < 0.2 else "") for rank in ranks)
        return joined.rstrip("，") + chance.choice("。。？")


@lru_cache(maxsize=1)
def load() -> Corpus:
    """The corpus of this repository; the dictionary is jieba's."""
    out = held_out.load()
    words = tuple(_dictionary())
    talks = [text for text in _talks() if out.allows(text)]
    known = set(characters())
    said = tuple(text for text in talks if known.issuperset(text))
    parts = tuple(dict.fromkeys(c for text in said for c in clauses(text) if 2 <= len(c) <= 16 and c not in out.banned))
    return Corpus(grammar.load(words[:COMMON_WORDS]), said, parts, words[:ALL_WORDS], out)


def _talks() -> Iterator[str]:
    for path in sorted(held_out.TALKS.glob("*.txt")):
        if path.stem not in held_out.AUTHORS + MISHEARD:
            for text in held_out.utterances(path):
                if (said := spoken(text)) and len(said) <= LONGEST:
                    yield said


def _dictionary() -> list[str]:
    """Words of two to four common characters, most frequent first."""
    import jieba

    common = set(common_characters())
    rows = (line.split(" ") for line in Path(jieba.__file__).with_name("dict.txt").read_text("utf-8").splitlines())
    found = [(int(count), word) for word, count, _ in rows if 2 <= len(word) <= 4 and common.issuperset(word)]
    return [word for _, word in sorted(found, reverse=True)]


@lru_cache(maxsize=1)
def characters() -> tuple[str, ...]:
    """What the model can write with one token: common characters, frequent ones of the talks, capitals, marks."""
    used = Counter("".join(_talks()))
    names = Counter("".join(chain.from_iterable(grammar.load().slots.values())))
    rare = {c for c, count in used.items() if count >= FREQUENT} | set(names) - set("{}_") - set(ascii_lowercase)
    return tuple(sorted(rare | set(common_characters()) | set(ascii_uppercase) | set(MARKS)))


def common_characters() -> list[str]:
    """The 3,755 characters of GB 2312's first level."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [code.decode("gb2312") for code in rows if code < b"\xd7\xfa"]
