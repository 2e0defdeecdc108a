"""日子的值: one expression of a day."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Day:
    """一处日子. `on` is the day it names or begins with; `days` weekdays said without a week; `every`: a habit by itself (每周三).

    `vague`: an occasion without a day (过几天); `past`; `soft`: could as well lie in the past (三月份, 年底), which the verb
    decides; `span`: longer than a day, so that `on` is its first day; `sign`: told by what is to happen, not when (到期).
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
