"""词表: `lexicon.yaml` as compiled patterns, and where they hit in one utterance (pure)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

_PATTERNS = ("asks_meaning", "risk", "no_risk", "forbidden", "allowed", "offer", "product", "check_back", "lecture")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in one utterance."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """词表 of one version."""

    version: str
    jargon: tuple[tuple[str, re.Pattern[str]], ...]
    any_jargon: re.Pattern[str]  #: whether there is any: most sentences have none
    explains_after: re.Pattern[str]
    explains_before: re.Pattern[str]
    within: int
    patterns: dict[str, re.Pattern[str]]

    def terms(self, text: str) -> list[Hit]:
        """The jargon in a text, each term at its first place, in their order."""
        if not self.any_jargon.search(text):
            return []
        found = [
            Hit(term, match.start(), match.end())
            for term, words in self.jargon
            for match in [words.search(text)]
            if match
        ]
        return sorted(_not_within_another(found), key=lambda h: (h.start, h.name))

    def explains(self, text: str, hit: Hit) -> bool:
        """Whether the same utterance says what the term means, before or behind it."""
        after = text[hit.end : hit.end + self.within]
        before = text[max(hit.start - self.within, 0) : hit.start]
        return bool(self.explains_after.search(after) or self.explains_before.search(before))

    def has(self, name: str, text: str) -> bool:
        return bool(self.patterns[name].search(text))

    def warns(self, text: str) -> bool:
        """Risk told in earnest: 没有风险 is none."""
        return self.has("risk", self.patterns["no_risk"].sub(" ", text))

    def promises(self, text: str) -> bool:
        """A promise that nobody may make; 我不能跟您说稳赚 is none."""
        match = self.patterns["forbidden"].search(text)
        if match is None:
            return False
        return not any(self.has("allowed", part) for part in (text[: match.start()], text[: match.end()]))

    def offers(self, text: str) -> bool:
        """A product is put forward."""
        return self.has("offer", text) and self.has("product", text)


def _not_within_another(found: list[Hit]) -> list[Hit]:
    return [h for h in found if not any(_holds(other, h) for other in found)]


def _holds(one: Hit, other: Hit) -> bool:
    """Whether the other stands within this longer one (年化 in 七日年化)."""
    inside = one.start <= other.start and other.end <= one.end
    return inside and one.end - one.start > other.end - other.start


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The words in force, read once."""
    data = yaml.safe_load(resources.files("followup.adherence").joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    names = (*_PATTERNS, "figures", "question")
    return Lexicon(
        version=data["version"],
        jargon=tuple((term, _compiled(words)) for term, words in data["jargon"].items()),
        any_jargon=_compiled("|".join(f"(?:{words})" for words in data["jargon"].values())),
        explains_after=_compiled(data["explains"]["after"]),
        explains_before=_compiled(data["explains"]["before"]),
        within=data["explains"]["within"],
        patterns={name: _compiled(data[name]) for name in names},
    )


def _compiled(text: Any) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s*\n\s*|(?<=\|) +", "", str(text).strip()))
