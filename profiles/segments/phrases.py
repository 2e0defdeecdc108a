"""说法: the one table of wordings, from which a comparison is written and read back.

A wording names its operators and a template; `{verb}` is the field's, `{a}` and `{b}` are operands in the words of
the type. Reading knows a few more ways to say the same (`SAYINGS`), writing uses the first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from profiles.segments.kinds import Unfit
from profiles.segments.vocabulary import Field, vocabulary

_SPELLED = "[零〇一二两三四五六七八九十百千万亿点]"
_WHOLE = rf"(?:\d+|{_SPELLED}+)"
_NUMBER = rf"(?:-?\d+(?:\.\d+)?|{_SPELLED}+)"
_UNITS = {"亿元": 10**8, "亿": 10**8, "万元": 10**4, "万": 10**4, "元": 1}
_DAY = r"(?:\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d\d-\d\d)"
_ENDS = (
    (("at_least", "at_most"), "在{a}到{b}之间"),
    (("at_least",), "不低于{a}"),
    (("at_most",), "不超过{a}"),
    (("above",), "高于{a}"),
    (("below",), "低于{a}"),
)
_KNOWN = ((("known",), "{a}"),)

#: type → (operators, template); the first that has exactly the operators is written
WORDINGS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "choice": ((("in",), "是{a}"), *_KNOWN),
    "text": ((("in",), "是{a}"), *_KNOWN),
    "choices": ((("any_of",), "含{a}"), *_KNOWN),
    "number": (*_ENDS, *_KNOWN),
    "money": (*_ENDS, *_KNOWN),
    "score": (*_ENDS, *_KNOWN),
    "clock": (*_ENDS[:3], *_KNOWN),
    "date": (
        (("next_days",), "在{a}天内{verb}"),
        (("last_days",), "在近{a}天内{verb}"),
        (("over_days",), "已超过{a}天"),
        (("in_trading_days",), "还有{a}个交易日{verb}"),
        (("within_trading_days",), "在{a}个交易日内{verb}"),
        (("from", "until"), "在{a}到{b}之间"),
        (("from",), "不早于{a}"),
        (("until",), "不晚于{a}"),
        *_KNOWN,
    ),
    "moment": ((("within_days",), "在近{a}天内{verb}"), (("over_days",), "已超过{a}天"), *_KNOWN),
    "flag": ((("is",), "{a}"), *_KNOWN),
}
SAYINGS = {
    "不低于": "(?:不低于|不少于|不小于|大于等于|大于或等于|至少|最少|最低|>=|≥)",
    "不超过": "(?:不超过|不多于|不高于|不大于|小于等于|小于或等于|至多|最多|最高|<=|≤)",
    "高于": "(?:高于|大于|多于|超过|>)",
    "低于": "(?:低于|小于|少于|不到|不足|<)",
    "在近": "在?(?:近|最近)",
}
#: said after the amount; read only. 以上 and 以下 hold the bound itself (民法典 1259)
_AFTER = ((("at_least",), "{a}以上"), (("at_most",), "{a}以下"), (("at_most",), "{a}以内"))
NEGATED = {"是": "不是", "含": "不含"}  #: how such a comparison is denied in one word
HAVING = {True: "有记录", False: "没有记录"}


@dataclass(frozen=True, slots=True)
class Wording:
    """一种说法 of one field: its operators, the pattern that reads it, and how an error names it."""

    ops: tuple[str, ...]
    pattern: re.Pattern[str]
    is_whole: bool  #: says by itself what it is about, without the field's name
    hint: str  #: empty: read, but not proposed


def squeezed(text: str) -> str:
    """Without white space, brackets and commas in half width: how sentences and labels are compared."""
    return re.sub(r"\s+", "", text.translate(_HALF))


_FULL = "（），０１２３４５６７８９．：％＞＜＝－"
_HALF = str.maketrans({**dict(zip(_FULL, "(),0123456789.:%><=-", strict=True)), ";": ",", "；": ","})


def phrase(f: Field, operands: Mapping[str, Any]) -> str:
    """The comparison in words, without the field's name."""
    template = next(t for ops, t in WORDINGS[f.type] if set(ops) == set(operands))
    words = [_say(f, op, operands[op]) for op in operands]
    return template.format(a=words[0], b=words[-1], verb=f.verb)


def is_whole(f: Field, operands: Mapping[str, Any]) -> bool:
    """Whether the phrase says by itself what it is about: 在30天内到期, 风险测评已过期."""
    if "known" in operands:
        return False
    return f.type == "flag" or _says_verb(f, tuple(operands))


def _says_verb(f: Field, ops: tuple[str, ...]) -> bool:
    return bool(f.verb) and any("{verb}" in t for told, t in WORDINGS[f.type] if set(told) == set(ops))


@lru_cache(maxsize=1024)
def wordings(attribute: str, field: str) -> tuple[Wording, ...]:
    """All ways to compare that field."""
    f = vocabulary().attributes[attribute].fields[field]
    return tuple(_wordings(f))


def _wordings(f: Field) -> Iterator[Wording]:
    after = _AFTER if f.type in ("number", "money", "score") else ()
    for ops, template in (*WORDINGS[f.type], *after):
        parts = re.split(r"(\{a\}|\{b\}|\{verb\})", template)
        spelled = {"{a}": f"(?P<a>{_pattern(f, ops[0])})", "{b}": f"(?P<b>{_pattern(f, ops[-1])})"}
        spelled["{verb}"] = re.escape(squeezed(f.verb))
        pattern = "".join(spelled[p] if p in spelled else SAYINGS.get(p) or re.escape(p) for p in parts)
        hint = template.format(a=_example(f, ops[0]), b=_example(f, ops[-1], high=True), verb=f.verb)
        hint = "" if (ops, template) in after else hint
        yield Wording(ops, re.compile(pattern), (f.type == "flag" and ops == ("is",)) or _says_verb(f, ops), hint)


def operands_of(f: Field, wording: Wording, found: re.Match[str]) -> dict[str, Any]:
    """The operands that the words hold; whether they fit is for `kinds.normal` to say. Raises Unfit where a spelled
    number is none."""
    ends = [found.group("a"), *([found.group("b")] if len(wording.ops) > 1 else [])]
    return {op: _hear(f, op, text) for op, text in zip(wording.ops, ends, strict=True)}


def _say(f: Field, op: str, value: Any) -> str:
    if op == "known":
        return HAVING[value]
    if op == "is":
        return f.yes if value else f.no
    if op in ("in", "any_of"):
        names = [f"“{v}”" if f.type == "text" else f.labels[v] for v in value]
        return names[0] if len(names) == 1 else "、".join(names) + "之一"
    if op in ("from", "until"):
        year, month, day = value.split("-")
        return f"{year}年{int(month)}月{int(day)}日"
    if f.type == "money":
        return yuan(value)
    return f"{plain(value)}{f.unit}" if f.type == "number" else plain(value)


def yuan(value: int | float) -> str:
    """An amount exactly: 20万元, 1.2亿元, 800.5元."""
    amount = Decimal(str(value))
    unit, name = next(((u, n) for n, u in _UNITS.items() if n.endswith("元") and abs(amount) >= u), (1, "元"))
    return f"{(amount / unit).normalize():f}{name}"


def plain(value: Any) -> str:
    """A number without trailing zeros; a text as it is."""
    return f"{Decimal(str(value)).normalize():f}" if isinstance(value, int | float) else str(value)


def _hear(f: Field, op: str, text: str) -> Any:
    if op == "known":
        return text == HAVING[True]
    if op == "is":
        return text == squeezed(f.yes)
    if op in ("in", "any_of"):
        return _codes(f, text)
    if op in ("from", "until"):
        year, month, day = re.findall(r"\d+", text)
        return f"{year}-{int(month):02}-{int(day):02}"
    if f.type == "clock":
        return text
    if f.type == "money":
        if text[0] in _SPELLED:
            return _number(_spelled(text.removesuffix("元")))
        unit = next(n for n in _UNITS if text.endswith(n))
        return _number(Decimal(text.removesuffix(unit)) * _UNITS[unit])
    amount = text.removesuffix(squeezed(f.unit))
    return _number(_spelled(amount) if amount[0] in _SPELLED else Decimal(amount))


def _spelled(text: str) -> Decimal:
    """二十万, 三千五百, 一点二亿. Raises Unfit for what is no number or not one number (三四十)."""
    from nlp.numerals import read_numeral

    found = read_numeral(text.replace("〇", "零"), 0)
    if found is None or found.end < len(text) or found.low != found.high or found.code:
        raise Unfit(f"“{text[:20]}” 不是一个确定的数")
    return found.low


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _codes(f: Field, text: str) -> list[str]:
    if f.type == "text":
        return re.findall(r"“([^”]*)”", text)
    codes = {squeezed(label): code for code, label in f.labels.items()}
    return [codes[name] for name in re.findall(_labels(f), text)]


def _labels(f: Field) -> str:
    names = sorted((squeezed(label) for label in f.labels.values()), key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, names))})"


def _pattern(f: Field, op: str) -> str:
    if op == "known":
        return "|".join(HAVING.values())
    if op == "is":
        return f"{re.escape(squeezed(f.yes))}|{re.escape(squeezed(f.no))}"
    if op in ("in", "any_of"):
        one = "“[^”]*”" if f.type == "text" else _labels(f)
        return f"{one}(?:、{one})+之一|{one}"
    if op in ("from", "until"):
        return _DAY
    if f.type == "clock":
        return r"\d\d:\d\d"
    if f.type == "money":
        return rf"-?\d+(?:\.\d+)?(?:{'|'.join(_UNITS)})|{_SPELLED}+(?:元|(?<=[万亿]))"
    return _NUMBER + re.escape(squeezed(f.unit)) if f.type in ("number", "score") else _WHOLE


def _example(f: Field, op: str, *, high: bool = False) -> str:
    if op in ("known", "is"):
        return "或".join((f.yes, f.no) if op == "is" else HAVING.values())
    if op in ("in", "any_of"):
        return "“文字”" if f.type == "text" else "/".join(list(f.labels.values())[:6])
    if op in ("from", "until"):
        return "2026年12月31日" if high else "2026年6月30日"
    low_high = {
        "money": ("20万元", "50万元"),
        "clock": ("15:30", "17:00"),
        "number": (f"30{f.unit}", f"60{f.unit}"),
        "score": ("0.5", "0.8"),
    }
    return low_high.get(f.type, ("30", "60"))[high]
