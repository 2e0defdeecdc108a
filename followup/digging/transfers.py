"""转入: which money that came in belongs to which outside asset (pure).

An event that names its institution belongs to the asset there. One that names none belongs to an asset only where no
other could be meant: the only one still open – and only when it is a fair part of it, for wages come in too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from followup.history import Event
from profiles.behaviour.deeds import INFLOWS
from profiles.institutions import is_same
from profiles.labels import yuan_text

if TYPE_CHECKING:
    from followup.digging.ladder import Ladder

MIN_SHARE = 0.1  #: of the known amount: less is not that money
MIN_YUAN = 10_000  #: where the amount is not known


@dataclass(frozen=True, slots=True)
class Moved:
    """一笔转入 of an outside asset."""

    event_id: str
    at: datetime
    yuan: float
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"event_id": self.event_id, "yuan": self.yuan, "text": self.text}


def moved(events: Iterable[Event], assets: Sequence["Ladder"]) -> dict[str, list[Moved]]:
    """What came in of each asset, in time order."""
    found: dict[str, list[Moved]] = {}
    for e in sorted((e for e in events if e.name in INFLOWS), key=lambda e: (e.at, e.id)):
        home = _home(e, [a for a in assets if a.opened_at < e.at and not (a.ended_at and a.ended_at < e.at)], found)
        if home is not None:
            what = "转入" if e.name == "transfer_in" else "入金"
            text = f"{what} {yuan_text(e.amount)}" if e.amount else what
            found.setdefault(home.id, []).append(Moved(e.id, e.at, e.amount, text))
    return found


def _home(e: Event, open_then: Sequence["Ladder"], found: Mapping[str, list[Moved]]) -> "Ladder | None":
    place = e.properties.get("institution")
    if isinstance(place, str) and place:
        there = [a for a in open_then if is_same(a.value.get("institution"), place)]
        return max(there, key=lambda a: (a.id not in found, _closeness(a, e), a.said_at), default=None)
    waiting = [a for a in open_then if a.id not in found]
    return waiting[0] if len(waiting) == 1 and _is_fair_part(waiting[0].value, e.amount) else None


def _is_fair_part(value: Mapping[str, Any], yuan: float) -> bool:
    told = value.get("low") if value.get("low") is not None else value.get("high")
    return yuan >= (MIN_SHARE * float(told) if told is not None else MIN_YUAN)


def _closeness(asset: "Ladder", e: Event) -> float:
    told = asset.value.get("low") if asset.value.get("low") is not None else asset.value.get("high")
    return -abs(float(told) - e.amount) if told is not None else float("-inf")
