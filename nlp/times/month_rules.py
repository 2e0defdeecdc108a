"""日子的规则: whole dates, years, half years, quarters, months and month ends."""

import re
from datetime import date, timedelta

from nlp.times.calendar import day_of, month_first, month_last, quarter_first, small_int, year_of
from nlp.times.day import Day, N, Rules, made

RULES = Rules()
PART = r"(?P<part>月?底|月?末|尾|月?初|头|中旬?|上旬|下旬)"
#: 八月十八: the day without 号
_BARE_DAY = (
    r"(?P<bare>[二三]?十[一二三四五六七八九]?|二十)(?![\d零一二三四五六七八九十万千百块个天%多来几成倍点股人号年月亿])"
)


@RULES.on(
    rf"(?P<y>\d{{4}}|[二零一九]{{2}}[零一二三四五六七八九]{{2}})年(?P<m>{N})月份?(?P<d>{N})[号日]?",
    r"(?<!\d)(?P<y>20\d\d)(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)",
)
def _full(m: re.Match[str], today: date) -> Day | None:
    year, month, day = year_of(m["y"]), small_int(m["m"]), small_int(m["d"])
    on = day_of(year, month, day) if year and month and day else None
    return made(m, on, past=on < today) if on else None


_YEARS = {"今": 0, "本": 0, "明": 1, "来": 1, "转": 1, "后": 2, "大后": 3}
_YEARS |= {"去": -1, "上": -1, "头": -1, "旧": -1, "前": -2, "大前": -3}
YEAR = (
    r"(?:(?P<rel>大后|大前|今|本|明|来|转|(?<![以之今往])后|去|上|头|旧|(?<![以之])前)[年念](?!化|轮|头|代|龄|级"
    r"|中无休)"
    r"|(?P<abs>20\d\d|二零[一二三四五六七八九零]{2}|(?<!\d)[23]\d(?=年(?:[初底]|\d{1,2}月|上半|下半)))年(?!期|化"
    r"|代))的?"
)


def year_said(m: re.Match[str], today: date) -> int | None:
    year = today.year + _YEARS[m["rel"]] if m["rel"] else year_of(m["abs"])
    return year if year and 1990 <= year <= 2100 else None


def in_year(m: re.Match[str], today: date, on: date | None, *, span: bool = True) -> Day:
    """A day within a year that was said: past where it is over."""
    year = year_said(m, today) or today.year
    over = year < today.year or bool(on and on < today and (not span or year < today.year))
    return made(m, on, past=over, span=span, vague=on is None, soft=year == today.year)


@RULES.on(YEAR + rf"(?P<mon>{N})月份?(?:的?(?P<d>{N})[号日]?|的?{PART})?")
def _year_month(m: re.Match[str], today: date) -> Day | None:
    """明年三月, 后年三月底, 今年五月八号."""
    year, month = year_said(m, today), small_int(m["mon"])
    if not year or not month or month > 12:
        return None
    if m["d"]:
        on = day_of(year, month, small_int(m["d"]) or 0)
        return in_year(m, today, on, span=False) if on else None
    return in_year(m, today, month_part(date(year, month, 1), m["part"]))


@RULES.on(
    YEAR + r"(?:(?P<half>[上下])半年|第?(?P<q>[一二三四1-4])季度?|(?P<end>年?[底末尾]|年终)|(?P<mid>年?中)|年?[初头]"
    r"|开年|开春)?(?!奖)"
)
def _year_part(m: re.Match[str], today: date) -> Day | None:
    """明年, 明年初, 今年年底, 后年下半年."""
    year = year_said(m, today)
    if not year:
        return None
    if m["half"]:
        return in_year(m, today, date(year, 1 if m["half"] == "上" else 7, 1))
    if m["q"]:
        return in_year(m, today, date(year, 3 * quarter_number(m["q"]) - 2, 1))
    if m["end"]:
        return in_year(m, today, date(year, 12, 31))
    if year == today.year and not m["mid"]:
        return None
    return in_year(m, today, None if m["mid"] else date(year, 1, 1))


def quarter_number(said: str) -> int:
    """一 … 四 as 1 … 4."""
    return "一二三四1234".index(said) % 4 + 1


def month_part(first: date, part: str | None) -> date | None:
    """The day that 底, 初 or nothing names in the month; None for 中旬."""
    if part and part[-1] in "底末尾":
        return month_last(first)
    return None if part in ("中", "中旬", "下旬") else first


REL = {"这": 0, "本": 0, "当": 0, "今": 0, "下": 1, "下下": 2, "上": -1, "上上": -2}


@RULES.on(
    rf"(?P<rel>下下|上上|这|本|当|今|(?<!以)下|(?<!以)上)个?月份?"
    rf"(?:的?(?P<d>{N})[号日]|(?P<bare>\d{{1,2}}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])(?=到|就|才|发|结|满|兑|打)|的?{PART})?"
)
def _relative_month(m: re.Match[str], today: date) -> Day | None:
    """下个月, 本月二十六号, 这个月底, 下下个月初."""
    first = month_first(today, REL[m["rel"]])
    if m["d"] or m["bare"]:
        on = day_of(first.year, first.month, small_int(m["d"] or m["bare"]) or 0)
        return made(m, on, past=on < today) if on else None
    if first < month_first(today):
        return made(m, first, past=True)
    on = month_part(first, m["part"])
    if on is None or (not m["part"] and first <= today):
        return made(m, None, vague=True, soft=True)
    return made(m, on, span=True, past=on < today)


@RULES.on(
    rf"(?<!每年)(?<!每年的)(?<![0-9个零一二三四五六七八九十几两])(?P<mon>{N})月份?(?:的?(?P<d>{N})[号日]"
    rf"|{_BARE_DAY}|的?{PART})?(?![饼度报均供薪线光子租息天]|[一两几]次)",
    r"(?<![\d.])(?P<mon>\d{1,2})(?:月|[./](?=\d\d?(?:到期|满期|之?前|以前|号|到账|到|发"
    r"|那天)))(?P<d>\d{1,2})(?![\d万千百亿块元个%.股点wk倍折号])(?P<part>)(?P<bare>)",
)
def _month(m: re.Match[str], today: date) -> Day | None:
    """三月份, 十二月底, 七月三十号: the next one to come."""
    month = small_int(m["mon"])
    if not month or not 1 <= month <= 12:
        return None
    if m["d"] or m["bare"]:
        return _next_md(m, today, month, small_int(m["d"] or m["bare"]) or 0)
    first = date(today.year + (month < today.month), month, 1)
    on = month_part(first, m["part"])
    return made(m, on, span=True, soft=True, vague=on is None)


def _next_md(m: re.Match[str], today: date, month: int, number: int) -> Day | None:
    on = day_of(today.year, month, number)
    if on is None or on < today:
        on = day_of(today.year + 1, month, number)
    return made(m, on, soft=True) if on else None


@RULES.on(
    r"(?<![一二三四五六七八九两几十每个当\d半])月(?P<x>底|末|尾|初|头|中)(?!端)(?!旬)|(?<![个\d月])(?P<xun>[上中下])旬"
)
def _month_end(m: re.Match[str], today: date) -> Day | None:
    """月底, 月初, 月中."""
    if m["xun"] or m["x"] == "中":
        return made(m, None, vague=True, soft=True)
    if m["x"] in "底末尾":
        return made(m, month_last(today), span=True)
    return made(m, month_first(today, 1), span=True, soft=True)


@RULES.on(r"(?<![一二三四五六七八九两几十去今前明后来\d半])年(?P<x>底|末|终|尾|初|中)(?!纪|奖|总)")
def _year_end(m: re.Match[str], today: date) -> Day | None:
    """年底, 年初."""
    if m["x"] == "中":
        return made(m, None, vague=True, soft=True)
    if m["x"] == "初":
        return made(m, date(today.year + 1, 1, 1), span=True, soft=True)
    return made(m, date(today.year, 12, 31), span=True, soft=True)


@RULES.on(r"(?<!以)(?P<half>上|下)半[年念]")
def _half_year(m: re.Match[str], today: date) -> Day | None:
    """下半年, 上半年: the first day of the half."""
    if m["half"] == "下":
        return made(m, date(today.year, 7, 1), span=True, soft=True)
    return made(m, date(today.year + 1, 1, 1), span=True, soft=True)


@RULES.on(r"(?P<rel>下下|这|本|(?<!以)下|(?<!以)上)个?季度?(?P<part>末|底|初)?(?!报)")
def _relative_quarter(m: re.Match[str], today: date) -> Day | None:
    """下个季度, 这个季度末."""
    first = quarter_first(today, REL[m["rel"]])
    if m["part"] in ("末", "底"):
        return made(m, quarter_first(first, 1) - timedelta(1), span=True)
    if first < quarter_first(today):
        return made(m, first, span=True, past=True)
    return made(m, first if first > today else None, span=True, vague=first <= today)


@RULES.on(r"第?(?P<q>[一二三四1-4])季度?(?P<part>末|底)?(?!报|增|稻|青)|(?<!个)季度?[末底](?P<none>)")
def _quarters(m: re.Match[str], today: date) -> Day | None:
    """四季度, 三季度末, 季末."""
    if not m["q"]:
        return made(m, quarter_first(today, 1) - timedelta(1), span=True)
    first = date(today.year, 3 * quarter_number(m["q"]) - 2, 1)
    if quarter_first(first, 1) <= today:
        first = first.replace(year=first.year + 1)
    return made(m, quarter_first(first, 1) - timedelta(1) if m["part"] else first, span=True, soft=True)
