"""相对时间: 三天后, 半小时前, 过去三年, 未来两个月, 三年内, 十五年以上; else a plain duration."""

import re
from datetime import datetime, timedelta

from nlp.general import periods as p
from nlp.general.durations import Length, read_length
from nlp.general.periods import Period

_RECENT = re.compile(
    r"(?:在)?(?P<dir>过去的?|最近的?|近(?!代)|前|上|之前|以前|未来的?|将来的?|接下来的?|后|下|今后|之后|还剩"
    r"|未来)(?:的)?(?=[\d零一二三四五六七八九十两俩半])"
)
_PAST = ("过去", "最近", "近", "前", "上", "之前", "以前")
_OFFSET_AFTER = re.compile(r"(?:以后|之后|过后|后(?!天|年|面|日))")
_OFFSET_BEFORE = re.compile(r"(?:以前|之前|前(?!后|天|面|年|日))")
_WITHIN = re.compile(r"(?:之内|以内|内(?!部|容|地|衣))")
_BOUND = re.compile(r"(?:(?P<over>以上)[,，]?|(?P<under>以下|以内))")
_MANY = re.compile(r"(?P<n>[\d一二三四五六七八九十两]{1,3})(?:到|至|-{1,2}|~)")


def read_offset(t: str, i: int, now: datetime) -> Period | None:
    """三天后, 半小时前, 过去三年, 未来两个月, 三年内; else a duration."""
    recent = _RECENT.match(t, i)
    many = _MANY.match(t, i)
    if many and (length := read_length(t, many.end())) and length.counted:
        low = read_length(
            many["n"] + t[many.end() + (length.end - many.end()) - _unit_length(t, length.end) : length.end], 0
        )
        return Period(i, length.end, None, None, "", "duration", low.seconds if low else length.seconds)
    length = read_length(t, recent.end() if recent else i)
    if length is None:
        return None
    if recent:
        return _recent(t, i, length, recent["dir"].removesuffix("的"), now)
    for pattern, sign in ((_OFFSET_AFTER, 1), (_OFFSET_BEFORE, -1)):
        m = pattern.match(t, length.end)
        if m:
            return _offset(i, m.end(), length, sign, now)
    inside = _WITHIN.match(t, length.end)
    if inside:
        return Period(i, inside.end(), now, _shifted(now, length, 1), "day", "range")
    return _duration(t, i, length)


def _unit_length(t: str, end: int) -> int:
    """How many characters the unit before `end` has: 个月, 天."""
    m = re.search(r"个?(?:年|季度?|月|星期|礼拜|周|天|日|小时|钟头|分钟?|秒钟?)$", t[:end])
    return len(m.group()) if m else 1


def _duration(t: str, i: int, length: Length) -> Period | None:
    sure = length.counted or length.end - i == len(t)
    bound = _BOUND.match(t, length.end)
    if bound and bound["over"]:
        second = read_length(t, bound.end())
        under = _BOUND.match(t, second.end) if second else None
        if second and under and under["under"]:
            return Period(i, under.end(), None, None, "", "duration", length.seconds, second.seconds)
    return Period(i, length.end, None, None, "", "duration", length.seconds, sure=sure)


def _recent(t: str, i: int, length: Length, said: str, now: datetime) -> Period | None:
    inside = _WITHIN.match(t, length.end)
    end = inside.end() if inside else length.end
    past = said in _PAST
    unit = length.parts[-1][1]
    if said in ("上", "下", "前", "后", "最近", "之前", "之后", "将来") and unit in ("年", "月", "周", "天", "季"):
        edge = p.floor(now, unit if unit != "周" else "天")
        edge = p.floor(now, "天") if unit == "周" else edge
        other = _shifted(edge, length, -1 if past else 1)
        low, high = (other, edge) if past else (edge, other)
        if said == "最近":
            low, high = edge, _shifted(edge, length, 1)
        return Period(i, end, low, high, "range", "range")
    if unit == "时" and said in ("上", "下"):
        now = now.replace(minute=0, second=0)
    other = _shifted(now, length, -1 if past else 1)
    if past and unit in ("年", "月"):
        other = p.midnight(other.date())
    return Period(i, end, *((other, now) if past else (now, other)), "range", "range")


def _shifted(moment: datetime, length: Length, sign: int) -> datetime:
    """So much on or back, within the years that a calendar has."""
    try:
        for count, unit in length.parts:
            moment = p.moved(moment, unit, sign * count)
    except (ValueError, OverflowError):
        return datetime(9999, 1, 1) if sign > 0 else datetime(1, 1, 1)  # noqa: DTZ001
    return moment


def _offset(i: int, end: int, length: Length, sign: int, now: datetime) -> Period:
    moment = _shifted(now, length, sign)
    unit = length.parts[-1][1]
    if unit in ("时", "分", "秒", "刻"):
        return Period(
            i, end, moment, moment + timedelta(seconds=60), "minute" if unit != "秒" else "second", "datetime"
        )
    return Period(i, end, p.midnight(moment.date()), p.midnight(moment.date()) + timedelta(days=1), "day")
