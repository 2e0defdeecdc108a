"""时段的算术: years, quarters, months, weeks, days and hours as half-open intervals of naive wall-clock time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from nlp.times.calendar import add_months

#: seconds of each unit, a month counted as 30 days and a year as 365
SECONDS = {"年": 31_536_000, "季": 7_776_000, "月": 2_592_000, "周": 604_800, "天": 86_400}
SECONDS |= {"时": 3_600, "刻": 900, "分": 60, "秒": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """一段时间: from `low` to before `high`, at `start`–`end` of the text; None where open. `grain`: the smallest
    unit said.

    `kind` is date, datetime, range, duration or set; `seconds` belongs to durations, `every` to sets.
    """

    start: int
    end: int
    low: datetime | None
    high: datetime | None
    grain: str
    kind: str = ""
    seconds: float | None = None
    seconds_high: float | None = None
    every: dict[str, object] | None = None
    sure: bool = True


def midnight(day: date) -> datetime:
    """The beginning of the day."""
    return datetime.combine(day, time())


def moved(moment: datetime, unit: str, count: float) -> datetime:
    """`count` units on: 年 and 月 by the calendar, the rest by the clock."""
    if unit in ("年", "季", "月"):
        months = count * {"年": 12, "季": 3, "月": 1}[unit]
        whole = int(months)
        day = add_months(moment.date(), whole)
        shifted = datetime.combine(day, moment.time())
        return shifted + timedelta(days=round((months - whole) * 30))
    return moment + timedelta(seconds=count * SECONDS[unit])


def year(y: int) -> tuple[datetime, datetime]:
    return midnight(date(y, 1, 1)), midnight(date(y + 1, 1, 1))


def month(y: int, m: int, months: int = 1) -> tuple[datetime, datetime]:
    first = date(y, m, 1)
    return midnight(first), midnight(add_months(first, months))


def day(d: date, days: int = 1) -> tuple[datetime, datetime]:
    return midnight(d), midnight(d) + timedelta(days=days)


def floor(moment: datetime, unit: str) -> datetime:
    """The beginning of the unit that holds the moment."""
    if unit == "年":
        return midnight(date(moment.year, 1, 1))
    if unit == "季":
        return midnight(date(moment.year, (moment.month - 1) // 3 * 3 + 1, 1))
    if unit == "月":
        return midnight(moment.date().replace(day=1))
    if unit == "周":
        return midnight(moment.date() - timedelta(moment.weekday()))
    if unit == "天":
        return midnight(moment.date())
    return moment.replace(microsecond=0)
