"""因子: value, certainty, freshness, suitability, fatigue – each with the reason that an advisor reads (pure)."""

from collections.abc import Mapping
from datetime import datetime
from math import log10
from typing import Any

from dongke.clock import TradingCalendar, beijing
from followup.ranking.model import Candidate, Factor
from profiles.labels import amount_text, yuan_text

_STATES = {"open": "待跟进", "contacted": "已触达未谈到", "discussed": "已谈未决"}


def value(c: Candidate, known: Mapping[str, Any]) -> Factor:
    """价值: points by the lower end of the money at stake, or of the matter."""
    rule = known["value"]
    if c.is_money:
        told = c.low if c.low is not None else c.high
        if told is None:
            return Factor("value", "价值", rule["amount_unknown"], "金额未知")
        points = points_of(told, rule)
        span = "" if c.low == c.high else f", 按{yuan_text(told)}计"
        return Factor("value", "价值", points, f"{amount_text(c.low, c.high)}{span}")
    least = float(rule["points"].get(c.playbook, rule["amount_unknown"]))
    if c.playbook in rule["by_assets"] and c.person.assets_yuan:
        points = max(points_of(c.person.assets_yuan, rule), least)
        return Factor("value", "价值", points, f"在本公司的资产{yuan_text(c.person.assets_yuan)}")
    return Factor("value", "价值", least, f"{c.label}按 {least:g} 分计")


def points_of(yuan: float, rule: Mapping[str, Any]) -> float:
    """1–100: ten times the money is `per_tenfold` points more."""
    if yuan <= rule["yuan_unit"]:
        return 1.0
    return min(max(float(rule["per_tenfold"]) * log10(yuan / rule["yuan_unit"]), 1.0), 100.0)


def certainty(c: Candidate, known: Mapping[str, Any]) -> Factor:
    """确定性: how surely he said so, and whether it was talked over already."""
    rule = known["certainty"]
    tag = next((t for t in c.person.tags if any(s.id == c.opened_by for s in t.statements)), None)
    told = tag.confidence if tag is not None and tag.is_live else rule["unknown"]
    times = len({s.conversation_id for s in tag.statements}) if tag else 0
    words = f"说过 {times} 次, 置信度 {told:.0%}" if tag and tag.is_live else "当初的话现在不一定还成立"
    sure = told * rule["states"].get(c.state, 1.0)
    return Factor("certainty", "确定性", sure, f"{words}; {_STATES.get(c.state, c.state)}")


def freshness(c: Candidate, at: datetime, calendar: TradingCalendar, known: Mapping[str, Any]) -> Factor:
    """时效: half for every so many trading days since it was said – or from the deadline, whichever is nearer."""
    rule, today = known["freshness"], beijing(at).date()
    age = max(calendar.days_between(beijing(c.opened_at).date(), today), 0)
    due = calendar.days_between(today, beijing(c.due_at).date())
    maturing = calendar.days_between(today, c.matures_on) if c.matures_on and c.matures_on >= today else None
    if maturing is not None and maturing <= rule["maturity_days"]:
        return Factor("freshness", "时效", 1.0, f"{c.matures_on} 到期, 还有 {maturing} 个交易日")
    nearest = min(age, abs(due))
    return Factor("freshness", "时效", 0.5 ** (nearest / rule["half_life_days"]), _when(age, due, c, at))


def _when(age: int, due: int, c: Candidate, at: datetime) -> str:
    said = "今天说的" if age == 0 else f"{age} 个交易日前说的"
    if c.due_at <= at:
        return f"{said}, 已逾期" + (f" {-due} 个交易日" if due < 0 else "")
    return f"{said}, 今天到期限" if due == 0 else f"{said}, 离期限 {due} 个交易日"


def suitability(c: Candidate, known: Mapping[str, Any]) -> Factor:
    """适当性 of what is allowed (what is blocked is not on the list)."""
    if c.offer is None:
        return Factor("suitability", "适当性", 1.0, "不涉及推荐产品")
    waits = bool(c.offer.to_check)
    return Factor("suitability", "适当性", known["suitability"]["to_check"] if waits else 1.0, c.offer.text)


def fatigue(c: Candidate, at: datetime, calendar: TradingCalendar, known: Mapping[str, Any]) -> Factor:
    """打扰: what is taken off for having called often of late, for a refused telephone, for a complaint of calls."""
    rule = known["fatigue"]
    if c.playbook in rule["owed"]:
        return Factor("fatigue", "打扰", 0.0, "客户在等, 不算打扰")
    first = calendar.add_days(beijing(at).date(), -rule["days"])
    late = [a for a in c.person.approaches if beijing(a.at).date() > first and a.at <= at]
    talks, attempts = sum(a.answered for a in late), sum(not a.answered for a in late)
    recent = min(talks * rule["talk"] + attempts * rule["attempt"], rule["most"])
    parts = [(recent, _recent(talks, attempts, rule["days"]))]
    if any(t.value.get("channel") == "phone" for t in c.person.live("contact.channel", False)):
        parts.append((rule["refused_phone"], "客户不要打电话, 请用别的方式"))
    if any(_disturbed(t.value) for t in c.person.live("voice.feedback")):
        parts.append((rule["disturbed"], "客户抱怨过打扰"))
    told = [words for points, words in parts if points]
    return Factor("fatigue", "打扰", float(sum(points for points, _ in parts)), "; ".join(told) or "近期没有联系")


def _recent(talks: int, attempts: int, days: int) -> str:
    return f"近 {days} 个交易日联系 {talks + attempts} 次" + (f" (未接 {attempts} 次)" if attempts else "")


def _disturbed(value: Mapping[str, Any]) -> bool:
    return value.get("topic") == "disturbance" and value.get("sentiment") == "negative"
