"""工作时间: several sessions a day over the trading calendar – time elapsed, and when a span of it is over.

Closed form: the working time up to a day is the open days of each weekday times that weekday's length, plus what
special days add, by table look-ups. No span is walked through, however long it is. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple, Protocol, TypeAlias

from dongke.errors import BadInput

WEEK = 7
_MICROSECOND = timedelta(microseconds=1)


class Session(NamedTuple):
    """一段营业时间 of a day, wall clock."""

    opens: time
    closes: time


Sessions: TypeAlias = tuple[Session, ...]
EXCHANGE: Sessions = (Session(time(9, 30), time(11, 30)), Session(time(13, 0), time(15, 0)))  #: 交易时段
SERVICE: Sessions = (Session(time(9, 0), time(11, 30)), Session(time(13, 0), time(17, 30)))  #: 营业部服务时间, 午休除外


class Days(Protocol):
    """What of a calendar is needed here."""

    def is_open(self, day: date) -> bool:
        """Whether that day is worked."""

    def opened_on(self, weekday: int, day: date) -> int:
        """Days of all time up to `day` that fall on that weekday (0 is Monday) and are worked."""


def parse_sessions(text: str) -> Sessions:
    """`09:30-11:30 13:00-15:00`; empty is a day off. Raises ValueError where it is none, or sessions overlap."""
    found = []
    for part in text.split():
        opens, dash, closes = part.partition("-")
        if not dash:
            raise ValueError(part)
        found.append(Session(time.fromisoformat(opens), time.fromisoformat(closes)))
    borders = [border for session in found for border in session]
    if borders != sorted(set(borders)):
        raise ValueError(text)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Hours:
    """营业时间: of each weekday from Monday on (Saturday's and Sunday's where the calendar opens them), and of single
    dates, which go before the calendar."""

    week: tuple[Sessions, ...]
    special: Mapping[date, Sessions] = field(default_factory=dict)

    @classmethod
    def same(cls, sessions: Sessions, special: Mapping[date, Sessions] | None = None) -> "Hours":
        """The same sessions on every open day."""
        return cls((sessions,) * WEEK, dict(special or {}))


class WorkTime:
    """工作时间 by these hours on the open days of that calendar. `wall` gives a moment on the wall clock."""

    def __init__(self, days: Days, hours: Hours, wall: Callable[[datetime], datetime]) -> None:
        if not any(map(_length, hours.week[:5])):
            raise BadInput("hours-invalid", "营业时间里没有一天上班")
        self._days, self._wall = days, wall
        self._week = tuple(_borders(s) for s in hours.week)
        self._lengths = tuple(_length(s) for s in hours.week)
        self._special = {day: _borders(s) for day, s in hours.special.items()}
        self._special_days = sorted(hours.special)
        self._added = [0, *accumulate(_length(hours.special[d]) - self._usual(d) for d in self._special_days)]

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The working time between the two moments; none where `end` is not later."""
        return max(self._position(end) - self._position(start), 0) * _MICROSECOND

    def hours(self, start: datetime, end: datetime) -> float:
        """The same in hours."""
        return self.elapsed(start, end) / timedelta(hours=1)

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The first moment by which so much working time has passed since `start`; `start` itself for none.

        Raises BadInput `deadline-too-far` beyond the last year of the calendar.
        """
        if span <= timedelta(0):
            return start
        target = self._position(start) + span // _MICROSECOND
        midnight = _midnight(self._wall(start))
        day = first_day(midnight.date(), target, self._worked)
        rest = target - self._worked_before(day)
        for opens, closes in self._borders(day):
            if rest <= closes - opens:
                return datetime.combine(day, time.min, midnight.tzinfo) + (opens + rest) * _MICROSECOND
            rest -= closes - opens
        raise AssertionError(day)

    def is_open(self, moment: datetime) -> bool:
        """Whether it is worked at that moment; the end of a session is not."""
        wall = self._wall(moment)
        clock = (wall - _midnight(wall)) // _MICROSECOND
        return any(opens <= clock < closes for opens, closes in self._borders(wall.date()))

    def knots(self, first: date, last: date) -> list[tuple[datetime, timedelta]]:
        """The moments of these days at which work begins or ends, midnights too, with the working time passed since
        the first of them. Between two of them it grows in a straight line: tables of many spans are asked by it."""
        zone = self._wall(datetime.combine(first, time.min, UTC)).tzinfo
        start = datetime.combine(first, time.min, zone)
        found = []
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            midnight = datetime.combine(day, time.min, zone)
            clocks = sorted({0, *(clock for border in self._borders(day) for clock in border)})
            found += [midnight + clock * _MICROSECOND for clock in clocks]
        return [(moment, self.elapsed(start, moment)) for moment in found]

    def _position(self, moment: datetime) -> int:
        """Working microseconds of all time up to that moment."""
        wall = self._wall(moment)
        clock = (wall - _midnight(wall)) // _MICROSECOND
        today = sum(max(min(clock, closes) - opens, 0) for opens, closes in self._borders(wall.date()))
        return self._worked_before(wall.date()) + today

    def _worked_before(self, day: date) -> int:
        return self._worked(day) - sum(closes - opens for opens, closes in self._borders(day))

    def _worked(self, day: date) -> int:
        """Working microseconds of all time up to and including that day."""
        usual = sum(self._days.opened_on(w, day) * length for w, length in enumerate(self._lengths) if length)
        return usual + self._added[bisect_right(self._special_days, day)]

    def _borders(self, day: date) -> Sequence[tuple[int, int]]:
        special = self._special.get(day)
        if special is not None:
            return special
        return self._week[day.weekday()] if self._days.is_open(day) else ()

    def _usual(self, day: date) -> int:
        return self._lengths[day.weekday()] if self._days.is_open(day) else 0


def first_day(start: date, target: int, count: Callable[[date], int]) -> date:
    """The first day from `start` on by which the growing `count` reaches `target`, by doubling and halving.

    Raises BadInput `deadline-too-far` where the calendar ends before.
    """
    first, last, width = start.toordinal(), date.max.toordinal(), WEEK
    while count(date.fromordinal(min(first + width, last))) < target:
        if first + width >= last:
            raise BadInput("deadline-too-far", "期限超出了日历的最后一年")
        width *= 2
    found = bisect_left(
        range(first, min(first + width, last)), target, key=lambda ordinal: count(date.fromordinal(ordinal))
    )
    return date.fromordinal(first + found)


def _borders(sessions: Sessions) -> tuple[tuple[int, int], ...]:
    """Sessions as microseconds after midnight."""
    return tuple((_clock(s.opens), _clock(s.closes)) for s in sessions)


def _clock(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _length(sessions: Sessions) -> int:
    return sum(_clock(s.closes) - _clock(s.opens) for s in sessions)


def _midnight(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0, microsecond=0)
