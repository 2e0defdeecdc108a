"""画像参数: `parameters.yaml` as frozen values, in versions by the moment from which each is known.

A fold takes the version that was known at its `known_at`: a half-life that is changed today changes no past answer.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml

from dongke.clock import at_beijing, beijing
from dongke.errors import BadInput
from dongke.types import aware

FILE = Path(__file__).parent / "parameters.yaml"
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class TagParameters:
    """How long one tag holds."""

    half_life_days: float
    reason: str
    expires_field: str | None = None  #: the date slot after which the tag no longer holds
    expires_after_days: int = 0
    lives_days: int | None = None  #: holds so many days after it was said, whatever else
    expiry_reason: str = "已过期"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """生命周期, in trading days; `return_*`: what it takes to come back."""

    new_trading_days: int
    active_trading_days: int
    leaving_trading_days: int
    return_days: int
    return_trading_days: int
    passive_events: frozenset[str]


@dataclass(frozen=True, slots=True)
class TradingFrequency:
    """交易频率: the window, and from how many trades a trading day it is high or medium."""

    trading_days: int
    high_per_day: float
    medium_per_day: float


@dataclass(frozen=True, slots=True)
class Activation:
    """空户激活潜力值: the points by reason code."""

    empty_below_yuan: Decimal
    recent_trading_days: int
    login_days: int
    views_days: int
    calls_days: int
    points: Mapping[str, int]
    card_not_bound: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class FundPreference:
    """基金偏好指数."""

    half_life_days: float
    view_points: float
    buy_points: float
    hold_points: float
    sell_points: float
    half_at_points: float
    disagree_from: int


@dataclass(frozen=True, slots=True)
class ContactHistory:
    """通话记录: how many calls say something, and how many calls the prior is worth."""

    min_calls: int
    prior_calls: float
    interval: float
    windows: int


@dataclass(frozen=True, slots=True)
class Hint:
    """Words that hint at wealth without a sum."""

    code: str
    text: str
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Wealth:
    """高净值."""

    assets_yuan: Decimal
    hints: tuple[Hint, ...]


@dataclass(frozen=True, slots=True)
class Witnesses:
    """佐证: how reliable each deed is as a witness, and from where a deed counts."""

    weights: Mapping[str, float]
    worth_asking_yuan: Decimal
    views: int
    views_days: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters of the fold and the features: one version of them."""

    version: str
    valid_from: datetime  #: what was asked with an earlier `known_at` is answered with the version before
    stale_after_half_lives: float
    tags: Mapping[str, TagParameters]
    settled_share: Decimal
    large_withdraw_yuan: Decimal
    call_early: timedelta
    witnesses: Witnesses
    lifecycle: Lifecycle
    trading_frequency: TradingFrequency
    activation: Activation
    fund_preference: FundPreference
    contact_history: ContactHistory
    wealth: Wealth


def parameters(known_at: datetime | None = None, path: Path = FILE) -> Parameters:
    """The version that was known at that moment (the newest that the file has, where none is given).

    Raises BadInput `parameters-invalid`, `time-naive`.
    """
    found = versions(path)
    if known_at is None or len(found) == 1:
        return found[-1]
    moment = beijing(known_at)
    return next((one for one in reversed(found) if one.valid_from <= moment), found[0])


@lru_cache(maxsize=4)
def versions(path: Path = FILE) -> tuple[Parameters, ...]:
    """All versions, oldest first: the file, then each of its `changes` laid over the one before.

    The first counts for all times before it too. Raises BadInput `parameters-invalid`.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        changes = raw.pop("changes", None) or ()
        found = [_parameters(raw)]
        for change in changes:
            raw = _laid_over(raw, change, "")
            found.append(_parameters(raw))
        _check_order(found)
        return tuple(found)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, re.error, yaml.YAMLError) as fault:
        raise BadInput("parameters-invalid", f"画像参数 {path.name} 读不懂: {fault}") from None


def digest(one: Parameters) -> str:
    """The sha256 of the values of a version: reasons are for people and do not count."""
    return hashlib.sha256(repr(_values(one)).encode()).hexdigest()


def _values(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _values(getattr(value, f.name)) for f in fields(value) if f.name != "reason"}
    if isinstance(value, Mapping):
        return {name: _values(one) for name, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_values(one) for one in value]
    return value.pattern if isinstance(value, re.Pattern) else value


def _laid_over(raw: Mapping[str, Any], change: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values with those of the change. What the change names must be there already, or it is misspelled."""
    made = dict(raw)
    may_add = path.startswith("tags.") and path != "tags."  # one tag: an expiry, say, that it had not
    for name, value in change.items():
        if name not in made and not may_add and (path, name) != ("", "reason"):
            raise ValueError(f"changes: 没有参数 {path}{name}")
        known = made.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            value = _laid_over(known, value, f"{path}{name}.")
        made[name] = value
    return made


def _check_order(found: Sequence[Parameters]) -> None:
    moments = [one.valid_from for one in found]
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise ValueError("changes: valid_from 必须一个比一个晚")
    if len({one.version for one in found}) != len(found):
        raise ValueError("changes: version 不能重复")


def _moment(text: str) -> datetime:
    """A moment with its zone, or the beginning of a day in Beijing."""
    return aware(text, "valid_from") if "T" in text else at_beijing(date.fromisoformat(text), time())


def _parameters(raw: Mapping[str, Any]) -> Parameters:
    return Parameters(
        version=str(raw["version"]),
        valid_from=_moment(str(raw["valid_from"])),
        stale_after_half_lives=float(raw["stale_after_half_lives"]),
        tags={name: _tag(row) for name, row in raw["tags"].items()},
        settled_share=Decimal(raw["events"]["settled_share"]),
        large_withdraw_yuan=Decimal(raw["events"]["large_withdraw_yuan"]),
        call_early=timedelta(minutes=raw["events"]["call_early_minutes"]),
        witnesses=_witnesses(raw["evidence"]),
        lifecycle=_plain(Lifecycle, raw["lifecycle"], passive_events=frozenset(raw["lifecycle"]["passive_events"])),
        trading_frequency=_plain(TradingFrequency, raw["trading_frequency"]),
        activation=_plain(
            Activation,
            raw["activation"],
            empty_below_yuan=Decimal(raw["activation"]["empty_below_yuan"]),
            card_not_bound=re.compile(raw["activation"]["card_not_bound"]),
        ),
        fund_preference=_plain(FundPreference, raw["fund_preference"]),
        contact_history=_plain(ContactHistory, raw["contact_history"]),
        wealth=Wealth(
            assets_yuan=Decimal(raw["high_net_worth"]["assets_yuan"]),
            hints=tuple(
                Hint(row["code"], row["text"], re.compile(row["words"])) for row in raw["high_net_worth"]["hints"]
            ),
        ),
    )


def _plain(kind: type[Made], row: Mapping[str, Any], **made: Any) -> Made:
    """One section as its dataclass: the fields by name; `reason` is for people."""
    given = {name: value for name, value in row.items() if name != "reason"}
    return kind(**(given | made))


def _witnesses(row: Mapping[str, Any]) -> Witnesses:
    weights = {name: float(one["weight"]) for name, one in row.items() if isinstance(one, Mapping)}
    if not all(0 < weight < 1 for weight in weights.values()):
        raise ValueError("evidence: weight 必须在 0 和 1 之间")
    return Witnesses(weights, Decimal(row["worth_asking_yuan"]), int(row["views"]), int(row["views_days"]))


def _tag(row: Mapping[str, object]) -> TagParameters:
    expires = row.get("expires")
    bound = expires if isinstance(expires, Mapping) else {}
    lives = row.get("lives_days")
    half_life = float(str(row["half_life_days"]))
    if half_life <= 0:
        raise ValueError("half_life_days 必须大于 0")
    return TagParameters(
        half_life_days=half_life,
        reason=str(row["reason"]),
        expires_field=bound.get("field"),
        expires_after_days=int(bound.get("after_days", 0)),
        lives_days=int(str(lives)) if lives is not None else None,
        expiry_reason=str(row.get("expiry_reason", "已过期")),
    )
