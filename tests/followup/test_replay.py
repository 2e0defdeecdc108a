"""Stories end to end: a real database, the real reader, what is believed at a time."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from dongke.errors import BadInput
from followup.replay import replay
from nlp.pipeline import read

Differences = Callable[[dict[str, Any], dict[str, Any]], list[str]]
HERE = Path(__file__).parent
#: told in words that the reader does not understand yet: docs of what it still has to learn, not run
UNREAD = {"e09", "e24", "e37", "e39", "e40"}
FOUND = [p for folder in ("stories", "stories_own") for p in sorted((HERE / folder).glob("*.jsonl"))]
STORIES = [p for p in FOUND if p.stem not in UNREAD]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.stem)
def test_story(session: Session, path: Path, differences: Differences) -> None:
    expect = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    found = replay(session, _rows(path), datetime.fromisoformat(expect["until"]), read)
    assert differences(expect, found) == [], expect["title"]
    assert found["faults"] == []


ADVISORS: list[dict[str, Any]] = [
    {"type": "advisor", "id": "A1", "branch": "一部"},
    {"type": "customer", "id": "C1", "advisor": "A1", "at": "2026-01-05T09:00:00+08:00", "risk_level": "C2"},
]


def _talk(ident: str, at: str, *lines: str, **fields: Any) -> dict[str, Any]:
    turns = [
        {
            "speaker": "advisor" if line[0] == "A" else "customer",
            "text": line[2:].strip(),
            "start": 12.0 * n,
            "end": 12.0 * n + 11,
        }
        for n, line in enumerate(lines)
    ]
    row = {
        "type": "conversation",
        "id": ident,
        "customer": "C1",
        "advisor": "A1",
        "channel": "call",
        "utterances": turns,
    }
    return {**row, "started_at": f"2026-{at}:00+08:00".replace(" ", "T"), **fields}


MARGIN = [{"tag": "intent.permission", "polarity": "affirmed", "value": {"permission": "margin"}, "evidence": [0]}]
WISH = _talk("K1", "06-08 10:00", "C: 我想开两融。", "A: 好的。", "C: 谢谢。", tags=MARGIN)


def _states(found: dict[str, Any]) -> list[tuple[str, str, str | None, str]]:
    return [(o["customer"], o["playbook"], o["key"], o["state"]) for o in found["opportunities"]]


def test_faulty_lines_are_listed_and_stop_nothing(session: Session) -> None:
    rows = [
        {"type": "comet"},
        {"type": "event", "customer": "C9", "at": "2026-06-08T09:00:00+08:00", "event": "deposit"},
        {"type": "note", "customer": "C1", "advisor": "A1", "at": "2026-06-08T09:00:00", "text": "拜访"},
        {"type": "attempt", "customer": "C1"},
        *ADVISORS,
        WISH,
    ]
    found = replay(session, rows, None, read)
    assert sorted((f["line"], f["code"]) for f in found["faults"]) == [
        (1, "story-line-unknown"),
        (2, "customer-unknown"),
        (3, "time-naive"),
        (4, "story-line-invalid"),
    ]
    assert _states(found) == [("C1", "permission", "margin", "open")]


def test_without_until_the_end_of_the_last_talk_counts(session: Session) -> None:
    found = replay(session, [*ADVISORS, WISH], None, read)
    assert found["as_of"] == "2026-06-08T10:00:35+08:00"
    assert found["profiles"]["C1"][0]["tag"] == "intent.permission"


def test_a_story_without_times_is_refused(session: Session) -> None:
    with pytest.raises(BadInput, match="story-empty"):
        replay(session, [{"type": "advisor", "id": "A1", "branch": "一部"}], None, read)


def test_everything_by_hand(session: Session) -> None:
    """Attempts, notes, ticks, feedback, an undeclared deputy, a merge and its end."""

    def at(text: str) -> str:
        return f"2026-06-{text}:00+08:00".replace(" ", "T")

    meet = {"action": "meet", "due_date": "2026-06-10"}
    promise = {"tag": "commitment.advisor", "polarity": "affirmed", "value": meet, "evidence": [0]}
    ticked = {"type": "manual", "customer": "C1", "playbook": "permission", "advisor": "A1", "outcome": "done"}
    wrong = {"type": "feedback", "customer": "C2", "tag": "intent.permission", "verdict": "wrong", "by": "A1"}
    rows = [
        {"type": "advisor", "id": "A1", "branch": "一部", "deputies": ["A2"]},
        ADVISORS[1],
        {"type": "customer", "id": "C2", "advisor": "A1", "at": at("01 09:00")},
        WISH,
        {"type": "attempt", "customer": "C1", "advisor": "A2", "at": at("08 11:00")},
        ticked | {"at": at("09 11:00")},
        _talk("K2", "06-08 14:00", "A: 周三我去拜访您。", "C: 好。", customer="C2", tags=[promise]),
        {"type": "note", "customer": "C2", "advisor": "A2", "at": at("10 15:00"), "text": "今天上门拜访,聊了配置。"},
        _talk("K3", "06-08 15:00", "C: 我想开期权。", "A: 好的。", customer="C2",
              tags=[{**MARGIN[0], "value": {"permission": "option"}}]),
        wrong | {"at": at("08 16:00")},
        {"type": "merge", "customers": ["C1", "C2"], "at": at("11 09:00")},
        {"type": "unmerge", "customers": ["C1", "C2"], "at": at("12 09:00")},
    ]  # fmt: skip
    merged = replay(session, rows, datetime.fromisoformat(at("11 12:00")), read)
    assert merged["faults"] == []
    assert _states(merged) == [
        ("C1", "permission", "margin", "discussed"),
        ("C1", "promise", "meet", "discussed"),
        ("C1", "permission", "option", "expired"),
    ]
    first = merged["opportunities"][0]
    assert (first["attempts"], first["self_reported"], list(merged["profiles"])) == (1, True, ["C1"])
    apart = replay(session, [], datetime.fromisoformat(at("12 12:00")), read)
    assert [(who, key) for who, _, key, _ in _states(apart)] == [("C1", "margin"), ("C2", "meet"), ("C2", "option")]
    assert set(apart["report"]) == {"A1", "A2"}
