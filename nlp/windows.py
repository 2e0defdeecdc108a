"""联系时间: when a customer wants, or does not want, to be called."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

WindowKind = Literal["recurring", "once"]
WindowPolarity = Literal["affirmed", "negated"]


@dataclass(frozen=True, slots=True)
class TimeExpr:
    """一处时间说法, before it is known to be a wish to be called.

    `on` is the calendar day it names, `days` the weekdays (mon…sun), `from_`/`to` "HH:MM". `recurring`: it carries a
    habit word (每天, 一般, 工作日, several weekdays). `vague`: an occasion without a fixed day (过几天, 这两天).
    """

    on: date | None
    days: tuple[str, ...] | None
    from_: str | None
    to: str | None
    recurring: bool
    vague: bool
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """一个联系时段: `kind` recurring or once, as in the tag `contact.time`."""

    kind: WindowKind
    days: tuple[str, ...] | None
    date: date | None
    from_: str | None
    to: str | None
    polarity: WindowPolarity
    start: int
    end: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """{"kind", "days", "date", "from", "to", "polarity"} as the tag contract writes them."""
        return {
            "kind": self.kind,
            "days": list(self.days) if self.days is not None else None,
            "date": self.date.isoformat() if self.date else None,
            "from": self.from_,
            "to": self.to,
            "polarity": self.polarity,
        }


def find_times(text: str, reference: datetime) -> list[TimeExpr]:
    """Every expression of time in `text` (day, part of the day, clock, habit word), in its order."""
    return []


def combine(first: TimeExpr, second: TimeExpr) -> TimeExpr:
    """Two expressions that complete each other (the day in one turn, the hour in the next) as one; `second` wins."""
    return second


def to_window(
    expr: TimeExpr,
    reference: datetime,
    polarity: WindowPolarity = "affirmed",
    kind: WindowKind | None = None,
) -> Window:
    """The contact window of an expression once it is known to be about calling."""
    chosen: WindowKind = kind or ("recurring" if expr.recurring else "once")
    return Window(
        chosen, expr.days, expr.on, expr.from_, expr.to, polarity, expr.start, expr.end, expr.text
    )


def find_windows(text: str, reference: datetime) -> list[Window]:
    """The contact windows that one utterance states, affirmed or negated."""
    return []
