"""排序的形状: what the ranking reads of an opportunity and its customer, and what it answers (frozen, pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from dongke.clock import beijing
from profiles.beliefs import Tag
from profiles.features import Feature
from profiles.suitability.assessment import Offer


@dataclass(frozen=True, slots=True)
class Factor:
    """一个因子 with its reason, Chinese. `value` multiplies, or (fatigue) is taken off."""

    name: str
    label: str
    value: float
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "value": round(self.value, 3), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Approach:
    """一次联系: a talk or a call that was not answered."""

    at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Person:
    """客户 as the ranking sees him."""

    customer_id: str
    name: str
    tags: tuple[Tag, ...] = ()  #: all that are believed
    contact_time: Feature | None = None  #: 最佳联系时间
    assets_yuan: float | None = None  #: on file
    approaches: tuple[Approach, ...] = ()
    refusal: str = ""  #: what he refuses, Chinese, where it forbids the list
    held_out: Mapping[str, str] | None = None  #: playbook → the experiment that holds him out of it

    def live(self, tag: str, affirmed: bool | None = None) -> list[Tag]:
        return [t for t in self.tags if t.tag == tag and t.is_live and (affirmed is None or t.is_affirmed is affirmed)]


@dataclass(frozen=True, slots=True)
class Candidate:
    """一条候选商机 with its customer."""

    id: str
    playbook: str
    label: str
    state: str
    opened_at: datetime
    opened_by: str
    due_at: datetime
    low: float | None
    high: float | None
    person: Person
    matures_on: date | None = None
    is_money: bool = False
    offer: Offer | None = None  #: 适当性 of what it suggests; None: it suggests nothing
    is_refused: bool = False  #: his rights forbid to list it


@dataclass(frozen=True, slots=True)
class Item:
    """早间清单的一位客户: his most pressing matter with every factor, and what else is open with him."""

    candidate: Candidate
    score: float
    factors: tuple[Factor, ...]
    when: str  #: best time to call today, Chinese
    also: tuple[Candidate, ...] = ()

    def to_json(self) -> dict[str, Any]:
        c = self.candidate
        return {
            "customer_id": c.person.customer_id,
            "customer_name": c.person.name,
            **matter_json(c),
            "score": round(self.score, 1),
            "factors": [f.to_json() for f in self.factors],
            "when": self.when,
            "also": [matter_json(one) for one in self.also],
        }


@dataclass(frozen=True, slots=True)
class Blocked:
    """不在清单里的, and why. What his rights forbid is not named: only that it is so."""

    candidate: Candidate
    kind: str  #: suitability, rights, pause, holdout, fatigue
    reason: str

    def to_json(self) -> dict[str, Any]:
        c = self.candidate
        shown = {"opportunity_id": None, "playbook": None, "label": None, "due_at": None}
        return {
            "customer_id": c.person.customer_id,
            "customer_name": c.person.name,
            **(shown if self.kind == "rights" else matter_json(c)),
            "kind": self.kind,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Morning:
    """早间清单 of one advisor at one moment: at most ten customers; how many more wait behind them."""

    at: datetime
    items: tuple[Item, ...]
    waiting: int
    blocked: tuple[Blocked, ...]
    version: str


def matter_json(c: Candidate) -> dict[str, Any]:
    """The matter itself."""
    return {
        "opportunity_id": c.id,
        "playbook": c.playbook,
        "label": c.label,
        "due_at": beijing(c.due_at).isoformat(),
    }


@lru_cache(maxsize=1)
def parameters() -> Mapping[str, Any]:
    """`ranking.yaml`, read once."""
    import yaml

    text = resources.files("followup.ranking").joinpath("ranking.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded
