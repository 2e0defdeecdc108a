"""行为账: a customer's events by their names, so that each question reads only the events that can answer it (pure)."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from profiles.behaviour.days import amount_of
from profiles.facts import Event

INFLOWS = ("transfer_in", "deposit")
OUTFLOWS = ("transfer_out", "withdraw")
TRADES = ("trade", "subscribe", "redeem")
VIEWS = ("page_view", "screen_view", "product_view", "product_detail")
ANSWERED, UNANSWERED = "call_answered", "call_unanswered"
CHATTED = "chat_answered"  #: a chat in which he wrote something


@dataclass(frozen=True, slots=True)
class Deeds:
    """行为账. Every list is in time order."""

    by_name: Mapping[str, Sequence[Event]]

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Deeds":
        """The account of these events, which stand in time order."""
        found: dict[str, list[Event]] = {}
        for event in events:
            found.setdefault(event.event, []).append(event)
        return cls(found)

    def named(self, *names: str) -> list[Event]:
        """All events of these names, in time order."""
        return _merged([self.by_name[n] for n in names if n in self.by_name])

    def after(self, moment: datetime, *names: str) -> list[Event]:
        """Those of them later than the moment."""
        parts = (self.by_name[n] for n in names if n in self.by_name)
        return _merged([p[bisect_right(p, moment, key=lambda e: e.at) :] for p in parts])


def is_buy(event: Event) -> bool:
    """Whether the event is a purchase. A trade without a side is one."""
    return event.event == "subscribe" or (event.event == "trade" and event.properties.get("side", "buy") == "buy")


def is_sale(event: Event) -> bool:
    """Whether the event is a sale or a redemption."""
    return event.event == "redeem" or (event.event == "trade" and event.properties.get("side") == "sell")


def total(events: Iterable[Event]) -> Decimal:
    """The sum of the amounts that are told, yuan."""
    return sum((amount_of(e.properties) or Decimal(0) for e in events), Decimal(0))


def _merged(parts: Sequence[Sequence[Event]]) -> list[Event]:
    if len(parts) == 1:
        return list(parts[0])
    return sorted((e for part in parts for e in part), key=lambda e: e.order)
