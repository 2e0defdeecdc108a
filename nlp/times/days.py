"""日子: every expression of a day, week, month or festival in folded text, resolved against a day."""

import re
from datetime import date

from nlp.times import month_rules, occasion_rules, week_rules
from nlp.times.day import Day

_RULES = [*month_rules.RULES.all, *week_rules.RULES.all, *occasion_rules.RULES.all]
_MAYBE = re.compile(
    r"[天日月年周号节晚早晨儿期拜末旬季假朝]|五一|国庆|元旦|中秋|端午|清明|圣诞|双1?十?[一二12]|618|十一|除夕"
    r"|\d[-/.]\d|这两|几|会|过|有空|下次|昨|春|星|半|近|初|节|历"
)

_FIRST = re.compile(r"(?<![\d零一二三四五六七八九十百千万两几多])元月")


def find_days(t: str, today: date) -> list[Day]:
    """The days in the folded text `t`, from left to right, none inside another; at one place the longest wins."""
    if not _MAYBE.search(t):
        return []
    t = _FIRST.sub("一月", t)
    found = [d for rule, handler in _RULES for m in rule.finditer(t) if (d := handler(m, today))]
    found.sort(key=lambda d: (d.start, -d.end))
    kept: list[Day] = []
    for day in found:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
        elif day.end > kept[-1].end and day.start == kept[-1].start:
            kept[-1] = day
    return kept
