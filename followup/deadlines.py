"""期限: when an opportunity is due, in trading time; and the window of a promised call. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from dongke.clock import DAY_ENDS, TradingCalendar, at_beijing, beijing
from followup.playbooks import Due

MIDNIGHT = time(0, 0)


class Deadline(NamedTuple):
    """期限 with the start of the window (call-backs) and whether the calendar of that year is not final yet."""

    due_at: datetime
    window_from: datetime | None = None
    provisional: bool = False


def deadline(rule: Due, value: Mapping[str, Any], opened_at: datetime, calendar: TradingCalendar) -> Deadline | None:
    """When the opportunity opened by these slots at that time is due; None where a date is needed and unknown, or
    lies before the talk (what was done yesterday is no promise)."""
    if rule.rule != "trading_days":
        day = as_date(value.get(rule.slot) if rule.rule == "date" else value.get("date") or value.get("due_date"))
        if day is None or day < beijing(opened_at).date():
            return None
        return _window(rule, value, day) if rule.rule == "window" else Deadline(at_beijing(day, DAY_ENDS))
    day = _due_day(rule, value, beijing(opened_at).date(), calendar)
    return Deadline(at_beijing(day, DAY_ENDS), provisional=calendar.is_provisional(day))


def _due_day(rule: Due, value: Mapping[str, Any], talk: date, calendar: TradingCalendar) -> date:
    matures = as_date(value.get(rule.maturity)) if rule.maturity else None
    if matures and calendar.add_days(talk, rule.maturity_beyond + 1) <= matures:
        return calendar.add_days(matures, -rule.maturity_before)
    later = as_date(value.get(rule.not_before)) if rule.not_before else None
    return calendar.add_days(max(talk, later or talk), rule.days)


def _window(rule: Due, value: Mapping[str, Any], day: date) -> Deadline:
    """`contact.time` gives date, from, to; `commitment.advisor` a due_date alone."""
    start, end = as_time(value.get("from")), as_time(value.get("to"))
    begins = at_beijing(day, start or MIDNIGHT)
    if end is not None:
        due = at_beijing(day, end)
        return Deadline(due if due > begins else due + timedelta(days=1), begins)
    if start is not None:
        return Deadline(begins + timedelta(minutes=rule.open_end_minutes), begins)
    return Deadline(at_beijing(day, DAY_ENDS), begins)


def day_after(day: date) -> datetime:
    """The moment from which that date has passed."""
    return at_beijing(day + timedelta(days=1), MIDNIGHT)


def as_date(value: Any) -> date | None:
    """An ISO date in a slot; None where it is missing or no date."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def as_time(value: Any) -> time | None:
    """HH:MM in a slot; 24:00 is the last minute of the day."""
    if not isinstance(value, str):
        return None
    try:
        return time.fromisoformat(value) if value != "24:00" else time(23, 59)
    except ValueError:
        return None


def trading_hours(start: datetime, end: datetime, calendar: TradingCalendar) -> float:
    """Hours between the two moments in which the exchange traded; 0 where `end` is not later."""
    return calendar.exchange().hours(start, end)
