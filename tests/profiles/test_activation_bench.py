"""The measures of bench/activation_world.py against definitions written out, and the world they are taken in."""

import random
from itertools import product
from math import exp, log

import pytest

from bench.activation_world import auc, brier, calibrated, chance, tenths, world


@pytest.mark.parametrize(
    ("scores", "hits", "expected"),
    [
        ([1, 2, 3, 4], [False, False, True, True], 1.0),
        ([1, 2, 3, 4], [True, True, False, False], 0.0),
        ([5, 5, 5, 5], [True, False, True, False], 0.5),
        ([1, 2, 2, 3], [False, True, False, True], 0.875),
        ([1, 2], [True, True], 0.5),  # nothing to tell apart
    ],
)
def test_auc(scores: list[float], hits: list[bool], expected: float) -> None:
    assert auc(scores, hits) == expected


def test_auc_is_the_share_of_pairs_in_order() -> None:
    draw = random.Random(7)
    scores = [draw.randrange(8) for _ in range(60)]
    hits = [draw.random() < 0.3 for _ in scores]
    high = [s for s, hit in zip(scores, hits, strict=True) if hit]
    low = [s for s, hit in zip(scores, hits, strict=True) if not hit]
    pairs = [(a > b) + (a == b) / 2 for a, b in product(high, low)]
    assert auc(scores, hits) == pytest.approx(sum(pairs) / len(pairs))


def test_brier() -> None:
    assert brier([1.0, 0.0], [True, False]) == 0
    assert brier([0.5, 0.5], [True, False]) == 0.25
    assert brier([0.8], [False]) == pytest.approx(0.64)


def test_the_calibration_finds_the_chances_that_were_drawn() -> None:
    draw = random.Random(3)
    scores = [draw.uniform(0, 100) for _ in range(20_000)]
    hits = [draw.random() < 1 / (1 + exp(-(-3 + 4 * s / 100))) for s in scores]
    fit = calibrated(scores, hits)
    assert fit == pytest.approx((-3, 4), abs=0.15)
    assert chance((log(1), 0.0), 70) == 0.5


def test_a_world_is_its_seed_and_reasons_are_its_scores() -> None:
    people = world(11, 400)
    assert people == world(11, 400)
    assert people != world(12, 400)
    assert [p.score for p in people] == [sum(p.reasons.values()) for p in people]
    assert len({p.score for p in people}) > 10
    parts = list(tenths(people, (0.0, 1.0)))
    assert sum(t.lift.treated_n + t.lift.holdout_n for t in parts) == 400
    assert [t.scores[1] for t in parts] == sorted((t.scores[1] for t in parts), reverse=True)
