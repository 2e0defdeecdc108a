"""百分数: returns as people say them – 三个点, 百分之五, 4%, 三到五个点, 两点几."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Percent:
    """收益率, in per cent: 三到五个点 is 3–5; None where open."""

    low: int | float | None
    high: int | float | None
    start: int
    end: int
    text: str


def find_percents(text: str) -> list[Percent]:
    """The returns in `text`, in its order."""
    return []
