"""书面金额: sums of any currency in written Chinese – 壹拾壹元壹角, 八百到九百亿泰铢, 5.6到5.78元, 新台币 177.1
亿元."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nlp.charforms import fold
from nlp.general.numbers import DIGITS, UNSIGNED, number_value, squeezed, upper_value

_CURRENCIES = {
    "USD": "美元 美金 美刀 us\\$ usd 刀(?=$|[,。])",
    "EUR": "欧元 eur €",
    "GBP": "英镑 gbp £",
    "JPY": "日元 日币 日圆 日本元 jpy",
    "HKD": "港元 港币 港纸 hkd hk\\$ 蚊",
    "TWD": "新台币 台币 新台幣 twd nt\\$",
    "KRW": "韩元 韩币 krw",
    "AUD": "澳元 澳币 澳大利亚元 aud",
    "CAD": "加元 加币 加拿大元 cad",
    "SGD": "新加坡元 新币 新元 坡币 sgd",
    "NZD": "新西兰元 纽币 纽元",
    "CHF": "瑞士法郎 瑞郎 chf",
    "INR": "印度卢布 印度卢比 卢比 inr",
    "RUB": "俄罗斯卢布 卢布 rub",
    "THB": "泰铢 泰株 thb",
    "MYR": "马来西亚林吉特 林吉特 马币 令吉",
    "PHP": "菲律宾比索",
    "VND": "越南盾",
    "MOP": "澳门元 澳门币 葡币",
    "BTC": "比特币",
    "CNY": "人民币 元 圆 块钱? 软妹币 rmb cny ¥",
}
_CODES = [(re.compile(word + r"\Z"), code) for code, words in _CURRENCIES.items() for word in words.split()]
_CURRENCY = "|".join(w for words in _CURRENCIES.values() for w in words.split())
_TAIL = re.compile(
    rf"(?:零|又)?(?:(?P<mao>{UNSIGNED})[角毛])?(?:零|又)?(?:(?P<fen>{UNSIGNED})(?:美|日本)?[分銭]"
    rf"|(?P<hundredths>(?<=零)[一二三四五六七八九])|(?P<short>[一二三四五六七八九]|\d(?!\d)))?"
)
_SUM = re.compile(
    rf"(?P<before>新台币|人民币|美元|港币|[¥$€£]|us\$|hk\$|rmb)?\s?(?P<n>{UNSIGNED})(?P<few>几)?\s?(?P<more>[余多])?"
    rf"\s?(?:个(?=亿))?(?P<great>[万亿]+)?(?:\(含\))?(?:\s?个?(?:元(?=日币|台币|港币|人民币|美金)|万元(?=人民币))?"
    rf"(?P<cur>{_CURRENCY})(?!旦|月|宵|素|首|气)(?:人民币|整|正)?)?"
)
_COINS = re.compile(
    rf"(?P<minus>负)?(?P<n>{UNSIGNED})(?P<unit>[角毛毫分])(?!大楼|形|度|钟)(?:(?P<fen>{UNSIGNED})分)?钱?"
)
_TO = re.compile(r"\s?(?:到|至|~|-{1,2})\s?")
_LOWER = re.compile(r"(?:至少|起码|不低于|不少于|大于|超过|高于|多于)有?$")
_UPPER = re.compile(r"(?:不到|小于|低于|少于|不足|近|至多|最多|不超过)有?$")
_MORE_THAN = re.compile(r"(?:以上|开外)")
_LESS_THAN = re.compile(r"(?:以下|以内|之内)")


@dataclass(frozen=True, slots=True)
class Money:
    """一笔钱. `unit` is the ISO 4217 code; None where open or unknown."""

    low: float | None
    high: float | None
    start: int
    end: int
    unit: str | None

    def to_json(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "start": self.start, "end": self.end, "unit": self.unit}


def find_money(text: str) -> list[Money]:
    """The sums in `text`, in its order. 万 without a currency counts as yuan only where nothing else is said."""
    t, places = squeezed(fold(text))
    sums = [s for s in _sums(t) if s.unit or _is_all(t, s)]
    return [
        Money(s.low, s.high, places[s.start], places[s.end - 1] + 1, s.unit or "CNY")
        for s in map(lambda s: _bounded(t, s), _ranges(t, sums))
    ]


def _is_all(t: str, s: Money) -> bool:
    if len(t) > 40:
        return False
    rest = _LOWER.sub("", _UPPER.sub("", t[: s.start])) + t[s.end :]
    return not rest.strip() and bool(re.search(r"[万亿]", t[s.start : s.end]))


def _sums(t: str) -> Iterator[Money]:
    i = 0
    coins = _COINS.search(t)
    while i < len(t):
        m = _SUM.search(t, i)
        if coins and coins.start() < i:
            coins = _COINS.search(t, i)
        if coins and (not m or coins.start() <= m.start()):
            yield from _coins(t, coins)
            i = coins.end()
        elif m:
            found = _one(t, m)
            if found:
                yield found
            i = found.end if found else m.end("n")
        else:
            return


def _one(t: str, m: re.Match[str]) -> Money | None:
    value = number_value(m["n"] + (m["great"] or ""))
    if value is None:
        return None
    high = upper_value(m["n"] + (m["great"] or "")) or value
    if m["few"]:
        step = 10.0 if value >= 10 else 1.0
        high = value + step
    named = m["before"] if m["before"] and m["cur"] in ("元", "圆", None) else m["cur"]
    code, end = _code(named), m.end()
    if code and m["cur"] and not m["great"]:
        change, end = _change(t, m.end())
        value, high = value + change, high + change
    return Money(value, high, m.start(), end, code)


def _code(said: str | None) -> str | None:
    plain = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY"}
    if not said:
        return None
    return plain.get(said) or next((code for word, code in _CODES if word.match(said)), None)


def _change(t: str, i: int) -> tuple[float, int]:
    """块 and what follows: 九毛九, 五分, 零四."""
    m = _TAIL.match(t, i)
    if not m or m.end() == i or (m["short"] and t[i - 1] != "块" and not m["mao"]):
        return 0.0, i
    mao = number_value(m["mao"]) if m["mao"] else 0.0
    fen = number_value(m["fen"]) if m["fen"] else 0.0
    if m["hundredths"]:
        fen = float(DIGITS[m["hundredths"]])
    if m["short"]:
        if m["mao"]:
            fen = number_value(m["short"])
        else:
            mao = number_value(m["short"])
    if not (m["mao"] or m["fen"] or m["hundredths"] or m["short"]):
        return 0.0, i
    return (mao or 0.0) / 10 + (fen or 0.0) / 100, m.end()


def _coins(t: str, m: re.Match[str]) -> Iterator[Money]:
    value = number_value(m["n"])
    alone = m.end() - m.start() == len(t) or m["unit"] != "分" or t[m.end() - 1] == "钱"
    if value is None or not alone:
        return
    value *= 0.01 if m["unit"] == "分" else 0.1
    value += (number_value(m["fen"]) or 0.0) / 100 if m["fen"] else 0.0
    sign = -1 if m["minus"] else 1
    yield Money(sign * round(value, 4), sign * round(value, 4), m.start(), m.end(), "CNY")


def _ranges(t: str, sums: list[Money]) -> Iterator[Money]:
    """1万元--5万元, and 八百到九百亿泰铢, where the first takes the unit of the second."""
    for i, s in enumerate(sums):
        if i and _linked(t, sums[i - 1], s):
            continue
        nxt = sums[i + 1] if i + 1 < len(sums) else None
        if nxt and _linked(t, s, nxt):
            yield Money(s.low, nxt.high, s.start, nxt.end, nxt.unit)
        else:
            yield _stretched(t, s)


def _linked(t: str, a: Money, b: Money) -> bool:
    return bool(_TO.fullmatch(t, a.end, b.start)) and a.unit in (b.unit, None)


_BEFORE = re.compile(rf"(?P<n>{UNSIGNED})(?:\(含\))?\s?(?:到|至|~|-{{1,2}})\s?$")


def _stretched(t: str, s: Money) -> Money:
    """十八至|三十万日元: a number before 到 that is in the same 万."""
    m = _BEFORE.search(t, max(0, s.start - 24), s.start)
    low = number_value(m["n"]) if m else None
    if m is None or low is None or s.high is None:
        return s
    great = re.search(r"[万亿]+", t[s.start : s.end])
    if great and not re.search(r"[万亿]", m["n"]):
        low *= number_value("一" + great.group()) or 1.0
    place = re.search(r"[一二两三四五六七八九]([百千])(?![一二三四五六七八九])", t[s.start : s.end])
    if place and m["n"] in DIGITS:
        low *= number_value("一" + place[1]) or 1.0
    return Money(low, s.high, m.start(), s.end, s.unit) if low < s.high else s


def _bounded(t: str, s: Money) -> Money:
    left = _LOWER.search(t, max(0, s.start - 24), s.start)
    if left or _MORE_THAN.match(t, s.end):
        return Money(s.low, None, left.start() if left else s.start, s.end + (0 if left else 2), s.unit)
    left = _UPPER.search(t, max(0, s.start - 24), s.start)
    if left or _LESS_THAN.match(t, s.end):
        return Money(None, s.high, left.start() if left else s.start, s.end + (0 if left else 2), s.unit)
    return s
