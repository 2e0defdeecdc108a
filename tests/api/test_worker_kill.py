"""SIGKILL in the middle: every conversation is read once, none is lost, none doubled."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from api.doors import Intake
from api.files import Kind, Piece
from asr.models import StoredConversation
from dongke import db
from followup.models import StoredOpportunity
from followup.service import refresh_many
from profiles.models import StoredAssertion, StoredReading

COUNT = 60
WORKER = [sys.executable, "-c", "from api.worker import run_worker; run_worker({})"]


def _start(arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*WORKER[:2], WORKER[2].format(arguments)], stderr=subprocess.DEVNULL)


def _count(column: Any) -> int:
    with db.session_scope() as session:
        return session.execute(select(func.count(column))).scalar_one()


def _wait_for_some() -> None:
    """Until the worker is in the middle of it."""
    deadline = time.monotonic() + 60
    while _count(StoredReading.id) < 5 and time.monotonic() < deadline:
        pass
    assert 5 <= _count(StoredReading.id) < COUNT


@pytest.mark.usefixtures("broker")
def test_a_killed_worker_loses_nothing_and_doubles_nothing(talk: Callable[..., dict[str, Any]]) -> None:
    owners = [("C1", "A1"), ("C2", "A2"), ("C3", "A3")]
    with db.session_scope() as session:
        intake = Intake(session)
        rows = (
            talk(
                f"K{n}",
                customer_id=owners[n % 3][0],
                advisor_id=owners[n % 3][1],
                started_at=f"2026-03-02T10:{n:02}:00+08:00",
            )
            for n in range(COUNT)
        )
        intake.take(Kind.CONVERSATION, [Piece("test", b"", row) for row in rows])
        intake.finish()
    first = _start("")
    try:
        _wait_for_some()
    finally:
        first.kill()
        first.wait()
    assert _start("wait=False, stalled_seconds=0").wait(120) == 0
    with db.session_scope() as session:
        readings = session.exec(select(StoredReading.conversation_id)).all()
        unread = session.exec(select(StoredConversation.id).where(StoredConversation.read_hash == None))  # noqa: E711
        assert sorted(readings) == sorted(f"K{n}" for n in range(COUNT))
        assert unread.all() == []
        tags = session.execute(
            select(StoredAssertion.conversation_id, func.count()).group_by(StoredAssertion.conversation_id)  # type: ignore[arg-type]
        ).all()
        assert len({count for _, count in tags}) == 1  # the same words, the same tags, each once
        assert len(tags) == COUNT
        kept = {row.id: row.opened_by for row in session.exec(select(StoredOpportunity))}
        refresh_many(session, ["C1", "C2", "C3"])
        session.expire_all()
        assert kept == {row.id: row.opened_by for row in session.exec(select(StoredOpportunity))}
        assert len(kept) >= 3
