"""时钟与交易日历: aware "now", the trading days of the Shanghai exchange, and the hours worked on them.

Trading days are the working days of `chinesecalendar` that fall on Monday to Friday (the exchange stays closed on
make-up Saturdays and Sundays), corrected by an operator's override file. The library's data end with a year; later
days are provisional (`is_provisional`): Monday to Friday counts as open until the data or the override file say
otherwise. Hours are those of the exchange, or a branch's own (dongke/worktime.py); files are read in calendar_files.py.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

from dongke.errors import BadInput
from dongke.worktime import EXCHANGE, SERVICE, WEEK, Hours, Sessions, WorkTime, first_day

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_ENDS = time(17, 30)  #: the hour at which a trading day's work is due
ONE_DAY = timedelta(days=1)
ANY_BRANCH = "*"  #: whose hours a branch keeps that has none of its own


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
    """交易日历: which days the exchange is open, and the hours of the exchange and of the branches.

    `overrides` maps a date to open (True) or closed (False); `half_days` to the exchange's sessions of that day;
    `known_years` are those whose overrides the operator declares complete; `branches` are the hours of each branch,
    those of ANY_BRANCH for the others.
    """

    def __init__(
        self,
        overrides: Mapping[date, bool] | None = None,
        *,
        half_days: Mapping[date, Sessions] | None = None,
        known_years: Collection[int] = (),
        branches: Mapping[str, Hours] | None = None,
    ) -> None:
        self._overrides = dict(overrides or {})
        self._known_years = frozenset(known_years)
        self._days = sorted(self._overrides)
        self._all_changes = _changes(self._overrides, self._days)
        self._changes = [
            _changes(self._overrides, [d for d in self._days if d.weekday() == weekday]) for weekday in range(WEEK)
        ]
        self._hours = {**(branches or {})}
        self._exchange = Hours.same(EXCHANGE, half_days)
        self._clocks: dict[str | None, WorkTime] = {}

    @classmethod
    def from_file(cls, path: Path) -> "TradingCalendar":
        """The calendar by the operator's override file. Raises BadInput `calendar-invalid` with the line."""
        from dongke.calendar_files import load

        return load(path)

    def is_open(self, day: date) -> bool:
        """Whether the exchange trades on that day."""
        override = self._overrides.get(day)
        return _open_by_data(day) if override is None else override

    def is_provisional(self, day: date) -> bool:
        """Whether neither the override file nor the holiday data know that day's year yet."""
        return day not in self._overrides and self._is_unknown(day.year)

    def is_provisional_between(self, first: date, last: date) -> bool:
        """Whether a Monday to Friday from `first` to `last` is not final: what was counted over them may change."""
        for year in range(max(first.year, _last_known_year() + 1), last.year + 1):
            if self._is_unknown(year):
                begins, ends = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
                told = self._days[bisect_left(self._days, begins) : bisect_right(self._days, ends)]
                if _weekdays(ends) - _weekdays(begins - ONE_DAY) > sum(day.weekday() < 5 for day in told):
                    return True
        return False

    def next_open(self, day: date) -> date:
        """The first trading day after `day`."""
        return self.add_days(day, 1)

    def previous_open(self, day: date) -> date:
        """The last trading day before `day`."""
        return self.add_days(day, -1)

    def add_days(self, day: date, count: int) -> date:
        """The `count`-th trading day after `day` (before it if negative); `day` need not be open; 0 gives `day`.

        Raises BadInput `deadline-too-far` where the calendar ends before.
        """
        if count == 0:
            return day
        if count > 0:
            return first_day(day, self.opened_until(day) + count, self.opened_until)
        target = self.opened_until(day - ONE_DAY) + count + 1 if day > date.min else 0
        if target < 1:
            raise BadInput("deadline-too-far", "期限早于日历的第一天")
        reach = day - timedelta(days=min(7 + 3 * -count, day.toordinal() - 1))
        while reach > date.min and self.opened_until(reach - ONE_DAY) >= target:
            reach -= timedelta(days=min((day - reach).days, reach.toordinal() - 1))
        return first_day(reach, target, self.opened_until)

    def days_between(self, start: date, end: date) -> int:
        """Trading days after `start` up to and including `end`; negative when `end` is before `start`."""
        return self.opened_until(end) - self.opened_until(start)

    def opened_until(self, day: date) -> int:
        """Trading days of all time up to and including `day`: a table look-up, however long the span."""
        days, deltas = self._all_changes
        return _weekdays(day) - bisect_right(_closed_weekdays(), day) + deltas[bisect_right(days, day)]

    def opened_on(self, weekday: int, day: date) -> int:
        """Those of them that fall on that weekday (0 is Monday)."""
        days, deltas = self._changes[weekday]
        data = (day.toordinal() + 6 - weekday) // WEEK - bisect_right(_closed(weekday), day) if weekday < 5 else 0
        return data + deltas[bisect_right(days, day)]

    def due_at(self, moment: datetime, count: int) -> datetime:
        """17:30 of the `count`-th trading day after the day of `moment`, in Beijing."""
        return at_beijing(self.add_days(beijing(moment).date(), count), DAY_ENDS)

    def exchange(self) -> WorkTime:
        """The hours in which the exchange trades."""
        return self._clock(None, self._exchange)

    def branch(self, branch: str | None) -> WorkTime:
        """The hours in which that branch works: its own, else those of all branches, else 09:00–11:30, 13:00–17:30."""
        name = branch if branch in self._hours else ANY_BRANCH
        return self._clock(name, self._hours.get(name or ANY_BRANCH, Hours.same(SERVICE)))

    def exceptions(self) -> frozenset[date]:
        """The days that are not as Monday to Friday would have them: what a newer calendar may change."""
        closed = set(_closed_weekdays()) - set(self._days)
        return frozenset(closed | {day for day in self._days if self._overrides[day] is not (day.weekday() < 5)})

    def edition(self) -> str:
        """A mark of the whole calendar: another one where a day, a known year or an hour differs."""
        hours = [(name, repr(self._hours[name])) for name in sorted(self._hours)]
        told = (sorted(self.exceptions()), sorted(self._known_years), _last_known_year(), repr(self._exchange), hours)
        return sha256(repr(told).encode()).hexdigest()[:32]

    def _clock(self, name: str | None, hours: Hours) -> WorkTime:
        if name not in self._clocks:
            self._clocks[name] = WorkTime(self, hours, beijing)
        return self._clocks[name]

    def _is_unknown(self, year: int) -> bool:
        return year > _last_known_year() and year not in self._known_years


@lru_cache(maxsize=8192)
def _open_by_data(day: date) -> bool:
    if day.weekday() >= 5:
        return False
    closed = _closed(day.weekday())
    found = bisect_left(closed, day)
    return found == len(closed) or closed[found] != day


def _changes(overrides: Mapping[date, bool], days: list[date]) -> tuple[list[date], list[int]]:
    """These overridden days, in order, and how many trading days the overrides up to each of them add."""
    return days, [0, *accumulate(int(overrides[d]) - int(_open_by_data(d)) for d in days)]


def _weekdays(day: date) -> int:
    """Mondays to Fridays of all time up to that day (day 1 of year 1 was a Monday)."""
    weeks, rest = divmod(day.toordinal(), WEEK)
    return 5 * weeks + min(rest, 5)


@lru_cache(maxsize=5)
def _closed(weekday: int) -> list[date]:
    """The days of that weekday, Monday to Friday, on which the holiday data close the exchange, in order."""
    import chinese_calendar
    from chinese_calendar import constants

    days = (day for day in constants.holidays if day.weekday() == weekday)
    return sorted(day for day in days if chinese_calendar.is_holiday(day))


@lru_cache(maxsize=1)
def _closed_weekdays() -> list[date]:
    return sorted(day for weekday in range(5) for day in _closed(weekday))


@lru_cache(maxsize=1)
def _last_known_year() -> int:
    from chinese_calendar import constants

    return max(int(d.year) for d in constants.holidays)
