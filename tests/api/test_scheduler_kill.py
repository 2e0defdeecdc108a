"""Two schedulers and a SIGKILL: the one that stands by takes over, each job is done once; what was missed, once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import pytest
from sqlmodel import Session, select

from api.scheduler import fire
from dongke import db
from dongke.settings import Settings
from followup.models import JobRun
from followup.schedule import Job

HELD = 4711  #: the job waits for this lock in the middle of its work
#: a real scheduler process with one job, which leaves a row and then waits
_PROGRAM = f"""
from sqlalchemy import text
from api import scheduler
from followup.schedule import Job

def work(session, due_at, settings):
    session.execute(text("insert into job_results values (:due)"), {{"due": due_at}})
    session.execute(text("select pg_advisory_xact_lock({HELD})"))
    return {{"done": 1}}

scheduler.all_jobs = lambda: (Job("count", "数数", "0 7 * * mon", work), Job("daily", "每日", "0 6 * * *", work))
scheduler.run_scheduler()
"""

Process = subprocess.Popen[str]


@contextmanager
def scheduler() -> Iterator[Process]:
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def wait_for(process: Process, words: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"the process ended before it said {words}")


def wait_until_it_works(admin: "psycopg.Connection[tuple[int]]") -> None:
    """Until a job stands before the lock, its row written and not committed."""
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row = admin.execute(waiting, (HELD,)).fetchone()
        if row and row[0]:
            return
    raise AssertionError("no job began")


@pytest.mark.usefixtures("broker")
def test_a_killed_leader_is_followed_and_the_job_is_done_once(database_url: str) -> None:
    with psycopg.connect(db.libpq_url(database_url), autocommit=True) as admin:
        admin.execute("create table job_results (due_at timestamptz)")
        admin.execute("select pg_advisory_lock(%s)", (HELD,))
        with scheduler() as leader:
            wait_for(leader, "scheduler leads")
            with scheduler() as standby:
                wait_for(standby, "scheduler stands by")
                wait_until_it_works(admin)
                leader.kill()
                leader.wait()
                wait_for(standby, "scheduler leads")
                assert admin.execute("select count(*) from job_results").fetchone() == (0,)
                admin.execute("select pg_advisory_unlock(%s)", (HELD,))
                wait_for(standby, "job done")
                wait_for(standby, "job done")
        results = admin.execute("select count(*), count(distinct due_at) from job_results").fetchone()
        runs = admin.execute(
            "select job, count(*), count(finished_at) from jobrun group by job order by job"
        ).fetchall()
    assert runs == [("count", 1, 1), ("daily", 1, 1)]
    assert results == (2, 2)


@pytest.mark.usefixtures("broker")
def test_what_was_missed_is_caught_up_once() -> None:
    """Three Mondays without a scheduler: one run, for the last of them."""
    seen: list[datetime] = []

    def work(session: Session, due_at: datetime, config: Settings) -> dict[str, int]:
        seen.append(due_at)
        return {}

    weekly = Job("weekly", "每周", "0 7 * * mon", work)
    for moment in ("2026-06-08T07:00:05", "2026-07-01T10:00:00", "2026-07-01T10:00:05", "2026-07-06T06:59:59"):
        fire(weekly, datetime.fromisoformat(f"{moment}+08:00"))
    assert [f"{due:%m-%d %H:%M}" for due in seen] == ["06-08 07:00", "06-29 07:00"]
    with db.session_scope() as session:
        assert len(session.exec(select(JobRun)).all()) == 2
