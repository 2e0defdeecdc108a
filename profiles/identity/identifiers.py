"""标识的种类: what each kind of identifier is worth – priority, limit, who may share it, which values name nobody.

All of it is data with reasons (identifiers.yaml). Pure: no database.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput

FILE = Path(__file__).parent / "identifiers.yaml"
MAX_CHARS = 200
HANDOVER, JOINT = "handover", "joint"
CUSTOMER_ID = "customer_id"
_PHONE_SEPARATORS = re.compile(r"[\s()\-.+·]")


@dataclass(frozen=True, slots=True)
class Blocked:
    """不能用的值, and why."""

    pattern: re.Pattern[str]
    reason: str


@dataclass(frozen=True, slots=True)
class IdentifierKind:
    """标识的一种. `succession`: a second customer's claim ends the first (handover), or both use it (joint)."""

    name: str
    label: str
    priority: int  #: 1 is the highest
    limit: int  #: at most so many of a customer at one time
    why: str
    shareable: bool
    succession: str
    personal: bool
    normalise: str
    pattern: re.Pattern[str]
    blocked: Sequence[Blocked]
    nobodys: re.Pattern[str]  #: all of `blocked` in one
    reaches_back_days: int = 0


@dataclass(frozen=True, slots=True)
class Registry:
    """One version of the kinds."""

    version: str
    kinds: Mapping[str, IdentifierKind]  #: in the order of priority
    crowd: int  #: more customers than this on one identifier are no household
    keep_anonymous_days: int


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The kinds in force. Raises BadInput `identifiers-invalid`."""
    try:
        return _registry(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    except (AttributeError, KeyError, TypeError, ValueError, re.error, yaml.YAMLError) as fault:
        raise BadInput("identifiers-invalid", f"标识种类表读不懂: {fault}") from None


def kind_of(name: str) -> IdentifierKind:
    """That kind. Raises BadInput `identifier-invalid`."""
    found = registry().kinds.get(name)
    if found is None:
        known = "、".join(registry().kinds)
        raise BadInput("identifier-invalid", f"没有标识种类 {name[:40]} (有: {known})")
    return found


def normalised(name: str, value: str) -> str:
    """The value as it is compared.

    Raises BadInput `identifier-blocked` for what names nobody (0000, null, a hotline), `identifier-invalid` for what
    is no value of that kind.
    """
    kind = kind_of(name)
    told = unicodedata.normalize("NFKC", value).strip()
    text = _NORMALISERS[kind.normalise](told)
    if kind.nobodys.fullmatch(told) or kind.nobodys.fullmatch(text):
        why = next(b.reason for b in kind.blocked if b.pattern.fullmatch(told) or b.pattern.fullmatch(text))
        raise BadInput("identifier-blocked", f"{kind.label}不能是 {told[:40]}: {why}")
    if len(text) > MAX_CHARS or not text.isprintable() or not kind.pattern.fullmatch(text):
        raise BadInput("identifier-invalid", f"不像{kind.label}: {masked(name, text) or '空'}")
    return text


def masked(name: str, value: str) -> str:
    """The value as people see it: personal ones keep a few characters at either end."""
    kind = registry().kinds.get(name)
    if kind is not None and not kind.personal:
        return value[:MAX_CHARS]
    if name == "phone" and len(value) == 11:
        return f"{value[:3]}****{value[-4:]}"
    if name == "email" and "@" in value:
        who, _, where = value.partition("@")
        return f"{who[:1]}***@{where[:80]}"
    shown = 2 if len(value) >= 8 else 1
    return f"{value[:shown]}****{value[-shown:]}" if len(value) > 2 * shown else "*" * len(value)


def _phone(text: str) -> str:
    digits = _PHONE_SEPARATORS.sub("", text)
    digits = digits.removeprefix("0086") if digits.startswith("0086") else digits
    return digits.removeprefix("86") if len(digits) == 13 else digits


def _compact(text: str) -> str:
    return "".join(text.split())


_NORMALISERS: dict[str, Callable[[str], str]] = {
    "keep": lambda text: text,
    "compact": _compact,
    "lower": lambda text: _compact(text).lower(),
    "upper": lambda text: _compact(text).upper(),
    "phone": _phone,
}


def _registry(data: Mapping[str, Any]) -> Registry:
    everywhere = [_blocked(row) for row in data["blocked"]]
    kinds = [_kind(name, row, everywhere) for name, row in data["kinds"].items()]
    ordered = sorted(kinds, key=lambda kind: kind.priority)
    if len({kind.priority for kind in kinds}) < len(kinds):
        raise ValueError("priority")
    return Registry(
        version=str(data["version"]),
        kinds={kind.name: kind for kind in ordered},
        crowd=int(data["crowd"]),
        keep_anonymous_days=int(data["keep_anonymous_days"]),
    )


def _kind(name: str, row: Mapping[str, Any], everywhere: Sequence[Blocked]) -> IdentifierKind:
    fields = dict(row)
    own = [_blocked(b) for b in fields.pop("blocked", ())]
    if fields["normalise"] not in _NORMALISERS or fields["succession"] not in (HANDOVER, JOINT):
        raise ValueError(name)
    fields["pattern"] = re.compile(fields["pattern"])
    shared = () if name == CUSTOMER_ID else everywhere  # the directory says which 客户号 there are
    blocked = (*own, *shared)
    nobodys = re.compile("|".join(f"(?:{b.pattern.pattern})" for b in blocked) or "(?!)")
    return IdentifierKind(name=name, blocked=blocked, nobodys=nobodys, **fields)


def _blocked(row: Mapping[str, str]) -> Blocked:
    return Blocked(re.compile(row["pattern"]), row["reason"])
