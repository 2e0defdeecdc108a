"""事件名对照: the tables of `events.yaml`, read once – event names, property names, kinds of identifier, columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Renamed:
    """Our name of an event, and the properties that the foreign name implies (买入 is a trade, side buy)."""

    to: str
    implies: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """对照表."""

    version: str
    events: Mapping[str, Renamed]  #: by the foreign name, small letters
    properties: Mapping[str, tuple[str, ...]]
    identifiers: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...]]

    def event(self, name: str) -> Renamed:
        """The event under our name; an unlisted name stays as it is."""
        return self.events.get(name.strip().lower()) or Renamed(name, {})


@lru_cache(maxsize=1)
def names() -> Names:
    """The tables of this version."""
    import yaml

    text = resources.files("profiles.behaviour").joinpath("events.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return Names(
        version=data["version"],
        events={
            name.lower(): Renamed(row["to"], row.get("set", {})) for row in data["events"] for name in row["names"]
        },
        properties={ours: tuple(theirs) for ours, theirs in data["properties"].items()},
        identifiers=dict(data["identifiers"]),
        columns={ours: tuple(theirs) for ours, theirs in data["columns"].items()},
    )
