"""早间清单: value × certainty × freshness × reachable now × suitability − fatigue; pure.

One customer a line, at most ten. What suitability, his rights, a pause or a random holdout keep out is not on the
list; each says why.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import prod
from typing import Any

from dongke.clock import TradingCalendar, beijing
from followup.ranking import factors
from followup.ranking.model import Blocked, Candidate, Item, Morning, parameters
from followup.ranking.reach import paused_until, reach


def rank(
    candidates: Iterable[Candidate],
    at: datetime,
    calendar: TradingCalendar,
    known: Mapping[str, Any] | None = None,
) -> Morning:
    """The list of one advisor at that moment."""
    known = known or parameters()
    blocked: list[Blocked] = []
    scored: list[Item] = []
    for c in candidates:
        why = block_of(c, at, known)
        if why is not None:
            blocked.append(Blocked(c, *why))
            continue
        item = score(c, at, calendar, known)
        if item.score > 0:
            scored.append(item)
        else:
            blocked.append(Blocked(c, "fatigue", f"今天不打扰: {item.factors[-1].reason}"))
    items = _one_a_customer(scored)
    most = known["most"]
    blocked.sort(key=lambda b: (b.kind, b.candidate.person.customer_id, b.candidate.id))
    return Morning(at, tuple(items[:most]), len(items[most:]), tuple(blocked), known["version"])


def block_of(c: Candidate, at: datetime, known: Mapping[str, Any]) -> tuple[str, str] | None:
    """(kind, reason) of what keeps it out; None where nothing does. Rights first: they hide the rest."""
    if c.is_refused:
        return "rights", c.person.refusal or "客户的权利不允许列出"
    if c.offer is not None and not c.offer.is_allowed:
        return "suitability", c.offer.text
    held = (c.person.held_out or {}).get(c.playbook)
    if held is not None:
        return "holdout", f"随机对照组 ({held}): 实验期间不主动联系"
    until = paused_until(c.person, at)
    if until is not None and c.playbook not in known["pause_exempt"]:
        return "pause", f"客户约了 {beijing(until):%Y-%m-%d %H:%M} 再联系"
    return None


def score(c: Candidate, at: datetime, calendar: TradingCalendar, known: Mapping[str, Any]) -> Item:
    """One matter with all its factors: the five that multiply, then what is taken off."""
    found, when = reach(c.person, at, known)
    multiplied = (
        factors.value(c, known),
        factors.certainty(c, known),
        factors.freshness(c, at, calendar, known),
        found,
        factors.suitability(c, known),
    )
    tired = factors.fatigue(c, at, calendar, known)
    return Item(c, prod(f.value for f in multiplied) - tired.value, (*multiplied, tired), when)


def _one_a_customer(scored: Iterable[Item]) -> list[Item]:
    """Each customer once, by his most pressing matter; the others beside it."""
    by_customer: dict[str, list[Item]] = {}
    for item in sorted(scored, key=lambda i: (-i.score, i.candidate.due_at, i.candidate.id)):
        by_customer.setdefault(item.candidate.person.customer_id, []).append(item)
    return [
        Item(first.candidate, first.score, first.factors, first.when, tuple(i.candidate for i in rest))
        for first, *rest in by_customer.values()
    ]
