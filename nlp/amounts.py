"""金额: sums of money and returns as people say them to a broker. Values in yuan, offsets into the text given."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Amount:
    """一笔金额. `low`/`high` in yuan, None where open; `kind` is "money", or "ellipsis" where 万 or 块 was left out."""

    low: int | float | None
    high: int | float | None
    start: int
    end: int
    text: str
    kind: str = "money"

    def to_json(self) -> dict[str, Any]:
        """{"low", "high"} as the tag contract writes them."""
        return {"low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Percent:
    """收益率, in per cent: 三到五个点 is 3–5; None where open."""

    low: int | float | None
    high: int | float | None
    start: int
    end: int
    text: str


def find_amounts(text: str, assume_wan: bool = False) -> list[Amount]:
    """The sums of money in `text`, in its order. `assume_wan` reads a number without unit as 万 (an answer to 多少钱)."""
    return []


def bare_number(text: str) -> Amount | None:
    """The one number of a short answer (五十多), read as 万; None if there is none, or more than one."""
    found = find_amounts(text, assume_wan=True)
    return found[0] if len(found) == 1 else None


def find_percents(text: str) -> list[Percent]:
    """The returns in `text` (三个点, 百分之五, 4%), in its order."""
    return []
