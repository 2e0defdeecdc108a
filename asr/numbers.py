"""数字写法: numbers as they are spoken (五十万, 百分之二点八), whatever the engine writes (50万, 2.8%).

One style, the spoken one: people say numbers so, and what reads the transcript was made for talk. Names keep their
digits: 300ETF, T+0, R3, 沪深300. Digit by digit are read: years, numbers that begin with 0, and codes, which are six
digits and more without a unit, or five that are not round (95588); also what is named one (尾号 1234) and what the mask
of personal numbers hides (138 0013 8000), which must stay hidden. Dates, versions and numbers with strokes stay as they
are: 2026-03-15, 400-888-1234, 1/3.
"""

import re

from asr.edits import Change
from dongke.privacy import mask

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
_MAX_DIGITS = 16  #: more are no amount, whatever follows
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.+])(?<!\d[-/:])(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?(?P<sign>[%％‰])?"
    r"(?![A-Za-z0-9+])(?![-/:.]\d)"
)
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_RANGE = re.compile(
    r"(?<![\d-])\d{1,4}(?:\.\d+)?[%％]?([-~～—])(?=\d{1,4}(?:\.\d+)? ?[万亿千百元块个天年月点倍次笔手股折之%％岁])"
)
_NAMED = re.compile("(?:尾号|工号|编号|代码|密码)[是为:：]?$")
_INDEX = re.compile("(?:沪深|中证|上证|国证|深证|科创|创业板?|标普|恒生|纳指|纳斯达克|日经)$")
_UNIT = re.compile(
    "[万亿千百元块份股手只支个笔张次年天月周点号日倍成岁人家位分秒条户期]|小时|多|来|几|以[上下内]|左右|美元"
)
_BOARD = re.compile("(?:60[0135]|68[89]|30[01]|00[02])(?=的|开头|打头)")  #: how stock codes of a board begin
_TWO = re.compile("[个万亿千百块元年天次份只支笔位倍成点股手家周张条户秒]|小时|分钟")


def as_spoken(text: str, hidden: str | None = None) -> list[Change]:
    """The changes that turn the digits of the text into spoken numbers, in order. `hidden`: the text as the mask leaves
    it where that needs the whole conversation; its stars are personal numbers."""
    hidden = mask(text) if hidden is None else hidden
    clocks = [Change(m.start(), m.end(), _clock(m)) for m in _CLOCK.finditer(text)]
    taken = {place for change in clocks for place in range(change.start, change.end)}
    ranges = [Change(m.start(1), m.end(1), "到") for m in _RANGE.finditer(text)]
    for change in ranges:
        text = text[: change.start] + change.new + text[change.end :]
    found = [(m, _spoken(m, hidden)) for m in _NUMBER.finditer(text) if m.start() not in taken]
    numbers = [Change(m.start(), m.end(), new) for m, new in found if new is not None]
    return sorted(clocks + ranges + numbers, key=lambda change: change.start)


def _spoken(found: re.Match[str], hidden: str) -> str | None:
    text, whole = found.string, found["whole"].replace(",", "")
    if "*" in hidden[found.start() : found.end()]:
        return _one_by_one(whole) if whole == found[0] else None
    after = text[found.end() :].lstrip()
    if _INDEX.search(text[max(found.start() - 4, 0) : found.start()]) and not _UNIT.match(after):
        return None
    part = "点" + _one_by_one(found["part"][1:]) if found["part"] else ""
    sign = {"%": "百分之", "％": "百分之", "‰": "千分之", None: ""}[found["sign"]]
    named = _NAMED.search(text[: found.start()].rstrip()[-6:])
    if not part and not sign and (named or _is_code(whole, after)):
        return _one_by_one(whole)
    if whole == "2" and not part and not sign and _TWO.match(after) and not text[: found.start()].endswith("第"):
        return "两"
    return sign + value(int(whole)) + part


def _is_code(whole: str, after: str) -> bool:
    if _BOARD.match(whole + after):
        return True
    is_year = len(whole) == 4 and whole.startswith(("19", "20")) and after.startswith("年")
    if is_year or len(whole) > _MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return True
    if _UNIT.match(after):
        return False
    return len(whole) >= 6 or (len(whole) == 5 and not whole.endswith("00"))


def value(number: int) -> str:
    """A whole number as it is read: 10500 一万零五百, 12 十二, 200000 二十万."""
    if number == 0:
        return _DIGITS[0]
    read, gap = "", False
    for group in reversed(range(len(_GROUPS))):
        four = number // 10_000**group % 10_000
        if not four:
            gap = bool(read)
            continue
        read += (_DIGITS[0] if read and (gap or four < 1000) else "") + _four(four) + _GROUPS[group]
        gap = False
    if read.startswith("二") and read[1:2] in ("百", "千", "万", "亿"):
        return "两" + read[1:]
    return read.removeprefix("一") if read.startswith("一十") else read


def _four(number: int) -> str:
    read, gap = "", False
    for place in reversed(range(4)):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(read)
            continue
        read += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return read


def _one_by_one(digits: str) -> str:
    return "".join(_DIGITS[int(d)] for d in digits)


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), int(found[2])
    if not minute:
        return value(hour) + "点"
    return f"{value(hour)}点{'零' if minute < 10 else ''}{value(minute)}分"
