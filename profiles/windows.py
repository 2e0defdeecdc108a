"""时间窗: whether one told contact window takes the place of another (pure)."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from dongke.clock import at_beijing, beijing
from profiles.labels import as_date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPENS, _CLOSES = 7, 22  #: the hours in which anybody is called
_STEPS = 4  #: quarters of an hour

Slot = tuple[str, int]


def slots(value: Mapping[str, Any]) -> frozenset[Slot]:
    """The quarters of an hour of a week (or of its one date) that the window holds."""
    start = _quarter(value.get("from"), _OPENS * _STEPS)
    end = _quarter(value.get("to"), _CLOSES * _STEPS)
    days = [str(value.get("date"))] if value.get("kind") == "once" else value.get("days") or DAYS
    return frozenset((day, quarter) for day in days for quarter in range(start, end))


def hours_of(value: Mapping[str, Any]) -> frozenset[Slot]:
    """The whole hours of a week of which the window holds half or more."""
    quarters = Counter((day, quarter // _STEPS) for day, quarter in slots(value))
    return frozenset(hour for hour, count in quarters.items() if 2 * count >= _STEPS)


def holds(value: Mapping[str, Any], moment: datetime) -> bool:
    """Whether the moment lies within the window of a habit."""
    at = beijing(moment)
    days = value.get("days")
    if days and DAYS[at.weekday()] not in days:
        return False
    quarter = (at.hour * 60 + at.minute) * _STEPS // 60
    return _quarter(value.get("from"), _OPENS * _STEPS) <= quarter < _quarter(value.get("to"), _CLOSES * _STEPS)


def covers_half(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether the later window holds at least half of the earlier one: 周末别打 leaves 下午三点以后 standing."""
    was = slots(earlier)
    return bool(was) and 2 * len(was & slots(later)) >= len(was)


def ends_at(value: Mapping[str, Any]) -> datetime | None:
    """When a `once` window is over: its `to`, else the end of its date. None for habits and undated ones."""
    day = as_date(value.get("date"))
    if value.get("kind") != "once" or day is None:
        return None
    return at_beijing(day, _clock(value.get("to")) or time(23, 59, 59))


def starts_at(value: Mapping[str, Any]) -> datetime | None:
    """When a `once` window begins: its `from`, else the start of its date. None for habits and undated ones."""
    day = as_date(value.get("date"))
    if value.get("kind") != "once" or day is None:
        return None
    return at_beijing(day, _clock(value.get("from")) or time())


def _quarter(clock: Any, default: int) -> int:
    told = _clock(clock)
    return default if told is None else (told.hour * 60 + told.minute) * _STEPS // 60


def _clock(text: Any) -> time | None:
    try:
        return time.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
