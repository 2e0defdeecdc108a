"""书面时间: dates, times, ranges, durations and habits of written Chinese, resolved against a reference time.

The conventions are those that most public suites share: intervals are half open, a bare weekday is the next one from
today on, 早上 is 04:00–12:00, N天后 is that day, 过去三年 ends now.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nlp.charforms import fold
from nlp.general import periods as p
from nlp.general.clocks import Clock, read_clock
from nlp.general.dates import read_date
from nlp.general.durations import read_length
from nlp.general.habits import read_habit
from nlp.general.numbers import squeezed
from nlp.general.offsets import read_offset
from nlp.general.periods import Period

_START = re.compile(
    r"[\d零一二三四五六七八九十两俩半数几廿每隔今明后昨前去来上下这本当同大外次翌第最近过未将现此目凌清黎早晨中"
    r"正午傍黄晚夜深年周星礼春元情妇植愚劳青母儿父端建八七教国重万光双感平圣除腊冬夏秋全之从自在阳新三还剩农阴旧]"
)
_PART = re.compile(r"(?:凌晨|早上|上午|中午|下午|傍晚|晚上)(?=[\d一二三四五六七八九十两]{1,2}(?:到|至|-|~))")
_LONG_NUMBER = re.compile(r"\d{5,}")
_TO = re.compile(r"\s?(?:的?(?:到|至|~|-{1,2}|－|——)|(?P<and>和|与))\s?")
_FROM = re.compile(r"(?:从|自|在|于|介于)")
_BETWEEN = re.compile(r"(?:之间|间|为止|止)")
_LINK = re.compile(r"[的,，]?\s?(?:大约|大概)?")
_BEFORE = re.compile(r"(?:或|及|包括)?(?:以前|之前|前(?!后|天|面|年|日|[一两二三四五六七八九几\d]))")
_AFTER = re.compile(r"(?:或|及|包括)?(?:以后|之后|以来|后(?!天|年|面|日)|起(?!来|床|飞|点|码)|开始)")
_NOW = re.compile(r"现在|此时此刻|此时|此刻|目前|当前|当下|眼下|刚刚|刚才")
_WEEKDAY = re.compile(r"周|星期|礼拜")
_BESIDE = re.compile(r"的?(?:之|往|以)?(?P<side>[前后])(?P<de>的?第)?(?=[\d一二三四五六七八九十两])")
_WITHIN_PERIOD = re.compile(r"(?:之|以)?内")
_DAYS_TOGETHER = re.compile(r"(?P<days>(?:(?:大前|前|昨|今|明|后|大后)天){2,})(?P<n>[两二三四五])天")
_WHOLE_DAY = re.compile(r"全天|整天|一整天")


def find_datetimes(text: str, reference: datetime, prefer: str = "") -> list[dict[str, Any]]:
    """The times in `text`, in its order: {start, end, type, start_iso, end_iso | seconds | set}. `reference` is naive
    wall-clock time;
    `prefer` "future" moves what is over to the next time it comes."""
    t, places = squeezed(fold(text))
    found = []
    now = reference.replace(tzinfo=None)
    for period in _scan(t, now):
        row = _row(_ahead(t, period, now) if prefer == "future" else period)
        row["start"], row["end"] = places[period.start], places[period.end - 1] + 1
        found.append(row)
    return found


_NUMBERED = re.compile(r"[\d一二三四五六七八九十]+[号日]")


def _ahead(t: str, x: Period, now: datetime) -> Period:
    """The next 1号晚上9点, 下午三点, 妇女节."""
    if x.low is None or x.high is None or x.high > now or x.kind == "range":
        return x
    said = t[x.start : x.end]
    if re.search(r"年|[昨前上去]|周|星期|礼拜", said) and "月" not in said:
        return x
    unit = (
        "年"
        if "月" in said or (x.grain == "day" and not _NUMBERED.match(said))
        else "月"
        if _NUMBERED.match(said)
        else "天"
    )
    return replace(x, low=p.moved(x.low, unit, 1), high=p.moved(x.high, unit, 1))


def _scan(t: str, now: datetime) -> Iterator[Period]:
    i = 0
    while m := _START.search(t, i):
        digits = _LONG_NUMBER.match(t, m.start())
        if digits:
            i = digits.end()
            continue
        period = _at(t, m.start(), now)
        if period and period.sure:
            yield period
        i = max(period.end, m.start() + 1) if period else m.start() + 1


def _at(t: str, i: int, now: datetime) -> Period | None:
    """The longest reading at `i`."""
    habit = read_habit(t, i)
    if habit:
        return habit
    whole = _WHOLE_DAY.match(t, i)
    if whole:
        return Period(i, whole.end(), *p.day(now.date()), "day", "range")
    together = _DAYS_TOGETHER.match(t, i)
    if together:
        first = read_date(t, i, now)
        count = "零一二三四五".find(together["n"].replace("两", "二"))
        if first and first.low:
            return Period(i, together.end(), first.low, first.low + timedelta(days=count), "day", "range")
    readings = [_range(t, i, now), read_offset(t, i, now), _present(t, i, now)]
    return max((r for r in readings if r), key=lambda r: r.end, default=None)


def _present(t: str, i: int, now: datetime) -> Period | None:
    m = _NOW.match(t, i)
    return Period(i, m.end(), now, now, "second", "datetime") if m else None


def point(t: str, i: int, now: datetime, base: Period | None = None, half: str | None = None) -> Period | None:
    """A date, a time, or a date with its time: 明天下午三点, 2013年2月, 晚上八点."""
    date = read_date(t, i, now)
    if date and date.grain in ("day", "week") and (again := _same_day(t, date, now)):
        date = again
    at = date.end if date else i
    link = _LINK.match(t, at) if date else None
    clock = read_clock(t, link.end() if link else at, half) if not date or date.grain == "day" else None
    if clock:
        return _timed(date, clock, i, now, base)
    return date


def _same_day(t: str, date: Period, now: datetime) -> Period | None:
    """周日, 二月十号: the same day said twice."""
    link = re.compile(r"[,，]?\s?").match(t, date.end)
    second = read_date(t, link.end(), now) if link else None
    if second is None or second.grain != "day" or "月" not in t[date.start : second.end]:
        return None
    weekdays = [bool(_WEEKDAY.match(t, x.start)) for x in (date, second)]
    if weekdays[0] == weekdays[1]:
        return None
    return replace(second if weekdays[0] else date, start=date.start, end=second.end)


def _timed(date: Period | None, clock: Clock, i: int, now: datetime, base: Period | None) -> Period:
    day = date.low if date and date.low else (base.low if base and base.low else p.midnight(now.date()))
    day = p.midnight(day.date())
    low = day + timedelta(seconds=clock.low)
    if clock.high is not None:
        return Period(i, clock.end, low, day + timedelta(seconds=clock.high), clock.grain, "range")
    length = {"hour": 3600, "minute": 60, "second": 1}[clock.grain]
    return Period(i, clock.end, low, low + timedelta(seconds=length), clock.grain)


def _range(t: str, i: int, now: datetime) -> Period | None:
    """从X到Y, X和Y之间, X之前, X以后; else X itself."""
    opener = _FROM.match(t, i)
    start = opener.end() if opener else i
    first = _either(t, start, now)
    if first is None:
        return None
    whole = replace(first, start=i if opener else start)
    second = _second(t, first, now)
    if second:
        end = _BETWEEN.match(t, second.end)
        return replace(_spanned(t, whole, second), end=end.end() if end else second.end)
    return _one_sided(t, whole)


def _either(t: str, i: int, now: datetime) -> Period | None:
    found = point(t, i, now)
    part = _PART.match(t, i)
    if (
        part
        and (again := _either(t, part.end(), now))
        and again.grain == "hour"
        and again.low
        and again.end > part.end()
    ):
        half = point(part.group() + t[part.end() : again.end] + "点", 0, now)
        if half and half.grain == "hour":
            return replace(half, start=i, end=again.end)
    hours = re.compile(
        r"(?P<h>[\d一二三四五六七八九十两]{1,2})(?=(?:到|至|-|~)[\d一二三四五六七八九十两]{1,2}(?:点|月|日|号))"
    )
    bare = hours.match(t, i)
    if bare and (found is None or found.end <= bare.end()):
        unit = re.compile(r"[到至~-][\d一二三四五六七八九十两]+([点月日号])").match(t, bare.end())
        if unit:
            return point_of(bare["h"] + unit[1], i, bare.end(), now)
    return found


def point_of(said: str, start: int, end: int, now: datetime) -> Period | None:
    """A number that takes its unit from what follows: 3|到5点."""
    found = point(said, 0, now)
    return replace(found, start=start, end=end) if found else None


def _second(t: str, first: Period, now: datetime) -> Period | None:
    link = _TO.match(t, first.end)
    if not link:
        return None
    half = "pm" if first.low and first.low.hour >= 12 and first.grain in ("hour", "minute", "second") else None
    base = first if first.grain in ("hour", "minute", "second", "part", "day") else None
    second = point(t, link.end(), _anchor(first, now), base, half)
    if second is None or (link["and"] and not _BETWEEN.match(t, second.end)):
        return None
    if second.low and first.low and second.low < first.low:
        second = _later(first, second)
    return second


def _anchor(first: Period, now: datetime) -> datetime:
    """2月28日-3月1日 and 10月到5月 run on from the first."""
    return first.low if first.low and first.grain in ("day", "month") and first.low.year != now.year else now


def _later(first: Period, second: Period) -> Period:
    if second.low is None or second.high is None or first.low is None:
        return second
    if second.grain in ("month", "day") and second.low.year == first.low.year:
        return replace(second, low=p.moved(second.low, "年", 1), high=p.moved(second.high, "年", 1))
    if second.grain in ("hour", "minute") and first.grain in ("hour", "minute", "part"):
        half = 12 if second.low + timedelta(hours=12) > first.low else 24
        return replace(second, low=second.low + timedelta(hours=half), high=second.high + timedelta(hours=half))
    return second


def _spanned(t: str, a: Period, b: Period) -> Period:
    clock = b.grain in ("hour", "minute", "second")
    return Period(a.start, b.end, a.low, b.low if clock else b.high, b.grain, "range")


def _one_sided(t: str, x: Period) -> Period:
    beside = _beside(t, x)
    if beside:
        return beside
    inside = _WITHIN_PERIOD.match(t, x.end) if x.grain in ("year", "month") else None
    if inside:
        return replace(x, end=inside.end())
    m = _BEFORE.match(t, x.end)
    if m:
        return Period(x.start, m.end(), None, x.low, x.grain, "range")
    m = _AFTER.match(t, x.end)
    if m:
        return Period(x.start, m.end(), x.low, None, x.grain, "range")
    return x


def _beside(t: str, x: Period) -> Period | None:
    """圣诞节前一天, 2月13号后的第3天; 明天的往后三天 runs from that day."""
    m = _BESIDE.match(t, x.end) if x.grain == "day" and x.low else None
    length = read_length(t, m.end()) if m else None
    if not m or not length or x.low is None or len(length.parts) != 1 or length.parts[0][1] != "天":
        return None
    count = length.parts[0][0]
    if m["side"] == "后" and not m["de"]:
        return Period(x.start, length.end, x.low, p.moved(x.low, "天", count), "day", "range")
    day = p.moved(x.low, "天", count if m["side"] == "后" else -count)
    return Period(x.start, length.end, day, day + timedelta(days=1), "day")


def _row(x: Period) -> dict[str, Any]:
    if x.every is not None:
        return {"type": "set", "set": x.every}
    if x.kind == "duration":
        row: dict[str, Any] = {"type": "duration", "seconds": x.seconds}
        if x.seconds_high is not None:
            row["seconds_high"] = x.seconds_high
        return row
    kind = x.kind or {"day": "date", "hour": "datetime", "minute": "datetime", "second": "datetime"}.get(
        x.grain, "range"
    )
    iso = [m.isoformat() if m else None for m in (x.low, x.high)]
    return {"type": kind, "start_iso": iso[0], "end_iso": iso[1]}
