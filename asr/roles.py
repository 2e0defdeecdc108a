"""角色: which of two voices is the advisor, by what they say (roles.yaml), and how sure that is."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from dongke.types import Speaker

MOST = 4.0  #: one line speaks for a role at most this much
SLIP = 0.08  #: how often a line is given to the wrong voice, or speaks against its role
MANIFEST = 3.5  #: how much the manifest's word on the channels counts, natural logarithm
MENDED, DOUBTED = 0.9, 0.3  #: probability of swapped channels from which they are swapped back, or doubted


class Channels(StrEnum):
    """声道与角色: what the words say to the channels that the manifest names."""

    KEPT = "kept"
    SWAPPED = "swapped"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who says each line, how sure each is, and how sure it is that the two voices are the two roles at all."""

    speakers: tuple[Speaker, ...]
    sure: tuple[float, ...]  #: 0 … 1 for each line, `whole` included
    whole: float


def evidence(text: str) -> float:
    """How much the line speaks for the advisor (above 0) or for the customer (below), natural logarithm."""
    told = sum(weight for weight, cue in _cues() if cue.search(text))
    return max(-MOST, min(MOST, told))


def channels(advisor: Sequence[str], customer: Sequence[str]) -> Channels:
    """Whether the lines of the channels fit the roles that they were given."""
    told = [evidence(text) for text in advisor] + [-evidence(text) for text in customer]
    against = _fit(told, -1) - _fit(told, 1) - MANIFEST
    swapped = _probability(against)
    if swapped >= MENDED:
        return Channels.SWAPPED
    return Channels.DOUBTED if swapped >= DOUBTED else Channels.KEPT


def cast(leans: Sequence[float], apart: float, texts: Sequence[str]) -> Cast:
    """Gives the two voices (asr/voices.py) their roles.

    Three stories are weighed: the first voice is the advisor's, the second is, or voice and role have nothing to do
    with each other. Under the last the lines of each voice speak for both roles, and nothing is sure.
    """
    told = [evidence(text) for text in texts]
    belongs = [SLIP + (1 - 2 * SLIP) * _probability(lean) for lean in leans]
    fits = [sum(_log_fit(sign * e, q) for e, q in zip(told, belongs, strict=True)) for sign in (1, -1)]
    most = max(*fits, 0.0)
    stories = [math.exp(fit - most) for fit in (*fits, 0.0)]
    sign = 1 if fits[0] >= fits[1] else -1
    whole = max(stories[:2]) / sum(stories) * apart
    totals = [sign * lean + e for lean, e in zip(leans, told, strict=True)]
    speakers = tuple(Speaker.ADVISOR if total >= 0 else Speaker.CUSTOMER for total in totals)
    return Cast(speakers, tuple(whole * _probability(abs(total)) for total in totals), whole)


def _fit(told: Sequence[float], sign: int) -> float:
    return sum(_log_fit(sign * e, 1 - SLIP) for e in told)


def _log_fit(told: float, belongs: float) -> float:
    """How well a line fits a voice that is the advisor's, against knowing nothing: at most log 2."""
    return math.log(2 * (belongs * _probability(told) + (1 - belongs) * _probability(-told)))


def _probability(told: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, told))))


@cache
def _cues() -> tuple[tuple[float, re.Pattern[str]], ...]:
    data = yaml.safe_load((Path(__file__).parent / "roles.yaml").read_text(encoding="utf-8"))
    signs = {"advisor": 1, "customer": -1}
    return tuple(
        (signs[role] * float(weight), re.compile(cue))
        for role, grades in data.items()
        for weight, cues in grades.items()
        for cue in cues
    )
