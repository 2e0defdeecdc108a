"""Stories end to end: a real database, the real reader, what is believed at a time."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from followup.replay import replay
from nlp.pipeline import read

Differences = Callable[[dict[str, Any], dict[str, Any]], list[str]]
FOLDER = Path(__file__).parent / "stories"


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda p: p.stem)
def test_story(session: Session, path: Path, differences: Differences) -> None:
    expect = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    found = replay(session, _rows(path), datetime.fromisoformat(expect["until"]), read)
    assert differences(expect, found) == [], expect["title"]
    assert found["faults"] == []
