"""空户激活潜力值: how near an account without money is to its first deposit, in points whose reasons add up (pure).

An opened account without money, trades or deposits is empty. Every reason brings its own points (parameters.yaml);
what the customer said on the telephone counts with its date: money bound until a day can be asked for on that day.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from dongke.clock import beijing
from profiles.behaviour.deeds import ANSWERED, INFLOWS, TRADES, UNANSWERED, VIEWS
from profiles.beliefs import Tag
from profiles.features.model import Feature, Part, View, unknown
from profiles.labels import as_date, date_text, tag_label, value_text

NAME = "空户激活潜力值"
FULL = 100
SILENT_CALLS = 3
#: reasons that say when: money that is free only from a day on
_DATED = ("idle_later", "external_maturing")


class _Reason(NamedTuple):
    code: str
    text: str
    tag: Tag | None = None
    on: date | None = None  #: when it can be acted on


def activation_potential(view: View) -> Feature:
    """0–100 with the reasons, and the day from which it can be acted on; None where the account is not empty."""
    rule = view.known.activation
    opened = _opened_on(view)
    if opened is None:
        return unknown(NAME, "没有开户日期")
    used = _used(view)
    if used:
        return Feature(NAME, None, "不是空户", used)
    reasons = list(_reasons(view, opened))
    parts = [_part(r, rule.points[r.code]) for r in reasons]
    score = sum(part.value for part in parts)
    bounded = min(max(score, 0), FULL)
    if bounded != score:
        parts.append(Part("bound", f"最多{FULL}分" if score > FULL else "最少0分", bounded - score))
    on = _actionable_on(reasons, view)
    value = {"score": bounded, "actionable_on": on.isoformat()}
    when = "现在就可以跟进" if on <= view.today else f"{date_text(on.isoformat(), view.today)}起可以跟进"
    words = "; ".join(f"{p.text} {p.value:+d}" for p in parts)
    return Feature(NAME, value, f"{bounded}分, {when}", words, tuple(parts))


def _part(reason: _Reason, points: int) -> Part:
    tag = reason.tag
    return Part(reason.code, reason.text, points, tag.said_at if tag else None, tag.id if tag else None)


def _opened_on(view: View) -> date | None:
    filed = as_date(view.static.get("opened_on"))
    told = view.deeds.by_name.get("account_opened")
    return filed or (told[-1].on if told else None)


def _used(view: View) -> str:
    """Why the account is not empty; nothing where it is."""
    for name in ("account_closed", *INFLOWS, *TRADES):
        if name in view.deeds.by_name:
            return "已经销户" if name == "account_closed" else "已有入金或交易"
    assets = view.static.get("assets_yuan")
    if assets is not None and Decimal(str(assets)) >= view.known.activation.empty_below_yuan:
        return "账户里有资产"
    return ""


def _reasons(view: View, opened: date) -> Iterator[_Reason]:
    rule = view.known.activation
    yield _Reason("opened", "已开户, 没有入金")
    if view.calendar.days_between(opened, view.today) <= rule.recent_trading_days:
        yield _Reason("recently_opened", f"{date_text(opened.isoformat(), view.today)}才开户")
    yield from _deeds(view)
    yield from _money(view)
    yield from _words(view)


def _deeds(view: View) -> Iterator[_Reason]:
    rule = view.known.activation
    if view.deeds.after(view.as_of - timedelta(days=rule.login_days), "login", "app_open"):
        yield _Reason("recent_login", f"{rule.login_days}天内登录过")
    if any(e.properties.get("product") for e in view.deeds.after(view.as_of - timedelta(days=rule.views_days), *VIEWS)):
        yield _Reason("viewed_product", f"{rule.views_days}天内看过产品")
    calls = view.deeds.after(view.as_of - timedelta(days=rule.calls_days), ANSWERED, UNANSWERED)
    if any(e.event == ANSWERED for e in calls):
        yield _Reason("answers_calls", f"{rule.calls_days}天内接过电话")
    elif len(calls) >= SILENT_CALLS:
        yield _Reason("never_answers", f"{len(calls)}次电话都没有接")
    if _last_of(view, "bank_card_bound", "bank_card_unbound", "bank_card_failed") in _UNBOUND:
        yield _Reason("card_not_bound", "银行卡还没绑上")
    elif not view.deeds.named("bank_card_bound") and (tag := _says_unbound(view)):
        yield _Reason("card_not_bound", "客户说银行卡还没绑", tag)


_UNBOUND = ("bank_card_unbound", "bank_card_failed")


def _last_of(view: View, *names: str) -> str | None:
    found = view.deeds.named(*names)
    return found[-1].event if found else None


def _says_unbound(view: View) -> Tag | None:
    """The live tag in whose words he says that no card is bound."""
    words = view.known.activation.card_not_bound
    return next((t for t in view.tags if t.is_live and any(words.search(q.quote) for q in t.quotes)), None)


def _money(view: View) -> Iterator[_Reason]:
    """Each told sum once: a deposit that is free later is one reason, whichever way it was told."""
    idle = view.live("funds.idle", True)
    later = [t for t in idle if (_day(t, "available_from") or view.today) > view.today]
    now = [t for t in idle if t not in later]
    held = view.live("assets.external", True)
    maturing = [t for t in held if (_day(t, "matures_on") or date.min) >= view.today]
    if now:
        yield _Reason("idle_now", _told(now[0], view), now[0], view.today)
    elif later:
        first = min(later, key=lambda t: (_day(t, "available_from") or date.max, t.id))
        yield _Reason("idle_later", f"{_told(first, view)}, 在那之前动不了", first, _day(first, "available_from"))
    elif maturing:
        first = min(maturing, key=lambda t: (_day(t, "matures_on") or date.max, t.id))
        yield _Reason("external_maturing", f"{_told(first, view)}, 在那之前动不了", first, _day(first, "matures_on"))
    elif held:
        yield _Reason("external_money", _told(held[0], view), held[0])
    if not idle and (denied := view.live("funds.idle", False)):
        yield _Reason("no_spare_money", _told(denied[0], view), denied[0])


def _words(view: View) -> Iterator[_Reason]:
    for code, name in (("wants_product", "intent.product"), ("wants_permission", "intent.permission")):
        for wish in view.live(name, True)[:1]:
            yield _Reason(code, _told(wish, view), wish)
    for tag in view.live("churn.risk", True)[:1]:
        yield _Reason("leaving", _told(tag, view), tag)
    for tag in view.live("voice.feedback", True):
        if (tag.value.get("topic"), tag.value.get("sentiment")) == ("disturbance", "negative"):
            yield _Reason("disturbed", _told(tag, view), tag)
            return


def _actionable_on(reasons: list[_Reason], view: View) -> date:
    """Today, unless the only money that is known of is bound: then the first trading day on which it is free."""
    bound = [r.on for r in reasons if r.code in _DATED and r.on and r.on > view.today]
    if not bound:
        return view.today
    return min(bound) if view.calendar.is_open(min(bound)) else view.calendar.next_open(min(bound))


def _day(tag: Tag, slot: str) -> date | None:
    return as_date(tag.value.get(slot))


def _told(tag: Tag, view: View) -> str:
    said_on = date_text(beijing(tag.said_at).date().isoformat(), view.today)
    return f"{said_on}说: {tag_label(tag.tag)} {value_text(tag.tag, tag.polarity, tag.value, view.today)}"
