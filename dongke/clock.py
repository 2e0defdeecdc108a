"""时钟与交易日历: aware "now", and the trading days of the Shanghai exchange.

Trading days are the working days of `chinesecalendar` that fall on Monday to Friday (the exchange stays closed on
make-up Saturdays and Sundays), corrected by an operator's override file. The library's data end with a year; later
days are provisional (`is_provisional`): Monday to Friday counts as open until the data or the override file say
otherwise.
"""

import csv
from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from dongke.errors import BadInput

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_ENDS = time(17, 30)  #: the hour at which a trading day's work is due
ONE_DAY = timedelta(days=1)


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def beijing(moment: datetime) -> datetime:
    """The same moment on the broker's wall clock. Raises BadInput `time-naive` without a time zone."""
    if moment.utcoffset() is None:
        raise BadInput("time-naive", "时间没有时区")
    return moment.astimezone(BEIJING)


def at_beijing(day: date, clock: time) -> datetime:
    """That wall-clock time of that day in Beijing, aware."""
    return datetime.combine(day, clock, tzinfo=BEIJING)


class TradingCalendar:
    """交易日历: which days the exchange is open. `overrides` maps a date to open (True) or closed (False)."""

    def __init__(self, overrides: Mapping[date, bool] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._changes = _changes(self._overrides)

    @classmethod
    def from_file(cls, path: Path) -> "TradingCalendar":
        """Reads the operator's CSV: a header `date,open`, then an ISO date and 1 or 0 a line.

        Raises BadInput `calendar-invalid` with the line.
        """
        overrides: dict[date, bool] = {}
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), 2):
                try:
                    overrides[date.fromisoformat(row["date"])] = {"1": True, "0": False}[row["open"]]
                except (KeyError, TypeError, ValueError):
                    raise BadInput("calendar-invalid", f"交易日历第 {number} 行: 要 date,open (1 或 0)") from None
        return cls(overrides)

    def is_open(self, day: date) -> bool:
        """Whether the exchange trades on that day."""
        override = self._overrides.get(day)
        return _open_by_data(day) if override is None else override

    def is_provisional(self, day: date) -> bool:
        """Whether neither the override file nor the holiday data know that day's year yet."""
        return day not in self._overrides and day.year > _last_known_year()

    def next_open(self, day: date) -> date:
        """The first trading day after `day`."""
        day += ONE_DAY
        while not self.is_open(day):
            day += ONE_DAY
        return day

    def previous_open(self, day: date) -> date:
        """The last trading day before `day`."""
        day -= ONE_DAY
        while not self.is_open(day):
            day -= ONE_DAY
        return day

    def add_days(self, day: date, count: int) -> date:
        """The `count`-th trading day after `day` (before it if negative); `day` need not be open; 0 gives `day`."""
        step = self.next_open if count > 0 else self.previous_open
        for _ in range(abs(count)):
            day = step(day)
        return day

    def days_between(self, start: date, end: date) -> int:
        """Trading days after `start` up to and including `end`; negative when `end` is before `start`."""
        return self.opened_until(end) - self.opened_until(start)

    def opened_until(self, day: date) -> int:
        """Trading days of all time up to and including `day`: a table look-up, however long the span."""
        days, deltas = self._changes
        return _opened_by_data(day) + deltas[bisect_right(days, day)]

    def due_at(self, moment: datetime, count: int) -> datetime:
        """17:30 of the `count`-th trading day after the day of `moment`, in Beijing."""
        return at_beijing(self.add_days(beijing(moment).date(), count), DAY_ENDS)


@lru_cache(maxsize=8192)
def _open_by_data(day: date) -> bool:
    if day.weekday() >= 5:
        return False
    if day.year > _last_known_year() or day.year < 2004:
        return True
    import chinese_calendar

    return not chinese_calendar.is_holiday(day)


def _changes(overrides: Mapping[date, bool]) -> tuple[list[date], list[int]]:
    """The overridden days in order, and how many trading days the overrides up to each of them add."""
    days = sorted(overrides)
    deltas = [0, *accumulate(int(overrides[d]) - int(_open_by_data(d)) for d in days)]
    return days, deltas


def _opened_by_data(day: date) -> int:
    """Mondays to Fridays of all time up to that day, less the holidays among them (day 1 of year 1 was a Monday)."""
    weeks, rest = divmod(day.toordinal(), 7)
    return 5 * weeks + min(rest, 5) - bisect_right(_closed_weekdays(), day)


@lru_cache(maxsize=1)
def _closed_weekdays() -> list[date]:
    from chinese_calendar import constants

    return sorted(day for day in constants.holidays if day.weekday() < 5 and not _open_by_data(day))


@lru_cache(maxsize=1)
def _last_known_year() -> int:
    from chinese_calendar import constants

    return max(int(d.year) for d in constants.holidays)
