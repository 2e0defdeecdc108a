"""佐证: deeds and files that bear a tag out – each is one more witness, and raises its confidence visibly (pure).

A deed counts where it comes after the word (views also before it). How reliable it is as a witness stands in
parameters.yaml `evidence`; a person's 属实 stays 1, repetition and deeds together stay below it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dongke.clock import beijing
from profiles.behaviour.deeds import ANSWERED, INFLOWS, OUTFLOWS, TRADES, VIEWS, is_buy, is_sale
from profiles.beliefs import MOST_CONFIDENCE, UNBELIEVED, Support, Tag
from profiles.expiry import Evidence, day_text, done_text, from_place
from profiles.labels import date_text, label, yuan_text
from profiles.parameters import Parameters
from profiles.windows import holds

Found = Iterator[tuple[str, str, Any]]  #: kind, text, and the event or None for the file


def corroborated(
    tags: Sequence[Tag], evidence: Evidence, static: Mapping[str, Any], known: Parameters
) -> tuple[Tag, ...]:
    """The tags with their supports, and the confidence that these give them."""
    return tuple(_with_supports(tag, evidence, static, known) for tag in tags)


def _with_supports(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Tag:
    witness = _WITNESSES.get(tag.tag)
    if witness is None or not tag.is_affirmed or tag.status in UNBELIEVED:
        return tag
    weights = known.witnesses.weights
    supports = tuple(
        Support(kind, text, weights[kind], event.at if event else None, event.id if event else None)
        for kind, text, event in witness(tag, evidence, static, known)
    )
    if not supports:
        return tag
    confidence = raised(tag.confidence, supports)
    strength = round(tag.strength * confidence / tag.confidence, 4) if tag.confidence else tag.strength
    return replace(tag, supports=supports, confidence=confidence, strength=strength)


def raised(confidence: float, supports: Sequence[Support]) -> float:
    """Each support doubts less: 1 - (1 - c) x product of (1 - weight), at most 0.99."""
    doubt = 1.0 - confidence
    for support in supports:
        doubt *= 1.0 - support.weight
    return max(confidence, round(min(1.0 - doubt, MOST_CONFIDENCE), 4))


def _idle(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    told, cash = tag.value.get("low") or tag.value.get("high"), static.get("cash_yuan")
    if told and cash is not None and Decimal(str(cash)) >= Decimal(str(told)) * known.settled_share:
        yield "cash_on_file", f"账户现金{yuan_text(cash)}, 与所说相符", None
    arrived = evidence.deeds.after(tag.said_at, *INFLOWS)
    if arrived:
        yield "money_in", done_text(arrived, "转入"), arrived[-1]
    sold = [e for e in evidence.deeds.after(tag.said_at, *TRADES) if is_sale(e)]
    if sold:
        yield "redeemed", done_text(sold, "赎回"), sold[-1]


def _external(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    place = tag.value.get("institution")
    moved = from_place(evidence.deeds, tag.said_at, place) if place else []
    if moved:
        yield "from_place", done_text(moved, f"从{place}转入", "已"), moved[-1]


def _product(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    product, rule = tag.value.get("product"), known.witnesses
    if not product:
        return
    since = tag.said_at - timedelta(days=rule.views_days)
    views = [e for e in evidence.deeds.after(since, *VIEWS) if e.properties.get("product") == product]
    if len(views) >= rule.views:
        yield "viewed", f"看过{label('product', product)}{len(views)}次", views[-1]
    bought = [
        e for e in evidence.deeds.after(tag.said_at, *TRADES) if is_buy(e) and e.properties.get("product") == product
    ]
    if bought:
        yield "bought", f"{day_text(bought[0])}买入{label('product', product)}", bought[0]


def _permission(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    permission = tag.value.get("permission")
    if not permission:
        return
    for event in evidence.deeds.after(tag.said_at, "permission_opened"):
        if event.properties.get("permission") == permission:
            yield "opened", f"{day_text(event)}开通{label('permission', permission)}", event
            return
    if permission in (static.get("permissions") or ()):
        yield "opened", f"档案里已有{label('permission', permission)}权限", None


def _leaving(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    gone = evidence.deeds.after(tag.said_at, *OUTFLOWS)
    if gone and tag.value.get("action") != "compare":
        yield "moved_out", done_text(gone, "转出"), gone[-1]


def _reachable(tag: Tag, evidence: Evidence, static: Mapping[str, Any], known: Parameters) -> Found:
    if tag.value.get("kind") != "recurring":
        return
    taken = [e for e in evidence.deeds.after(tag.said_at, ANSWERED) if holds(tag.value, e.at)]
    if taken:
        on = beijing(taken[-1].at).date()
        yield "answered", f"在这个时段接过{len(taken)}次电话, 最近{date_text(on.isoformat(), on)}", taken[-1]


_Witness = Callable[[Tag, Evidence, Mapping[str, Any], Parameters], Found]
_WITNESSES: dict[str, _Witness] = {
    "funds.idle": _idle,
    "assets.external": _external,
    "intent.product": _product,
    "intent.permission": _permission,
    "churn.risk": _leaving,
    "contact.time": _reachable,
}
