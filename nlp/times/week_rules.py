"""日子的规则: weeks, weekdays, 今天 and 明天, 十五号."""

import re
from datetime import date, timedelta

from nlp.times.calendar import (
    WEEKDAYS,
    WEEKEND,
    WORKDAYS,
    day_of,
    monday,
    month_first,
    small_int,
    weekday,
)
from nlp.times.day import Day, N, Rules, made
from nlp.times.month_rules import REL

RULES = Rules()
WEEK = r"(?:周|星期|礼拜|里拜|礼百)"
W = r"[一二三四五六日天1-7]"


@RULES.on(
    rf"(?P<rel>上上|下下|这|本|今|(?<!以)下|(?<![以晚早])上)个?{WEEK}(?:(?P<w>{W})|(?P<part>初|头|中|末"
    rf"|底))?(?![周会]|期)"
)
def _week(m: re.Match[str], today: date) -> Day | None:
    """下周, 这周五, 下下周一, 下周末, 上周."""
    rel = REL[m["rel"]]
    start = monday(today, rel)
    if rel < 0:
        return made(m, start, past=True)
    if m["w"]:
        on = start + timedelta(weekday(m["w"]))
        return made(m, on, past=on < today)
    if m["part"]:
        within = {"初": 0, "头": 0, "末": 5, "底": 4}.get(m["part"])
        return made(m, None if within is None else start + timedelta(within), vague=within is None)
    return made(m, start) if rel else made(m, None, vague=True)


_LATER_WEEKDAY = rf"(?:[、,和跟或及到至~-]{{0,2}}(?:{WEEK}{W}|{W}(?![万千百十个块点周月年号天日:%.\d多来半])))*"


@RULES.on(
    rf"(?P<every>每个?|每逢|逢)?(?<![一二三四五六七八九两几\d]){WEEK}{W}(?![均线k万千百]"
    rf"|十(?![一二]?点)){_LATER_WEEKDAY}",
    r"(?P<every>逢)?(?<![零一二三四五六七八九十百千万第\d])(?:一三五|二四六|一[到至]五"
    r"|一[到至]六)(?=[上下中晚早白都别不可有])",
    r"(?P<every>)(?<![零一二三四五六七八九十百千万第\d])(?:一三|二四|三五|一四|二五)(?=[上下]午|晚上|中午|早上)",
)
def _weekday(m: re.Match[str], today: date) -> Day | None:
    """周三, 礼拜六礼拜天, 周一到周五, 一三五: the next such day, or a habit."""
    names = _named_weekdays(m.group())
    every = bool(m["every"]) or len(names) > 1
    return Day(m.start(), m.end(), next_weekday(names[0], today), names, every)


_RANGE = re.compile(rf"({W})(?:到|至|~|-{{1,2}}){WEEK}?({W})")


def _named_weekdays(said: str) -> tuple[str, ...]:
    span = _RANGE.search(said)
    if span:
        a, b = weekday(span[1]), weekday(span[2])
        return tuple(WEEKDAYS[n % 7] for n in range(a, (b if b >= a else b + 7) + 1))
    return tuple(WEEKDAYS[n] for n in sorted({weekday(w) for w in re.findall(W, said)}))


def next_weekday(name: str, today: date) -> date:
    """The next such day after today."""
    return today + timedelta((WEEKDAYS.index(name) - today.weekday()) % 7 or 7)


@RULES.on(
    r"(?:每个?|每到|平时的?)?(?:双休日?|周六周?日|周六天|周末|星期六星?期?日|礼拜六礼?拜?日|星期末|礼拜末|休息日)",
    r"(?:每个?)?(?<![个两三几一二四五六七八九十\d])(?:工作日|上班日|交易日)(?!内|后|之|以|到账|的?早上)",
)
def _workdays(m: re.Match[str], today: date) -> Day | None:
    names = WORKDAYS if re.search(r"工作|上班|交易", m.group()) else WEEKEND
    return Day(m.start(), m.end(), next_weekday(names[0], today), names, True)


_RELATIVE = {"今": 0, "明": 1, "听": 1, "翌": 1, "后": 2, "大后": 3, "外后": 3}
_RELATIVE |= {"昨": -1, "寻": -1, "前": -2, "大前": -3}


@RULES.on(
    r"(?P<rel>大后|大前|外后|今|明|听|翌|昨|寻|(?<![以之今往])后|(?<![以之])前)"
    r"(?:天(?!然|使|弘|性)|日(?!化|均|线|报|常|后|子|益|结)|儿个?|个儿?(?=[早上中下晚打来再找,。 ]|$)|朝(?!阳)"
    r"|(?=[晚早晨夜](?![点些饭报市会间已])))"
)
def _relative_day(m: re.Match[str], today: date) -> Day | None:
    """今天, 明儿, 后天, 今|晚, 大后天; 昨天 is past."""
    offset = _RELATIVE[m["rel"]]
    return made(m, today + timedelta(offset), past=offset < 0)


@RULES.on(
    rf"(?<![月第楼栋室路线零一二三四五六七八九十两\d每])(?:这个?)?(?P<d"
    rf">{N})号(?![楼线店院门桌文字房车机位柜台窗人称码召栋厅馆仓客坐键工级会令菜学])"
)
def _number(m: re.Match[str], today: date) -> Day | None:
    """十五号: the next to come."""
    number = small_int(m["d"])
    if not number or number > 31:
        return None
    for months in range(4):
        first = month_first(today, months)
        on = day_of(first.year, first.month, number)
        if on and on >= today:
            return made(m, on, soft=True)
    return None
