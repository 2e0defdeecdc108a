"""言与行, 言与档: what supports a tag besides words, and what on file or in his own words speaks against it (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dongke.clock import beijing
from profiles.beliefs import Status, Tag
from profiles.labels import date_text, label, tag_label, value_text, yuan_text
from profiles.suitability import Suitability

CASH_WORTH_ASKING = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """矛盾: two things that cannot both hold, in one Chinese line."""

    kind: str  #: changed_mind 改口, against_file 与档案不符
    tag: str
    text: str
    tag_ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tag": self.tag,
            "label": tag_label(self.tag),
            "text": self.text,
            "tag_ids": list(self.tag_ids),
        }


def stances(tags: Sequence[Tag]) -> list[str]:
    """What he says of risk now."""
    return sorted({str(t.value.get("level")) for t in tags if t.tag == "risk.appetite" and t.is_live})


def contradictions(
    tags: Sequence[Tag], static: Mapping[str, Any], suitability: Suitability, today: date
) -> tuple[Contradiction, ...]:
    """All contradictions: speech against the file first, then changes of mind, the newest first."""
    found = _risk(tags, suitability) + _cash(tags, static)
    by_id = {(t.tag, t.id): t for t in tags if t.is_live}
    for old in sorted(tags, key=lambda t: (-t.said_at.timestamp(), t.id)):
        new = by_id.get((old.tag, old.opposed_by or ""))
        if old.status is Status.CONTRADICTED and new:
            words = f"{_told(old, today)}, 后改口: {_told(new, today)}"
            found.append(Contradiction("changed_mind", old.tag, words, (new.id, old.id)))
    return tuple(found)


def support(tag: Tag, static: Mapping[str, Any]) -> list[str]:
    """What besides words supports the tag, Chinese."""
    told = tag.value.get("low") or tag.value.get("high")
    cash = static.get("cash_yuan")
    if tag.tag == "funds.idle" and tag.is_affirmed and told and cash is not None:
        if Decimal(str(cash)) * 2 >= Decimal(str(told)):
            return [f"账户现金{yuan_text(cash)}, 与所说相符"]
    if tag.tag == "intent.permission" and tag.value.get("permission") in (static.get("permissions") or ()):
        return [f"档案里已有{label('permission', tag.value['permission'])}权限"]
    return []


def _risk(tags: Sequence[Tag], suitability: Suitability) -> list[Contradiction]:
    if not suitability.conflict:
        return []
    ids = tuple(t.id for t in tags if t.tag == "risk.appetite" and t.is_live)
    return [Contradiction("against_file", "risk.appetite", suitability.conflict, ids)]


def _cash(tags: Sequence[Tag], static: Mapping[str, Any]) -> list[Contradiction]:
    cash = static.get("cash_yuan")
    if cash is None or Decimal(str(cash)) < CASH_WORTH_ASKING:
        return []
    denied = [t for t in tags if t.tag == "funds.idle" and t.is_live and not t.is_affirmed]
    words = f"客户说没有闲钱, 账户现金{yuan_text(cash)}"
    return [Contradiction("against_file", t.tag, words, (t.id,)) for t in denied]


def _told(tag: Tag, today: date) -> str:
    said_on = date_text(beijing(tag.said_at).date().isoformat(), today)
    return f"{said_on}说{value_text(tag.tag, tag.polarity, tag.value, today)}"
