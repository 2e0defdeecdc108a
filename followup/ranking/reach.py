"""现在好不好找: his wished time first, then his habits, what he refused, and the log of calls (pure).

Looks at what is left of today. A wished time on a later day is no factor but a pause: until then he is left alone.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dongke.clock import beijing
from followup.ranking.model import Factor, Person
from profiles.beliefs import Tag
from profiles.labels import value_text
from profiles.windows import DAYS, ends_at, hours_of, starts_at

LABEL = "好不好找"


def paused_until(person: Person, at: datetime) -> datetime | None:
    """When he wants to be called next, where that is not today: the earliest wished time to come, if none is today."""
    times = sorted(t for tag in _wished(person) if (t := starts_at(tag.value)) is not None)
    coming = [t for t in times if beijing(t).date() >= beijing(at).date()]
    return coming[0] if coming and beijing(coming[0]).date() > beijing(at).date() else None


def reach(person: Person, at: datetime, known: Mapping[str, Any]) -> tuple[Factor, str]:
    """The factor, and when to call today, Chinese."""
    rule, today = known["reach"], beijing(at).date()
    busy = [t for t in person.live("contact.busy") if 0 <= (at - t.said_at).total_seconds() < 60 * rule["busy_minutes"]]
    if busy:
        return _factor(rule["busy"], "客户刚才说不方便"), "晚一点"
    for tag in _wished(person):
        end = ends_at(tag.value)
        if end is not None and beijing(end).date() == today:
            words = f"客户约了 {_words(tag, today)}"
            return (_factor(rule["wished"], words), _words(tag, today)) if at <= end else _missed(rule, words)
    return _by_habit(person, at, rule)


def _missed(rule: Mapping[str, Any], words: str) -> tuple[Factor, str]:
    return _factor(rule["missed"], f"{words}, 已过"), "尽快"


def _by_habit(person: Person, at: datetime, rule: Mapping[str, Any]) -> tuple[Factor, str]:
    today = beijing(at).date()
    left = _left(at, rule)
    refused = [t for t in person.live("contact.time", False) if _hours(t, today) & left]
    open_hours = left - {hour for t in refused for hour in _hours(t, today)}
    if refused and not open_hours:
        return _factor(rule["refused"], f"客户说 {_words(refused[0], today)}"), "今天不要打"
    habits = [t for t in person.live("contact.time", True) if t.value.get("kind") == "recurring"]
    if habits:
        words = "; ".join(_words(t, today) for t in habits)
        good = {hour for t in habits for hour in _hours(t, today)} & open_hours
        if good:
            return _factor(rule["wished"], f"客户说 {words} 方便"), f"{min(good)} 点以后"
        return _factor(rule["not_today"], f"客户说 {words} 方便, 今天剩下的时间不是"), "改天"
    return _by_log(person, today, open_hours, rule)


def _by_log(person: Person, today: date, open_hours: set[int], rule: Mapping[str, Any]) -> tuple[Factor, str]:
    told = person.contact_time.value if person.contact_time else None
    if not isinstance(told, Mapping) or told.get("basis") != "calls":
        return _factor(rule["unknown"], "通话记录太少, 不知道几点好找"), "不限"
    fitting = [w for w in told["windows"] if w["day"] == DAYS[today.weekday()] and int(w["from"][:2]) in open_hours]
    if not fitting:
        return _factor(rule["no_window"], "通话记录里今天没有特别好找的时段"), "不限"
    best = max(fitting, key=lambda w: w["share"])
    share = rule["least"] + (1 - rule["least"]) * best["share"]
    words = f"{best['from']}–{best['to']} 接通率约 {best['share']:.0%} ({best['calls']} 次接通 {best['answered']} 次)"
    return _factor(share, words), f"{best['from']}–{best['to']}"


def _wished(person: Person) -> list[Tag]:
    """His appointments, the earliest first."""
    once = [t for t in person.live("contact.time", True) if t.value.get("kind") == "once"]
    return sorted(once, key=lambda t: (t.value.get("date") or "9999", t.value.get("from") or "", t.id))


def _left(at: datetime, rule: Mapping[str, Any]) -> set[int]:
    """The hours of today in which a call may still be made."""
    first, last = rule["hours"]
    return {hour for hour in range(first, last) if hour >= beijing(at).hour}


def _hours(tag: Tag, today: date) -> set[int]:
    """The hours of today in his window."""
    days = {DAYS[today.weekday()], today.isoformat()}
    return {hour for day, hour in hours_of(tag.value) if day in days}


def _words(tag: Tag, today: date) -> str:
    return value_text(tag.tag, tag.polarity, tag.value, today)


def _factor(value: float, reason: str) -> Factor:
    return Factor("reach", LABEL, float(value), reason)
