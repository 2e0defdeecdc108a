"""空户激活潜力值: deciles of lift, calibration, AUC and Brier over simulated worlds whose seeds are printed.

    python bench/activation.py [--worlds 10] [--size 4000] [--seed 20260618]

Nothing is asserted. The calibration is fitted to the called of one half of a world and measured on the other half.
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.activation_world import Person, auc, brier, calibrated, chance, tenths, world  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--size", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=20_260_618)
    given = parser.parse_args()
    began = time.perf_counter()
    seeds = [given.seed + n for n in range(given.worlds)]
    worlds = [world(seed, given.size) for seed in seeds]
    wrong = sum(p.score != sum(p.reasons.values()) for people in worlds for p in people)
    print(f"{given.worlds} worlds of {given.size:,} empty accounts, seeds {seeds[0]} to {seeds[-1]}")
    print(f"scores that are not the sum of their reasons: {wrong}\n")
    print("| seed | AUC | Brier | Brier of the base rate | deposits | lift of the top three tenths, of all lift |")
    print("|---|---|---|---|---|---|")
    for seed, people in zip(seeds, worlds, strict=True):
        print(_row(str(seed), people))
    print(f"\nAll worlds together, in tenths by score ({time.perf_counter() - began:.0f} s):\n")
    everyone = [p for people in worlds for p in people]
    print("| scores | told chance | observed, called | not called | lift | 95 % |\n|---|---|---|---|---|---|")
    for t in tenths(everyone[1::2], _fit(everyone[::2])):
        low, high = t.lift.low or 0, t.lift.high or 0
        print(f"| {t.scores[0]}–{t.scores[1]} | {t.predicted:.1%} | {t.observed:.1%} | {t.lift.holdout:.1%} "
              f"| {t.lift.effect:+.1%} | {low:+.1%} to {high:+.1%} |")  # fmt: skip


def _row(name: str, people: list[Person]) -> str:
    fit, tested = _fit(people[::2]), [p for p in people[1::2] if p.called]
    hits = [p.deposits for p in tested]
    told = brier([chance(fit, p.score) for p in tested], hits)
    base = fmean(p.deposits for p in people[::2] if p.called)
    parts = [t.lift.effect for t in tenths(people, fit)]
    share = f"{sum(parts[:3]) / sum(parts):.0%}" if sum(parts) > 0 else "–"
    ranked = auc([p.score for p in tested], hits)
    return (
        f"| {name} | {ranked:.3f} | {told:.4f} | {brier([base] * len(hits), hits):.4f} | {fmean(hits):.1%} | {share} |"
    )


def _fit(people: list[Person]) -> tuple[float, float]:
    called = [p for p in people if p.called]
    return calibrated([p.score for p in called], [p.deposits for p in called])


if __name__ == "__main__":
    main()
