"""方案: whether the advisor told the customer of a plan for this asset, and the customer heard it (pure)."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from dongke.types import Speaker
from followup.digging.words import SUFFIX
from followup.history import Contact
from followup.subjects import ALIEN

KIND = "institution"  #: the kind of mention that names a place


@dataclass(frozen=True, slots=True)
class Patterns:
    """`plans.yaml`."""

    plan: re.Pattern[str]
    not_plan: re.Pattern[str]
    pronoun: re.Pattern[str]
    reach: int
    hears_within: int


@lru_cache(maxsize=1)
def patterns() -> Patterns:
    """The words of a plan, read once."""
    import yaml

    data = yaml.safe_load(resources.files("followup.digging").joinpath("plans.yaml").read_text(encoding="utf-8"))
    compiled = {name: re.compile(re.sub(r"\s+", "", data[name])) for name in ("plan", "not_plan", "pronoun")}
    return Patterns(**compiled, reach=data["reach"], hears_within=data["hears_within"])


def heard(talk: Contact, value: Mapping[str, Any], told: Set[int], alone: bool) -> int | None:
    """The advisor's utterance that tells a plan for the asset, after it was named; None where there is none.

    `told`: utterances of this talk in which he told of the asset; `alone`: he has no other, so that 那边 is it.
    """
    if not talk.is_talk:
        return None
    named = _named(talk, value, alone) | told
    for index, turn in enumerate(talk.utterances):
        if turn.speaker is not Speaker.ADVISOR or turn.suspect or not _is_plan(turn.text):
            continue
        near = any(0 <= index - n <= patterns().reach for n in named)
        if near and not _of_another(talk, value, index) and _is_heard(talk, index):
            return index
    return None


def _is_plan(text: str) -> bool:
    p = patterns()
    return any(p.plan.search(clause) and not p.not_plan.search(clause) for clause in re.split(r"[。;；!！]", text))


def _named(talk: Contact, value: Mapping[str, Any], alone: bool) -> set[int]:
    """Utterances that name the asset's place."""
    keys = {value.get("institution"), value.get("institution_type")} - {None, "unknown"}
    found = {m.utterance for m in talk.mentions if m.kind == KIND and m.key in keys and ALIEN.isdisjoint(m.flags)}
    name = value.get("institution") or ""
    names = [n for n in (name, SUFFIX.sub("", name)) if len(n) > 1]
    for index, turn in enumerate(talk.utterances):
        if any(n in turn.text for n in names) or (alone and patterns().pronoun.search(turn.text)):
            found.add(index)
    return found


def _of_another(talk: Contact, value: Mapping[str, Any], index: int) -> bool:
    """Whether that utterance names another place only."""
    keys = {m.key for m in talk.mentions if m.kind == KIND and m.utterance == index}
    own = {value.get("institution"), value.get("institution_type")}
    return bool(keys) and keys.isdisjoint(own)


def _is_heard(talk: Contact, index: int) -> bool:
    after = talk.utterances[index + 1 : index + 1 + patterns().hears_within]
    return any(t.speaker is Speaker.CUSTOMER and t.text.strip() and not t.suspect for t in after)
