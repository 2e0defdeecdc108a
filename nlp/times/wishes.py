"""约时间: what is said of a time in an utterance – call me then, do not, I am free, I am not (words: lexicon/values/contact.yaml)."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import yaml

_CLAUSES = re.compile(r"[^,.;!?。\s]+")
_QUESTION = re.compile(r"(?:吗|么|没有?|不|多少|几点|什么|啥)[呀啊呢]?$|[吗么](?=[,。 ?]|$)|\?|行不行|好不好|能不能|可不可以|是不是|有没有|会不会|要不要")
_ASKED_NICELY = re.compile(r"(?:行|好|可以|成|方便|中|得|能)(?:吗|么|不|嘛|没)|行不行|好不好|可不可以|方不方便")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the utterance, and what it says of calling: `mood` is call, stay_away, free, busy or None; `at` is where."""

    start: int
    end: int
    mood: Literal["call", "stay_away", "free", "busy"] | None
    at: int
    vetoed: bool
    refers: bool  #: 那时候: speaks of the time said before

    @property
    def positive(self) -> bool:
        """Whether it invites a call."""
        return self.mood in ("call", "free")


@cache
def words() -> dict[str, re.Pattern[str]]:
    """The compiled lists of the lexicon."""
    text = resources.files("nlp").joinpath("lexicon/values/contact.yaml").read_text("utf-8")
    lists: dict[str, str] = yaml.safe_load(text)
    return {name: re.compile("|".join(said.split())) for name, said in lists.items()}


@cache
def _negated_call() -> re.Pattern[str]:
    w = words()
    return re.compile(rf"(?:{w['not'].pattern})[^,。;!?]{{0,10}}?(?:{w['call'].pattern})")


def clauses(t: str) -> list[Clause]:
    """The clauses of folded text."""
    return [_clause(t, m.start(), m.end()) for m in _CLAUSES.finditer(t)]


def _clause(t: str, start: int, end: int) -> Clause:
    w = words()
    said = t[start:end]
    mood, at = _mood(said)
    vetoed = bool(w["own"].search(said) or w["been"].search(said))
    vetoed = vetoed or bool(w["others"].search(said)) or _asks(t[start : end + 1], mood)
    return Clause(start, end, mood, start + at, vetoed, bool(w["that"].search(said)))


def _asks(said: str, mood: str | None) -> bool:
    """周末能提交吗 is a question; 明天打给我行吗 is a wish."""
    nicely = mood == "call" and _ASKED_NICELY.search(said)
    return bool(_QUESTION.search(said)) and mood != "stay_away" and not nicely


def _mood(said: str) -> tuple[Literal["call", "stay_away", "free", "busy"] | None, int]:
    w = words()
    away = _negated_call().search(said)
    if away:
        return "stay_away", away.start()
    busy = w["busy"].search(said)
    call = w["call"].search(said)
    if call and not (busy and busy.start() > call.start()):
        return "call", call.start()
    if busy:
        return "busy", busy.start()
    free = w["free"].search(said)
    return ("free", free.start()) if free else (None, 0)
