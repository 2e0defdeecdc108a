"""钟点和时段: parts of the day and clock times of folded text, as wall-clock times "HH:MM" (words:
lexicon/values/parts.yaml).

A part of the day before the hour decides its half (晚上八点 20:00); a bare 三四点 is 15:00–16:00 and 七八点
19:00–20:00, for
nobody is called in the small hours; 八点多 is 08:00–09:00. 以后 opens the end, 以前 the beginning.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from nlp import vocabulary
from nlp.times.calendar import small_int


@dataclass(frozen=True, slots=True)
class Clock:
    """一处钟点或时段. `half` of the day (am, noon, pm, night, dawn, day; None for a bare hour); `part`: the key in
    parts.yaml,
    None where an hour was said; `edge`: after or before; `weekdays`: only when the market is open."""

    start: int
    end: int
    from_: str | None
    to: str | None
    half: str | None = None
    part: str | None = None
    edge: str | None = None
    weekdays: bool = False


_H = r"(?:[01]?\d|2[0-4]|二十[一二三四]?|十[一二三四五六七八九]?|[零一二三四五六七八九两])"
_NOT_BEFORE = r"(?<![零一二三四五六七八九十百千万亿两几\d.之第差有])"
_O = (
    r"(?:点(?![一二三四五六七八九](?![十分刻定直过起到打来])|\d(?!\d))钟?整?(?!子|位|击|评|钱|多钱"
    r"|[一二三四五六七八九\d几]+(?:个|%|万|亿|块|厘))|时(?![候间段不常效])|:(?=[0-5]\d))"
)
_M = (
    r"(?:半|[一三]刻钟?|过?(?:零[一二三四五六七八九]|[二三四五]十[一二三四五六七八九]?|十[一二三四五六七八九]?"
    r"|[0-5]\d|[一二三四五](?=分))分?(?!钟后|万|千|百|个|点|天|年|月|块))"
)
_HALVES = r"(?:早上|上午|中午|下午|傍晚|晚上|夜里)"
_TO = r"(?:到|至|~|-{1,2})"
_RANGE = re.compile(
    rf"{_NOT_BEFORE}(?P<h1>{_H})(?:{_O}(?P<m1>{_M})?)?(?:钟"
    rf"|左右)?{_TO}(?P<half>{_HALVES})?(?P<h2>{_H}){_O}(?P<m2>{_M})?"
)
_PAIR = re.compile(
    r"(?<![零一二三四五六七八九十百千万两几\d第])(?P<pair>[一两二三四五六七八][二三四五六七八九]|九十|十一二"
    r"|十一十二|九点十|十点十一)点钟?(?!子|位|[一二三四五六七八九]个)"
)
_POINT = re.compile(
    rf"(?P<past>过了?)?{_NOT_BEFORE}(?P<h1>{_H}){_O}(?P<m1>{_M})?(?P<more>多钟?)?(?:来钟|钟|左右|前后|的样子)?"
)
_ONE = re.compile(
    r"(?:整|钟|半|多|左右|以[后前]|之[后前]|[后前到至]|打|来电|联系|找我|[一三]刻|[一二三四五]?十|过|左|再|给我|你|准)"
)
_EDGE = re.compile(
    r"(?:的?(?:时候)?)?(?P<after>以后|之后|过后|往后|后(?!天|面|来|半|续|边|悔)|起(?!来|床|码)|开外)"
    r"|(?P<before>以前|之前|前(?!面|台|天|后|海|几|两|提)|为止)"
)
_JOIN = re.compile(r"[的,那个大概差不多就要到是 ]{0,4}")
_PAIRS = {"九十": (9, 10), "十一二": (11, 12), "十一十二": (11, 12), "九点十": (9, 10), "十点十一": (10, 11)}


@cache
def _parts() -> tuple[re.Pattern[str], dict[str, dict[str, Any]]]:
    table: dict[str, dict[str, Any]] = vocabulary.load("values/parts")
    groups = (f"(?P<{key}>{'|'.join(row['words'].split())})" for key, row in table.items())
    return re.compile("|".join(groups)), table


def find_clocks(t: str) -> list[Clock]:
    """The parts of the day and the clock times, in order; an hour takes the part of the day before it."""
    parts = _find_parts(t)
    hours = _find_hours(t, parts)
    hours = [_in_the_evening(t, h, parts, hours) for h in hours]
    alone = [_edged(t, p) for p in parts if not any(h.start <= p.start < h.end for h in hours)]
    return sorted([*alone, *hours], key=lambda c: c.start)


def hhmm(minutes: int) -> str:
    """Minutes of the day as HH:MM; the end of the day is 00:00."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _find_parts(t: str) -> list[Clock]:
    pattern, table = _parts()
    found = []
    for m in pattern.finditer(t):
        row = table[m.lastgroup or ""]
        found.append(
            Clock(
                m.start(), m.end(), row["from"], row["to"], row.get("half"), m.lastgroup,
                weekdays=bool(row.get("weekdays")),
            )
        )  # fmt: skip
    return found


def _edged(t: str, part: Clock) -> Clock:
    """中午以后, 晚上之前; 以后 as "from now on" (大清早的以后别打) is none."""
    m = _EDGE.match(t, part.end)
    if not m or part.half is None or t[part.end : part.end + 3] == "的以后":
        return part
    close = bool(_parts()[1][part.part or ""].get("close"))
    if m["after"]:
        return replace(part, end=m.end(), from_=part.to if close else part.from_, to=None, edge="after")
    return replace(part, end=m.end(), from_=None, to=part.from_, edge="before")


def _find_hours(t: str, parts: list[Clock]) -> list[Clock]:
    if "点" not in t and ":" not in t and "时" not in t:
        return []
    found: list[Clock] = []
    for pattern, read in ((_RANGE, _range), (_PAIR, _pair), (_POINT, _point)):
        for m in pattern.finditer(t):
            if any(m.start() < c.end and c.start < m.end() for c in found):
                continue
            clock = read(t, m, _half_before(t, m.start(), parts))
            if clock:
                found.append(clock)
    return found


def _in_the_evening(t: str, clock: Clock, parts: list[Clock], hours: list[Clock]) -> Clock:
    """我晚上九点睡, 九点以后别打: a bare hour after one of the evening is of the evening too."""
    if clock.half != "hour":
        return clock
    before = [c for c in (*parts, *hours) if c.end <= clock.start and c.half != "hour"]
    last = max(before, key=lambda c: c.start, default=None)
    if last is None or last.half != "night" or re.search(r"[。;!?天日]", t[last.end : clock.start]):
        return clock
    return replace(clock, from_=_later(clock.from_), to=_later(clock.to))


def _later(time: str | None) -> str | None:
    if time is None or time >= "12:00":
        return time
    return f"{int(time[:2]) + 12:02d}{time[2:]}"


def _half_before(t: str, start: int, parts: list[Clock]) -> Clock | None:
    near = [p for p in parts if p.end <= start and p.half and _JOIN.fullmatch(t, p.end, start)]
    return near[-1] if near else None


def _minutes(hour: str, minute: str | None, half: str | None) -> int | None:
    """Minutes of the day of 三点半 in that half of the day."""
    h = small_int(hour)
    if h is None or h > 24:
        return None
    return _in_half(h, half) * 60 + _minute(minute)


def _in_half(h: int, half: str | None) -> int:
    if half == "am" or half == "dawn" or h > 12:
        return h
    if half == "noon":
        return h + 12 if h < 6 else h
    if half == "pm":
        return h + 12 if h < 12 else h
    if half == "night":
        return h + 12 if 4 < h else h
    return h + 12 if 0 < h < 8 else h


def _minute(said: str | None) -> int:
    if not said:
        return 0
    if said == "半":
        return 30
    if "刻" in said:
        return 15 if said[0] in "一1" else 45
    return small_int(said.removeprefix("过").removesuffix("分")) or 0


def _range(t: str, m: re.Match[str], part: Clock | None) -> Clock | None:
    """两点到四点, 上午十点到下午三点."""
    half = part.half if part else None
    a = _minutes(m["h1"], m["m1"], half)
    second = _half_of(m["half"]) if m["half"] else half
    b = _minutes(m["h2"], m["m2"], second)
    if a is None or b is None:
        return None
    if b <= a:
        b += 720
    if b > 1440 or b <= a:
        return None
    return Clock(part.start if part else m.start(), m.end(), hhmm(a), hhmm(b), half or "hour")


def _half_of(said: str) -> str | None:
    pattern, table = _parts()
    m = pattern.match(said)
    half: str | None = table[m.lastgroup or ""].get("half") if m else None
    return half


def _pair(t: str, m: re.Match[str], part: Clock | None) -> Clock | None:
    """七八点: from the one to the other."""
    said = m["pair"]
    first, second = _PAIRS.get(said) or (small_int(said[0]) or 0, small_int(said[1]) or 0)
    if second != first + 1 and (first, second) != (3, 5):
        return None
    half = part.half if part else None
    a, b = _in_half(first, half) * 60, _in_half(second, "pm" if not half and first < 8 else half) * 60
    start = part.start if part else m.start()
    return _with_edge(t, Clock(start, m.end(), hhmm(a), hhmm(b), half or "hour"))


def _point(t: str, m: re.Match[str], part: Clock | None) -> Clock | None:
    """三点半, 八点多, 过了五点, 15:30."""
    if m["h1"] == "一" and not part and _a_little(t, m):
        return None
    half = part.half if part else None
    if half is None and m["h1"].startswith("0"):
        half = "am"
    a = _minutes(m["h1"], m["m1"], half)
    if a is None:
        return None
    to = hhmm(a + 60) if m["more"] else None
    clock = Clock(part.start if part else m.start(), m.end(), hhmm(a), to, half or "hour")
    return _with_edge(t, clock, past=bool(m["past"]))


def _a_little(t: str, m: re.Match[str]) -> bool:
    """一点 for a little: 早一点打, 一点都不."""
    before = t[m.start("h1") - 1 : m.start("h1")]
    if before and before in "早晚快慢多少高低好便":
        return True
    return not m["m1"] and not _ONE.match(t, m.end("h1") + 1)


def _with_edge(t: str, clock: Clock, past: bool = False) -> Clock:
    m = _EDGE.match(t, clock.end)
    if m and m["before"]:
        return replace(clock, end=m.end(), from_=None, to=clock.to or clock.from_, edge="before")
    if m or past:
        return replace(clock, end=m.end() if m else clock.end, to=None, edge="after")
    return clock
