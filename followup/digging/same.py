"""是不是同一笔: whether a statement tells of an outside asset that is known already, or denies it (pure).

Looser than the fold of tags, for a ladder follows one sum from 外面还有点钱 to 招商银行 存款 50万: what was left open
may be filled in later, what was told must not be contradicted – but of an amount the newest telling counts.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from profiles.facts import Statement
from profiles.labels import as_date
from profiles.relations import NEAR, agree

if TYPE_CHECKING:
    from followup.digging.ladder import Ladder


def likeness(asset: "Ladder", s: Statement) -> int | None:
    """How many things speak for the same asset; None where it is another. Two statements of one talk are two assets."""
    if asset.ended_at is not None or s.conversation_id in asset.talks:
        return None
    old, new = asset.value, s.value
    marks = [_place(old, new), _product(old, new), _maturity(old, new), _amount(old, new)]
    return None if None in marks else sum(mark for mark in marks if mark)


def denies(negated: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether 没有了 is said of what he held: that institution, that type, or everything."""
    if negated.get("institution"):
        return bool(negated["institution"] == held.get("institution"))
    kind = negated.get("institution_type")
    return kind in (None, "unknown") or kind == held.get("institution_type")


def _place(old: Mapping[str, Any], new: Mapping[str, Any]) -> int | None:
    a, b = old.get("institution"), new.get("institution")
    if a and b:
        return 3 if a == b else None
    kinds = [v.get("institution_type") for v in (old, new)]
    known = {k for k in kinds if k not in (None, "unknown")}
    if len(known) > 1:
        return None
    return 1 if known and None not in kinds and "unknown" not in kinds else 0


def _product(old: Mapping[str, Any], new: Mapping[str, Any]) -> int | None:
    known = {v.get("product") for v in (old, new)} - {None}
    if len(known) > 1:
        return None
    return int(old.get("product") is not None and old.get("product") == new.get("product"))


def _maturity(old: Mapping[str, Any], new: Mapping[str, Any]) -> int | None:
    a, b = as_date(old.get("matures_on")), as_date(new.get("matures_on"))
    if a is None or b is None:
        return 0
    return 2 if abs(a - b) <= NEAR else None


def _amount(old: Mapping[str, Any], new: Mapping[str, Any]) -> int | None:
    """Another amount at a place that was named is the same money told anew; at an unnamed place it is other money."""
    same = agree(old.get("low"), old.get("high"), new.get("low"), new.get("high"))
    if same is False:
        return 0 if old.get("institution") and old.get("institution") == new.get("institution") else None
    return 2 if same else 0
