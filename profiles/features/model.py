"""行为特征的形状: a figure with its reason and its parts, and what all features are computed from (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dongke.clock import TradingCalendar, beijing
from profiles.behaviour.deeds import Deeds
from profiles.beliefs import Tag
from profiles.facts import CustomerFacts, Event
from profiles.parameters import Parameters

UNKNOWN = "数据不足"


@dataclass(frozen=True, slots=True)
class Part:
    """One clue, reason, bar or step behind a figure. `at`: when it was said or seen, where one moment can be named."""

    code: str
    text: str
    value: Any = None
    at: datetime | None = None
    tag_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "text": self.text,
            "value": self.value,
            "at": beijing(self.at).isoformat() if self.at else None,
            "tag_id": self.tag_id,
        }


@dataclass(frozen=True, slots=True)
class Feature:
    """行为特征: a value (None where the data do not say), its text and its reason, Chinese, and its parts."""

    label: str
    value: Any
    text: str
    reason: str
    parts: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "value": self.value,
            "text": self.text,
            "reason": self.reason,
            "parts": [part.to_json() for part in self.parts],
        }


def unknown(label: str, reason: str) -> Feature:
    """数据不足 is an answer: the data do not say, and why."""
    return Feature(label, None, UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class View:
    """What the features are computed from: the facts up to `as_of`, as believed then."""

    events: Sequence[Event]  #: in time order
    deeds: Deeds
    tags: Sequence[Tag]
    static: Mapping[str, Any]
    facts: CustomerFacts
    as_of: datetime
    today: date
    calendar: TradingCalendar
    known: Parameters

    def live(self, tag: str, affirmed: bool | None = None) -> list[Tag]:
        """The tags of that name that hold; only the affirmed (or negated) ones where asked."""
        return [t for t in self.tags if t.tag == tag and t.is_live and (affirmed is None or t.is_affirmed is affirmed)]

    def age_days(self, moment: datetime) -> float:
        return (self.as_of - moment).total_seconds() / 86_400
