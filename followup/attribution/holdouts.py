"""对照组: a random part of customers (or households) whom the morning list leaves out, so that a lift can be seen.

Which arm a unit is in follows from its id and the experiment's salt alone: nothing is stored, nobody chooses. The
experiments are data: a YAML file named by `DONGKE_HOLDOUTS_FILE`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput

UNITS = ("customer", "household")
MAX_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Holdout:
    """一个对照实验: from `starts_on` to `ends_on` (both in) this share of the units is held out of these playbooks."""

    name: str
    salt: str
    share: float
    unit: str
    playbooks: frozenset[str]
    starts_on: date
    ends_on: date

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    def holds(self, unit_id: str) -> bool:
        """对照组: whether this unit is held out."""
        return draw(unit_id, self.salt) < self.share


def draw(unit_id: str, salt: str) -> float:
    """A number in [0, 1) that the id and the salt alone decide, even over ids."""
    digest = hashlib.sha256(f"{salt}|{unit_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2.0**64


def holdouts(path: Path | None) -> tuple[Holdout, ...]:
    """The experiments of the file; none without one. Raises BadInput `holdouts-invalid` with the place."""
    return _read(path, path.stat().st_mtime_ns) if path else ()


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[Holdout, ...]:
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))["holdouts"]
        found = tuple(_holdout(row) for row in rows)
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as fault:
        raise BadInput("holdouts-invalid", f"对照实验文件不能用 ({path.name}): {fault}") from None
    if len({h.name for h in found}) < len(found) or len({h.salt for h in found}) < len(found):
        raise BadInput("holdouts-invalid", f"对照实验文件不能用 ({path.name}): name 或 salt 重复")
    return found


def _holdout(row: dict[str, Any]) -> Holdout:
    made = Holdout(
        name=str(row["name"]),
        salt=str(row["salt"]),
        share=float(row["share"]),
        unit=str(row.get("unit", "household")),
        playbooks=frozenset(map(str, row["playbooks"])),
        starts_on=_day(row["starts_on"]),
        ends_on=_day(row["ends_on"]),
    )
    if not 0 < made.share <= MAX_SHARE:
        raise ValueError(f"{made.name}: share 要在 0 和 {MAX_SHARE} 之间")
    if made.unit not in UNITS or not made.playbooks or made.starts_on > made.ends_on:
        raise ValueError(f"{made.name}: unit, playbooks 或日期不对")
    return made


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def running(found: Iterable[Holdout], day: date) -> tuple[Holdout, ...]:
    """Those that run on that day."""
    return tuple(h for h in found if h.runs_on(day))
