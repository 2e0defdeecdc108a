"""日子: every expression of a day, week, month or festival in folded text, resolved against a day."""

import re
from dataclasses import replace
from datetime import date

from nlp.times import month_rules, occasion_rules, week_rules
from nlp.times.day import Day

_RULES = [*month_rules.RULES.all, *week_rules.RULES.all, *occasion_rules.RULES.all]
_MAYBE = re.compile(
    r"[天日月年周号节晚早晨儿期拜末旬季假朝]|五一|国庆|元旦|中秋|端午|清明|圣诞|双1?十?[一二12]|618|十一|除夕"
    r"|\d[-/.]\d|这两|几|会|过|有空|下次|昨|春|星|半|近|初|节|历"
)

_FIRST = re.compile(r"(?<![\d零一二三四五六七八九十百千万两几多])元月")

_WEEKDAY = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天]")
_EXACT = re.compile(r"[号日\d十]$|月[一二三四五六七八九十]+$")


def find_days(t: str, today: date) -> list[Day]:
    """The days in the folded text `t`, from left to right, none inside another; at one place the longest wins."""
    if not _MAYBE.search(t):
        return []
    t = _FIRST.sub("一月", t)
    found = [d for rule, handler in _RULES for m in rule.finditer(t) if (d := handler(m, today))]
    found.sort(key=lambda d: (d.start, -d.end))
    kept: list[Day] = []
    for day in found:
        if kept and _says_again(t, kept[-1], day):
            kept[-1] = replace(kept[-1], end=day.end)
        elif not kept or day.start >= kept[-1].end:
            kept.append(day)
        elif day.end > kept[-1].end and day.start == kept[-1].start:
            kept[-1] = day
    return kept


def _says_again(t: str, one: Day, other: Day) -> bool:
    """三月二号礼拜一: the weekday of the date just said, and not the next such day."""
    if one.on is None or other.on is None or not _WEEKDAY.fullmatch(t, other.start, other.end):
        return False
    beside = one.end <= other.start and t[one.end : other.start].strip(", ") in ("", "是", "就是", "那天是")
    return beside and bool(_EXACT.search(t, one.start, one.end)) and one.on.weekday() == other.on.weekday()
