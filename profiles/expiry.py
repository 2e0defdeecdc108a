"""失效: what ends a statement besides a newer one – a date, an event, the file, or silence (pure).

An expired tag is not deleted: it stays on the page with its reason, to be asked again.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from dongke.clock import at_beijing, beijing
from profiles import institutions
from profiles.behaviour.days import amount_of
from profiles.behaviour.deeds import ANSWERED, CHATTED, INFLOWS, OUTFLOWS, TRADES, Deeds, is_buy, total
from profiles.facts import CustomerFacts, Event, Snapshot, Statement
from profiles.labels import as_date, date_text, label, yuan_text
from profiles.parameters import Parameters, TagParameters
from profiles.windows import ends_at, starts_at

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class End:
    """When and why (Chinese) a statement stopped holding."""

    at: datetime
    reason: str


class Contact(NamedTuple):
    """An answered call, or a chat in which he wrote: he was reached."""

    at: datetime
    conversation_id: str  #: the event's id where it comes from no conversation


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can settle a statement: the deeds, the file, and the times at which he was reached."""

    deeds: Deeds
    snapshots: tuple[Snapshot, ...]
    contacts: tuple[Contact, ...]  #: in time order

    @classmethod
    def of(cls, facts: CustomerFacts) -> "Evidence":
        """From facts that are cut to their two times and sorted."""
        deeds = Deeds.of(facts.events)
        reached = deeds.named(ANSWERED, CHATTED)
        contacts = {Contact(e.at, str(e.properties.get("conversation_id") or e.id)) for e in reached}
        return cls(deeds, facts.snapshots, tuple(sorted(contacts)))


def end_of(statement: Statement, facts: Evidence, known: Parameters) -> End | None:
    """The first hard end of a statement: a date that passes, or an event that settled it."""
    ends = [end for end in (_by_date(statement, known), _by_event(statement, facts, known)) if end]
    return min(ends, key=lambda end: (end.at, end.reason)) if ends else None


def is_over(statement: Statement, moment: datetime, facts: Evidence, known: Parameters) -> bool:
    """Whether it had its hard end by that moment."""
    end = end_of(statement, facts, known)
    return end is not None and end.at <= moment


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


def _by_event(statement: Statement, facts: Evidence, known: Parameters) -> End | None:
    judge = _EVENTS.get(statement.tag)
    return judge(statement, facts, known) if judge and statement.polarity != "negated" else None


def _money_gone(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    """Spent on a product, or taken out again: either way it is no longer waiting."""
    bought = [e for e in facts.deeds.after(s.said_at, *TRADES) if is_buy(e)]
    ends = (
        _moved(s.value, bought, known, "闲钱已", "买入产品 "),
        _moved(s.value, facts.deeds.after(s.said_at, *OUTFLOWS), known, "闲钱已", "转出 "),
    )
    return min((end for end in ends if end), key=lambda end: (end.at, end.reason), default=None)


def _moved_in(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    place = s.value.get("institution")
    if not place:
        return None
    return _moved(s.value, from_place(facts.deeds, s.said_at, place), known, "已", f"从{place}转入 ")


def from_place(deeds: Deeds, moment: datetime, place: str) -> list[Event]:
    """The money and securities that came in from that institution after the moment."""
    return [e for e in deeds.after(moment, *INFLOWS) if institutions.is_same(e.properties.get("institution"), place)]


def _moved(value: Mapping[str, Any], events: Iterable[Event], known: Parameters, before: str, verb: str) -> End | None:
    """The event with which the told amount has moved: half of it, or anything where it is unknown."""
    told = value.get("low") if value.get("low") is not None else value.get("high")
    counted: list[Event] = []
    for event in events:
        amount = amount_of(event.properties)
        counted.append(event)
        if told is None or amount is None or total(counted) >= Decimal(str(told)) * known.settled_share:
            return End(event.at, done_text(counted, verb, before))
    return None


def _bought(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    product = s.value.get("product")
    for event in facts.deeds.after(s.said_at, *TRADES):
        if product and is_buy(event) and event.properties.get("product") == product:
            return End(event.at, f"{day_text(event)}已买入{label('product', product)}")
    return None


def _opened(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    permission = s.value.get("permission")
    ends = [
        End(e.at, f"{day_text(e)}已开通")
        for e in facts.deeds.after(s.said_at, "permission_opened")
        if permission and e.properties.get("permission") == permission
    ]
    ends += [
        End(x.effective_at, "档案里已有这项权限")
        for x in facts.snapshots
        if x.effective_at > s.said_at and permission in (x.data.get("permissions") or ())
    ]
    return min(ends, key=lambda end: (end.at, end.reason)) if ends else None


def _left(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    kind = {"close_account": "account_closed", "transfer_out": "transfer_out", "withdraw": "withdraw"}
    wanted = kind.get(str(s.value.get("action")))
    for event in facts.deeds.after(s.said_at, "account_closed", *OUTFLOWS):
        if event.event == "account_closed" or (event.event == wanted and is_large(event, known)):
            return End(event.at, f"{day_text(event)}已发生: {_DEPARTURES[event.event]}")
    return None


def is_large(event: Event, known: Parameters) -> bool:
    """Whether money that goes out is a departure: a transfer of holdings is, a withdrawal from so much on."""
    amount = amount_of(event.properties)
    return event.event != "withdraw" or amount is None or amount >= known.large_withdraw_yuan


def _called_at_time(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    """约定的电话打了: he was reached at the time he named, or later. A habit is not settled by a call."""
    if s.value.get("kind") != "once":
        return None
    return _kept(s, facts, starts_at(s.value), known, "已按约联系")


def _promise_kept(s: Statement, facts: Evidence, known: Parameters) -> End | None:
    """兑现的承诺: the call-back by a talk, the material by its being sent; the others end with their date alone."""
    if s.value.get("action") == "send_material":
        sent = facts.deeds.after(s.said_at, "material_sent")
        return End(sent[0].at, f"{day_text(sent[0])}已发送资料") if sent else None
    if s.value.get("action") != "call_back":
        return None
    day = as_date(s.value.get("due_date"))
    return _kept(s, facts, at_beijing(day, time()) if day else None, known, "已回电")


def _kept(s: Statement, facts: Evidence, begins: datetime | None, known: Parameters, what: str) -> End | None:
    """The first talk in which he was reached from then on; one without a time, on any later day."""
    after = begins - known.call_early if begins else at_beijing(s.said_on + ONE_DAY, time())
    start = bisect_left(facts.contacts, after, key=lambda c: c.at)
    for contact in facts.contacts[start:]:
        if contact.at > s.said_at and contact.conversation_id != s.conversation_id:
            on = beijing(contact.at).date()
            return End(contact.at, f"{date_text(on.isoformat(), on)}{what}")
    return None


def day_text(event: Event) -> str:
    """6月12日: the day of the event."""
    return date_text(event.on.isoformat(), event.on)


def done_text(events: Sequence[Event], verb: str, before: str = "") -> str:
    """6月12日转入20万元; of several events 截至6月12日共转入30万元. `before`: what stands before the verb (却, 已)."""
    yuan = total(events)
    done = f"{verb}{yuan_text(yuan)}" if yuan else verb.rstrip()
    last = day_text(events[-1])
    return f"截至{last}{before}共{done}" if len(events) > 1 else f"{last}{before}{done}"


_DEPARTURES = {"account_closed": "销户", "transfer_out": "转户", "withdraw": "资金转出"}
_EventJudge = Callable[[Statement, Evidence, Parameters], End | None]
_EVENTS: dict[str, _EventJudge] = {
    "funds.idle": _money_gone,
    "assets.external": _moved_in,
    "intent.product": _bought,
    "intent.permission": _opened,
    "churn.risk": _left,
    "contact.time": _called_at_time,
    "commitment.advisor": _promise_kept,
}
