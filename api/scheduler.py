"""定时进程: fires the jobs of followup/schedule.py and the nightly archive, in Beijing time.

One process fires, a second stands by: whoever holds a PostgreSQL advisory lock. Should two fire after all, or one fire
twice, the claim on (job, due time) lets the work be done once. What was due while nobody ran is caught up at the start.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlmodel import Session

from api import logs, takers
from api.commands import prepare_database
from api.doors import Intake
from api.files import Kind
from api.queue import apply_queue_schema
from dongke import db
from dongke.clock import BEIJING, now
from dongke.errors import DongkeError
from dongke.settings import Settings, settings
from followup import schedule
from followup.schedule import Job
from followup.webhooks.delivery import send_waiting

LOCK = 0x446F6E6B
DELIVERY_SECONDS = 5  #: between two looks at what waits to be sent
_LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=40))
_log = structlog.get_logger(__name__)


def run_scheduler() -> None:
    """Waits until it is the one that fires, catches up, and fires until it is interrupted."""
    logs.configure(settings().log_level)
    url = prepare_database()
    apply_queue_schema(url)
    try:
        with leadership(url) as lock:
            _serve(lock)
    except KeyboardInterrupt:
        _log.info("scheduler stopped")


@contextmanager
def leadership(url: str) -> Iterator["psycopg.Connection[Any]"]:
    """Holds the lock of the one scheduler that fires; waits, and says so, while another holds it."""
    with psycopg.connect(db.libpq_url(url), autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        if not (row and row[0]):
            _log.warning("scheduler stands by", detail="另一个定时进程在运行, 待命")
            connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        _log.info("scheduler leads", detail="由本进程执行定时任务")
        yield connection


def all_jobs() -> tuple[Job, ...]:
    """The jobs of follow-up, and the archive that only this package can take in."""
    return schedule.jobs(archive)


def archive(session: Session, due_at: datetime, config: Settings) -> Mapping[str, Any]:
    """夜间归档: registers what is new in the archive folder; the worker transcribes it. Again, nothing changes."""
    if config.archive_dir is None:
        return {"skipped": "没有设置 archive_dir"}
    intake = Intake(session, config)
    intake.is_backfill = True
    intake.take(Kind.RECORDING, takers.recordings(config.archive_dir))
    summary = intake.finish()
    return {"accepted": summary.accepted, "unchanged": summary.unchanged, "refused": summary.refused}


def fire(job: Job, moment: datetime | None = None) -> dict[str, Any] | None:
    """Runs the job for its last due time; None where that was done already. A fault is logged and leaves no claim."""
    due_at = last_due(job, moment or now())
    if due_at is None:
        return None
    try:
        with db.session_scope() as session:
            result = schedule.run(session, job, due_at, settings())
    except DongkeError as fault:
        _log.error("job failed", job=job.name, due_at=due_at.isoformat(), code=fault.code, detail=fault.detail)
        return None
    except Exception:
        _log.exception("job failed", job=job.name, due_at=due_at.isoformat())
        return None
    if result is not None:
        _log.info("job done", job=job.name, due_at=due_at.isoformat(), **result)
    return result


def last_due(job: Job, moment: datetime) -> datetime | None:
    """The newest time up to `moment` at which the job was due; None where there was none for 40 days."""
    trigger = _trigger(job)
    for span in _LOOK_BACK:
        found, due_at = None, trigger.get_next_fire_time(None, moment - span)
        while due_at is not None and due_at <= moment:
            found, due_at = due_at, trigger.get_next_fire_time(due_at, due_at + timedelta(seconds=1))
        if found is not None:
            return datetime.fromisoformat(found.isoformat())
    return None


def _trigger(job: Job) -> Any:
    return CronTrigger.from_crontab(job.cron, timezone=BEIJING)


def _serve(lock: "psycopg.Connection[Any]") -> None:
    scheduler = BlockingScheduler(
        timezone=BEIJING,
        executors={name: {"type": "threadpool", "max_workers": 1} for name in ("default", "webhooks")},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )

    def work(job: Job) -> None:
        try:
            lock.execute("select 1")
        except psycopg.Error:
            _log.error("scheduler lost its lock", detail="数据库连接断了, 定时进程退出")
            scheduler.shutdown(wait=False)
            return
        fire(job)

    for job in all_jobs():
        work(job)
        scheduler.add_job(work, _trigger(job), args=(job,), id=job.name)
    trigger = IntervalTrigger(seconds=DELIVERY_SECONDS)
    scheduler.add_job(deliver, trigger, id="deliver_webhooks", executor="webhooks")
    scheduler.start()


def deliver() -> None:
    """Sends the webhooks that wait. A fault is logged; what was not sent goes on waiting."""
    try:
        tried = send_waiting()
    except Exception:
        _log.exception("webhooks failed")
        return
    if tried:
        _log.info("webhooks sent", tried=tried)
