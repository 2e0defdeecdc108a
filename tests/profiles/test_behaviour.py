"""Events through the door, on a real database: each once, the bad ones named, the good ones taken."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, func, select

from profiles.behaviour.intake import expand, read_events, take_events
from profiles.models import BehaviourEvent
from profiles.service import facts_of

At = Callable[[str], datetime]
PLAIN = {"message_id": "m1", "customer_id": "C1", "event": "deposit", "at": "2026-06-08T10:00:00+08:00",
         "properties": {"amount": 200000}}  # fmt: skip
TRACK = {"type": "track", "messageId": "s1", "userId": "C1", "event": "trade", "timestamp": "2026-06-08T02:00:00Z",
         "properties": {"side": "buy", "amount": "1000.50"}}  # fmt: skip


def test_plain_and_segment_events_are_the_same_to_us(branch: Session, at: At) -> None:
    batch = {"batch": [
        TRACK,
        {"type": "identify", "messageId": "s2", "userId": "C1", "timestamp": "2026-06-08T02:00:00Z", "traits": {}},
        {"type": "page", "messageId": "s3", "userId": "C2", "timestamp": "2026-06-08T02:00:00Z", "name": "理财频道"},
    ], "sentAt": "2026-06-08T02:00:00Z"}  # fmt: skip
    result = take_events(branch, [PLAIN, batch], at("06-09"))
    assert (result.accepted, result.duplicates, result.faults) == (4, 0, [])
    events = {e.id: e for e in facts_of(branch, "C1").events}
    assert [events[i].event for i in ("m1", "s1", "s2")] == ["deposit", "trade", "identify"]
    assert events["s1"].at == events["m1"].at
    (page,) = facts_of(branch, "C2").events
    assert (page.event, page.properties) == ("page_view", {"page": "理财频道"})
    assert page.known_at == at("06-09")


def test_each_event_once_and_other_content_under_the_same_id_is_told(branch: Session, at: At) -> None:
    other = {**PLAIN, "properties": {"amount": 1}}
    first = take_events(branch, [PLAIN, PLAIN, other], at("06-09"))
    assert (first.accepted, first.duplicates, [(i, f.code) for i, f in first.faults]) == (1, 1, [(2, "event-conflict")])
    again = take_events(branch, [PLAIN, TRACK], at("06-10"))
    assert (again.accepted, again.duplicates, again.faults) == (1, 1, [])
    changed = take_events(branch, [other], at("06-10"))
    assert (changed.accepted, changed.duplicates, [f.code for _, f in changed.faults]) == (0, 0, ["event-conflict"])
    assert {e.known_at for e in facts_of(branch, "C1", at("06-09")).events} == {at("06-09")}


BAD: list[tuple[Any, str]] = [
    ("no JSON", "event-invalid"),
    (None, "event-invalid"),
    ([], "event-invalid"),
    ({**PLAIN, "message_id": ""}, "event-invalid"),
    ({**PLAIN, "message_id": 7}, "event-invalid"),
    ({**PLAIN, "message_id": "x" * 201}, "event-invalid"),
    ({**PLAIN, "event": "a\0b"}, "event-invalid"),
    ({**PLAIN, "event": "\ud800"}, "event-invalid"),
    ({**PLAIN, "customer_id": "C9"}, "customer-unknown"),
    ({**TRACK, "userId": None, "anonymousId": None}, "event-invalid"),
    ({**TRACK, "type": "group"}, "event-invalid"),
    ({**TRACK, "type": ["track"]}, "event-invalid"),
    ({**PLAIN, "at": "2026-06-08T10:00:00"}, "time-naive"),
    ({**PLAIN, "at": "yesterday"}, "time-invalid"),
    ({**PLAIN, "at": None}, "time-invalid"),
    ({**PLAIN, "at": "0001-01-01T00:00:00+08:00"}, "time-invalid"),
    ({**PLAIN, "at": "2026-06-09T00:05:01+08:00"}, "time-future"),
    ({**PLAIN, "properties": [1]}, "event-invalid"),
    ({**PLAIN, "properties": "{"}, "event-invalid"),
    ({**PLAIN, "properties": {"x": float("nan")}}, "event-invalid"),
    ({**PLAIN, "properties": {"x": "\0"}}, "event-invalid"),
    ({**PLAIN, "properties": {"x": "\ud800"}}, "event-invalid"),
    ({**PLAIN, "properties": {"x": "字" * 20_000}}, "event-invalid"),
    ({**PLAIN, "properties": {"amount": -1}}, "event-invalid"),
    ({**PLAIN, "properties": {"amount": "五十万"}}, "event-invalid"),
    ({**PLAIN, "properties": {"amount": True}}, "event-invalid"),
]


@pytest.mark.parametrize(("row", "code"), BAD)
def test_a_bad_event_is_named_and_stops_nothing(branch: Session, at: At, row: Any, code: str) -> None:
    result = take_events(branch, [TRACK, row, {**PLAIN, "message_id": "good"}], at("06-09"))
    assert (result.accepted, [(i, f.code) for i, f in result.faults]) == (2, [(1, code)])


def test_a_clock_five_minutes_ahead_is_taken(branch: Session, at: At) -> None:
    assert take_events(branch, [{**PLAIN, "at": "2026-06-09T00:05:00+08:00"}], at("06-09")).accepted == 1


def test_twenty_thousand_events_come_in_and_back_out(branch: Session, at: At) -> None:
    start = at("06-01")
    rows = [
        {**PLAIN, "message_id": f"e{n}", "at": (start + timedelta(seconds=n)).isoformat(),
         "properties": {"product": "gold"}, "event": "page_view"}
        for n in range(20_000)
    ]  # fmt: skip
    assert take_events(branch, rows, at("06-09")).accepted == 20_000
    assert take_events(branch, rows[::100], at("06-10")).duplicates == 200
    assert branch.exec(select(func.count()).select_from(BehaviourEvent)).one() == 20_000


def test_files(branch: Session, tmp_path: Path, at: At) -> None:
    lines = tmp_path / "events.jsonl"
    lines.write_text(json.dumps(PLAIN) + "\nbroken\n\n" + json.dumps(TRACK) + "\n", encoding="utf-8-sig")
    result = take_events(branch, read_events(lines), at("06-09"))
    assert (result.accepted, [(i, f.code) for i, f in result.faults]) == (2, [(1, "event-invalid")])
    table = tmp_path / "events.csv"
    table.write_text(
        "message_id,customer_id,event,at,properties\n"
        'c1,C1,page_view,2026-06-08T10:00:00+08:00,"{""product"": ""gold"", ""page"": ""黄金""}"\n'
        "c2,C1,login,2026-06-08T10:00:00+08:00,\n",
        encoding="gb18030",
    )
    assert take_events(branch, read_events(table, "csv"), at("06-09")).accepted == 2
    assert {e.id: e.properties for e in facts_of(branch, "C1").events}["c1"]["page"] == "黄金"


def test_batches_are_opened_in_order() -> None:
    assert expand([1, {"batch": [2, 3]}, {"batch": "no list"}]) == [1, 2, 3, {"batch": "no list"}]
