"""画像参数: `parameters.yaml` as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml

from dongke.errors import BadInput

FILE = Path(__file__).parent / "parameters.yaml"


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
class Parameters:
    """All parameters of the fold and the features."""

    version: str
    stale_after_half_lives: float
    tags: Mapping[str, TagParameters]
    settled_share: Decimal
    large_withdraw_yuan: Decimal
    new_trading_days: int
    active_trading_days: int
    leaving_trading_days: int
    min_calls: int
    high_net_worth_yuan: Decimal


@lru_cache(maxsize=4)
def parameters(path: Path = FILE) -> Parameters:
    """The parameters of the file. Raises BadInput `parameters-invalid`."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Parameters(
            version=raw["version"],
            stale_after_half_lives=float(raw["stale_after_half_lives"]),
            tags={name: _tag(row) for name, row in raw["tags"].items()},
            settled_share=Decimal(raw["events"]["settled_share"]),
            large_withdraw_yuan=Decimal(raw["events"]["large_withdraw_yuan"]),
            new_trading_days=int(raw["lifecycle"]["new_trading_days"]),
            active_trading_days=int(raw["lifecycle"]["active_trading_days"]),
            leaving_trading_days=int(raw["lifecycle"]["leaving_trading_days"]),
            min_calls=int(raw["contact_history"]["min_calls"]),
            high_net_worth_yuan=Decimal(raw["high_net_worth"]["assets_yuan"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, yaml.YAMLError) as fault:
        raise BadInput("parameters-invalid", f"画像参数 {path.name} 读不懂: {fault}") from None


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
