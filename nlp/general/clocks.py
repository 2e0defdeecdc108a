"""钟点: a time of the day in written Chinese – 下午3:15, 十一点零三分, 3:30PM, 晚上八点半, 二十时 – and the parts of
the day."""

import re
from dataclasses import dataclass

from nlp.general.numbers import number_value

#: minutes of the day, as most readers set them
PARTS: dict[str, tuple[int, int, str]] = {
    "凌晨": (0, 360, "am"), "清晨": (360, 540, "am"), "黎明": (240, 420, "am"), "早晨": (240, 720, "am"),
    "早上": (240, 720, "am"), "早间": (480, 720, "am"), "上午": (480, 720, "am"), "中午": (660, 780, "noon"),
    "正午": (720, 780, "noon"), "午后": (720, 1080, "pm"), "下午": (720, 1080, "pm"), "傍晚": (1020, 1140, "pm"),
    "黄昏": (1020, 1140, "pm"), "晚上": (1080, 1440, "night"), "夜里": (1200, 1440, "night"),
    "晚间": (1080, 1440, "night"), "夜晚": (1080, 1440, "night"), "半夜": (0, 300, "night"),
    "深夜": (1380, 1440, "night"), "午夜": (0, 60, "night"), "早": (240, 720, "am"),
    "晚": (1080, 1440, "night"), "午": (660, 780, "noon"),
}  # fmt: skip
PART = (
    r"(?:凌晨|清晨|黎明|早晨|早上|早间|上午|中午|正午|午后|下午|傍晚|黄昏|晚上|夜里|晚间|夜晚|半夜|深夜|午夜"
    r"|(?<=[今明昨后前天日号当])[早晚](?![上晨间])|[早晚](?=[\d一二三四五六七八九十]+[点:]))"
)
_N = r"(?:\d{1,2}|二十[一二三四]?|[一二三四五]?十[一二三四五六七八九]?|[零一二三四五六七八九两])"
_MIN = r"(?:[二三四五]?十[一二三四五六七八九]?|零?[一二三四五六七八九]|[0-5]?\d)"
_CLOCK = re.compile(
    rf"(?P<part>{PART})?的?\s?(?:(?P<h>{_N})\s?(?:点钟|点整|点(?!位|击|评)|时(?![候间段]))\s?(?:(?P<half>半)"
    rf"|(?P<q>[一三])刻|(?P<m>{_MIN})分?(?:(?P<s>{_MIN})秒)?(?![个%点])|[整钟许])?"
    r"|(?P<hh>[01]?\d|2[0-4])[::：](?P<mm>[0-5]\d)(?:[::：](?P<ss>[0-5]\d))?(?!\d))(?:许|左右"
    r"|整)?\s?(?P<ap>[ap]\.?m?\.?(?![a-z]))?"
)
_HOURS = re.compile(
    rf"(?P<part>{PART})?(?P<a>[一二三四五六七八九])(?P<b>[二三四五六七八九十])点(?![一二三四五六七八九\d])"
)
_ALONE = re.compile(PART)


@dataclass(frozen=True, slots=True)
class Clock:
    """一处钟点, in seconds of the day (may pass midnight: 晚上两点 is 26:00); `high` for a part of the day or
    七八点."""

    start: int
    end: int
    low: int
    high: int | None
    grain: str
    half: str | None


def read_clock(t: str, i: int, half: str | None = None) -> Clock | None:
    """The clock time or part of the day that begins at `i`; a bare hour takes `half` of the day."""
    pair = _HOURS.match(t, i)
    if pair:
        return _pair(pair, half)
    m = _CLOCK.match(t, i)
    if m:
        return _clock(t, m, half)
    alone = _ALONE.match(t, i)
    if not alone:
        return None
    low, high, kind = PARTS[alone.group()]
    return Clock(i, alone.end(), low * 60, high * 60, "part", kind)


def _pair(m: re.Match[str], half: str | None) -> Clock | None:
    a, b = number_value(m["a"]), number_value(m["b"])
    if a is None or b is None or b - a != 1:
        return None
    kind = PARTS[m["part"]][2] if m["part"] else half
    return Clock(m.start(), m.end(), _hour(int(a), kind) * 3600, (_hour(int(b), kind) + 1) * 3600, "hour", kind)


def _clock(t: str, m: re.Match[str], half: str | None) -> Clock | None:
    hour = number_value(m["h"] or m["hh"])
    minute = _minute(m)
    second = number_value(m["s"] or m["ss"] or "零") or 0
    if hour is None or hour > 24 or minute > 59 or (m["h"] == "一" and not (m["part"] or minute)) or _decimal(t, m):
        return None
    kind = PARTS[m["part"]][2] if m["part"] else half
    if m["ap"]:
        kind = "pm" if m["ap"].startswith("p") else "am"
    seconds = _hour(int(hour), kind) * 3600 + minute * 60 + int(second)
    grain = "second" if m["s"] or m["ss"] else "minute" if minute or m["mm"] else "hour"
    return Clock(m.start(), m.end(), seconds, None, grain, kind)


def _decimal(t: str, m: re.Match[str]) -> bool:
    """零点一, 加七点八 are numbers."""
    said = m["m"]
    return bool(said) and len(said) == 1 and not t[m.end("m") : m.end("m") + 1] == "分" and not said.isdigit()


def _minute(m: re.Match[str]) -> int:
    if m["half"]:
        return 30
    if m["q"]:
        return 15 if m["q"] == "一" else 45
    return int(number_value(m["m"] or m["mm"] or "零") or 0)


def _hour(h: int, half: str | None) -> int:
    if half == "pm" and h < 12:
        return h + 12
    if half == "noon" and h < 6:
        return h + 12
    if half == "night":
        return h + 12 if 4 < h < 12 else h + 24 if h < 5 else h if h != 12 else 24
    return 0 if half == "am" and h == 12 else h
