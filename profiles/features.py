"""行为特征: what the customer does, each figure with its reason (pure). 数据不足 is an answer.

Ages in calendar days; the lifecycle counts trading days, so that a holiday puts nobody to sleep.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dongke.clock import TradingCalendar, beijing
from profiles.beliefs import Tag
from profiles.expiry import amount_of
from profiles.facts import CustomerFacts, Event
from profiles.labels import as_date, label, value_text, yuan_text
from profiles.parameters import Parameters, parameters

UNKNOWN = "数据不足"
LOGIN_EVENTS = frozenset({"login", "app_open", "page_view", "screen_view", "trade"})
INFLOW, OUTFLOW = frozenset({"deposit", "transfer_in"}), frozenset({"withdraw", "transfer_out"})
MONTH = timedelta(days=30)
LIFECYCLE = ("潜客", "新客", "活跃", "预流失", "流失")


@dataclass(frozen=True, slots=True)
class Feature:
    """行为特征: a value (None where the data do not say), its text and its reason, Chinese."""

    label: str
    value: Any
    text: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "value": self.value, "text": self.text, "reason": self.reason}


def features(
    facts: CustomerFacts,
    as_of: datetime,
    *,
    tags: Sequence[Tag] = (),
    calendar: TradingCalendar | None = None,
    known: Parameters | None = None,
) -> dict[str, Feature]:
    """All features at `as_of`. `tags` (what he says) override what he does: a spoken leave outranks a log-in."""
    known = known or parameters()
    events = sorted((e for e in facts.events if e.at <= as_of), key=lambda e: e.order)
    recent = [e for e in events if e.at > as_of - MONTH]
    static = facts.static()
    return {
        "last_login_days": _last_login(events, beijing(as_of).date()),
        "trades_30d": _trades(recent, bool(events)),
        "net_flow_30d": _net_flow(recent, bool(events)),
        "lifecycle": _lifecycle(events, static, tags, beijing(as_of).date(), calendar or TradingCalendar(), known),
        "fund_preference": _preference(events, tags),
        "best_contact_time": _contact(events, tags, known),
        "high_net_worth": _wealth(static, known),
    }


def _last_login(events: Sequence[Event], today: date) -> Feature:
    last = next((e for e in reversed(events) if e.event in LOGIN_EVENTS), None)
    if last is None:
        return Feature("距上次登录", None, UNKNOWN, "没有登录或浏览记录")
    gap = (today - last.on).days
    return Feature("距上次登录", gap, f"{gap}天", f"最近一次在{last.on.isoformat()}")


def _trades(recent: Sequence[Event], has_data: bool) -> Feature:
    count = sum(e.event == "trade" for e in recent)
    if not has_data:
        return Feature("近30日交易次数", None, UNKNOWN, "没有行为数据")
    return Feature("近30日交易次数", count, f"{count}次", "近30日的成交记录")


def _net_flow(recent: Sequence[Event], has_data: bool) -> Feature:
    if not has_data:
        return Feature("近30日净流入", None, UNKNOWN, "没有行为数据")
    inflow = _total(recent, INFLOW)
    outflow = _total(recent, OUTFLOW)
    net = inflow - outflow
    return Feature("近30日净流入", float(net), yuan_text(net), f"转入{yuan_text(inflow)}, 转出{yuan_text(outflow)}")


def _total(events: Sequence[Event], kinds: frozenset[str]) -> Decimal:
    return sum((amount_of(e) or Decimal(0) for e in events if e.event in kinds), Decimal(0))


def _lifecycle(
    events: Sequence[Event],
    static: dict[str, Any],
    tags: Sequence[Tag],
    today: date,
    calendar: TradingCalendar,
    known: Parameters,
) -> Feature:
    stage, reason = _stage_by_deeds(events, as_date(static.get("opened_on")), today, calendar, known)
    leaving = [t for t in tags if t.tag == "churn.risk" and t.is_live and t.is_affirmed]
    leaving = [t for t in leaving if t.value.get("action") != "compare"]
    if leaving and stage not in ("潜客", "流失"):
        action = label("churn_action", leaving[0].value.get("action"))
        return Feature("生命周期", "预流失", "预流失", f"客户亲口说要{action} (行为上: {stage or UNKNOWN}, {reason})")
    return Feature("生命周期", stage, stage or UNKNOWN, reason)


def _stage_by_deeds(
    events: Sequence[Event], opened_on: date | None, today: date, calendar: TradingCalendar, known: Parameters
) -> tuple[str | None, str]:
    closed = [e for e in events if e.event == "account_closed"]
    if closed:
        return "流失", f"{closed[-1].on.isoformat()} 已销户"
    if opened_on is None and not any(e.event in INFLOW | {"trade", "account_opened"} for e in events):
        return ("潜客", "没有开户记录") if events else (None, "没有开户日期, 也没有行为数据")
    if opened_on and _open_days(calendar, opened_on, today, known.new_trading_days) is not None:
        return "新客", f"{opened_on.isoformat()} 开户, 不到{known.new_trading_days}个交易日"
    if not events:
        return None, "有账户, 没有行为数据"
    return _stage_by_silence(events[-1].on, today, calendar, known)


def _stage_by_silence(last: date, today: date, calendar: TradingCalendar, known: Parameters) -> tuple[str, str]:
    words = f"最近一次行为在{last.isoformat()}"
    for stage, limit in (("活跃", known.active_trading_days), ("预流失", known.leaving_trading_days)):
        gap = _open_days(calendar, last, today, limit)
        if gap is not None:
            return stage, f"{words}, 已过{gap}个交易日"
    return "流失", f"{words}, 超过{known.leaving_trading_days}个交易日"


def _open_days(calendar: TradingCalendar, start: date, today: date, limit: int) -> int | None:
    """Trading days since `start`, or None where they are more than `limit` (long spans are not counted out)."""
    if (today - start).days > limit * 4 + 20:
        return None
    gap = calendar.days_between(start, today)
    return gap if gap <= limit else None


def _preference(events: Sequence[Event], tags: Sequence[Tag]) -> Feature:
    views = Counter(
        str(e.properties["product"]) for e in events if e.event == "page_view" and e.properties.get("product")
    )
    spoken = sorted({str(t.value.get("product")) for t in tags if _wants(t)})
    viewed = [code for code, _ in sorted(views.items(), key=lambda item: (-item[1], item[0]))[:3]]
    if not viewed and not spoken:
        return Feature("产品偏好", None, UNKNOWN, "没有浏览产品, 也没有说过")
    seen = "、".join(f"{label('product', c)} {views[c]}次" for c in viewed) or "无"
    said = "、".join(label("product", c) for c in spoken) or "无"
    agrees = "一致" if set(viewed) & set(spoken) else "不一致" if viewed and spoken else "只有一方"
    return Feature("产品偏好", {"viewed": viewed, "spoken": spoken}, f"浏览{seen}; 口头{said}", f"浏览与口头{agrees}")


def _wants(tag: Tag) -> bool:
    return tag.tag == "intent.product" and tag.is_live and tag.is_affirmed


def _contact(events: Sequence[Event], tags: Sequence[Tag], known: Parameters) -> Feature:
    """最佳联系时间: his own words outrank the log of answered calls."""
    name = "最佳联系时间"
    told = [t for t in tags if t.tag == "contact.time" and t.is_live and t.value.get("kind") == "recurring"]
    if told:
        words = "; ".join(value_text(t.tag, t.polarity, t.value, beijing(t.said_at).date()) for t in told)
        return Feature(name, [dict(t.value) for t in told], words, "客户亲口说的")
    calls = [e for e in events if e.event in ("call_answered", "call_unanswered")]
    if len(calls) < known.min_calls:
        return Feature(name, None, UNKNOWN, f"只有{len(calls)}次通话记录, 至少要{known.min_calls}次")
    hours: Counter[int] = Counter(beijing(e.at).hour for e in calls)
    answered: Counter[int] = Counter(beijing(e.at).hour for e in calls if e.event == "call_answered")
    best = max(hours, key=lambda h: ((answered[h] + 1) / (hours[h] + 2), -h))
    if not answered[best]:
        return Feature(name, None, UNKNOWN, f"{len(calls)}次通话都没有接通")
    return Feature(name, best, f"{best}点–{best + 1}点", f"{hours[best]}次中接通{answered[best]}次")


def _wealth(static: dict[str, Any], known: Parameters) -> Feature:
    assets = static.get("assets_yuan")
    if assets is None:
        return Feature("高净值", None, UNKNOWN, "没有资产数据")
    is_rich = Decimal(str(assets)) >= known.high_net_worth_yuan
    words = f"账户资产{yuan_text(assets)}, 门槛{yuan_text(known.high_net_worth_yuan)}"
    return Feature("高净值", is_rich, "是" if is_rich else "否", words)
