"""历法: arithmetic with days, weeks, months and the small numbers in them."""

import calendar
from datetime import date, timedelta

from nlp.numerals import read_numeral

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS, WEEKEND = WEEKDAYS[:5], WEEKDAYS[5:]
_DIGIT_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_DIGIT_WEEKDAYS |= {str(n + 1): n for n in range(7)}


def small_int(said: str) -> int | None:
    """二十一, 十, 两, 3, 〇五, 半 is none: the whole number that was said, if it is one."""
    if said.isdigit() and said.isascii():
        return int(said)
    if said[:1] == "零" and len(said) > 1:
        return small_int(said[1:])
    n = read_numeral(said, 0)
    if n is None or n.end != len(said) or n.low != n.high or n.low != int(n.low):
        return None
    return int(n.low)


def year_of(said: str) -> int | None:
    """2026, 二零二六, 26."""
    digits = "".join(str("零一二三四五六七八九".index(c)) if c in "零一二三四五六七八九" else c for c in said)
    if not digits.isdigit():
        return None
    year = int(digits)
    return year + 2000 if year < 100 else year


def weekday(said: str) -> int:
    """0 for 一 … 6 for 日, 天; 末 is Saturday."""
    return _DIGIT_WEEKDAYS[said]


def day_of(year: int, month: int, day: int) -> date | None:
    """The date, or None where there is none (二月三十号)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def add_months(day: date, months: int) -> date:
    """The same day so many months on, the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def month_first(day: date, months: int = 0) -> date:
    """The first day of the month, `months` on."""
    return add_months(day.replace(day=1), months)


def month_last(day: date, months: int = 0) -> date:
    """The last day of the month, `months` on."""
    return month_first(day, months + 1) - timedelta(1)


def monday(day: date, weeks: int = 0) -> date:
    """The Monday of the week, `weeks` on."""
    return day - timedelta(day.weekday()) + timedelta(weeks=weeks)


def quarter_first(day: date, quarters: int = 0) -> date:
    """The first day of the quarter, `quarters` on."""
    return month_first(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3 * quarters)
