"""中文名: labels of tags and codes, and `value_text`, a tag's value in the words an advisor reads."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput

#: which table of labels.yaml holds the codes of a slot
CODES = {
    "product": "product",
    "permission": "permission",
    "institution_type": "institution_type",
    "level": "level",
    "term": "term",
    "clue": "clue",
    "channel": "channel",
    "topic": "topic",
    "sentiment": "sentiment",
    "churn.risk.action": "churn_action",
    "commitment.advisor.action": "promise_action",
}
FILE = Path(__file__).parent / "labels.yaml"
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPANS = {_WEEK[:5]: "工作日", _WEEK[5:]: "周末", _WEEK: "每天"}


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[str, Any]]:
    """All tables of `labels.yaml`."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def tag_label(tag: str) -> str:
    """The Chinese name of a tag; an unknown one keeps its code."""
    return str(tables()["tags"].get(tag, tag))


def categories() -> tuple[str, ...]:
    """The parts of the card, in order: 业务机会, 分层服务, 客户心声, 沟通."""
    return tuple(tables()["categories"])


def category(tag: str) -> str:
    """On which part of the card the tag stands; an unknown tag stands under 沟通, the last one."""
    return _categories().get(tag, categories()[-1])


@lru_cache(maxsize=1)
def _categories() -> dict[str, str]:
    return {tag: name for name, tags in tables()["categories"].items() for tag in tags}


def label(table: str, code: Any, default: str = "未说明") -> str:
    """The Chinese name of a code in one table of labels.yaml; an unknown code is shown as it is."""
    return str(tables()[table].get(code, code)) if code else default


def check_slot(tag: str, slot: str, value: Any) -> None:
    """Raises BadInput `value-invalid` where a slot's value is not of its kind: code, amount, date, clock."""
    if value is None:
        return
    table = CODES.get(f"{tag}.{slot}") or CODES.get(slot)
    if table:
        fits = isinstance(value, str) and value in tables()[table]
    elif slot in ("low", "high", "low_pct", "high_pct"):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e13
    elif slot in ("available_from", "matures_on", "due_date", "date"):
        fits = as_date(value) is not None
    elif slot == "days":
        fits = isinstance(value, list) and all(day in _WEEK for day in value)
    else:
        fits = isinstance(value, str) and len(value) <= 60
    if not fits:
        raise BadInput("value-invalid", f"{tag_label(tag)} 的 {slot} 不能是 {str(value)[:40]}")


def yuan_text(amount: Decimal | int | float) -> str:
    """50万元, 1.2亿元, 800元."""
    value = Decimal(str(amount))
    for unit, name in ((Decimal(10**8), "亿元"), (Decimal(10**4), "万元")):
        if abs(value) >= unit:
            return f"{_short(value / unit)}{name}"
    return f"{_short(value)}元"


def amount_text(low: Any, high: Any) -> str:
    """约50万元, 200万元–300万元, 不到100万元, 100万元以上; 金额未知 where neither end is."""
    if low is None and high is None:
        return "金额未知"
    if low is None:
        return f"不到{yuan_text(high)}"
    if high is None:
        return f"{yuan_text(low)}以上"
    return f"约{yuan_text(low)}" if low == high else f"{yuan_text(low)}–{yuan_text(high)}"


def date_text(value: Any, today: date) -> str:
    """6月30日; with the year where it is not today's."""
    day = as_date(value)
    if day is None:
        return ""
    return f"{day.month}月{day.day}日" if day.year == today.year else f"{day.year}年{day.month}月{day.day}日"


def as_date(value: Any) -> date | None:
    """The date of an ISO text; None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def value_text(tag: str, polarity: str, value: Mapping[str, Any], today: date) -> str:
    """A tag's value in Chinese, without the tag's name: 约50万元, 6月30日起可用."""
    writer = _WRITERS.get(tag)
    return writer(value, polarity == "negated", today) if writer else _plain(value)


def _idle(v: Mapping[str, Any], negated: bool, today: date) -> str:
    if negated:
        return "没有闲钱"
    since = date_text(v.get("available_from"), today)
    return amount_text(v.get("low"), v.get("high")) + (f", {since}起可用" if since else "")


def _external(v: Mapping[str, Any], negated: bool, today: date) -> str:
    kind = v.get("institution_type")
    place = v.get("institution") or (label("institution_type", kind) if kind else "其他机构")
    if negated:
        return "别处没有资产" if kind in (None, "unknown") else f"在{place}没有资产"
    product = f" {label('product', v['product'])}" if v.get("product") else ""
    due = date_text(v.get("matures_on"), today)
    return f"{place}{product} {amount_text(v.get('low'), v.get('high'))}" + (f", {due}到期" if due else "")


def _product(v: Mapping[str, Any], negated: bool, today: date) -> str:
    return ("不要" if negated else "想要") + label("product", v.get("product"))


def _permission(v: Mapping[str, Any], negated: bool, today: date) -> str:
    return ("不开通" if negated else "想开通") + label("permission", v.get("permission"))


def _return(v: Mapping[str, Any], negated: bool, today: date) -> str:
    low, high = v.get("low_pct"), v.get("high_pct")
    if low is None and high is None:
        return "未说明"
    if low is None or high is None:
        return f"年化{_short(Decimal(str(high)))}%以内" if low is None else f"年化{_short(Decimal(str(low)))}%以上"
    ends = [_short(Decimal(str(x))) for x in (low, high)]
    return f"年化约{ends[0]}%" if ends[0] == ends[1] else f"年化{ends[0]}%–{ends[1]}%"


def _time(v: Mapping[str, Any], negated: bool, today: date) -> str:
    when = [date_text(v.get("date"), today) if v.get("kind") == "once" else _days(v.get("days"))]
    start, end = v.get("from"), v.get("to")
    if start and end:
        when.append(f"{start}–{end}")
    elif start or end:
        when.append(f"{start}以后" if start else f"{end}以前")
    text = " ".join(part for part in when if part) or "时间未定"
    return f"{text} 不要联系" if negated else text


def _days(days: Any) -> str:
    if not days:
        return ""
    known = tuple(day for day in _WEEK if day in days)
    return _SPANS.get(known) or "、".join(label("day", day) for day in known)


def _channel(v: Mapping[str, Any], negated: bool, today: date) -> str:
    return ("不要用" if negated else "") + label("channel", v.get("channel"))


def _feedback(v: Mapping[str, Any], negated: bool, today: date) -> str:
    return f"{label('topic', v.get('topic'))}: {label('sentiment', v.get('sentiment'))}"


def _churn(v: Mapping[str, Any], negated: bool, today: date) -> str:
    action = label("churn_action", v.get("action"))
    return f"表示不会{action}" if negated else action


def _promise(v: Mapping[str, Any], negated: bool, today: date) -> str:
    due = date_text(v.get("due_date"), today)
    return label("promise_action", v.get("action")) + (f", {due}前" if due else "")


def _plain(value: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in sorted(value.items()) if v is not None)


def _short(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01')).normalize():f}"


_WRITERS = {
    "funds.idle": _idle,
    "assets.external": _external,
    "intent.product": _product,
    "intent.permission": _permission,
    "risk.appetite": lambda v, n, t: label("level", v.get("level")),
    "experience.level": lambda v, n, t: label("level", v.get("level")),
    "expectation.return": _return,
    "expectation.horizon": lambda v, n, t: label("term", v.get("term")),
    "family.clue": lambda v, n, t: label("clue", v.get("clue")),
    "contact.time": _time,
    "contact.channel": _channel,
    "contact.busy": lambda v, n, t: "当时不便",
    "voice.feedback": _feedback,
    "churn.risk": _churn,
    "commitment.advisor": _promise,
}
