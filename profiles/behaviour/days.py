"""行为日汇总: what each customer did on each day – how often, of which product, for how much money (pure).

`fold_days` says what the table `behaviourday` must hold; profiles/behaviour/day_rows.py keeps the table.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dongke.clock import beijing
from profiles.facts import Event

#: what is a number of yuan, here, in PostgreSQL and in DuckDB alike
AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,40})?$"
PRODUCT_CHARS = 100
_AMOUNT = re.compile(AMOUNT)

Key = tuple[str, date, str, str]  #: customer, day in Beijing, event, product ("" for none)


@dataclass(frozen=True, slots=True)
class Day:
    """一天一类行为: how often, how much (yuan), and when last."""

    count: int
    amount: Decimal
    last_at: datetime


def amount_of(properties: Mapping[str, Any]) -> Decimal | None:
    """The amount in yuan; None where there is none, or what stands there is no number of yuan."""
    value = properties.get("amount")
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def fold_days(events: Iterable[Event]) -> dict[Key, Day]:
    """The day rows of these events, one event after the other."""
    rows: dict[Key, Day] = {}
    for e in events:
        product = e.properties.get("product")
        product = product[:PRODUCT_CHARS] if isinstance(product, str) else ""
        key = (e.customer_id, beijing(e.at).date(), e.event, product)
        amount = amount_of(e.properties) or Decimal(0)
        old = rows.get(key)
        rows[key] = Day(old.count + 1, old.amount + amount, max(old.last_at, e.at)) if old else Day(1, amount, e.at)
    return rows
