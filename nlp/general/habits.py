"""习惯: what comes back – 每天晚上八点, 每周一到周三下午, 每月2号下午2点, 每个工作日9点, 隔15分钟."""

import re

from nlp.general.clocks import Clock, read_clock
from nlp.general.numbers import number_value
from nlp.general.periods import Period

_W = r"[一二三四五六日天]"
_WEEK = r"(?:周|星期|礼拜)"
_UNITS = {"年": "year", "月": "month", "周": "week", "星期": "week", "礼拜": "week", "天": "day", "日": "day"}
_UNITS |= {
    "小时": "hour",
    "钟头": "hour",
    "分钟": "minute",
    "分": "minute",
    "秒": "second",
    "秒钟": "second",
    "季度": "quarter",
}
_EVERY = re.compile(
    rf"(?:每(?:隔|逢)?|隔|间隔)(?:(?P<n>[\d一二三四五六七八九十两半]{{1,6}})?个?(?:"
    rf"(?P<work>工作日)|(?P<weekend>周末)|{_WEEK}(?P<days>{_W}(?:(?:到|至|-){_WEEK}?{_W}|(?:[、,和]?{_WEEK}?{_W})*))"
    rf"|(?P<unit>年|月|周|星期|礼拜|天|日(?!元)|小时|钟头|分钟?|秒钟?|季度)))(?:的?(?P<md>\d{{1,2}}"
    rf"|[一二三]?十?[一二三四五六七八九十])[号日])?"
)
_WORKDAYS = re.compile(
    r"(?:每周)?(?P<work>工作日)(?:每天)?(?=[上下中晚早\d一二三四五六七八九十]|每天|$)|(?P<part>每个(?=[上下]午"
    r"|早上|晚上|中午))"
)
_TO = re.compile(r"(?:到|至|~|-{1,2})")


def read_habit(t: str, i: int) -> Period | None:
    """The habit that begins at `i`."""
    m = _WORKDAYS.match(t, i) or _EVERY.match(t, i)
    if not m:
        return None
    every = _every(m)
    if every is None:
        return None
    link = re.compile(r"的?").match(t, m.end())
    clock = read_clock(t, link.end() if link else m.end())
    end = m.end()
    if clock:
        end = _times(t, clock, every)
    return Period(i, end, None, None, "", "set", every=every)


def _every(m: re.Match[str]) -> dict[str, object] | None:
    said = m.groupdict()
    if said.get("part"):
        return {"unit": "day", "n": 1}
    if said["work"]:
        return {"unit": "day", "n": 1, "weekdays": [1, 2, 3, 4, 5]}
    if said.get("weekend"):
        return {"unit": "week", "n": 1, "weekdays": [6, 7]}
    if said.get("days"):
        return {"unit": "week", "n": 1, "weekdays": _weekdays(said["days"])}
    count = number_value(said["n"]) if said["n"] else 1
    unit = _UNITS[said["unit"].removesuffix("钟") if said["unit"] != "分钟" else "分钟"]
    if count is None:
        return None
    every: dict[str, object] = {"unit": unit, "n": count}
    if unit == "quarter":
        every = {"unit": "month", "n": 3 * count}
    if said.get("md"):
        every["monthday"] = int(number_value(said["md"]) or 0)
    return every


def _weekdays(said: str) -> list[int]:
    found = ["一二三四五六日".index(w) + 1 for w in re.findall(_W, said.replace("天", "日"))]
    if len(found) == 2 and re.search(r"到|至|-", said):
        return list(range(found[0], found[1] + 1))
    return sorted(set(found))


def _times(t: str, clock: Clock, every: dict[str, object]) -> int:
    every["tod_start"] = _hhmm(clock.low)
    if clock.high is not None:
        every["tod_end"] = _hhmm(clock.high)
    link = _TO.match(t, clock.end)
    second = read_clock(t, link.end(), clock.half) if link else None
    if second:
        every["tod_end"] = _hhmm(second.low)
        return second.end
    return clock.end


def _hhmm(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}"
