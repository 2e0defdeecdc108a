"""期限: when an opportunity is due, in trading time; and the window of a promised call. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from dongke.clock import DAY_ENDS, TradingCalendar, at_beijing, beijing
from dongke.worktime import WorkTime
from followup.playbooks import Due, Step

MIDNIGHT = time(0, 0)


class Deadline(NamedTuple):
    """期限 with the start of the window (call-backs) and whether the calendar of that year is not final yet."""

    due_at: datetime
    window_from: datetime | None = None
    provisional: bool = False


def deadline(
    rule: Due, value: Mapping[str, Any], opened_at: datetime, calendar: TradingCalendar, branch: str | None = None
) -> Deadline | None:
    """When the opportunity opened by these slots at that time is due; None where a date is needed and unknown, or
    lies before the talk (what was done yesterday is no promise). `branch` is the owner's, for hours of its own."""
    if not rule.is_span:
        day = as_date(value.get(rule.slot) if rule.rule == "date" else value.get("date") or value.get("due_date"))
        if day is None or day < beijing(opened_at).date():
            return None
        return _window(rule, value, day) if rule.rule == "window" else Deadline(at_beijing(day, DAY_ENDS))
    talk = beijing(opened_at).date()
    matures = as_date(value.get(rule.maturity)) if rule.maturity else None
    if matures and calendar.add_days(talk, rule.maturity_beyond + 1) <= matures:
        due_at = at_beijing(calendar.add_days(matures, -rule.maturity_before), DAY_ENDS)
    else:
        due_at = _counted(rule, value, opened_at, calendar, branch)
    # what is counted back from a maturity rests on the days up to it
    return Deadline(
        due_at, provisional=calendar.is_provisional_between(talk, max(beijing(due_at).date(), matures or talk))
    )


def _counted(
    rule: Due, value: Mapping[str, Any], opened_at: datetime, calendar: TradingCalendar, branch: str | None
) -> datetime:
    """So many trading days or working hours after the talk, or after the day from which it may be done."""
    talk = beijing(opened_at).date()
    later = as_date(value.get(rule.not_before)) if rule.not_before else None
    if rule.rule == "trading_hours":
        start = at_beijing(later, MIDNIGHT) if later and later > talk else opened_at
        return clock_of(rule, calendar, branch).add(beijing(start), timedelta(hours=rule.hours))
    return at_beijing(calendar.add_days(max(talk, later or talk), rule.days), DAY_ENDS)


def clock_of(rule: Due, calendar: TradingCalendar, branch: str | None) -> WorkTime:
    """The hours in which the deadline runs: those of the exchange, or of the branch."""
    return calendar.branch(branch) if rule.clock == "branch" else calendar.exchange()


def put_off(
    rule: Due, old: Deadline, stops: datetime, goes_on: datetime, calendar: TradingCalendar, branch: str | None = None
) -> Deadline:
    """暂停: the deadline that stood still between the two moments; what was left then is left afterwards."""
    if rule.rule == "trading_hours":
        clock = clock_of(rule, calendar, branch)
        due_at = clock.add(beijing(goes_on), clock.elapsed(stops, old.due_at))
    else:
        left = calendar.days_between(beijing(stops).date(), beijing(old.due_at).date())
        day = calendar.add_days(beijing(goes_on).date(), left)
        due_at = at_beijing(day if calendar.is_open(day) else calendar.next_open(day), DAY_ENDS)
    first, last = beijing(stops).date(), beijing(due_at).date()
    return Deadline(due_at, old.window_from, old.provisional or calendar.is_provisional_between(first, last))


def escalations(steps: Sequence[Step], due_at: datetime, calendar: TradingCalendar) -> list[tuple[str, datetime]]:
    """升级: who is shown an overdue opportunity, and from when on; the first step may be the deadline itself."""
    return [(s.to, calendar.due_at(due_at, s.after_days) if s.after_days else due_at) for s in steps]


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
