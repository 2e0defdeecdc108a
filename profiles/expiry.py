"""失效: what ends a statement besides a newer one – a date, an event, the file, or silence (pure).

An expired tag is not deleted: it stays on the page with its reason, to be asked again.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from dongke.clock import at_beijing
from profiles.facts import CustomerFacts, Event, Statement
from profiles.labels import as_date, date_text, label, yuan_text
from profiles.parameters import Parameters, TagParameters
from profiles.windows import ends_at

ONE_DAY = timedelta(days=1)
INFLOWS = ("transfer_in", "deposit")
SETTLING = frozenset({*INFLOWS, "trade", "permission_opened", "account_closed", "transfer_out", "withdraw"})


@dataclass(frozen=True, slots=True)
class End:
    """When and why (Chinese) a statement stopped holding."""

    at: datetime
    reason: str


def settling(facts: CustomerFacts) -> CustomerFacts:
    """The facts with only the events that can settle a statement: views and log-ins are many, and settle nothing."""
    return replace(facts, events=tuple(e for e in facts.events if e.event in SETTLING))


def end_of(statement: Statement, facts: CustomerFacts, known: Parameters) -> End | None:
    """The first hard end of a statement: a date that passes, or an event that settled it. Events sorted by time."""
    ends = [end for end in (_by_date(statement, known), _by_event(statement, facts, known)) if end]
    return min(ends, key=lambda end: (end.at, end.reason)) if ends else None


def stale_at(statement: Statement, known: Parameters) -> End | None:
    """When nobody has repeated it for too long."""
    rule = known.tags.get(statement.tag)
    if rule is None:
        return None
    days = rule.half_life_days * known.stale_after_half_lives
    return End(statement.said_at + timedelta(days=days), f"{days:.0f}天没有再提, 请重新确认")


def _by_date(statement: Statement, known: Parameters) -> End | None:
    rule = known.tags.get(statement.tag)
    if statement.tag == "contact.time":
        over = ends_at(statement.value)
        if over or statement.value.get("kind") != "once":
            return End(over, "约定的时间已过") if over else None
    if rule is None or statement.polarity == "negated":
        return None
    return _bound(statement, rule)


def _bound(statement: Statement, rule: TagParameters) -> End | None:
    day = as_date(statement.value.get(rule.expires_field)) if rule.expires_field else None
    if day is not None:
        after = day + timedelta(days=rule.expires_after_days)
        return End(at_beijing(after + ONE_DAY, time()), rule.expiry_reason)
    if rule.lives_days is not None:
        return End(statement.said_at + timedelta(days=rule.lives_days), rule.expiry_reason)
    return None


def _by_event(statement: Statement, facts: CustomerFacts, known: Parameters) -> End | None:
    judge = _EVENTS.get(statement.tag)
    if judge is None or statement.polarity == "negated":
        return None
    later = facts.events[bisect_right(facts.events, statement.said_at, key=lambda e: e.at) :]
    return judge(statement, later, facts, known)


def _money_placed(s: Statement, later: Sequence[Event], facts: CustomerFacts, known: Parameters) -> End | None:
    buys = (e for e in later if _is_buy(e))
    return _moved(s.value, buys, known, "闲钱已买入产品")


def _moved_in(s: Statement, later: Sequence[Event], facts: CustomerFacts, known: Parameters) -> End | None:
    place = s.value.get("institution")
    if not place:
        return None
    arrived = (e for e in later if e.event in INFLOWS and e.properties.get("institution") == place)
    return _moved(s.value, arrived, known, f"已从{place}转入")


def _moved(value: Mapping[str, Any], events: Iterable[Event], known: Parameters, what: str) -> End | None:
    """The event with which the told amount has moved: half of it, or anything where it is unknown."""
    told = value.get("low") if value.get("low") is not None else value.get("high")
    total = Decimal(0)
    for event in events:
        amount = amount_of(event)
        total += amount or Decimal(0)
        if told is None or amount is None or total >= Decimal(str(told)) * known.settled_share:
            done = f" {yuan_text(total)}" if total else ""
            return End(event.at, f"{date_text(event.on.isoformat(), event.on)}{what}{done}")
    return None


def _bought(s: Statement, later: Sequence[Event], facts: CustomerFacts, known: Parameters) -> End | None:
    product = s.value.get("product")
    for event in later:
        if product and _is_buy(event) and event.properties.get("product") == product:
            return End(event.at, f"{_day(event)}已买入{label('product', product)}")
    return None


def _opened(s: Statement, later: Sequence[Event], facts: CustomerFacts, known: Parameters) -> End | None:
    permission = s.value.get("permission")
    ends = [
        End(e.at, f"{_day(e)}已开通")
        for e in later
        if permission and e.event == "permission_opened" and e.properties.get("permission") == permission
    ]
    ends += [
        End(x.effective_at, "档案里已有这项权限")
        for x in facts.snapshots
        if x.effective_at > s.said_at and permission in (x.data.get("permissions") or ())
    ]
    return min(ends, key=lambda end: (end.at, end.reason)) if ends else None


def _left(s: Statement, later: Sequence[Event], facts: CustomerFacts, known: Parameters) -> End | None:
    kind = {"close_account": "account_closed", "transfer_out": "transfer_out", "withdraw": "withdraw"}
    wanted = kind.get(str(s.value.get("action")))
    for event in later:
        if event.event == "account_closed" or (event.event == wanted and _is_large(event, known)):
            return End(event.at, f"{_day(event)}已发生: {_DEPARTURES[event.event]}")
    return None


def _is_large(event: Event, known: Parameters) -> bool:
    amount = amount_of(event)
    return event.event != "withdraw" or amount is None or amount >= known.large_withdraw_yuan


def _is_buy(event: Event) -> bool:
    return event.event == "trade" and event.properties.get("side", "buy") == "buy"


def amount_of(event: Event) -> Decimal | None:
    """The event's amount in yuan, or None."""
    raw = event.properties.get("amount")
    try:
        value = Decimal(str(raw)) if raw is not None and not isinstance(raw, bool) else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _day(event: Event) -> str:
    return date_text(event.on.isoformat(), event.on)


_DEPARTURES = {"account_closed": "销户", "transfer_out": "转户", "withdraw": "资金转出"}
_EventJudge = Callable[[Statement, Sequence[Event], CustomerFacts, Parameters], End | None]
_EVENTS: dict[str, _EventJudge] = {
    "funds.idle": _money_placed,
    "assets.external": _moved_in,
    "intent.product": _bought,
    "intent.permission": _opened,
    "churn.risk": _left,
}
