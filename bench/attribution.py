"""How often the interval of a lift covers a known effect, and how wrong the naive figures are: 200 simulated worlds.

    python bench/attribution.py [--runs 200] [--size 3000]

Nothing is asserted; the table says how many of the 95 % intervals hold the truth.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.attribution_world import Run, run  # noqa: E402
from followup.attribution.credit import Model, lines  # noqa: E402
from followup.attribution.lift import Lift  # noqa: E402

MEASURES: tuple[tuple[str, Callable[[Run], Lift], Callable[[Run], float]], ...] = (
    ("random holdout, yuan a household", Run.lift, lambda r: r.truth),
    ("random holdout, share of households", Run.share_lift, lambda r: r.true_share),
    ("naive: after less before", Run.before_after, lambda r: r.truth),
    ("naive: called against not called", Run.called_or_not, lambda r: r.truth),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--size", type=int, default=3_000)
    given = parser.parse_args()
    began = time.perf_counter()
    worlds = [run(seed, given.size) for seed in range(given.runs)]
    print("| measure | 95 % intervals that hold the truth | mean estimate | truth |\n|---|---|---|---|")
    for row in rows(worlds):
        print(row)
    print(f"\n{given.runs} worlds of {given.size} households in {time.perf_counter() - began:.1f} s")


def rows(worlds: list[Run]) -> Iterator[str]:
    for name, measure, truth in MEASURES:
        found = [(measure(w), truth(w)) for w in worlds]
        held = fmean((lift.low or 0) <= known <= (lift.high or 0) for lift, known in found)
        yield f"| {name} | {held:.1%} | {fmean(x.effect for x, _ in found):,.4g} | {fmean(t for _, t in found):,.4g} |"
    credited = [lines(w.outcomes(), w.touches(), "advisor")[0].credit[Model.LAST] / len(w.units) for w in worlds]
    known = fmean(w.truth for w in worlds)
    yield f"| last touch, credit a household | no interval | {fmean(credited):,.4g} | {known:,.4g} |"


if __name__ == "__main__":
    main()
