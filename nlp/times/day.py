"""日子的值和规则表: one expression of a day, and the table of patterns that find it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Day:
    """一处日子. `on` is the day it names or begins with; `days` weekdays said without a week; `every`: a habit by
    itself (每周三). `vague`: an occasion without a day (过几天); `past`; `soft`: could as well lie in the past
    (三月份, 年底), which the verb decides; `span`: a month or longer, so that `on` is its first or last day.
    """

    start: int
    end: int
    on: date | None = None
    days: tuple[str, ...] | None = None
    every: bool = False
    vague: bool = False
    past: bool = False
    soft: bool = False
    span: bool = False


Handler = Callable[[re.Match[str], date], Day | None]
N = r"(?:[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九两俩])"


class Rules:
    """Patterns over folded text, each with the function that resolves its match against a day."""

    def __init__(self) -> None:
        self.all: list[tuple[re.Pattern[str], Handler]] = []

    def on(self, *patterns: str) -> Callable[[Handler], Handler]:
        """Registers a handler for each of the patterns."""

        def register(handler: Handler) -> Handler:
            self.all.extend((re.compile(p), handler) for p in patterns)
            return handler

        return register


def made(
    m: re.Match[str],
    on: date | None,
    *,
    vague: bool = False,
    past: bool = False,
    soft: bool = False,
    span: bool = False,
) -> Day:
    """The day of a match."""
    return Day(m.start(), m.end(), on, None, False, vague, past, soft, span)
