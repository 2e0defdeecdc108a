"""日子: a date, month, week or year in written Chinese, as a half-open interval; patterns in the order they are
tried."""

import re
from collections.abc import Callable
from datetime import datetime

from nlp.general import date_readers as read
from nlp.general.periods import Period

Read = Callable[[re.Match[str], datetime], read.Found]
_N = r"(?:\d{1,2}|[一二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九两])"
_Y4 = r"(?:\d{4}|[一二][零一二三四五六七八九]{3})"
_Y2 = r"(?:\d{2}|[零一二三四五六七八九]{2})"
_YEAR = (
    rf"(?:(?P<y>{_Y4})\s?年?(?=\s?年|\s?\d|[一二三四五六七八九十第上下前后春夏秋冬农])\s?年?|(?P<ya>{_Y4})\s?(?:年"
    rf"|版)版?|(?P<y2>{_Y2})(?:年版?|版)"
    r"|(?P<yr>大前|大后|去|前|今|本|明|后|来|上一?|下一?|这一?|同|当)年度?)"
)
_FEST = (
    r"(?P<fest>大年三十|大年初一|春节|新年|元旦|元宵|情人|妇女|三八|植树|愚人|清明|劳动|五一|青年|五四|母亲|儿童"
    r"|六一|父亲|端午|建党|七一|建军|八一建军|八一"
    r"|七夕|教师|中秋|国庆|十一(?=节|黄金周|长假)|重阳|万圣|光棍|双十一|双十二|感恩|平安夜|圣诞|除夕|腊八|小年"
    r"|春分|冬至|夏至|秋分|阳历新年|圣瓦伦丁)(?:节日?|假期)?"
)
_WEEK = r"(?:周|星期|礼拜)"


_MONTH = rf"(?:{_YEAR}的?\s?)?(?<![\d一二三四五六七八九十])(?P<mon>{_N})月份?"
_MREL = r"(?:(?P<yr>去|今|明)年)?(?P<mrel>[上下]+|这|本|当)一?个?月份?"
_D = rf"(?P<d>{_N})(?:[号日]|(?![\d零一二三四五六七八九十百千万个月天点:年分%]))"
_OF_MONTH = (
    rf"的?(?:月?(?P<xun>[上中下](?=旬)|初(?![一二三四五六七八九十\d])|底|末)旬?|第(?P<nth>{_N})(?P<unit>天|个?月|周"
    rf"|个?{_WEEK}(?![一二三四五六日天])|个?季度)|(?:第(?P<nw>{_N})"
    rf"|(?P<last>最后)一?)个{_WEEK}(?P<w>[一二三四五六日天1-7]))"
)
_RULES: list[tuple[str, Read]] = [
    (rf"{_MONTH}的?\s?{_D}", read.month_day),
    (rf"{_MREL}的?{_D}", read.month_day),
    (rf"{_MONTH}(?:{_OF_MONTH})?", read.month),
    (rf"{_MREL}(?:{_OF_MONTH})?", read.month),
    (
        rf"{_YEAR}的?(?:(?P<half>[上下前后])半年|第?(?P<q>[一二三四1-4首])季度?|(?P<season>[春夏秋冬])[天季]"
        rf"|年?(?P<begin>[初底末]|中(?!秋|旬))"
        rf"|第(?P<nth>{_N})(?P<unit>天|个?月|周|个?(?:星期|礼拜)|个?季度)|(?P<side>[前后])(?P<first>{_N})个?月"
        rf"|(?P<today>今[天日]))",
        read.in_year,
    ),
    (
        rf"{_YEAR}的?(?P<half>)(?P<q>)(?P<season>)(?P<begin>)(?P<nth>)(?P<first>)(?P<today>)(?:{_FEST})",
        read.in_year,
    ),
    (_YEAR, read.year),
    (r"(?<!\d)(?P<ny>\d{4}|\d{2}(?=-))(?P<sep>[-/. ])(?P<nm>\d{1,2})(?P=sep)(?P<nd>\d{1,2})(?!\d)", read.digits),
    (r"(?<!\d)(?P<na>\d{1,2})(?P<sep>[-/.])(?P<nb>\d{1,2})(?P=sep)(?P<ny>\d{4})(?!\d)", read.digits_last),
    (r"(?<![\d.])(?P<ny>(?:19|20)\d\d)[./-](?P<nm>0?[1-9]|1[0-2])(?![\d./-])", read.digits_month),
    (r"(?<![\d./-])(?P<nm>0?[1-9]|1[0-2])(?:/|-(?=\d\d(?!\d)))(?P<nd>[0-3]?\d)(?![\d/-]|分)", read.digits_day),
    (
        rf"(?<![\d一二三四五六七八九十第个])(?P<d>{_N})[号日](?!元|币|圆|楼|线|店|院|文|内|后|前|之|以|游)",
        read.numbered,
    ),
    (
        r"(?P<rel>大后|大前|外后|今|明|昨|(?<![以之])后|(?<![以之])前|次|翌|本(?=日))(?:天|日(?!本)|儿|(?=[早晚]))",
        read.relative_day,
    ),
    (rf"(?P<rel>[上下]+一?|这一?|本|今)个?{_WEEK}(?:{_WEEK})?(?:(?P<w>[一二三四五六日天1-7])|(?P<end>末))?", read.week),
    (rf"{_WEEK}(?:(?P<w>[一二三四五六日天1-7])|(?P<end>末))", read.bare_weekday),
    (
        r"(?P<half>[上下])半年|(?P<qrel>[上下]|这|本)一?个?季度|第?(?P<q>[一二三四1-4])季度?(?![一二三四])",
        read.half_or_quarter,
    ),
    (rf"(?:下一个|今年)?{_FEST}", read.festival),
    (
        rf"(?:{_YEAR}的?)?(?:(?:农历|阴历|旧历)(?P<lm>{_N}|正|冬|腊)月(?:(?P<d>初?{_N})[日号]?)?)",
        read.lunar,
    ),
    (rf"(?:农历|阴历|旧历)?(?:{_YEAR}的?)?(?P<lm>正|冬|腊)月(?P<d>初?{_N})[日号]?", read.lunar),
    (
        rf"(?:农历|阴历|旧历)?(?:{_YEAR}的?)?(?P<lm>{_N})月(?P<d>初[一二三四五六七八九十]|廿[一二三四五六七八九]?)",
        read.lunar,
    ),
]
_DATES = [(re.compile(rule), reader) for rule, reader in _RULES]


def read_date(t: str, i: int, now: datetime) -> Period | None:
    """The longest date, week, month or year that begins at `i`."""
    best: Period | None = None
    for pattern, reader in _DATES:
        m = pattern.match(t, i)
        if not m or m.end() == i or (best and m.end() <= best.end):
            continue
        found = reader(m, now)
        if found:
            low, high, grain = found
            best = Period(i, m.end(), low, high, grain)
    return best
