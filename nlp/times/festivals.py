"""节日: the day of a festival, and the first working day after a public holiday."""

from datetime import date, timedelta
from functools import cache
from typing import Any

from dongke.clock import TradingCalendar
from nlp import vocabulary

_SOLAR = {
    "元旦": (1, 1), "情人节": (2, 14), "三八": (3, 8), "妇女节": (3, 8), "五一": (5, 1), "五四": (5, 4),
    "六一": (6, 1), "儿童节": (6, 1), "七一": (7, 1), "八一": (8, 1), "教师节": (9, 10), "国庆": (10, 1),
    "平安夜": (12, 24), "圣诞": (12, 25), "双十一": (11, 11), "双十二": (12, 12), "618": (6, 18),
}  # fmt: skip
_SAME = {
    "过年": "春节", "新年": "春节", "大年初一": "春节", "正月初一": "春节", "大年": "春节", "年": "春节",
    "新春": "春节", "劳动节": "五一", "十一": "国庆", "双11": "双十一", "双12": "双十二", "六一八": "618",
    "大年三十": "除夕", "年三十": "除夕", "端阳": "端午", "八月十五": "中秋", "正月十五": "元宵", "三八节": "三八",
}  # fmt: skip
PUBLIC = ("元旦", "春节", "清明", "五一", "端午", "中秋", "国庆")
#: days of the public holiday after the festival day, where no calendar is known yet
_SPAN = {"春节": 6, "五一": 4, "国庆": 6}
_CALENDAR = TradingCalendar()


@cache
def _lunar() -> dict[int, dict[str, Any]]:
    table: dict[int, dict[str, Any]] = vocabulary.load("values/lunar")
    return table


def festival(name: str, year: int) -> date | None:
    """The day of the festival in that year (春节 2026: February 17); None beyond the lunar table."""
    name = _SAME.get(name, name)
    if name in _SOLAR:
        return date(year, *_SOLAR[name])
    if name == "清明":
        return date(year, 4, int(year % 100 * 0.2422 + 4.81) - year % 100 // 4)
    row = _lunar().get(year)
    if row is None:
        return None
    offset = {"除夕": -1, "元宵": 14, "腊八": 7 - row["腊月"], "小年": 22 - row["腊月"]}.get(name)
    day: date | None = row["春节"] + timedelta(offset) if offset is not None else row.get(name)
    return day


def lunar_day(month: int, day: int, year: int) -> date | None:
    """农历 month/day of that lunar year as a solar date (not in a leap month); None beyond the table."""
    row = _lunar().get(year)
    if row is None or not 1 <= month <= 12 or not 1 <= day <= 30:
        return None
    before = month - 1 + (1 if row["闰"] and row["闰"] < month else 0)
    first: date = row["春节"]
    return first + timedelta(sum(row["月"][:before]) + day - 1)


def lunar_new_year_day(month: str, day: int, year: int) -> date | None:
    """正月初五, 腊月二十八: the days around 春节 of that year."""
    row = _lunar().get(year)
    if row is None:
        return None
    first: date = row["春节"]
    return first + timedelta(day - 1 if month == "正月" else day - 1 - row["腊月"])


def after(name: str, day: date) -> date:
    """The first working day after a public holiday whose festival is on `day`; the next day after any other
    festival."""
    name = _SAME.get(name, name)
    if name == "除夕":
        name, day = "春节", day + timedelta(1)
    if name not in PUBLIC:
        return day + timedelta(1)
    if _CALENDAR.is_provisional(day):
        day += timedelta(_SPAN.get(name, 0))
    return _CALENDAR.next_open(day)


def coming(name: str, today: date, following: bool = False) -> date | None:
    """The festival's next day, from today on; `following`: the first working day after it."""
    for year in (today.year, today.year + 1):
        day = festival(name, year)
        if day is None:
            continue
        day = after(name, day) if following else day
        if day >= today:
            return day
    return None


def next_public(today: date, following: bool = False) -> date | None:
    """节前, 节后: the next public holiday, whichever it is; 中秋 close before 国庆 is one holiday with it."""
    start = today + timedelta(1) if following else today
    days = {d: name for name in PUBLIC if (d := coming(name, start, following))}
    first = min(days, default=None)
    if first and days[first] == "中秋" and (national := coming("国庆", start, following)):
        return national if (national - first).days <= 10 else first
    return first


def workdays_on(today: date, count: int) -> date:
    """The `count`-th working day of the exchange after today."""
    return _CALENDAR.add_days(today, count)
