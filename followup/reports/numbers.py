"""报表的数: rates with their intervals, what the mix of cases lets expect, and the line of a group (pure)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

MIN_N = 10  #: below that a rate is not shown: a handful of cases says nothing about a person
Z = 1.96  #: 95 % intervals
HIDDEN = ("decided", "winnable")  #: counted for the rates, never shown


@dataclass(frozen=True, slots=True)
class Tally:
    """计数 of one group, or of one playbook in it."""

    counts: Mapping[str, int] = field(default_factory=dict)
    yuan: Mapping[str, int] = field(default_factory=dict)

    def n(self, name: str) -> int:
        """How many."""
        return self.counts.get(name, 0)


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    counts, yuan = Counter[str](), Counter[str]()
    for tally in tallies:
        counts.update(tally.counts)
        yuan.update(tally.yuan)
    return Tally(counts, yuan)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share of `n` cases, within 0–1; (0, 1) without cases."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(name: str, hits: int, n: int) -> dict[str, Any]:
    """`<name>_rate` in percent and `<name>_interval`; both None below MIN_N cases."""
    if n < MIN_N:
        return {f"{name}_rate": None, f"{name}_interval": None}
    low, high = wilson(hits, n)
    return {f"{name}_rate": round(100 * hits / n, 1), f"{name}_interval": f"{100 * low:.0f}–{100 * high:.0f}"}


def expected(mine: Mapping[str, Tally], reference: Mapping[str, Tally]) -> dict[str, Any]:
    """组合调整: the timeliness that the firm's own rates let expect of this mix of playbooks, and what it is beyond it.

    A playbook with fewer than MIN_N decided cases in the whole firm is expected at the rate of all of them.
    """
    decided = sum(t.n("decided") for t in mine.values())
    if decided < MIN_N:
        return {"in_time_expected": None, "in_time_beyond": None}
    everything = total(reference.values())
    hits = sum(t.n("decided") * _share(reference.get(book, Tally()), everything) for book, t in mine.items())
    hit = sum(t.n("discharged_in_time") for t in mine.values())
    return {
        "in_time_expected": round(100 * hits / decided, 1),
        "in_time_beyond": round(100 * (hit - hits) / decided, 1),
    }


def _share(of_book: Tally, everything: Tally) -> float:
    told = of_book if of_book.n("decided") >= MIN_N else everything
    return told.n("discharged_in_time") / told.n("decided") if told.n("decided") else 0.0


def line_numbers(
    mine: Mapping[str, Tally], reference: Mapping[str, Tally], median_hours: float | None
) -> dict[str, Any]:
    """All numbers of a line. `mine` and `reference` are tallies by playbook, of the group and of the firm."""
    whole = total(mine.values())
    found: dict[str, Any] = {name: n for name, n in whole.counts.items() if name not in HIDDEN} | dict(whole.yuan)
    found |= rate("in_time", whole.n("discharged_in_time"), whole.n("decided"))
    found |= expected(mine, reference)
    found |= rate("won", whole.n("won"), whole.n("winnable"))
    found |= rate("promises", whole.n("promises_kept"), whole.n("promises"))
    return found | {"median_hours": None if median_hours is None else round(median_hours, 1)}
