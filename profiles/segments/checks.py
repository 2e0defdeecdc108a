"""判断: what an operator comes to at a moment – a membership, a range, a mark. The one meaning, in Python and in SQL.

An operator (`kinds`) with its operand becomes checks on stored values at a moment: relative days become a range of
dates, 在30天内 a range of seconds. `passes` says whether a stored value meets one; `query` writes the same as SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

from dongke.clock import TradingCalendar, beijing

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Moment:
    """此刻: when a condition is asked, with the calendar of the exchange."""

    at: datetime
    calendar: TradingCalendar

    @cached_property
    def seconds(self) -> float:
        return self.at.timestamp()

    @cached_property
    def today(self) -> date:
        return beijing(self.at).date()

    def day(self, offset: int) -> str:
        """The ISO date so many calendar days from today."""
        return (self.today + timedelta(days=offset)).isoformat()

    def trading_day(self, count: int) -> tuple[str, str]:
        """First and last date that is `count` trading days ahead: a maturity on a closed day counts to the open day
        before it, so that T-0 is never a day on which nothing can be done."""
        first = self.calendar.add_days(self.today, count)
        last = self.calendar.next_open(first) - timedelta(days=1)
        return first.isoformat(), last.isoformat()


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The list holds one of these."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The value lies between the two ends; None is no end. Numbers, or texts that sort as they mean."""

    key: str
    low: Any = None
    high: Any = None
    is_open: bool = False  #: the ends themselves are out


@dataclass(frozen=True, slots=True)
class Fades:
    """Strength now – confidence x 2^(-age / half-life), to four digits – lies between the two ends."""

    low: float | None
    high: float | None
    is_open: bool = False  #: the ends themselves are out


@dataclass(frozen=True, slots=True)
class Is:
    """The mark is set, or not set."""

    key: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value, or none."""

    key: str
    wanted: bool


Check: TypeAlias = OneOf | AnyOf | Between | Fades | Is | Known


def passes(check: Check, item: Mapping[str, Any], moment: Moment) -> bool:
    """Whether the stored values meet the check. What is not known meets nothing but `Known(…, False)`."""
    if isinstance(check, Fades):
        return _within(strength(item, moment), check)
    value = item.get(check.key)
    if isinstance(check, Known):
        return (value is not None) is check.wanted
    if value is None:
        return False
    if isinstance(check, OneOf):
        return value in check.values
    if isinstance(check, AnyOf):
        return not set(check.values).isdisjoint(value)
    if isinstance(check, Is):
        return value is check.wanted
    return _within(value, check)


def strength(item: Mapping[str, Any], moment: Moment) -> float:
    """强度 now, as `profiles.beliefs.strength_of` says it."""
    age_days = max(moment.seconds - item["said_at"], 0.0) / DAY_SECONDS
    return float(round(item["confidence"] * 2.0 ** (-age_days / item["half_life"]), 4))


def _within(value: Any, ends: Between | Fades) -> bool:
    low, high = ends.low, ends.high
    if ends.is_open and value in (low, high):
        return False
    return (low is None or value >= low) and (high is None or value <= high)
