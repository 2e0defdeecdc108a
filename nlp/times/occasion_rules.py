"""日子的规则: offsets from today, festivals, occasions without a day, and the past."""

import re
from datetime import date, timedelta

from nlp.times import festivals
from nlp.times.calendar import add_months, small_int
from nlp.times.day import Day, N, Rules, made
from nlp.times.month_rules import YEAR, in_year, year_said

RULES = Rules()
_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
_COUNT = (
    rf"(?P<n>[一二三四五六七八九两]百[一二三四五六七八九]?十?[一二三四五六七八九]?|[0-9]{{1,3}}|好几|十来|十几|几"
    rf"|两三|三四|三五|四五|五六|七八|一两|{N}|半)"
)
_UNIT = r"(?:(?P<ge>个)(?P<whole>半)?)?(?:来|多)?(?P<unit>天|日|星期|礼拜|周|月|年(?!化|期)|工作日|交易日)(?P<half>半)?"


@RULES.on(
    rf"(?:再|等)?(?:过了?|等|隔){_COUNT}{_UNIT}(?:以后|之后|后)?",
    rf"(?:还有|还剩|再有|再等|还得|还要|只剩下?|就剩下?|(?<![相])差)(?:不到|了|个)?{_COUNT}{_UNIT}(?!内|之内|以内)",
    rf"(?<![第前零一二三四五六七八九十\d月年]){_COUNT}{_UNIT}(?:以后|之后|过后|后(?!天|年|面)|开外|之内|以内"
    rf"|内(?!部|盘|容))",
)
def _offset(m: re.Match[str], today: date) -> Day | None:
    """三个月后, 过两天, 半年以后, 还有十天到期, 一个半月后."""
    unit = m["unit"]
    if m["n"] == "半":
        return _half(m, today, unit)
    if unit == "月" and not m["ge"] and m["n"] not in ("两", "俩", "几"):
        return None
    count = small_int(m["n"].replace("俩", "两"))
    if count is None:
        return made(m, None, vague=True)
    return made(m, _moved(today, unit, count, bool(m["half"] or m["whole"])))


def _half(m: re.Match[str], today: date, unit: str) -> Day | None:
    if unit == "年":
        return made(m, add_months(today, 6))
    return made(m, today + timedelta(15)) if unit == "月" else None


def _moved(today: date, unit: str, count: int, half: bool) -> date:
    if unit in ("工作日", "交易日"):
        return festivals.workdays_on(today, count)
    if unit == "月":
        return add_months(today, count) + timedelta(15 if half else 0)
    if unit == "年":
        return add_months(today, 12 * count + (6 if half else 0))
    return today + timedelta(count * _UNITS[unit])


@RULES.on(
    r"再?(?:过|等)(?:上|了|个)?(?:好?几天|些天|些日子|一?阵子?|一?段时间|一?段日子|一段|几周|几个月|些时候|几日)",
    r"改[天日]|隔[天日]|这[一两几]{1,2}[天日]|[最将]?近(?:[一两几]{1,2}[天日]|期)|哪天(?=有|得|方|再|闲|空)"
    r"|赶明儿?个?|他日",
    r"(?:过|晚)(?:几|些)(?:天|日)|没[几两]天(?=就|了|到|满)|没多久(?=就)",
    r"(?:下个?月|这个月|本月|[一二三四五六七八九]月|十[一二]?月)?(?<![一二三四五六七八九十])[二三]?十几[号日](?!线)",
)
def _vague(m: re.Match[str], today: date) -> Day | None:
    """过几天, 改天, 这两天: to come, on no day."""
    return made(m, None, vague=True)


@RULES.on(
    r"[零一二三四五六七八九十百两几半\d]+个?多?(?:天|日|周|星期|礼拜|月|年|小时|钟头|分钟|刻钟)(?:以前|之前|前(?!后))",
    r"昨[晚夜]|上回|上次|刚才|刚刚|早前|头两天|头几天|前[两几些][天日年]|前一?阵子?|前段时间|那会儿(?=买|存|办|开)"
    r"|上[个一]?(?:礼拜|星期|周)|大前年",
)
def _past(m: re.Match[str], today: date) -> Day | None:
    return made(m, None, past=True)


_NAMES = (
    r"(?P<fest>春节|新春|大年三十|(?<![今去明前])年三十(?![一二三四五六七八九多几])|大年初一|正月十五|八月十五"
    r"|国庆|五一(?![零一二三四五六七八九\d])|劳动节|元旦|中秋|端午|端阳|清明|元宵|七夕|重阳|圣诞|平安夜|双十[一二]"
    r"|双1[12]|618"
    r"|六一八|六一(?![零一二三四五六七八九\d])|儿童节|妇女节|三八节|教师节|情人节|除夕|小年|腊八|过年(?!后|前)"
    r"|新年|十一(?=长假|黄金周|假期|放假|节|小?长假|之?[前后]|以[前后]|过|期间|回来))"
)
_HOLIDAY = r"(?:节日?|长假|黄金周|小长假|假期|放?假)?(?:的?(?:时候|期间))?"
_AFTER = r"(?:以后|之后|过后|后(?!天|面|来|年|续)|回来|过完|结束|一过|过了|完了|上班|收假|开工|开市|开盘)"


@RULES.on(
    YEAR + _NAMES + _HOLIDAY + rf"(?P<after>{_AFTER})?(?:之前|以前|前)?",
)
def _festival_of_year(m: re.Match[str], today: date) -> Day | None:
    year = year_said(m, today)
    day = festivals.festival(m["fest"], year) if year else None
    if day is None:
        return None
    on = festivals.after(m["fest"], day) if m["after"] else day
    return in_year(m, today, on, span=False)


@RULES.on(
    _NAMES + _HOLIDAY + rf"(?:(?P<after>{_AFTER})|之前|以前|前夕?|期间|那几天)?",
    r"(?P<after>过完|过了|等过)(?P<fest>年|春节|国庆|五一|元旦|中秋|端午|清明|十五|十一|元宵)(?:节|假)?(?:以后"
    r"|之后|后)?",
)
def _festival(m: re.Match[str], today: date) -> Day | None:
    """春节前, 国庆之后, 过完年, 五一."""
    name = {"十五": "元宵"}.get(m["fest"], m["fest"])
    on = festivals.coming(name, today, following=bool(m["after"]))
    return made(m, on, soft=not m["after"]) if on else None


@RULES.on(
    r"(?<![一二三四五六七八九十两几半\d去今明前后当清春])(?P<which>年|节|假|小?长假"
    r"|假期)(?:(?P<after>[以之]?后(?!年|天))|之?前(?!后))",
    r"(?P<after>过完)(?P<which>节|小?长假|假期?)",
)
def _this_holiday(m: re.Match[str], today: date) -> Day | None:
    """节后, 年前: of the next public holiday, of 春节."""
    following = bool(m["after"])
    if m["which"] == "年":
        on = festivals.coming("春节", today, following)
    else:
        on = festivals.next_public(today, following)
    return made(m, on) if on else None


@RULES.on(rf"(?P<month>正月|腊月)(?P<d>初?{N})|(?:大年)?(?P<d2>初[一二三四五六七八九十])(?![期级步中])")
def _lunar(m: re.Match[str], today: date) -> Day | None:
    """正月初五, 初八, 腊月二十八."""
    month = "腊月" if m["month"] == "腊月" else "正月"
    number = small_int((m["d"] or m["d2"]).removeprefix("初"))
    days = [festivals.lunar_new_year_day(month, number, year) for year in (today.year, today.year + 1) if number]
    on = next((d for d in days if d and d >= today), None)
    return made(m, on) if on else None


@RULES.on(rf"(?:农历|阴历|旧历|老历)的?(?P<month>{N})月(?P<d>初?{N})[日号]?")
def _old_calendar(m: re.Match[str], today: date) -> Day | None:
    """农历八月十五: the next one to come."""
    month, number = small_int(m["month"]), small_int(m["d"].removeprefix("初"))
    years = (today.year - 1, today.year, today.year + 1)
    days = [festivals.lunar_day(month, number, y) for y in years if month and number]
    on = next((d for d in days if d and d >= today), None)
    return made(m, on) if on else None
