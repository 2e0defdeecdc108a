"""行为特征: what the customer does and says, counted – each figure with its reason (pure). 数据不足 is an answer.

One file a family. Ages are calendar days; the lifecycle counts trading days, so that a holiday puts nobody to sleep.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter

from dongke.clock import TradingCalendar, beijing
from profiles.behaviour.deeds import Deeds
from profiles.beliefs import Tag
from profiles.facts import CustomerFacts
from profiles.features.activity import last_login, net_flow, trades, trading_frequency
from profiles.features.assets import asset_distribution, external_total
from profiles.features.contact import best_channel, best_contact_time
from profiles.features.lifecycle import lifecycle
from profiles.features.model import UNKNOWN, Feature, Part, View
from profiles.features.potential import activation_potential
from profiles.features.preference import fund_preference
from profiles.features.wealth import high_net_worth
from profiles.parameters import Parameters, parameters

__all__ = ["UNKNOWN", "Feature", "Part", "View", "features", "view_of"]

#: every feature by its name, in the order of the page
FEATURES: dict[str, Callable[[View], Feature]] = {
    "lifecycle": lifecycle,
    "activation_potential": activation_potential,
    "last_login_days": last_login,
    "trades_30d": trades,
    "net_flow_30d": net_flow,
    "trading_frequency": trading_frequency,
    "fund_preference": fund_preference,
    "asset_distribution": asset_distribution,
    "external_total": external_total,
    "high_net_worth": high_net_worth,
    "best_contact_time": best_contact_time,
    "best_channel": best_channel,
}


def features(
    facts: CustomerFacts,
    as_of: datetime,
    *,
    tags: Sequence[Tag] = (),
    calendar: TradingCalendar | None = None,
    known: Parameters | None = None,
) -> dict[str, Feature]:
    """All features at `as_of`. `tags` (what he says) override what he does: a spoken leave outranks a log-in."""
    view = view_of(facts, as_of, tags=tags, calendar=calendar, known=known)
    return {name: compute(view) for name, compute in FEATURES.items()}


def view_of(
    facts: CustomerFacts,
    as_of: datetime,
    *,
    tags: Sequence[Tag] = (),
    calendar: TradingCalendar | None = None,
    known: Parameters | None = None,
) -> View:
    """What the features read: the facts up to `as_of`, with the tags that are believed then."""
    events = sorted((e for e in facts.events if e.at <= as_of), key=attrgetter("order"))
    return View(
        events=events,
        deeds=Deeds.of(events),
        tags=tags,
        static=facts.static(),
        facts=facts,
        as_of=as_of,
        today=beijing(as_of).date(),
        calendar=calendar or TradingCalendar(),
        known=known or parameters(as_of),
    )
