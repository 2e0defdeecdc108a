"""基金偏好指数: what he looks at and buys beside what he says, per product – two numbers, never one (pure).

Each index is 0–100 (speech: -100 where he refuses it) and comes from its own source alone, so that taking one source
away changes only its bar. Where the two stand far apart, that is the news.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import takewhile
from typing import NamedTuple

from profiles.behaviour.deeds import TRADES, VIEWS, is_buy
from profiles.beliefs import UNBELIEVED, confidence_of, strength_of
from profiles.expiry import stale_at
from profiles.facts import Statement
from profiles.features.model import Feature, Part, View, unknown
from profiles.labels import label, tables

NAME = "基金偏好指数"
TOP = 3


class _Bars(NamedTuple):
    """One product: what he does, what he says; None where that source is silent."""

    product: str
    behaviour: int | None
    speech: int | None

    @property
    def disagreement(self) -> int | None:
        if self.behaviour is None or self.speech is None:
            return None
        return self.speech - self.behaviour


def fund_preference(view: View) -> Feature:
    """Two bars a product and their disagreement, the strongest first."""
    behaviour, speech = _behaviour(view), _speech(view)
    found = [_Bars(p, behaviour.get(p), speech.get(p)) for p in {*behaviour, *speech}]
    if not found:
        return unknown(NAME, "没有浏览或买过产品, 也没有说过")
    found.sort(key=lambda b: (-max(b.behaviour or 0, abs(b.speech or 0)), b.product))
    parts = tuple(
        Part(b.product, _bar_text(b), {"behaviour": b.behaviour, "speech": b.speech, "disagreement": b.disagreement})
        for b in found
    )
    agree = _agree(behaviour, speech, view)
    value = {"behaviour": _ranked(behaviour), "speech": _ranked(speech), "agree": agree}
    text = f"行为: {_strongest(behaviour)}; 口头: {_strongest(speech)}"
    return Feature(NAME, value, text, _verdict(agree), parts)


def _behaviour(view: View) -> dict[str, int]:
    """Views, purchases and sales with their age, holdings as they are now."""
    rule, points = view.known.fund_preference, defaultdict[str, float](float)
    for event in view.deeds.named(*VIEWS, *TRADES):
        product = event.properties.get("product")
        if not isinstance(product, str) or product not in tables()["product"]:
            continue
        worth = rule.view_points if event.event in VIEWS else rule.buy_points if is_buy(event) else rule.sell_points
        points[product] += worth * 2.0 ** (-view.age_days(event.at) / rule.half_life_days)
    for product in held(view.static):
        points[product] += rule.hold_points
    return {p: _index(n, rule.half_at_points) for p, n in points.items() if _index(n, rule.half_at_points)}


def held(static: Mapping[str, object]) -> dict[str, Decimal]:
    """持仓 on file, yuan by product code; empty where the file says nothing of it."""
    given = static.get("holdings")
    found: dict[str, Decimal] = {}
    for row in given if isinstance(given, list) else ():
        found[row["product"]] = found.get(row["product"], Decimal(0)) + Decimal(str(row["amount"]))
    return {product: amount for product, amount in sorted(found.items()) if amount}


def _index(points: float, half_at: float) -> int:
    """0–100, half of it at `half_at` points: ever more looking tells ever less."""
    return round(100 * points / (points + half_at)) if points > 0 else 0


def _speech(view: View) -> dict[str, int]:
    """How strongly he says so now, below zero where he refuses the product – from his words alone.

    Deeds bear a wish out and end it (profiles/corroboration.py, expiry.py); here neither may count, or taking the deeds
    away would move this bar. So it is reckoned anew from what was said: all tellings of one mind, aged since the last.
    """
    told: dict[str, list[Statement]] = {}
    for tag in view.tags:
        product = tag.value.get("product")
        if tag.tag == "intent.product" and isinstance(product, str) and tag.status not in UNBELIEVED:
            told.setdefault(product, []).extend(tag.statements)
    found = {product: _mind(statements, view) for product, statements in told.items()}
    return {product: index for product, index in found.items() if index}


def _mind(statements: list[Statement], view: View) -> int:
    """The index of what he has said since he last changed his mind."""
    statements.sort(key=lambda s: s.order)
    last = statements[-1]
    since = takewhile(lambda s: s.polarity == last.polarity, reversed(statements))
    stale = stale_at(last, view.known)
    if stale and stale.at <= view.as_of:
        return 0
    strength = strength_of(last, confidence_of(list(since)), view.as_of, view.known)
    return round(100 * strength) * (1 if last.polarity == "affirmed" else -1)


def _ranked(index: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(index.items(), key=lambda item: (-item[1], item[0])))


def _strongest(index: Mapping[str, int]) -> str:
    return "、".join(f"{label('product', p)} {n}" for p, n in list(_ranked(index).items())[:TOP]) or "无"


def _agree(behaviour: Mapping[str, int], speech: Mapping[str, int], view: View) -> bool | None:
    """Whether the two say the same; None where one of them is silent."""
    wanted = {p for p, n in speech.items() if n > 0}
    if not behaviour or not speech:
        return None
    limit = view.known.fund_preference.disagree_from
    refused = any(n < 0 and behaviour.get(p, 0) - n >= limit and behaviour.get(p) for p, n in speech.items())
    return not refused and (not wanted or bool(wanted & set(behaviour)))


def _bar_text(bars: _Bars) -> str:
    done = "没有行为" if bars.behaviour is None else f"行为 {bars.behaviour}"
    said = "没有说过" if bars.speech is None else f"口头 {bars.speech}"
    return f"{label('product', bars.product)}: {done}, {said}"


def _verdict(agree: bool | None) -> str:
    return "只有一方" if agree is None else "行为与口头一致" if agree else "行为与口头不一致"
