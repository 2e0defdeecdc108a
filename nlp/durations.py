"""时长: spans of time as people say them (三五年, 一年半载, 半年到一年, 仨月俩月), in months from low to high."""

import re
from dataclasses import dataclass

_N = r"(?:\d+(?:\.\d)?|[一二两俩仨三四五六七八九十几好多]{1,3}|半)"
_UNIT = r"(?:个)?(?:年|月|天|周|礼拜|星期|季度)"
_FIRST, _SECOND = (rf"(?P<n{k}>{_N})(?P<u{k}>{_UNIT})(?P<h{k}>半载|八载|半|多|来|把)?" for k in (1, 2))
_RANGE = re.compile(rf"{_FIRST}(?:以上|以内|左右)?(?:(?:到|至|-|，|或者|或)?(?:{_SECOND}))?")
_MIXED = re.compile(rf"(?P<a>{_N})(?:到|至|-)(?P<b>{_N})(?P<u>{_UNIT})")
_SPECIAL = {
    "年把": (12, 24), "大半年": (7, 10), "小半年": (4, 5), "个把月": (1, 1.5), "半年多": (6, 9), "上十年": (120, 120),
    "月把": (1, 1.5), "好几年": (36, 60), "十来年": (120, 120), "十几年": (132, 228), "几十年": (240, 600),
    "二十多年": (240, 300), "几个月": (2, 5), "好多年": (60, 120), "一阵子": (1, 3), "头二年": (12, 24),
}  # fmt: skip
_MONTHS = {"年": 12.0, "月": 1.0, "天": 1 / 30, "周": 0.25, "礼拜": 0.25, "星期": 0.25, "季度": 3.0}
_DIGITS = {c: float(n) for n, c in enumerate("零一二三四五六七八九")} | {"两": 2.0, "俩": 2.0, "仨": 3.0, "半": 0.5}


@dataclass(frozen=True, slots=True)
class Duration:
    """一段时间 in months."""

    low: float
    high: float
    start: int
    end: int


def find_durations(text: str) -> list[Duration]:
    """The spans of time in the text, in its order. Dates (三月份, 2026年) and ages are none."""
    found: list[Duration] = []
    for word, (low, high) in _SPECIAL.items():
        for hit in re.finditer(re.escape(word), text):
            found.append(Duration(low, high, hit.start(), hit.end()))
    for pattern in (_MIXED, _RANGE):
        for hit in pattern.finditer(text):
            one = _mixed(hit) if pattern is _MIXED else _range(hit)
            if one and not any(f.start < one.end and one.start < f.end for f in found):
                if not _is_date(text, one):
                    found.append(one)
    return sorted(found, key=lambda d: d.start)


def _is_date(text: str, found: Duration) -> bool:
    after, said = text[found.end : found.end + 2], text[found.start : found.end]
    before = text[max(found.start - 2, 0) : found.start]
    if re.fullmatch(r"(\d+|[一二三四五六七八九十]+)月", said) or (re.search(r"\d{3,}年|^\d\d年", said)):
        return True
    return after[:1] in ("级", "前", "底", "份") or "第" in before


def _mixed(hit: re.Match[str]) -> Duration | None:
    low, high = _count(hit["a"]), _count(hit["b"])
    if low is None or high is None:
        return None
    unit = _MONTHS[hit["u"].removeprefix("个")]
    return Duration(low[0] * unit, high[1] * unit, hit.start(), hit.end())


def _range(hit: re.Match[str]) -> Duration | None:
    one = _months(hit["n1"], hit["u1"], hit["h1"])
    two = _months(hit["n2"], hit["u2"], hit["h2"]) if hit["n2"] else None
    if one is None:
        return None
    both = [*one, *(two or ())]
    return Duration(min(both), max(both), hit.start(), hit.end())


def _months(number: str, unit: str, tail: str | None) -> tuple[float, float] | None:
    count = _count(number)
    if count is None:
        return None
    each = _MONTHS[unit.removeprefix("个")]
    low, high = count[0] * each, count[1] * each
    if tail == "半":
        low, high = low + each / 2, high + each / 2
    return low, high


def _count(text: str) -> tuple[float, float] | None:
    """The number said: 三五 is 3 to 5, 几 2 to 9."""
    if re.fullmatch(r"\d+(\.\d)?", text):
        return float(text), float(text)
    if text in ("几", "好几"):
        return 3.0, 9.0
    if text in _DIGITS:
        return _DIGITS[text], _DIGITS[text]
    if "十" in text:
        tens, _, ones = text.partition("十")
        base = 10 * (_DIGITS.get(tens, 1.0) if tens else 1.0)
        return base + _DIGITS.get(ones, 0.0), base + _DIGITS.get(ones, 0.0)
    if len(text) == 2 and all(c in _DIGITS for c in text):
        return _DIGITS[text[0]], _DIGITS[text[1]]
    return None
