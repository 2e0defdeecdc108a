"""圈选词表: `vocabulary.yaml` as frozen values – what a condition can ask, and how it is called in Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from dongke.errors import BadInput
from profiles.labels import tables

FILE = Path(__file__).parent / "vocabulary.yaml"
VALUE = ""  #: the name of the only field of an attribute with one value
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Field:
    """一个可比较的项: of an item of a collection, or the value of an attribute."""

    name: str
    label: str
    type: str  #: choice, choices, text, number, money, score, date, moment, clock, flag
    labels: Mapping[str, str] = field(default_factory=dict)  #: code → Chinese; of choice and choices
    unit: str = ""
    verb: str = ""
    attach: bool = False
    hidden: bool = False
    fades: bool = False  #: stored as confidence, time and half-life: falls by the mere passing of time
    signed: bool = False
    step: int = 0  #: stored in whole steps (of a value that time wears down), and compared with whole steps
    yes: str = ""
    no: str = ""
    ends: tuple[str, str] | None = None

    @property
    def keys(self) -> tuple[str, str]:
        """Under which names an item keeps the end that 不低于 asks, and the one that 不超过 asks."""
        return self.ends or (self.name, self.name)


@dataclass(frozen=True, slots=True)
class Attribute:
    """一个可圈选的属性."""

    id: str
    label: str
    group: str
    fields: Mapping[str, Field]
    is_collection: bool
    source: str = ""  #: values: where it is read; collections: whose items these are
    days_ago: bool = False  #: the source is an age in days; stored as a date
    aliases: tuple[str, ...] = ()
    assumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def value(self) -> Field:
        """The field of an attribute with one value."""
        return self.fields[VALUE]

    @property
    def shown(self) -> tuple[Field, ...]:
        """The fields that a condition may name, in their order."""
        return tuple(f for f in self.fields.values() if not f.hidden)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """圈选词表."""

    version: str
    attributes: Mapping[str, Attribute]

    def to_json(self) -> dict[str, Any]:
        """All that a user interface needs to build conditions."""
        from profiles.segments.kinds import KINDS

        return {
            "version": self.version,
            "types": {name: {"label": kind.label, "operators": dict(kind.operators)} for name, kind in KINDS.items()},
            "attributes": [_shown(a) for a in self.attributes.values()],
        }


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary. Raises BadInput `vocabulary-invalid`."""
    try:
        raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        shared = raw["common"]["tag"]
        found = [_collection(name, row, shared) for name, row in raw["collections"].items()]
        found += [_value(name, row) for name, row in raw["values"].items()]
        return Vocabulary(raw["version"], {a.id: a for a in found})
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as fault:
        raise BadInput("vocabulary-invalid", f"圈选词表读不懂: {fault}") from None


def _collection(name: str, row: Mapping[str, Any], shared: Mapping[str, Any]) -> Attribute:
    """Its own fields come first, those that all tags share after them."""
    fields = sorted(row["fields"].items(), key=lambda pair: pair[0] in shared)
    return Attribute(
        id=name,
        label=row["label"],
        group=row["group"],
        fields={key: _field(key, told) for key, told in fields},
        is_collection=True,
        source=row.get("items", name),
        aliases=tuple(row.get("aliases", ())),
        assumes=row.get("assumes", {}),
    )


def _value(name: str, row: Mapping[str, Any]) -> Attribute:
    told = {k: v for k, v in row.items() if k not in ("group", "from", "days_ago", "aliases")}
    return Attribute(
        id=name,
        label=row["label"],
        group=row["group"],
        fields={VALUE: _field(VALUE, told)},
        is_collection=False,
        source=row["from"],
        days_ago=row.get("days_ago", False),
        aliases=tuple(row.get("aliases", ())),
    )


def _field(name: str, row: Mapping[str, Any]) -> Field:
    rest = {key: value for key, value in row.items() if key not in ("table", "labels", "ends", "label")}
    labels = tables()[row["table"]] if "table" in row else row.get("labels", {})
    ends = (row["ends"][0], row["ends"][1]) if "ends" in row else None
    named = {str(code): str(text) for code, text in labels.items()}
    return Field(name=name, label=row.get("label", name), labels=named, ends=ends, **rest)


def _shown(a: Attribute) -> dict[str, Any]:
    row: dict[str, Any] = {"id": a.id, "label": a.label, "group": a.group}
    row["kind"] = "collection" if a.is_collection else "value"
    row["fields"] = [
        {
            "name": f.name,
            "label": f.label,
            "type": f.type,
            "unit": "元" if f.type == "money" else f.unit,
            "labels": dict(f.labels),
            "assumed": a.assumes.get(f.name),
        }
        for f in a.shown
    ]
    return row
