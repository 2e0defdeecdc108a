"""数词: Chinese, Arabic and mixed numerals with their vagueness – 两三百, 十几, 三千五, 1.5亿, 百八十, 二十来.

`read_numeral` reads one numeral at a position of *folded* text (nlp.charforms) into an interval. It does not know
what is
counted; amounts and times decide that. 十五六 is 15–16, 十几 11–19, 五十多 50–60, 五十来 50, 大几十 50–90, 百八十
80–100,
一万二 12000, 三十五十万 300000–500000.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from nlp.numeral_sections import COUNTED, ONE, TEN, WAN, YI, Numeral, after_unit, fuzz, read_section

STARTS = re.compile(r"[0-9零一二三四五六七八九十百千万亿两几半数幺廿卅]|[好大小个](?=[几把])")
_CODE = re.compile(r"[\d,]{16,}|[零一二三四五六七八九幺](?:[零一二三四五六七八九幺]|\d){2,}(?![十百千万亿w])")
_IDIOM = re.compile(
    r"(?P<b80>百儿?八十)|(?P<k800>千儿?八百)|(?P<w8>万儿?八千)|(?P<b10>百十来?)(?![一二三四五六七八九])"
    r"|(?P<b>百[来把]|百儿(?!八))|(?P<k>千[来把])|(?P<w>万[把来])|(?P<one>个把(?=[亿万w]))"
)
_IDIOM_VALUES = {
    "b80": (80, 100),
    "k800": (800, 1000),
    "w8": (8000, 10000),
    "b10": (100, 110),
    "b": (100, 100),
    "k": (1000, 1000),
    "w": (10000, 10000),
    "one": (1, 1),
}
_GREAT = re.compile(r"(?P<more>个[多来半])?(?:个(?=[w亿]))?(?:(?P<wy>万亿)|(?P<w>万|w)|(?P<y>亿)|(?P<k>k))(?![a-z])")
_OVER_WAN = re.compile(r"[上过破超近]万(?:[多块元的吧了呢,。\s]|$)")
_HALF = re.compile(r"半(?![年个天月小仓数夜路点截])")
_FACTORS = {"wy": WAN * YI, "w": WAN, "y": YI, "k": Decimal(1000)}


def plain(value: Decimal | None) -> int | float | None:
    """int where whole, float where not."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def numerals(t: str) -> Iterator[Numeral]:
    """The numerals of the folded text `t`, from left to right, none inside another."""
    i = 0
    while m := STARTS.search(t, i):
        number = read_numeral(t, m.start())
        i = number.end if number else m.end()
        if number:
            yield number


def read_numeral(t: str, i: int) -> Numeral | None:
    """The longest numeral of the folded text `t` that begins at `i`, or None."""
    code = _CODE.match(t, i)
    if code:
        return Numeral(Decimal(0), Decimal(0), i, code.end(), code=True)
    number = _one(t, i)
    return number and _side_by_side(t, number)


def _one(t: str, i: int) -> Numeral | None:
    idiom = _IDIOM.match(t, i)
    if idiom and idiom.lastgroup:
        low, high = _IDIOM_VALUES[idiom.lastgroup]
        great = WAN if idiom.lastgroup.startswith("w") else None
        head = Numeral(Decimal(low), Decimal(high), i, idiom.end(), Decimal(low), great, fuzzy=True)
        return head if great else _great(t, head)
    if t[i] == "半":
        half = Numeral(Decimal("0.5"), Decimal("0.5"), i, i + 1)
        number = _great(t, half)
        return number if number.great else None
    if t[i] in "万亿":
        number = _great(t, Numeral(ONE, ONE, i, i, bare=True))
        return number if (number.great or 0) >= YI or _OVER_WAN.search(t, i - 1, i + 2) else None
    section = read_section(t, i)
    return section and _great(t, section)


def _great(t: str, head: Numeral) -> Numeral:
    """`head` with the 万, 亿, 个亿 that follows it, and with what is said below them."""
    m = _GREAT.match(t, head.end)
    if not m or not m.lastgroup:
        return head
    if m["more"] == "个多":
        head = head.more(head.end)
    elif m["more"] == "个半":
        head = head.plus(Numeral(Decimal("0.5"), Decimal("0.5"), head.end, head.end))
    factor = _FACTORS[m.lastgroup]
    value = replace(head.times(factor, m.end()), decimal=False)
    return fuzz(t, _below(t, value, factor))


def _below(t: str, value: Numeral, factor: Decimal) -> Numeral:
    """What follows 万 or 亿: 两万|五千三, 一万|二, 三百万|半, 一亿|两千万."""
    if value.high < TEN * factor and _HALF.match(t, value.end):
        half = replace(value, low=factor / 2, high=factor / 2, end=value.end + 1, step=factor / 10)
        return value.plus(half)
    zero = t[value.end : value.end + 1] == "零"
    rest = read_section(t, value.end + zero)
    if rest is None or rest.decimal or rest.bare or value.low != value.high:
        return value
    if factor == YI:
        rest = _in_wan(t, rest)
    elif _GREAT.match(t, rest.end):
        return value
    if rest.great is None and not zero:
        return _without_zero(t, value, rest, factor)
    return value.plus(rest) if rest.high < factor else value


def _in_wan(t: str, rest: Numeral) -> Numeral:
    """The part below 亿: 两千万, 五千 (万 left out)."""
    below = _great(t, rest)
    if below.great == WAN:
        return below
    return rest.times(WAN) if rest.step >= 1000 else rest


def _without_zero(t: str, value: Numeral, rest: Numeral, factor: Decimal) -> Numeral:
    if rest.high < TEN:
        if COUNTED.match(t, rest.end) or t[rest.start] in "两数":
            return value
        return value.plus(after_unit(rest, factor).times(factor / 10))
    said_thousand = rest.low >= 1000
    if rest.low < 100 or (not said_thousand and COUNTED.match(t, rest.end)):
        return value
    return value.plus(rest) if rest.high < factor else value


def _side_by_side(t: str, first: Numeral) -> Numeral:
    """三十五十万, 三万五万, 十几二十万: two numerals side by side mean from the one to the other; 五五十万 is a
    stutter."""
    nxt = t[first.end : first.end + 1]
    if first.decimal or not nxt or nxt not in "一二三四五六七八九两十百" or t[first.start].isdigit():
        return first
    second = _one(t, first.end)
    if second is None or second.code or second.fuzzy or second.bare:
        return first
    if first.great is None and second.great:
        first = first.times(second.great)
    if first.great != second.great or second.great is None:
        return first
    joined = replace(second, start=first.start)
    said_great = t[first.end - 1] in "万w亿"
    if first.low == second.low or (not said_great and t.startswith(t[first.start : first.end], second.start)):
        return joined
    if first.high < second.low * 10 and (first.low < second.low or _round(first.low)):
        low, high = sorted((first.low, second.high))
        return replace(joined, low=low, high=high, fuzzy=True)
    return first


def _round(value: Decimal) -> bool:
    """10, 100, 1000, …: only 十万八万 counts downwards."""
    return str(int(value)).strip("0") == "1"
