"""Parameters in versions: a change counts from its moment on, and no past answer knows of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dongke.clock import TradingCalendar
from dongke.errors import BadInput
from profiles.facts import CustomerFacts
from profiles.merge import fold, tags_at
from profiles.parameters import FILE, digest, parameters, versions
from profiles.segments.due import next_change
from profiles.segments.follow import FollowState
from profiles.segments.people import Person
from profiles.segments.row import Basics

At = Callable[[str], Any]
CALENDAR = TradingCalendar()
#: what counts already is never changed in place; a new version adds its line here
RELEASED = {"2026.2": "00ccf859419ce6ab"}
CHANGE = {
    "version": "test.1",
    "valid_from": "2026-06-15",
    "reason": "test",
    "tags": {"funds.idle": {"half_life_days": 300}},
    "activation": {"points": {"idle_now": 40}},
}


def _with(folder: Path, *changes: dict[str, Any], name: str = "changed.yaml") -> Path:
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    path = folder / name
    path.write_text(yaml.safe_dump(raw | {"changes": list(changes)}, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the service has a later version."""
    path = _with(tmp_path, CHANGE)
    found = parameters
    monkeypatch.setattr("profiles.merge.parameters", lambda known_at=None: found(known_at, path))
    monkeypatch.setattr("profiles.segments.people.parameters", lambda known_at=None: found(known_at, path))
    return path


@pytest.fixture
def held(say: Any, on_file: Any, facts: Any) -> CustomerFacts:
    made: CustomerFacts = facts(
        say("06-01", "funds.idle", low=500_000, high=500_000), on_file("01-05", opened_on="2026-06-01", assets_yuan=0)
    )
    return made


def _bytes(held: CustomerFacts, as_of: Any, known_at: Any) -> bytes:
    return json.dumps(fold(held, as_of, known_at, calendar=CALENDAR).to_json(), ensure_ascii=False).encode()


def test_a_past_answer_knows_nothing_of_a_later_version(
    held: CustomerFacts, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [(at("06-10"), at("06-10")), (at("06-30"), at("06-14T23:59")), (at("07-30"), at("06-10"))]
    before = [_bytes(held, *moments) for moments in asked]
    path = _with(tmp_path, CHANGE)
    monkeypatch.setattr("profiles.merge.parameters", lambda known_at=None: parameters(known_at, path))
    assert [_bytes(held, *moments) for moments in asked] == before


def test_the_new_version_counts_from_its_moment_on(held: CustomerFacts, at: At, changed: Path) -> None:
    as_of = at("06-30")
    before, after = (fold(held, as_of, at(known), calendar=CALENDAR) for known in ("06-14T23:59", "06-15"))
    assert (before.parameters_version, after.parameters_version) == ("2026.2", "test.1")
    assert before.tags[0].strength < after.tags[0].strength
    assert after.behaviour["activation_potential"].value["score"] == (
        before.behaviour["activation_potential"].value["score"] + 15
    )
    assert tags_at(held, as_of, at("06-15"))[0].strength == after.tags[0].strength


def test_what_an_old_question_is_about_does_not_matter_only_what_was_known(
    held: CustomerFacts, at: At, changed: Path
) -> None:
    """The look-alike: an early `as_of` asked with today's knowledge is answered with today's parameters."""
    assert fold(held, at("06-10"), at("06-20")).parameters_version == "test.1"
    assert fold(held, at("06-20"), at("06-10")).parameters_version == "2026.2"


def test_a_kept_row_is_read_again_when_a_version_begins(held: CustomerFacts, at: At, changed: Path) -> None:
    """Strength in a segment is reckoned from the half-life that the row keeps."""
    person = Person("C1", held, FollowState(), Basics(), CALENDAR)
    assert next_change(person.state(), at("06-14T09:00")) <= at("06-15")
    (before,), (after,) = (person.row(at(day)).items["tag.funds.idle"] for day in ("06-14T09:00", "06-15"))
    assert (before["half_life"], after["half_life"]) == (30, 300)


def test_what_a_change_does_not_name_stays(tmp_path: Path) -> None:
    first, second = versions(_with(tmp_path, CHANGE))
    assert second.tags["funds.idle"].expires_field == first.tags["funds.idle"].expires_field == "available_from"
    assert second.tags["risk.appetite"] == first.tags["risk.appetite"]
    assert second.activation.points["opened"] == first.activation.points["opened"]


def test_changes_add_up_and_may_add_an_expiry(tmp_path: Path, at: At) -> None:
    later = {
        "version": "test.2",
        "valid_from": "2026-07-01T09:30:00+08:00",
        "tags": {"risk.appetite": {"lives_days": 9}},
    }
    path = _with(tmp_path, CHANGE, later)
    assert [v.version for v in versions(path)] == ["2026.2", "test.1", "test.2"]
    assert parameters(at("07-01T09:29"), path).version == "test.1"
    found = parameters(at("07-01T09:30"), path)
    assert (found.version, found.tags["risk.appetite"].lives_days) == ("test.2", 9)
    assert found.tags["funds.idle"].half_life_days == 300
    assert parameters(at("01-01").replace(year=2000), path).version == "2026.2"
    assert parameters(path=path).version == "test.2"


@pytest.mark.parametrize(
    "change",
    [
        {**CHANGE, "valid_from": "2019-01-01"},  # before the version it changes
        {**CHANGE, "version": "2026.2"},
        {k: v for k, v in CHANGE.items() if k != "valid_from"},
        {k: v for k, v in CHANGE.items() if k != "version"},
        {**CHANGE, "valid_from": "下个月"},
        {**CHANGE, "valid_from": "2026-06-15T09:00:00"},  # no zone
        {**CHANGE, "tags": {"funds.idel": {"half_life_days": 3}}},
        {**CHANGE, "tags": {"funds.idle": {"half_life_days": 0}}},
        {**CHANGE, "activation": {"point": {}}},
        {**CHANGE, "life_cycle": {}},
        {**CHANGE, "tags": 3},
        "2027.1",
    ],
)
def test_changes_that_cannot_be_used(tmp_path: Path, change: Any) -> None:
    with pytest.raises(BadInput):
        versions(_with(tmp_path, change))


def test_two_changes_in_the_wrong_order(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="parameters-invalid"):
        versions(_with(tmp_path, {**CHANGE, "valid_from": "2026-08-01"}, {**CHANGE, "version": "x"}))


def test_a_version_that_counts_is_never_changed_in_place() -> None:
    """Whoever edits a released version changes past answers: write a change below it, and its digest here."""
    assert {v.version: digest(v)[:16] for v in versions()} == RELEASED
