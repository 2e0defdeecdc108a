"""适当性规则表: the versions of the rules and the thresholds of permissions, from `suitability.yaml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput
from profiles.suitability.eligibility import Threshold

FILE = Path(__file__).parent / "suitability.yaml"


@dataclass(frozen=True, slots=True)
class Rule:
    """规则: what it rests on, and whom it protects."""

    id: str
    law: str
    ordinary: bool = False  #: protects 普通投资者 only
    on_request: bool = False  #: at his own request, after a written warning, he may be served all the same


@dataclass(frozen=True, slots=True)
class Table:
    """One version of the rules."""

    version: str
    effective_on: date
    levels: Sequence[str]
    products: Sequence[str]
    highest: Mapping[str, str]
    lowest: str
    questionnaire_years: int
    spoken_caps: Mapping[str, str]
    conflicts: Mapping[str, Sequence[str]]
    terms: Mapping[str, int | None]
    kinds: Sequence[str]
    professional: Sequence[str]
    elder: Mapping[str, Any]
    adult_from: int
    qualified_assets_yuan: int
    rules: Sequence[Rule]


def tables() -> tuple[Table, ...]:
    """All versions of the rules, oldest first. Raises BadInput `suitability-invalid`."""
    return _loaded()[0]


def table_on(day: date) -> Table:
    """The version in force on that day; before the first one, the first."""
    return ([t for t in tables() if t.effective_on <= day] or [tables()[0]])[-1]


def thresholds() -> tuple[Threshold, ...]:
    """The thresholds of all permissions, all versions."""
    return _loaded()[1]


def level_label(level: str) -> str:
    """C3, C1 (最低类别)."""
    return str(labels()["level"].get(level, level))


def table_of(version: str) -> Table:
    """That version of the rules."""
    return next(t for t in tables() if t.version == version)


def labels() -> Mapping[str, Mapping[str, str]]:
    """Chinese names of levels, terms and kinds."""
    return _loaded()[2]


@lru_cache(maxsize=1)
def _loaded() -> tuple[tuple[Table, ...], tuple[Threshold, ...], Mapping[str, Mapping[str, str]]]:
    try:
        rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        made = [_read_table(row) for row in rows["versions"]]
        asked = [Threshold(**_dated(row), others=tuple(row.get("others", ()))) for row in rows["permissions"]]
        return tuple(sorted(made, key=lambda t: t.effective_on)), tuple(asked), rows["labels"]
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as fault:
        raise BadInput("suitability-invalid", f"适当性规则读不懂: {fault}") from None


def _read_table(row: Mapping[str, Any]) -> Table:
    rules = tuple(Rule(**rule) for rule in row["rules"])
    return Table(**{**_dated(row), "rules": rules})


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its date read; `others` is read by the caller."""
    return {**{k: v for k, v in row.items() if k != "others"}, "effective_on": date.fromisoformat(row["effective_on"])}
