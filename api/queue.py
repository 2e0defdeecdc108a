"""队列的门铃: jobs are rows of Procrastinate's table, written in the transaction that stores what they are about.

So a job exists exactly when its piece does. Only this file knows the table; the worker (api/worker.py) runs the jobs.
The same piece waits at most once (`queueing_lock`): telling the queue twice changes nothing.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from dongke import db
from dongke.errors import NotReady

PROCESS_DOOR = "process"  #: under this door the quarantine keeps pieces that could not be processed
BACKFILL = -10  #: the priority of what comes from an archive: the day, at 0, goes before it
_SCHEMA_LOCK = 0x446F6E68
_CHUNK = 1_000

_INSERT = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, args, queueing_lock, scheduled_at)
    select :queue, :task, :priority, jsonb_build_object('ident', ident), :prefix || ident,
           cast(:run_at as timestamptz)
    from unnest(cast(:idents as text[])) as ident
    on conflict (queueing_lock) where status = 'todo' do nothing
    """
)


class Queue(StrEnum):
    """队列: words are quick, sound is slow; a worker may serve one or both."""

    TEXT = "text"  #: 会话, 拜访记录, 客户
    SPEECH = "speech"  #: 录音


class Task(StrEnum):
    """任务: what is done with one piece."""

    CONVERSATION = "process_conversation"
    RECORDING = "process_recording"
    NOTE = "process_note"
    CUSTOMER = "refresh_customer"

    @property
    def queue(self) -> Queue:
        return Queue.SPEECH if self is Task.RECORDING else Queue.TEXT


def kept_as(task: Task, ident: str) -> bytes:
    """How the quarantine keeps a piece that could not be processed: under PROCESS_DOOR, with these bytes."""
    return json.dumps({"task": str(task), "ident": ident}).encode()


def defer(
    session: Session, task: Task, idents: Iterable[str], *, run_at: datetime | None = None, priority: int = 0
) -> None:
    """Enqueues the pieces in the caller's transaction; those that wait already are left as they are."""
    wanted = sorted(set(idents))  # one order everywhere: two callers cannot deadlock
    for start in range(0, len(wanted), _CHUNK):
        session.execute(
            _INSERT,
            {
                "queue": task.queue,
                "task": f"dongke:{task}",
                "priority": priority,
                "prefix": f"{task}:",
                "idents": wanted[start : start + _CHUNK],
                "run_at": run_at,
            },
        )


def depth(session: Session) -> dict[str, dict[str, int]]:
    """Jobs per queue and status: `{"text": {"todo": 3, "failed": 1}}`. Finished ones are not counted.

    Raises NotReady `queue-missing`.
    """
    if not exists(session):
        raise NotReady("queue-missing", "队列还没有建表, 请运行 dongke db upgrade")
    rows = session.execute(
        text("select queue_name, status, count(*) from procrastinate_jobs where status <> 'succeeded' group by 1, 2")
    )
    counts: dict[str, dict[str, int]] = {queue.value: {} for queue in Queue}
    for queue, status, count in rows:
        counts.setdefault(queue, {})[status] = count
    return counts


def exists(session: Session) -> bool:
    """Whether the queue's tables are there."""
    return bool(session.execute(text("select to_regclass('procrastinate_jobs') is not null")).scalar_one())


def waits(session: Session, locks: Sequence[str]) -> bool:
    """Whether a job with one of these queueing locks waits."""
    query = text("select exists (select from procrastinate_jobs where status = 'todo' and queueing_lock = any(:locks))")
    return bool(session.execute(query, {"locks": list(locks)}).scalar_one())


def busy(session: Session, task: Task) -> set[str]:
    """The pieces for which such a job waits or runs."""
    query = text(
        "select args->>'ident' from procrastinate_jobs where task_name = :task and status in ('todo', 'doing')"
    )
    return {ident for (ident,) in session.execute(query, {"task": f"dongke:{task}"})}


def apply_queue_schema(url: str) -> None:
    """Makes the queue's tables where they are missing; told again, or by two at once, it changes nothing."""
    from procrastinate.schema import SchemaManager

    with psycopg.connect(db.libpq_url(url)) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
        known = connection.execute("select to_regclass('procrastinate_jobs')").fetchone()
        if known is None or known[0] is None:
            connection.execute(SchemaManager.get_schema())
