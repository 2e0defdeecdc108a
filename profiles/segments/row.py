"""圈选行: what conditions ask of one customer at one moment – values and items in the types of the vocabulary (pure).

A row holds what only facts change, as moments and dates: how long ago, how strong, how overdue is reckoned when it is
asked. What time changes otherwise (a tag expires, a stage of the lifecycle ends) has a due moment: see `due`.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dongke.clock import TradingCalendar, beijing
from profiles.beliefs import UNBELIEVED, Tag
from profiles.crosscheck import stances
from profiles.facts import CustomerFacts
from profiles.features import Part
from profiles.labels import label, value_text
from profiles.parameters import Parameters
from profiles.profile import Profile
from profiles.segments.follow import FollowState, Matter
from profiles.segments.maturities import Maturity, maturities
from profiles.segments.vocabulary import VALUE, Attribute, Field, vocabulary
from profiles.suitability.assessment import Suitability, assess, suitable

Item = Mapping[str, Any]
SUITABILITY = "suitability"  #: among the values, for lists that suggest; no attribute
HALF_LIFE_DAYS = 90.0  #: of a tag that has no parameters, as in profiles.beliefs


@dataclass(frozen=True, slots=True)
class Row:
    """一位客户的圈选行. Items carry their `text`."""

    customer_id: str
    values: Mapping[str, Any]
    items: Mapping[str, tuple[Item, ...]]

    def suitability(self, today: date) -> Suitability:
        """适当性 on that day, from what the row keeps of the file, of what he says of risk, and of what he refuses."""
        kept = self.values[SUITABILITY]
        return assess(kept["static"], kept["stances"], today, refused=kept["refused"])

    def of(self, attribute: Attribute) -> tuple[Item, ...]:
        """The items of a collection; of an attribute with one value, that value as the only item."""
        if attribute.is_collection:
            return self.items.get(attribute.source, ())
        return ({VALUE: self.values.get(attribute.id)},)


@dataclass(frozen=True, slots=True)
class Basics:
    """基本信息 from the directory."""

    advisor: str | None = None
    branch: str | None = None


def row_of(
    facts: CustomerFacts,
    profile: Profile,
    follow: FollowState,
    basics: Basics,
    calendar: TradingCalendar,
    known: Parameters,
) -> Row:
    """The row at the time of the profile. `facts` are all facts of the person."""
    held = facts.at(profile.as_of, profile.known_at)
    tags = [t for t in profile.tags if t.status not in UNBELIEVED]
    matured = maturities(held, profile.tags, profile.today, calendar, known)
    items: dict[str, list[Item]] = {}
    for tag in tags:
        items.setdefault(f"tag.{tag.tag}", []).append(_tag(tag, known))
    items["maturity"] = [_maturity(m) for m in matured]
    items["follow.open"] = [_matter(m) for m in follow.matters]
    kept = {"static": profile.static, "stances": stances(profile.tags), "refused": sorted(facts.refused)}
    preference = profile.behaviour.get("fund_preference")
    items["preference"] = [_preference(p) for p in (preference.parts if preference else ())]
    return Row(
        profile.customer_id,
        _values(profile, follow, basics) | {SUITABILITY: kept},
        {name: tuple(rows) for name, rows in items.items() if rows},
    )


def _values(profile: Profile, follow: FollowState, basics: Basics) -> dict[str, Any]:
    """Every value that is known."""
    found: dict[str, Any] = {}
    for told in vocabulary().attributes.values():
        if not told.is_collection:
            raw = _raw(told, profile, follow, basics)
            if told.days_ago and isinstance(raw, int):
                raw = profile.today - timedelta(days=raw)
            value = stored(told.value, raw)
            if value is not None:
                found[told.id] = value
    return found


def _raw(told: Attribute, profile: Profile, follow: FollowState, basics: Basics) -> Any:
    head, _, path = told.source.partition(".")
    if head == "behaviour":
        name, _, inner = path.partition(".")
        feature = profile.behaviour.get(name)
        return _inside(feature.value, inner) if feature else None
    if head == "static":
        return profile.static.get(path)
    if head == "suitability":
        return getattr(profile.suitability, path)
    return _OTHER[head](profile, follow, basics)


def _inside(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


_Read = Callable[[Profile, FollowState, Basics], Any]
_OTHER: Mapping[str, _Read] = {
    "suitable": lambda p, f, b: suitable(p.suitability),
    "unsuitable": lambda p, f, b: not suitable(p.suitability),
    "contradictions": lambda p, f, b: bool(p.contradictions),
    "advisor": lambda p, f, b: b.advisor,
    "branch": lambda p, f, b: b.branch,
    "last_contact_at": lambda p, f, b: f.last_contact_at,
}


def stored(f: Field, raw: Any) -> Any:
    """The value in the field's type; None where it is unknown or of another kind."""
    return _STORED[f.type](f, raw) if raw is not None else None


def _text(f: Field, raw: Any) -> Any:
    return raw.strip() or None if isinstance(raw, str) else None


def _code(f: Field, raw: Any) -> Any:
    return raw if isinstance(raw, str) and raw in f.labels else None


def _codes(f: Field, raw: Any) -> Any:
    told = set(raw) if isinstance(raw, Iterable) and not isinstance(raw, str | Mapping) else set()
    return [code for code in f.labels if code in told] or None


def _number(f: Field, raw: Any) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal) or not math.isfinite(raw):
        return None
    value = Decimal(str(raw))
    if f.step:
        value = value // f.step * f.step
    return int(value) if value == value.to_integral_value() else float(value)


def _day(f: Field, raw: Any) -> Any:
    try:
        return (raw if isinstance(raw, date) else date.fromisoformat(raw)).isoformat()
    except (TypeError, ValueError):
        return None


def _moment(f: Field, raw: Any) -> Any:
    return raw.timestamp() if isinstance(raw, datetime) else None


_STORED: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "clock": _text,
    "choice": _code,
    "choices": _codes,
    "number": _number,
    "money": _number,
    "score": _number,
    "date": _day,
    "moment": _moment,
    "flag": lambda f, raw: bool(raw),
}


def _item(collection: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an item that are known. A told amount has both ends, and what is told of one end is both."""
    found: dict[str, Any] = {}
    for f in vocabulary().attributes[collection].fields.values():
        low, high = f.keys
        values = {low: stored(f, told.get(low)), high: stored(f, told.get(high))}
        values = {low: _first(values[low], values[high]), high: _first(values[high], values[low])}
        found |= {key: value for key, value in values.items() if value is not None}
    return found


def _first(*values: Any) -> Any:
    return next((v for v in values if v is not None), None)


def _tag(tag: Tag, known: Parameters) -> Item:
    rule = known.tags.get(tag.tag)
    told = {
        **tag.value,
        "polarity": tag.polarity,
        "status": tag.status.value,
        "said_at": tag.said_at,
        "confidence": tag.confidence,
        "source": tag.source,
    }
    name = f"tag.{tag.tag}"
    found = _item(name, told) if name in vocabulary().attributes else {}
    half_life = rule.half_life_days if rule else HALF_LIFE_DAYS
    return found | {"half_life": half_life, "text": _tag_text(tag)}


def _tag_text(tag: Tag) -> str:
    """Dates with their year: the text is kept for longer than this year."""
    words = value_text(tag.tag, tag.polarity, tag.value, date.min)
    return f"{words} ({beijing(tag.said_at).date()}说{', ' + tag.reason if tag.reason else ''})"


def _maturity(m: Maturity) -> Item:
    told = {"on": m.on, "source": m.source, "low": m.low, "high": m.high}
    return _item("maturity", told | {"product": m.product, "institution": m.institution}) | {"text": m.text}


def _preference(p: Part) -> Item:
    found = _item("preference", {**p.value, "product": p.code})
    return found | {"text": f"{label('product', p.code)} {_indexes(found)}"}


def _indexes(found: Item) -> str:
    named = (("行为", found.get("behaviour")), ("口头", found.get("speech")))
    return ", ".join(f"{name}约{value}" for name, value in named if value is not None)


def _matter(m: Matter) -> Item:
    told = {
        "playbook": m.playbook,
        "tag": m.tags,
        "product": m.key,
        "permission": m.key,
        "state": m.state,
        "low": m.low,
        "high": m.high,
        "due": beijing(m.due_at).date(),
        "opened_at": m.opened_at,
        "late_at": m.late_at,
        "open_until": m.open_until or datetime.max.replace(tzinfo=m.opened_at.tzinfo, year=9000),
    }
    other = {"product_intent": "permission", "permission": "product"}.get(m.playbook)
    told |= {name: None for name in ("product", "permission") if other is None or name == other}
    words = f"{m.label}{' ' + m.key if m.key else ''} (期限 {beijing(m.due_at).date()})"
    return _item("follow.open", told) | {"text": words}
