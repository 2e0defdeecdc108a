"""`dongke import events` as a stranger sees it."""

import json
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from api.cli import app
from dongke import db
from dongke.errors import BadInput
from profiles.models import BehaviourEvent

GOOD = {"message_id": "m1", "customer_id": "C1", "event": "login", "at": "2026-03-02T10:05:00+08:00"}


def test_the_account_and_the_exit_code(broker: None, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"message_id": "m2", "customer_id": "C9"}) + "\n")
    done = CliRunner().invoke(app, ["import", "events", str(path)])
    assert done.exit_code == 1
    assert "读到 2 行, 新增 1, 等待认人 0, 重复 0, 拒收 1" in done.stdout
    assert "customer-unknown: 1" in done.stdout
    again = CliRunner().invoke(app, ["import", "events", str(path)])
    assert "新增 0, 等待认人 0, 重复 1, 拒收 1" in again.stdout
    with db.session_scope() as session:
        assert [e.message_id for e in session.exec(select(BehaviourEvent))] == ["m1"]


@pytest.mark.parametrize("column", ["at", "time=x", "at="])
def test_a_column_that_is_none(broker: None, tmp_path: Path, column: str) -> None:
    with pytest.raises(BadInput, match="column-unknown"):
        CliRunner().invoke(app, ["import", "events", "a.csv", "--column", column], catch_exceptions=False)


def test_a_file_that_is_not_there(broker: None) -> None:
    with pytest.raises(BadInput, match="file-unreadable"):
        CliRunner().invoke(app, ["import", "events", "none.csv"], catch_exceptions=False)
