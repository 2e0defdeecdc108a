"""处理进程: runs the queue's jobs with Procrastinate. One job is one piece: conversation, recording, note, customer.

The queue is only the bell, the tables are the truth. What waits is found in them (`sweep`), so a piece whose job was
lost comes back; a job that runs twice changes nothing. A worker that was killed is noticed by its missing heartbeat
and its jobs go back (`reclaim`). A piece that cannot be processed ends in the quarantine, visible and retryable.
"""

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

import structlog
from procrastinate import App, PsycopgConnector, RetryDecision, RetryStrategy
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from api import logs, pipeline, queue
from api.models import IdempotentReply
from api.queue import Queue, Task, apply_queue_schema
from asr import backlog, leases
from asr.models import Recording, RecordingState
from asr.recordings import fail
from dongke import db, quarantine
from dongke.clock import now
from dongke.errors import DongkeError, NotReady
from dongke.settings import settings
from dongke.standing import Purpose, processable

__all__ = ["apply_queue_schema", "queue_app", "reclaim", "run_worker", "sweep"]

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 30.0
SWEEP_LIMIT = 5_000
KEEP_FINISHED = timedelta(days=7)
MAX_ATTEMPTS = 5
DOOR = queue.PROCESS_DOOR
ELSEWHERE = "另一个进程正在转写"  #: should it die, the recording is found again by `sweep`

#: what is done with a piece of each task
WORK: dict[Task, Callable[[Session, str], pipeline.Done]] = {
    Task.CONVERSATION: pipeline.process_conversation,  #: 会话 → 标签 → 画像 → 商机
    Task.RECORDING: pipeline.process_recording,  #: 录音 → 文字稿 → 标签 → 画像 → 商机
    Task.NOTE: pipeline.process_note,  #: 拜访记录 → 商机
    Task.CUSTOMER: pipeline.refresh_customer,  #: 客户的商机重算
}
_log = structlog.get_logger(__name__)


class _Retry(RetryStrategy):
    """Waits 4, 16, 64, 256 s. Not where the same piece waits anew: that job does the work, this one is done."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        with db.session_scope() as session:
            if job.queueing_lock and queue.waits(session, [job.queueing_lock]):
                return None
        return super().get_retry_decision(exception=exception, job=job)


_RETRY = _Retry(max_attempts=MAX_ATTEMPTS - 1, exponential_wait=4)


def queue_app(url: str) -> App:
    """The Procrastinate application with all tasks on that database."""
    made = App(connector=PsycopgConnector(conninfo=db.libpq_url(url), min_size=1, max_size=8))
    for task, work in WORK.items():
        options = {"name": f"dongke:{task}", "queue": str(task.queue), "retry": _RETRY, "pass_context": True}
        made.task(**options)(_job(task, work))  # type: ignore[call-overload]
    return made


def run_worker(
    wait: bool = True,
    *,
    queues: Iterable[Queue] | None = None,
    concurrency: int = 2,
    stalled_seconds: float = STALLED_SECONDS,
) -> None:
    """Runs jobs until it is told to stop (SIGINT, SIGTERM) or, with `wait=False`, until none is left.

    `stalled_seconds`: after so long without a heartbeat a worker counts as dead.
    """
    from api.commands import prepare_database

    logs.configure(settings().log_level)
    url = prepare_database()
    apply_queue_schema(url)
    reclaim(stalled_seconds)
    sweep()
    stop = threading.Event()
    sweeper = threading.Thread(target=_keep_sweeping, args=(stop, stalled_seconds), name="sweeper", daemon=True)
    if wait:
        sweeper.start()
    _log.info("worker started", queues=[str(q) for q in queues or Queue])
    try:
        queue_app(url).run_worker(
            queues=[str(q) for q in queues or Queue],
            wait=wait,
            concurrency=concurrency,
            update_heartbeat_interval=min(HEARTBEAT_SECONDS, max(stalled_seconds / 4, 0.5)),
            stalled_worker_timeout=stalled_seconds,
            install_signal_handlers=threading.current_thread() is threading.main_thread(),
        )
    finally:
        stop.set()
        if wait:
            sweeper.join()


def reclaim(stalled_seconds: float = STALLED_SECONDS) -> int:
    """Gives the jobs of workers without a heartbeat back to the queue. Returns how many."""
    stalled = text(
        """
        select j.id, exists (select from procrastinate_jobs t
                             where t.status = 'todo' and t.queueing_lock = j.queueing_lock) as waits_anew
        from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
        where j.status = 'doing'
          and (w.id is null or w.last_heartbeat <= now() - make_interval(secs => :seconds))
        for update of j skip locked
        """
    )
    with db.session_scope() as session:
        rows = session.execute(stalled, {"seconds": stalled_seconds}).all()
        for ident, waits_anew in rows:
            session.execute(text(_GIVE_UP if waits_anew else _GIVE_BACK), {"ident": ident})
    if rows:
        _log.warning("jobs of dead workers given back", count=len(rows))
    return len(rows)


_GIVE_UP = "select procrastinate_finish_job_v1(:ident, 'failed', false)"
_GIVE_BACK = "select procrastinate_retry_job_v2(:ident, now(), null, null, null)"


def sweep() -> dict[str, int]:
    """Finds what waits in the tables without a job and enqueues it; drops jobs finished long ago. Returns counts."""
    with db.session_scope() as session:
        backlog.release_dead(session)
        leases.reclaim(session)
        waiting = {
            Task.CONVERSATION: _unread(session),
            Task.RECORDING: _unheard(session),
        }
        for task, idents in waiting.items():
            later = backlog.backfill(session, idents)  # a conversation has the id of its recording
            queue.defer(session, task, [ident for ident in idents if ident not in later])
            queue.defer(session, task, later, priority=queue.BACKFILL)
        _forget(session, now() - KEEP_FINISHED)
    return {str(task): len(idents) for task, idents in waiting.items()}


def _forget(session: Session, before: datetime) -> None:
    """Drops jobs that were done, and answers kept for an Idempotency-Key, from before that time."""
    done = "select job_id from procrastinate_events where type = 'succeeded' and at < :before limit 10000"
    session.execute(
        text(f"delete from procrastinate_jobs where status = 'succeeded' and id in ({done})"), {"before": before}
    )
    session.execute(delete(IdempotentReply).where(col(IdempotentReply.made_at) < before))


def _unread(session: Session) -> list[str]:
    from asr.repository import unread

    known = queue.busy(session, Task.CONVERSATION) | _given_up(session, Task.CONVERSATION)
    found = unread(session, pipeline.engine_version(), SWEEP_LIMIT + len(known))
    return [ident for ident in found if ident not in known][:SWEEP_LIMIT]


def _unheard(session: Session) -> list[str]:
    states = [RecordingState.REGISTERED]
    if pipeline.transcriber() is not None:
        states.append(RecordingState.NEEDS_MODEL)
    known = queue.busy(session, Task.RECORDING) | _given_up(session, Task.RECORDING)
    allowed = processable(Recording.customer_id, Purpose.ANALYSIS)
    order = (backlog.is_backfill(), col(Recording.received_at))
    query = select(Recording.id).where(col(Recording.state).in_(states), allowed).order_by(*order)
    return [i for i in session.exec(query.limit(SWEEP_LIMIT + len(known))) if i not in known][:SWEEP_LIMIT]


def _given_up(session: Session, task: Task) -> set[str]:
    kept = quarantine.waiting(session, door=DOOR, limit=SWEEP_LIMIT)
    rows = (json.loads(row.payload) for row in kept)
    return {row["ident"] for row in rows if row["task"] == task}


def _job(task: Task, work: Callable[[Session, str], pipeline.Done]) -> Callable[[JobContext, str], None]:
    def job(context: JobContext, ident: str) -> None:
        _run(context, task, ident, work)

    return job


def _run(context: JobContext, task: Task, ident: str, work: Callable[[Session, str], pipeline.Done]) -> None:
    """A job. What never can succeed, or failed too often, goes to the quarantine."""
    try:
        done = attempt(task, ident, work)
    except NotReady:
        raise  # a model or the database is missing: later
    except DongkeError as fault:
        give_up(task, ident, fault)
    except Exception as fault:
        if context.job.attempts + 1 >= MAX_ATTEMPTS:
            give_up(task, ident, fault)
        raise
    else:
        _log.info("processed", task=str(task), ident=ident, assertions=done.assertions, already=done.already)


def attempt(task: Task, ident: str, work: Callable[[Session, str], pipeline.Done]) -> pipeline.Done:
    """One piece in one transaction. A recording that failed is kept; what went through is kept no longer.

    While a recording is heard it is 转写中 for everybody: its lease is held beside that transaction.
    """
    with _held(task, ident) as is_ours:
        if is_ours is False:
            return pipeline.Done(ident, "", waiting=ELSEWHERE)
        with db.session_scope() as session:
            done = work(session, ident)
            if done.failed:
                fault = DongkeError("recording-failed", done.waiting or "转写失败")
                quarantine.keep(session, DOOR, f"{task}:{ident}", queue.kept_as(task, ident), fault)
            elif not done.waiting:
                quarantine.settle(session, DOOR, queue.kept_as(task, ident))
    return done


def _held(task: Task, ident: str) -> AbstractContextManager[object]:
    """The lease of a recording that will be heard; nothing for all else."""
    if task is not Task.RECORDING:
        return nullcontext()
    with db.session_scope() as session:
        will_hear = pipeline.will_hear(session, ident)
    return leases.held(ident) if will_hear else nullcontext()


def give_up(task: Task, ident: str, fault: Exception) -> DongkeError:
    """Keeps a piece that could not be processed, to be retried. Gives the reason under which it is kept."""
    if not isinstance(fault, DongkeError):
        _log.error("unexpected", task=str(task), ident=ident, exc_info=fault)
        fault = DongkeError("processing-failed", f"处理失败: {type(fault).__name__}")
    _log.error("could not be processed", task=str(task), ident=ident, code=fault.code)
    with db.session_scope() as session:
        quarantine.keep(session, DOOR, f"{task}:{ident}", queue.kept_as(task, ident), fault)
        if task is Task.RECORDING:
            fail(session, ident, fault)
    return fault


def _keep_sweeping(stop: threading.Event, stalled_seconds: float) -> None:
    while not stop.wait(60):
        try:
            reclaim(stalled_seconds)
            sweep()
        except Exception:  # the database is away for a moment; the next minute tries again
            _log.exception("sweep failed")
