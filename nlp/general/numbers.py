"""书面数: numbers of any written form – 三又二分之一, 负40%, 2.5折, 5万4千6百, 一 百 五 十 – with the values they
stand for.

A vague number counts as its lower end (十多万 is 100000); bounds are open intervals (大于50).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nlp.charforms import fold

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "幺": 1}
UNITS = {"十": 10, "百": 100, "千": 1000, "廿": 20, "卅": 30}
GREAT = {"万": 10**4, "亿": 10**8, "兆": 10**12, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_CHARS = r"零一二三四五六七八九两幺十百千廿卅万亿兆"
_RUN = rf"(?:{_ARABIC}|[{_CHARS}]|半(?=[百千万亿])|[多几来余](?=[十百千万亿])|(?<=\d)[kmgt](?![a-z])){{1,40}}"
_POINT = r"(?:点[零一二三四五六七八九\d]+(?![十百千])(?:[万亿]+)?)"
UNSIGNED = rf"(?:{_RUN}{_POINT}?)"
NUMBER = rf"(?:[负+-]\s?)?{UNSIGNED}"
_TOKEN = re.compile(rf"{_ARABIC}|[{_CHARS}kmgt半几多来余]")
_VALUE = re.compile(
    rf"(?P<minus>负的)?(?P<hundredth>百分之|千分之)\s?(?P<of>{NUMBER}|百)"
    rf"|百分(?P<all>百)"
    rf"|(?P<whole>{NUMBER})又(?P<den1>{NUMBER})分之(?P<num1>{NUMBER})"
    rf"|(?P<den>{NUMBER})分之(?P<num>{NUMBER})"
    rf"|(?P<top>-?\d+(?:\.\d+)?)/(?P<bottom>\d+)(?!/|\d)"
    rf"|(?P<plain>{NUMBER})"
)
_RATE = re.compile(
    r"(?P<percent>个?百分点|%)|(?P<discount>折(?!扣|合|腾))|(?P<tenth>成(?!本|立|功|交|了|为|都|人|员|果|年))"
)
_SPACES = re.compile(
    rf"(?<=[{_CHARS}点分之又负个百])\s+(?=[{_CHARS}点分之又个百亿万成折几年月日号天周小秒时星])"
    rf"|(?<=\d)\s+(?=[十百千万亿点分之又个成折年月日号天周小秒时星])|(?<=[{_CHARS}])\s+(?=\d)|(?<=之)\s+(?=负)"
    r"|(?<=\d)\s+(?=-\s+\d)|(?<=\d\s-)\s+(?=\d)|(?<=\d-)\s+(?=\d)"
)
_TWO = re.compile(
    r"(?<![零一二三四五六七八九])([一二三四五六七八])([二三四五六七八九])(?![零一二三四五六七八九])(?=[十百千万亿]"
    r"|(?<=[十百千万]..)$)"
)
_FORMAL = set("壹贰叁肆伍陆柒捌玖拾佰仟貳參陸")
_MONEY = re.compile(r"\s*(?:个)?(?:[美欧日港澳加韩]元|英镑|块钱|角钱|美[金刀])")


@dataclass(frozen=True, slots=True)
class Number:
    """一个数. `unit` is "%" for rates, else ""; None where open."""

    low: float | None
    high: float | None
    start: int
    end: int
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "start": self.start, "end": self.end, "unit": self.unit}


def find_numbers(text: str) -> list[Number]:
    """The numbers in `text`, in its order."""
    t, places = squeezed(fold(text))
    found = list(_joined(t, list(_numbers(text, t, places))))
    return [Number(n.low, n.high, places[n.start], places[n.end - 1] + 1, n.unit) for n in found]


def squeezed(t: str) -> tuple[str, list[int]]:
    """The text without the blanks inside numbers, and where each character was."""
    drop = {i for m in _SPACES.finditer(t) for i in range(m.start(), m.end())}
    kept = [i for i in range(len(t)) if i not in drop]
    return "".join(t[i] for i in kept), kept


def _numbers(text: str, t: str, places: list[int]) -> Iterator[Number]:
    for m in _VALUE.finditer(t):
        value, high = _value(m), upper_value(m["plain"])
        if value is None or _in_a_word(text, t, m, places):
            continue
        unit = _RATE.match(t, m.end())
        if m["hundredth"] or m["all"]:
            yield Number(value, value, m.start(), m.end(), "%")
        elif unit:
            rate = _rate(value, unit)
            if rate is not None:
                yield Number(rate, rate, m.start(), unit.end(), "%")
        else:
            yield Number(value, high or value, m.start(), m.end())


def _rate(value: float, unit: re.Match[str]) -> float | None:
    """2折 and 2成 are 20 per cent; 十折 is no discount."""
    if unit["percent"]:
        return value
    if unit["discount"]:
        return value * 10 if value < 10 else (value if 10 < value < 100 else None)
    return value * 10


def _in_a_word(text: str, t: str, m: re.Match[str], places: list[int]) -> bool:
    """登陆, 退伍, 我一看: a character that is no number here; 一美元 is money."""
    said = m.group()
    if _MONEY.match(t, m.end()) and len(said) < 3:
        return True
    if set(said) <= {"万", "亿"} or t.startswith(("十足", "四川"), m.start()):
        return True
    if len(said) > 1 or len(t) == 1 or said.isdigit():
        return False
    if text[places[m.start()]] in _FORMAL or said in "万亿兆百千":
        return True
    nxt = t[m.end() : m.end() + 1]
    return said == "一" and bool(nxt) and nxt not in "个只条张本台辆次天年月日点到至、,。块元斤位名"


def _value(m: re.Match[str]) -> float | None:
    if m["all"]:
        return 100.0
    if m["hundredth"]:
        of = 100.0 if m["of"] == "百" else number_value(m["of"])
        if of is None:
            return None
        return (-of if m["minus"] else of) * (1 if m["hundredth"] == "百分之" else 0.1)
    if m["den1"]:
        return _mixed(m["whole"], m["den1"], m["num1"])
    if m["den"]:
        return _mixed(None, m["den"], m["num"])
    if m["bottom"]:
        return float(m["top"]) / int(m["bottom"]) if int(m["bottom"]) else None
    return number_value(m["plain"])


def upper_value(said: str | None) -> float | None:
    """The higher end of 三四万, 五六十, 一万六七."""
    if said and len(said) == 2 and set(said) <= set("一二三四五六七八九"):
        first, second = DIGITS[said[0]], DIGITS[said[1]]
        return float(second) if second - first in (1, 2) else None
    m = said and _TWO.search(said)
    if not m or not said or DIGITS[m[2]] - DIGITS[m[1]] not in (1, 2):
        return None
    return number_value(said[: m.start(1)] + said[m.start(2) :])


def _mixed(whole: str | None, bottom: str, top: str) -> float | None:
    """三又二分之一; the sign of the whole is the sign of all."""
    a = number_value(whole) if whole else 0.0
    b, c = number_value(bottom), number_value(top)
    if a is None or not b or c is None:
        return None
    return a - c / b if a < 0 or (whole or "").startswith(("负", "-")) else a + c / b


def number_value(said: str) -> float | None:
    """The value of one written number: 负叁拾壹点肆 (folded), 5万4千6百, 1百01, 3万4000, 一千一百一十一万九千."""
    said = said.replace(" ", "")
    if said[:1] in "负+-":
        rest = number_value(said[1:])
        return -rest if rest is not None and said[0] in "负-" else rest
    if "点" in said:
        head, _, tail = said.partition("点")
        great = tail.lstrip("零一二三四五六七八九0123456789")
        digits = tail[: len(tail) - len(great)]
        value = number_value(head) if head else 0.0
        fraction = float("0." + "".join(str(DIGITS.get(c, c)) for c in digits))
        return None if value is None else (value + fraction) * _product(great)
    return _whole(_TOKEN.findall(said))


def _product(great: str) -> float:
    value = 1.0
    for c in great:
        value *= GREAT[c]
    return value


def _whole(tokens: list[str]) -> float | None:
    if all(t in DIGITS for t in tokens) and len(tokens) > 1:
        return _digits(tokens)
    total, section, digit, last = 0.0, 0.0, None, 0.0
    zero = False
    for token in tokens:
        if token in GREAT:
            section += digit or 0.0
            factor = GREAT[token]
            if section == 0 and total:
                total *= factor
            elif total and total < factor:
                total = (total + section) * factor
            else:
                total += (section or 1.0) * factor
            section, digit, last, zero = 0.0, None, float(factor), False
        elif token in UNITS:
            factor = UNITS[token]
            section += factor if token in "廿卅" else (digit or 1.0) * factor
            digit, last, zero = None, float(factor), False
        elif token in DIGITS:
            zero = zero or token == "零"
            digit = float(DIGITS[token]) if digit is None or digit == 0 else digit
        elif token == "半":
            digit = 0.5
        elif token not in "几多来余":
            digit, zero = float(token.replace(",", "")), zero or len(token) > 1
    if digit is None:
        return total + section
    short = last >= 100 and not zero and digit < 10 and tokens[-1] in DIGITS
    return total + section + (digit * last / 10 if short and digit == int(digit) else digit)


def _digits(tokens: list[str]) -> float:
    """二零二六 digit by digit; 三四 the lower of two."""
    if len(tokens) == 2 and "零" not in tokens and DIGITS[tokens[1]] - DIGITS[tokens[0]] in (1, 2):
        return float(DIGITS[tokens[0]])
    return float("".join(str(DIGITS[t]) for t in tokens))


_EQUAL = r"(?:或者?)?(?:等于)?"
_LOWER = re.compile(rf"(?:(?:大于|高于|多于|(?<!不)超过){_EQUAL}|至少有?|起码有?|不少于|不小于|不低于|不止)\s?$")
_UPPER = re.compile(rf"(?:(?:小于|低于|少于){_EQUAL}|不到|至多有?|最多有?|不多于|不大于|不高于|不超过)\s?$")
_OR_MORE = re.compile(r"(?:或者?)?(?:更多|以上)")
_OR_LESS = re.compile(r"(?:或者?)?(?:更少|以下)")
_TO = re.compile(r"\s?(?:到|至|~|-{1,2})\s?")
_WITH = re.compile(r"\s?[和与]\s?")
_BETWEEN = re.compile(r"(?:位于|处于|介于|在)\s?$")
_MIDST = re.compile(r"\s?之?间")


def _joined(t: str, found: list[Number]) -> Iterator[Number]:
    """20~100, 位于20和30之间, 大于50, 五百或者更多."""
    i = 0
    while i < len(found):
        nxt = found[i + 1] if i + 1 < len(found) else None
        both = _range(t, found[i], nxt) if nxt else None
        yield both or _bounded(t, found[i])
        i += 2 if both else 1


def _range(t: str, a: Number, b: Number) -> Number | None:
    if a.low is None or b.high is None or a.low >= b.high or b.unit not in ("", a.unit or b.unit):
        return None
    midst = _MIDST.match(t, b.end)
    gap = t[a.end : b.start]
    if not _TO.fullmatch(gap) and not (midst and _WITH.fullmatch(gap)):
        return None
    before = _BETWEEN.search(t, max(0, a.start - 8), a.start)
    start = before.start() if before and midst else a.start
    return Number(a.low, b.high, start, midst.end() if midst else b.end, b.unit)


def _bounded(t: str, n: Number) -> Number:
    for pattern, low, high in ((_LOWER, n.low, None), (_UPPER, None, n.high)):
        m = pattern.search(t, max(0, n.start - 24), n.start)
        if m:
            return Number(low, high, m.start(), n.end, n.unit)
    for pattern, low, high in ((_OR_MORE, n.low, None), (_OR_LESS, None, n.high)):
        m = pattern.match(t, n.end)
        if m:
            return Number(low, high, n.start, m.end(), n.unit)
    return n
