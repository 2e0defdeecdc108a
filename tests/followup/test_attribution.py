"""Credit that adds up, holdouts that nobody chooses, and a lift that holds a known effect where others fail."""

from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.attribution_world import run
from dongke.errors import BadInput
from followup.attribution import Model, Outcome, Touch, draw, holdouts, lift_of_means, lift_of_shares, lines, shares
from followup.attribution.credit import NO_TAG, NOBODY
from followup.attribution.holdouts import running
from followup.attribution.lift import MIN_ARM, t_quantile

START = datetime.fromisoformat("2026-06-01T10:00:00+08:00")


def on(day: float) -> datetime:
    return START + timedelta(days=day)


def touch(ident: str, day: float, advisor: str = "A1", person: str = "C1", **more: Any) -> Touch:
    return Touch(ident, person, advisor, more.get("channel", "call"), on(day), more.get("tags", ()))


def test_the_four_models_side_by_side() -> None:
    touches = [touch("K1", 0, "A1"), touch("K2", 15, "A2"), touch("K3", 30, "A3")]
    found = {row.key: row.credit for row in lines([Outcome("E1", "C1", on(45), 700)], touches, "advisor")}
    assert [round(found["A1"][m]) for m in Model] == [700, 0, 233, 100]
    assert [round(found["A2"][m]) for m in Model] == [0, 0, 233, 200]
    assert [round(found["A3"][m]) for m in Model] == [0, 700, 233, 400]


@pytest.mark.parametrize("day", [45, 45.1, -30])
def test_a_talk_at_the_time_or_after_or_long_before_has_no_share(day: float) -> None:
    (row,) = lines([Outcome("E1", "C1", on(45), 700)], [touch("K1", day)], "advisor")
    assert (row.key, row.credit[Model.LINEAR], row.touches) == (NOBODY, 700, ())


def test_another_persons_talk_has_no_share() -> None:
    (row,) = lines([Outcome("E1", "C1", on(5), 700)], [touch("K1", 1, person="C2")], "advisor")
    assert row.key == NOBODY


def test_the_credit_of_a_talk_is_shared_among_its_tags() -> None:
    touches = [touch("K1", 1, tags=("funds.idle", "intent.product")), touch("K2", 2)]
    found = {row.key: row for row in lines([Outcome("E1", "C1", on(5), 400)], touches, "tag")}
    assert {key: row.credit[Model.LINEAR] for key, row in found.items()} == {
        "funds.idle": 100,
        "intent.product": 100,
        NO_TAG: 200,
    }
    assert found["funds.idle"].touches == ("K1",)
    assert found["funds.idle"].outcomes == ("E1",)


facts = st.lists(
    st.tuples(st.sampled_from(["C1", "C2"]), st.integers(0, 100), st.sampled_from(["A1", "A2"])), max_size=8
)
results = st.lists(
    st.tuples(st.sampled_from(["C1", "C2", "C3"]), st.integers(0, 120), st.integers(-9_000, 9_000)), max_size=6
)


@given(facts, results, st.sampled_from(["advisor", "channel", "tag"]))
def test_for_every_model_the_credit_is_what_came(told: Any, came: Any, dimension: str) -> None:
    touches = [touch(f"K{n}", day, advisor, who, tags=("t",) * (n % 3)) for n, (who, day, advisor) in enumerate(told)]
    outcomes = [Outcome(f"E{n}", who, on(day), value) for n, (who, day, value) in enumerate(came)]
    found = lines(outcomes, touches, dimension)
    for model in Model:
        assert sum(row.credit[model] for row in found) == pytest.approx(sum(o.value for o in outcomes), abs=1e-6)
    assert lines(outcomes[::-1], touches[::-1], dimension) is not None
    assert {
        row.key: row.credit[Model.LAST] for row in lines(outcomes[::-1], touches[::-1], dimension)
    } == pytest.approx({row.key: row.credit[Model.LAST] for row in found})


@given(st.lists(st.floats(0, 59), min_size=1, max_size=9), st.sampled_from(Model))
def test_shares_sum_to_one_and_later_never_weighs_less_in_a_decay(days: list[float], model: Model) -> None:
    times = sorted(on(day) for day in days)
    found = shares(times, on(60), model)
    assert sum(found) == pytest.approx(1)
    if model is Model.TIME_DECAY:
        assert found == sorted(found)


def test_half_the_weight_for_a_quarter_of_the_window() -> None:
    early, late = shares([on(0), on(15)], on(30), Model.TIME_DECAY, 60)
    assert late == pytest.approx(2 * early)


def test_a_lift_of_means() -> None:
    found = lift_of_means([1.0, 3.0] * 30, [0.0, 2.0] * 30)
    assert (found.effect, found.treated_n) == (1.0, 60)
    assert (found.low, found.high) == pytest.approx((0.6354, 1.3646), abs=1e-3)
    assert found.is_certain


def test_a_lift_of_shares_is_newcombes() -> None:
    found = lift_of_shares(56, 70, 48, 80)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_no_interval_for_a_handful() -> None:
    assert lift_of_means([1.0] * (MIN_ARM - 1), [0.0] * 500).low is None
    assert lift_of_shares(1, MIN_ARM - 1, 5, 500).high is None
    assert not lift_of_means([], []).is_certain
    same = lift_of_means([5.0] * MIN_ARM, [5.0] * MIN_ARM)
    assert (same.low, same.high) == (0.0, 0.0)


@pytest.mark.parametrize(("freedom", "value"), [(10, 2.2281), (29, 2.0452), (60, 2.0003), (1e6, 1.96)])
def test_students_t(freedom: float, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=1e-3)


def test_a_known_effect_is_within_the_interval_and_naive_figures_are_not() -> None:
    worlds = [run(seed, 1_000) for seed in range(40)]
    held = [(w.lift(), w.share_lift(), w.truth, w.true_share) for w in worlds]
    assert fmean(m.low <= t <= m.high for m, _, t, _ in held if m.low is not None and m.high is not None) >= 0.9
    assert fmean(s.low <= t <= s.high for _, s, _, t in held if s.low is not None and s.high is not None) >= 0.9
    for naive in ("before_after", "called_or_not"):
        found = [(getattr(w, naive)(), w.truth) for w in worlds]
        assert fmean(lift.low <= truth <= lift.high for lift, truth in found) <= 0.5
        assert fmean(lift.effect for lift, _ in found) > 1.5 * fmean(truth for _, truth in found)


def test_last_touch_credits_what_would_have_come_anyway() -> None:
    worlds = [run(seed, 1_000) for seed in range(5)]
    credited = fmean(lines(w.outcomes(), w.touches(), "advisor")[0].credit[Model.LAST] / 1_000 for w in worlds)
    assert credited > 1.2 * fmean(w.truth for w in worlds)


def test_the_arm_follows_from_id_and_salt_alone_and_is_even() -> None:
    drawn = [draw(f"C{n}", "s1") for n in range(4_000)]
    assert drawn == [draw(f"C{n}", "s1") for n in range(4_000)]
    assert fmean(drawn) == pytest.approx(0.5, abs=0.02)
    assert fmean(x < 0.1 for x in drawn) == pytest.approx(0.1, abs=0.015)
    both = fmean(x < 0.5 and draw(f"C{n}", "s2") < 0.5 for n, x in enumerate(drawn))
    assert both == pytest.approx(0.25, abs=0.025)


GOOD = """
holdouts:
  - {name: 六月, salt: s1, share: 0.1, unit: household,
     playbooks: [idle_funds], starts_on: 2026-06-01, ends_on: 2026-06-30}
"""


def test_experiments_are_data(tmp_path: Path) -> None:
    path = tmp_path / "holdouts.yaml"
    path.write_text(GOOD, encoding="utf-8")
    (found,) = holdouts(path)
    assert (found.name, found.share, found.playbooks) == ("六月", 0.1, frozenset({"idle_funds"}))
    assert running([found], date(2026, 6, 30)) == (found,)
    assert running([found], date(2026, 7, 1)) == ()
    assert fmean(found.holds(f"H{n}") for n in range(5_000)) == pytest.approx(0.1, abs=0.015)
    assert holdouts(None) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("share: 0.1", "share: 0.9"),
        ("share: 0.1", "share: x"),
        ("unit: household", "unit: moon"),
        ("playbooks: [idle_funds]", "playbooks: []"),
        ("ends_on: 2026-06-30", "ends_on: 2026-05-30"),
        ("ends_on: 2026-06-30", "ends_on: soon"),
        ("salt: s1, ", ""),
        ("holdouts:", "others:"),
        (GOOD, "[["),
        (GOOD, GOOD + GOOD.replace("holdouts:", "").lstrip("\n")),
    ],
)
def test_a_file_that_cannot_be_used_says_so(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "holdouts.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match="holdouts-invalid"):
        holdouts(path)
