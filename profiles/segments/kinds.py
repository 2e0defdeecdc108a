"""算子: what may be asked of a value of each type, whether an operand fits, and which checks it comes to.

An operand set is a mapping of operators of one family: `{"at_least": 3, "at_most": 5}`, `{"next_days": 30}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from profiles.segments.checks import DAY_SECONDS, AnyOf, Between, Check, Fades, Is, Known, Moment, OneOf
from profiles.segments.vocabulary import Field

Operands = Mapping[str, Any]
MAX_DAYS = 3_660
MAX_TRADING_DAYS = 250
MAX_VALUES = 50
MAX_TEXT_CHARS = 60
MAX_YUAN = Decimal(10) ** 13
QUOTES = "“”"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


class Unfit(Exception):
    """The operand does not fit; the reason is Chinese."""


@dataclass(frozen=True, slots=True)
class Kind:
    """一种值. `families` are the operators that may stand together."""

    label: str
    operators: Mapping[str, str]  #: operator → its Chinese name
    families: tuple[frozenset[str], ...]
    fit: Callable[[Field, str, Any], Any]  #: the operand in normal form; raises Unfit
    checks: Callable[[Field, Operands, Moment], list[Check]]


def normal(f: Field, given: Any) -> dict[str, Any]:
    """The operands of a field in normal form, in the order of its operators. Raises Unfit."""
    kind = KINDS[f.type]
    if not isinstance(given, Mapping) or not given:
        raise Unfit(f"要一个比较, 例如 {{{next(iter(kind.operators))!r}: …}}")
    unknown = [str(op) for op in given if op not in kind.operators]
    if unknown:
        raise Unfit(f"{kind.label}不能用 {unknown[0][:30]}, 可以用 {'、'.join(kind.operators)}")
    if not any(set(given) <= family for family in kind.families):
        raise Unfit(f"{'、'.join(given)} 不能一起用")
    found = {op: _operand(f, kind, op, given[op]) for op in kind.operators if op in given}
    low, high = found.get("at_least", found.get("from")), found.get("at_most", found.get("until"))
    if low is not None and high is not None and low > high:
        raise Unfit("下限大于上限")
    return found


def _operand(f: Field, kind: Kind, op: str, value: Any) -> Any:
    if op != "known":
        return kind.fit(f, op, value)
    if not isinstance(value, bool):
        raise Unfit("known 要 true 或 false")
    return value


def checks_of(f: Field, operands: Operands, moment: Moment) -> list[Check]:
    """The checks that the operands come to at that moment; all must pass."""
    if "known" in operands:
        return [Known(f.keys[0], operands["known"])]
    return KINDS[f.type].checks(f, operands, moment)


def _codes(f: Field, op: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not value or not all(isinstance(v, str) for v in value):
        raise Unfit("要一个不空的代码列表")
    unknown = [v for v in value if v not in f.labels]
    if unknown:
        raise Unfit(f"没有 {unknown[0][:30]}, 可以是 {'、'.join(f.labels)}")
    return [code for code in f.labels if code in value]


def _texts(f: Field, op: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_VALUES:
        raise Unfit(f"要 1 到 {MAX_VALUES} 个文字的列表")
    for text in value:
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT_CHARS or not text.isprintable():
            raise Unfit(f"每个文字要有 1 到 {MAX_TEXT_CHARS} 个能看见的字符")
        if any(q in text for q in QUOTES):
            raise Unfit("文字里不能有引号 “”")
    return list(dict.fromkeys(value))


def _number(f: Field, op: str, value: Any) -> int | float:
    """Up to 13 digits before the point and two (score: four) after it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("要一个数")
    amount = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    if amount.is_nan():
        raise Unfit("要一个数")
    if amount < 0 and not f.signed:
        raise Unfit("要 0 以上的数")
    if abs(amount) >= MAX_YUAN:
        raise Unfit("这个数太大, 要小于 10万亿")
    digits = 4 if f.type == "score" else 2
    if f.type == "score" and amount > 1:
        raise Unfit("要 0 到 1 之间的数")
    if amount != round(amount, digits):
        raise Unfit(f"小数点后最多 {digits} 位")
    if f.step and amount % f.step:
        raise Unfit(f"要 {f.step} 的倍数")
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _day(f: Field, op: str, value: Any) -> Any:
    if op in ("from", "until"):
        try:
            return date.fromisoformat(value).isoformat() if isinstance(value, str) and len(value) == 10 else _no_date()
        except ValueError:
            return _no_date()
    return _count(value, MAX_TRADING_DAYS if "trading" in op else MAX_DAYS)


def _no_date() -> Any:
    raise Unfit("要一个日期, 例如 2026-06-30")


def _count(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Unfit(f"要 0 到 {most} 的整数")
    return value


def _moment(f: Field, op: str, value: Any) -> Any:
    return _count(value, MAX_DAYS)


def _clock(f: Field, op: str, value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise Unfit("要一个时刻, 例如 15:30")
    return value


def _flag(f: Field, op: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("要 true 或 false")
    return value


def _one_of(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    return [OneOf(f.name, tuple(ops["in"]))]


def _any_of(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    return [AnyOf(f.name, tuple(ops["any_of"]))]


def _range(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    is_open = "above" in ops or "below" in ops
    low, high = ops.get("at_least", ops.get("above")), ops.get("at_most", ops.get("below"))
    if f.fades:
        return [Fades(low, high, is_open)]
    found = [Between(f.keys[0], low, None, is_open)] if low is not None else []
    return [*found, *([Between(f.keys[1], None, high, is_open)] if high is not None else [])]


def _dates(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    low, high = ops.get("from"), ops.get("until")
    if "next_days" in ops:
        low, high = moment.day(0), moment.day(ops["next_days"])
    elif "last_days" in ops:
        low, high = moment.day(-ops["last_days"]), moment.day(0)
    elif "over_days" in ops:
        high = moment.day(-ops["over_days"] - 1)
    elif "in_trading_days" in ops:
        low, high = moment.trading_day(ops["in_trading_days"])
    elif "within_trading_days" in ops:
        low, high = moment.day(0), moment.trading_day(ops["within_trading_days"])[1]
    return [Between(f.name, low, high)]


def _moments(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    now = moment.seconds
    if "within_days" in ops:
        return [Between(f.name, now - ops["within_days"] * DAY_SECONDS, now)]
    if "over_days" in ops:
        return [Between(f.name, high=now - ops["over_days"] * DAY_SECONDS)]
    return [Between(f.name, high=now) if "past" in ops else Between(f.name, low=now)]


def _flags(f: Field, ops: Operands, moment: Moment) -> list[Check]:
    return [Is(f.name, ops["is"])]


_KNOWN = {"known": "有没有记录"}
_ALONE = frozenset({"known"})
_ENDS = {"at_least": "不低于", "at_most": "不超过"}
_RANGE = {**_ENDS, "above": "高于", "below": "低于", **_KNOWN}
_TOGETHER = (frozenset(_ENDS), _ALONE)
_EITHER = (frozenset(_ENDS), frozenset({"above"}), frozenset({"below"}), _ALONE)
KINDS: Mapping[str, Kind] = {
    "choice": Kind("选项", {"in": "是其中之一", **_KNOWN}, (frozenset({"in"}), _ALONE), _codes, _one_of),
    "choices": Kind("多选", {"any_of": "含其中之一", **_KNOWN}, (frozenset({"any_of"}), _ALONE), _codes, _any_of),
    "text": Kind("文字", {"in": "是其中之一", **_KNOWN}, (frozenset({"in"}), _ALONE), _texts, _one_of),
    "number": Kind("数", _RANGE, _EITHER, _number, _range),
    "money": Kind("金额", _RANGE, _EITHER, _number, _range),
    "score": Kind("分值", _RANGE, _EITHER, _number, _range),
    "clock": Kind("时刻", {**_ENDS, **_KNOWN}, _TOGETHER, _clock, _range),
    "date": Kind(
        "日期",
        {
            "next_days": "在今后几天内",
            "last_days": "在最近几天内",
            "over_days": "已超过几天",
            "in_trading_days": "正好还有几个交易日",
            "within_trading_days": "在几个交易日内",
            "from": "不早于",
            "until": "不晚于",
            **_KNOWN,
        },
        (
            *(frozenset({op}) for op in ("next_days", "last_days", "over_days")),
            *(frozenset({op}) for op in ("in_trading_days", "within_trading_days")),
            frozenset({"from", "until"}),
            _ALONE,
        ),
        _day,
        _dates,
    ),
    "moment": Kind(
        "时间",
        {"within_days": "在最近几天内", "over_days": "已超过几天", **_KNOWN},
        (frozenset({"within_days"}), frozenset({"over_days"}), _ALONE),
        _moment,
        _moments,
    ),
    "flag": Kind("是否", {"is": "是或否", **_KNOWN}, (frozenset({"is"}), _ALONE), _flag, _flags),
}
