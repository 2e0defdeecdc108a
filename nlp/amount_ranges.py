"""金额的范围: two numerals that belong together – 二十到三十万, 三、五万 – and stutters, which are one."""

import re
from dataclasses import replace
from decimal import Decimal

from nlp.amount_units import Counted
from nlp.numeral_sections import TEN, Numeral

_TO = re.compile(r"\s*(?:到|至|-{1,2}|~|或者?(?=几))\s*")
_PAUSE = re.compile(
    r"[,、.…\s]*(?:(?:呃|嗯|啊|额|哦|唔|那个|就是|大概|差不多|应该是?|是|有|吧|对|了|呢)[,、.…\s]*){0,2}"
)
_LIST = re.compile(r"[、,]")


def merged(t: str, items: list[Counted]) -> list[Counted]:
    """`items` with ranges and stutters made one."""
    out: list[Counted] = []
    for item in items:
        one = _one(t, out[-1], item) if out else None
        if one:
            out[-1] = one
        else:
            out.append(item)
    return out


def _one(t: str, a: Counted, b: Counted) -> Counted | None:
    gap_start, gap_end = a.end, b.number.start
    if gap_end - gap_start > 12 or a.number.code or b.number.code:
        return None
    if a.kind in ("none", b.kind) and _TO.fullmatch(t, gap_start, gap_end):
        return _range(a, b)
    if a.kind == "none" and a.number.great is None and _LIST.fullmatch(t, gap_start, gap_end):
        spoken = _spoken_list(t, a, b)
        if spoken:
            return spoken
    if gap_start == gap_end and (both := _side_by_side(a, b)):
        return both
    return b if _PAUSE.fullmatch(t, gap_start, gap_end) and _stutter(t, a, b) else None


def _range(a: Counted, b: Counted) -> Counted | None:
    low, high = a.number, b.number
    if low.great is None and high.great and low.low * high.great <= high.high:
        low = low.times(high.great)
    elif high.great is None and low.great and b.kind == "none" and high.high < low.low:
        high = high.times(low.great)
    elif low.great is None and a.kind == "none" and low.low < 10 <= high.high:
        low = _same_place(low, high)
    if low.low > high.high:
        return None
    return replace(b, number=_span(low, high))


def _same_place(low: Numeral, high: Numeral) -> Numeral:
    """二到三百: the lower digit is of the same place, where the higher has but one digit."""
    place = high.step
    return low.times(place) if place > 1 and low.low < high.high / place < TEN else low


def _span(low: Numeral, high: Numeral) -> Numeral:
    return replace(high, low=low.low, start=low.start, bare=False, fuzzy=True, great=high.great or low.great)


def _spoken_list(t: str, a: Counted, b: Counted) -> Counted | None:
    """两、三百万, 三、五万: a recogniser's comma inside 两三百万."""
    first, second = a.number, b.number
    if first.end - first.start != 1 or first.low >= TEN or second.bare or not second.low:
        return None
    unit = second.low / _leading(second.low)
    if _leading(second.low) - first.low not in (1, 2) or second.low % unit:
        return None
    low = replace(first, low=first.low * unit)
    return replace(b, number=_span(low, second)) if unit > 1 else None


def _leading(value: Decimal) -> Decimal:
    digits = value.normalize().as_tuple().digits
    return Decimal(digits[0])


def _side_by_side(a: Counted, b: Counted) -> Counted | None:
    """十块八块, 三千块五千块, 十个八个."""
    if a.kind not in ("yuan", "ge") or b.kind != a.kind or a.number.fuzzy or b.number.fuzzy:
        return None
    low, high = sorted((a.number, b.number), key=lambda n: n.low)
    if high.low >= low.low * 10:
        return None
    return replace(b, number=replace(_span(low, high), start=a.number.start, end=b.number.end))


def _stutter(t: str, a: Counted, b: Counted) -> bool:
    first, second = t[a.number.start : a.number.end], t[b.number.start : b.number.end]
    same = a.number.low == b.number.low and a.number.high == b.number.high
    return (same and a.kind in ("none", b.kind)) or (
        a.kind == "none" and a.number.great is None and second.startswith(first)
    )
