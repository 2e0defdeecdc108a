"""Moving the samples to today: whole weeks, nothing in the future, texts untouched."""

import csv
import json
from datetime import date, datetime, timedelta

import pytest


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        (date(2026, 11, 20), -1),
        (date(2026, 11, 21), 0),
        (date(2026, 11, 27), 0),
        (date(2026, 11, 28), 1),
        (date(2027, 11, 24), 52),
    ],
)
def test_weeks(shift_module, today, weeks):
    assert shift_module.weeks(today) == weeks
    newest = date(2026, 11, 20) + timedelta(weeks=weeks)
    assert timedelta(days=1) <= today - newest <= timedelta(days=7)


@pytest.fixture(scope="module")
def moved(shift_module, tmp_path_factory):
    target = tmp_path_factory.mktemp("materialized")
    shift_module.materialize(target, date(2027, 3, 3))
    return target


def test_everything_a_door_needs_is_there_and_no_truth(moved, samples):
    names = {p.relative_to(moved).as_posix() for p in moved.rglob("*") if p.is_file()}
    for folder, kind in (("calls", "*"), ("chats", "*"), ("recordings", "*.wav")):
        assert {p.relative_to(samples).as_posix() for p in (samples / folder).glob(kind)} <= names
    assert {"notes.csv", "events.jsonl", "recordings/manifest.csv", "broker/customers.csv"} <= names
    assert not any("truth" in n or "expected" in n or "key_events" in n for n in names)


def test_calls_keep_weekday_clock_and_words(moved, calls):
    for call in calls:
        later = json.loads((moved / "calls" / f"{call['id']}.json").read_text(encoding="utf-8"))
        before, after = (datetime.fromisoformat(c["started_at"]) for c in (call, later))
        assert after - before == timedelta(weeks=14)
        assert (after.weekday(), after.time()) == (before.weekday(), before.time())
        assert later["utterances"] == call["utterances"]


def test_chats_move_with_their_inner_times(moved, chats):
    by = 14 * 7 * 86_400_000
    for name, lines in chats.items():
        text = (moved / "chats" / f"{name}.jsonl").read_text(encoding="utf-8")
        for old, new in zip(lines, map(json.loads, text.splitlines()), strict=True):
            clock = "time" if old["action"] == "switch" else "msgtime"
            assert new[clock] - old[clock] == by
            for mark in ("agree", "disagree"):
                if mark in old:
                    assert new[mark][f"{mark}_time"] - old[mark][f"{mark}_time"] == by
            assert new.get("text") == old.get("text")


def test_nothing_lies_in_the_future(moved):
    last = date(2027, 3, 2)
    for path, column in (
        ("recordings/manifest.csv", "started_at"),
        ("notes.csv", "at"),
        ("calls/attempts.csv", "at"),
        ("broker/customers.csv", "questionnaire_on"),
    ):
        with (moved / path).open(encoding="utf-8", newline="") as lines:
            assert all(date.fromisoformat(r[column][:10]) <= last for r in csv.DictReader(lines))
    rows = (moved / "events.jsonl").read_text(encoding="utf-8").splitlines()
    days = [date.fromisoformat(json.loads(r)["timestamp"][:10]) for r in rows]
    assert len(rows) == 20_000
    assert last - timedelta(days=7) < max(days) <= last
    assert json.loads((moved / "_anchor.json").read_text())["weeks"] == 14


def test_times_inside_texts_stay(shift_module):
    row = {"text": {"content": "2026-11-20 的单子"}, "age": 60, "time": 1000, "from": "15:00"}
    assert shift_module.move(row, timedelta(weeks=1)) == {**row, "time": 1000 + 7 * 86_400_000}
