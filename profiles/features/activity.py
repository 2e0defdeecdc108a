"""活跃与交易: last log-in, trades, money in and out, and how often he trades (pure)."""

from datetime import timedelta

from profiles.behaviour.deeds import INFLOWS, OUTFLOWS, TRADES, total
from profiles.features.assets import number
from profiles.features.model import Feature, View, unknown
from profiles.labels import yuan_text

LOGINS = ("login", "app_open", "page_view", "screen_view", "product_view", "product_detail", *TRADES)
MONTH = timedelta(days=30)


def last_login(view: View) -> Feature:
    """距上次登录, calendar days."""
    lists = [view.deeds.by_name[name] for name in LOGINS if name in view.deeds.by_name]
    last = max((events[-1] for events in lists), key=lambda e: e.order, default=None)
    if last is None:
        return unknown("距上次登录", "没有登录或浏览记录")
    gap = (view.today - last.on).days
    return Feature("距上次登录", gap, f"{gap}天", f"最近一次在{last.on.isoformat()}")


def trades(view: View) -> Feature:
    """近30日交易次数."""
    if not view.events:
        return unknown("近30日交易次数", "没有行为数据")
    count = len(view.deeds.after(view.as_of - MONTH, *TRADES))
    return Feature("近30日交易次数", count, f"{count}次", "近30日的成交记录")


def net_flow(view: View) -> Feature:
    """近30日净流入, yuan."""
    if not view.events:
        return unknown("近30日净流入", "没有行为数据")
    inflow = total(view.deeds.after(view.as_of - MONTH, *INFLOWS))
    outflow = total(view.deeds.after(view.as_of - MONTH, *OUTFLOWS))
    net = inflow - outflow
    return Feature("近30日净流入", number(net), yuan_text(net), f"转入{yuan_text(inflow)}, 转出{yuan_text(outflow)}")


def trading_frequency(view: View) -> Feature:
    """交易频率: trades a trading day, over the window or since the first event where that is later."""
    name, rule = "交易频率", view.known.trading_frequency
    if not view.events:
        return unknown(name, "没有行为数据")
    window = view.calendar.days_between(view.events[0].on, view.today) + view.calendar.is_open(view.events[0].on)
    days = min(max(window, 1), rule.trading_days)
    counted = [
        e
        for e in view.deeds.after(view.as_of - timedelta(days=rule.trading_days * 3), *TRADES)
        if view.calendar.days_between(e.on, view.today) < rule.trading_days
    ]
    rate = round(len(counted) / days, 4)
    level = "没有交易" if not counted else "高频" if rate >= rule.high_per_day else _medium(rate, rule.medium_per_day)
    value = {"trades": len(counted), "trading_days": days, "per_trading_day": rate, "level": level}
    words = f"近{days}个交易日{len(counted)}次, 每交易日{rate:.2f}次"
    return Feature(name, value, f"{level}, {words}" if counted else f"近{days}个交易日没有交易", words)


def _medium(rate: float, limit: float) -> str:
    return "中频" if rate >= limit else "低频"
