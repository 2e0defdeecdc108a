"""到期资金: what matures with us (on file, or bought) and elsewhere (heard in a talk), for T-7/T-3/T-0 (pure).

Whoever has bought again, or moved the money in, from ten trading days before the maturity on, is no longer called for
it. What was heard is a live tag: it ends by itself when it is contradicted, moved in, or over.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dongke.clock import TradingCalendar
from profiles.behaviour.days import amount_of
from profiles.behaviour.deeds import INFLOWS, is_buy, is_sale
from profiles.beliefs import Tag
from profiles.facts import CustomerFacts, Event
from profiles.labels import as_date, label, yuan_text
from profiles.parameters import Parameters

WINDOW_TRADING_DAYS = 10  #: from so many trading days before a maturity on, a purchase is the answer to it


@dataclass(frozen=True, slots=True)
class Maturity:
    """一笔到期资金."""

    on: date
    source: str  #: own 本公司产品, heard 通话里听到
    product: str | None
    institution: str | None
    low: Any
    high: Any
    name: str = ""  #: of the product, as the source calls it
    tag_id: str | None = None  #: of the statement that told it

    @property
    def text(self) -> str:
        """招商银行 存款 50万元 2026-06-30 到期."""
        amount = self.low if self.low is not None else self.high
        what = self.name or (label("product", self.product) if self.product else "")
        parts = [self.institution or "", what, yuan_text(amount) if amount is not None else "", f"{self.on} 到期"]
        return " ".join(part for part in parts if part)


def maturities(
    facts: CustomerFacts, tags: Iterable[Tag], today: date, calendar: TradingCalendar, known: Parameters
) -> tuple[Maturity, ...]:
    """What matures from today on and is still to be spoken of, the earliest first. `facts` are cut to the moment."""
    found = [m for m in (*_bought(facts), *_on_file(facts), *_heard(tags)) if m.on >= today]
    left = [m for m in dict.fromkeys(found) if not _answered(m, facts.events, calendar, known)]
    return tuple(sorted(left, key=lambda m: (m.on, m.source, m.text)))


def _bought(facts: CustomerFacts) -> Iterator[Maturity]:
    """Purchases that told their maturity, until the same product is sold."""
    for e in facts.events:
        on = as_date(e.properties.get("matures_on"))
        if on and is_buy(e) and not _sold(e, facts.events):
            amount = amount_of(e.properties)
            yield Maturity(on, "own", _code(e.properties), None, _number(amount), _number(amount), _name(e.properties))


def _sold(bought: Event, events: Iterable[Event]) -> bool:
    product = bought.properties.get("product")
    return any(is_sale(e) and e.properties.get("product") == product and e.at > bought.at for e in events)


def _on_file(facts: CustomerFacts) -> Iterator[Maturity]:
    holdings = facts.static().get("holdings")
    for row in holdings if isinstance(holdings, list) else ():
        on = as_date(row.get("matures_on")) if isinstance(row, Mapping) else None
        if on:
            amount = _number(row.get("amount"))
            yield Maturity(on, "own", _code(row), None, amount, amount, _name(row))


def _heard(tags: Iterable[Tag]) -> Iterator[Maturity]:
    for tag in tags:
        on = as_date(tag.value.get("matures_on"))
        if tag.tag == "assets.external" and tag.is_live and tag.is_affirmed and on:
            v = tag.value
            yield Maturity(on, "heard", _code(v), v.get("institution"), v.get("low"), v.get("high"), tag_id=tag.id)


def _answered(m: Maturity, events: Iterable[Event], calendar: TradingCalendar, known: Parameters) -> bool:
    """Whether money has moved in answer to it: half of the amount, or anything where it is not known."""
    opens = calendar.add_days(m.on, -WINDOW_TRADING_DAYS)
    told = m.low if m.low is not None else m.high
    total = Decimal(0)
    for e in events:
        if not opens <= e.on <= m.on or not _is_answer(e, m):
            continue
        amount = amount_of(e.properties)
        total += amount or Decimal(0)
        if told is None or amount is None or total >= Decimal(str(told)) * known.settled_share:
            return True
    return False


def _is_answer(e: Event, m: Maturity) -> bool:
    if is_buy(e):
        return as_date(e.properties.get("matures_on")) != m.on
    return m.source == "heard" and e.event in INFLOWS


def _code(row: Mapping[str, Any]) -> str | None:
    value = row.get("product")
    return value if isinstance(value, str) else None


def _name(row: Mapping[str, Any]) -> str:
    value = row.get("product_name") or row.get("name") or ""
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | float | None:
    try:
        amount = Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except ArithmeticError:
        return None
    if amount is None or not amount.is_finite():
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
