"""The worker: what waits is processed once, what cannot be is visible, lost jobs come back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from api import pipeline, queue, worker
from api.doors import Intake
from api.files import Kind, Piece
from api.models import IdempotentReply
from api.queue import Task
from asr.models import StoredConversation
from dongke import db, quarantine
from dongke.clock import now
from dongke.errors import BadInput, NotReady
from profiles.models import StoredAssertion, StoredReading

Talk = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.usefixtures("broker")


def take(*rows: dict[str, Any]) -> None:
    with db.session_scope() as session:
        intake = Intake(session)
        intake.take(Kind.CONVERSATION, [Piece("test", b"", row) for row in rows])
        intake.finish()


def jobs() -> dict[str, int]:
    with db.session_scope() as session:
        return dict(session.execute(text("select status::text, count(*) from procrastinate_jobs group by 1")).all())


def readings() -> list[str]:
    with db.session_scope() as session:
        return sorted(session.exec(select(StoredReading.conversation_id)))


def test_the_worker_reads_what_came_in_once(talk: Talk) -> None:
    take(talk("K1"), talk("K2"))
    worker.run_worker(wait=False)
    assert readings() == ["K1", "K2"]
    with db.session_scope() as session:
        found = session.exec(select(StoredAssertion.tag).where(StoredAssertion.conversation_id == "K1")).all()
        assert "funds.idle" in found
    take(talk("K1"))
    worker.run_worker(wait=False)
    assert readings() == ["K1", "K2"]


def test_a_changed_conversation_is_read_again_and_the_older_reading_superseded(talk: Talk) -> None:
    take(talk("K1"))
    worker.run_worker(wait=False)
    take(talk("K1", utterances=[{"speaker": "customer", "text": "没有闲钱。"}]))
    worker.run_worker(wait=False)
    assert readings() == ["K1", "K1"]
    with db.session_scope() as session:
        current = session.exec(select(StoredReading).where(StoredReading.superseded_at == None))  # noqa: E711
        assert len(current.all()) == 1


def test_a_conversation_without_a_job_is_found(talk: Talk) -> None:
    take(talk("K1"))
    with db.session_scope() as session:
        session.execute(text("delete from procrastinate_jobs"))
    worker.run_worker(wait=False)
    assert readings() == ["K1"]


def test_telling_the_queue_twice_makes_one_job(talk: Talk) -> None:
    with db.session_scope() as session:
        queue.defer(session, Task.CONVERSATION, ["K1", "K2", "K1"])
        queue.defer(session, Task.CONVERSATION, ["K2"])
        queue.defer(session, Task.CUSTOMER, ["K1"])
        assert queue.depth(session) == {"text": {"todo": 3}, "speech": {}}


def test_a_rolled_back_piece_leaves_no_job(talk: Talk) -> None:
    with db.session_scope() as session:
        queue.defer(session, Task.CONVERSATION, ["K1"])
        session.rollback()
    assert jobs() == {}


def test_jobs_of_a_dead_worker_come_back_and_a_live_one_keeps_its(talk: Talk) -> None:
    with db.session_scope() as session:
        queue.defer(session, Task.CUSTOMER, ["C1", "C2", "C3"])
        session.execute(text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"))
        session.execute(text("insert into procrastinate_workers (last_heartbeat) values (now())"))
        session.execute(
            text(
                "update procrastinate_jobs set status = 'doing', worker_id = case args->>'ident' when 'C2' then"
                " (select max(id) from procrastinate_workers) else (select min(id) from procrastinate_workers) end"
            )
        )
        queue.defer(session, Task.CUSTOMER, ["C3"])  # waits anew: the dead worker's job of C3 is given up
    assert worker.reclaim() == 2
    with db.session_scope() as session:
        rows = session.execute(text("select args->>'ident', status::text from procrastinate_jobs")).all()
    assert sorted(tuple(row) for row in rows) == [("C1", "todo"), ("C2", "doing"), ("C3", "failed"), ("C3", "todo")]
    assert worker.reclaim() == 0


def test_what_can_never_succeed_ends_in_the_quarantine_and_is_not_swept_up(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(talk("K1"), talk("K2"))
    read = pipeline.read

    def refuse(conversation: Any) -> Any:
        if conversation.id == "K1":
            raise BadInput("unreadable", "读不了")
        return read(conversation)

    monkeypatch.setattr(pipeline, "read", refuse)
    worker.run_worker(wait=False)
    worker.run_worker(wait=False)
    assert readings() == ["K2"]
    with db.session_scope() as session:
        (kept,) = quarantine.waiting(session)
        assert (kept.door, kept.code, kept.attempts) == ("process", "unreadable", 1)
        assert json.loads(kept.payload) == {"task": "process_conversation", "ident": "K1"}
    monkeypatch.undo()
    from api import doors

    with db.session_scope() as session:
        assert kept.id
        assert doors.retry(session, kept.id).fault is None


def test_what_only_has_to_wait_is_tried_again_later(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(talk("K1"))

    def not_yet(conversation: Any) -> Any:
        raise NotReady("model-missing", "还没有")

    monkeypatch.setattr(pipeline, "read", not_yet)
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        (row,) = session.execute(text("select status::text, attempts, scheduled_at > now() from procrastinate_jobs"))
        assert tuple(row) == ("todo", 1, True)
        assert quarantine.waiting(session) == []


def test_a_fault_in_the_middle_leaves_nothing_behind(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    take(talk("K1"))

    def crash(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(pipeline, "follow", crash)
    with pytest.raises(RuntimeError), db.session_scope() as opened:
        pipeline.process_conversation(opened, "K1")
    assert readings() == []
    assert session.get_one(StoredConversation, "K1").read_hash is None


def test_the_schema_of_the_queue_is_made_once(database_url: str) -> None:
    queue.apply_queue_schema(database_url)
    with db.session_scope() as session:
        assert queue.exists(session)


def test_the_sweep_forgets_what_was_done_long_ago(talk: Talk) -> None:
    take(talk("K1"), talk("K2"))
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        old = "update procrastinate_events set at = now() - interval '8 days' where job_id = (select min(job_id) from"
        session.execute(text(f"{old} procrastinate_events)"))
        for key, age in (("old", 8), ("new", 1)):
            made_at = now() - timedelta(days=age)
            session.add(IdempotentReply(login="a1", key=key, fingerprint="", status=200, body={}, made_at=made_at))
    worker.sweep()
    assert jobs() == {"succeeded": 1}
    with db.session_scope() as session:
        assert session.exec(select(IdempotentReply.key)).all() == ["new"]
