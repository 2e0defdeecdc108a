"""适当性: which product risks (R1–R5) a customer may be offered, from the file (C1–C5) and what he says (pure).

Speech can only tighten: no stance raises a level. An expired or missing questionnaire blocks every product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput
from profiles.labels import as_date, date_text, label

FILE = Path(__file__).parent / "suitability.yaml"


@dataclass(frozen=True, slots=True)
class Table:
    """One version of the matching table."""

    version: str
    effective_on: date
    levels: Sequence[str]
    products: Sequence[str]
    highest: Mapping[str, str]
    questionnaire_years: int
    spoken_caps: Mapping[str, str]
    conflicts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Suitability:
    """适当性 of one customer on one day."""

    level: str | None  #: on file
    offer_level: str | None  #: for offers: on file, or lower where he speaks more cautiously; None blocks all
    highest_product: str | None  #: R1–R5
    expires_on: date | None
    is_expired: bool
    blocked: str  #: why nothing may be offered, Chinese; empty where something may
    conflict: str  #: speech against the file, Chinese; empty without
    table_version: str

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "offer_level": self.offer_level,
            "highest_product": self.highest_product,
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "is_expired": self.is_expired,
            "blocked": self.blocked,
            "conflict": self.conflict,
            "table_version": self.table_version,
        }


@lru_cache(maxsize=1)
def tables() -> tuple[Table, ...]:
    """All versions of the table, oldest first. Raises BadInput `suitability-invalid`."""
    try:
        rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["versions"]
        made = [Table(**{**row, "effective_on": date.fromisoformat(row["effective_on"])}) for row in rows]
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as fault:
        raise BadInput("suitability-invalid", f"适当性匹配表读不懂: {fault}") from None
    return tuple(sorted(made, key=lambda t: t.effective_on))


def table_on(day: date) -> Table:
    """The version in force on that day; before the first one, the first."""
    return ([t for t in tables() if t.effective_on <= day] or [tables()[0]])[-1]


def assess(static: Mapping[str, Any], stances: Sequence[str], day: date) -> Suitability:
    """The customer's suitability on `day`. `stances`: what he says of risk now (conservative, moderate, aggressive)."""
    table = table_on(day)
    told = static.get("risk_level")
    level = told if told in table.levels else None
    expires_on = _expiry(static.get("questionnaire_on"), table.questionnaire_years)
    is_expired = expires_on is not None and day >= expires_on
    blocked = _blocked(level, expires_on, is_expired, day)
    offer = None if blocked or level is None else _tightened(level, stances, table)
    return Suitability(
        level=level,
        offer_level=offer,
        highest_product=table.highest[offer] if offer else None,
        expires_on=expires_on,
        is_expired=is_expired,
        blocked=blocked,
        conflict=_conflict(level, stances, table),
        table_version=table.version,
    )


def allowed(product_risk: str, suitability: Suitability) -> tuple[bool, str]:
    """Whether a product of that risk (R1–R5) may be offered, and why (not), Chinese."""
    table = next(t for t in tables() if t.version == suitability.table_version)
    if product_risk not in table.products:
        return False, f"产品风险等级 {product_risk} 不认识"
    if suitability.blocked or suitability.highest_product is None:
        return False, suitability.blocked or "没有风险等级"
    fits = table.products.index(product_risk) <= table.products.index(suitability.highest_product)
    words = f"{suitability.offer_level} 最高可匹配 {suitability.highest_product}"
    return fits, words if fits else f"{words}, {product_risk} 超出"


def _blocked(level: str | None, expires_on: date | None, is_expired: bool, day: date) -> str:
    if level is None:
        return "没有风险测评等级"
    if expires_on is None:
        return "没有风险测评日期"
    return f"风险测评已于{date_text(expires_on.isoformat(), day)}过期" if is_expired else ""


def _tightened(level: str, stances: Sequence[str], table: Table) -> str:
    caps = [table.spoken_caps[s] for s in stances if s in table.spoken_caps]
    return min([level, *caps], key=table.levels.index)


def _conflict(level: str | None, stances: Sequence[str], table: Table) -> str:
    against = [s for s in stances if level in table.conflicts.get(s, ())]
    if not against:
        return ""
    words = "、".join(label("level", s) for s in against)
    what = "口头更谨慎, 推荐已收紧, 建议重新测评" if "conservative" in against else "口头不抬高等级, 只可建议重新测评"
    return f"口头风险态度{words}, 档案为{level}: {what}"


def _expiry(questionnaire_on: Any, years: int) -> date | None:
    day = as_date(questionnaire_on)
    if day is None:
        return None
    leap = day.month == 2 and day.day == 29
    return date(day.year + years, 3, 1) if leap else day.replace(year=day.year + years)
