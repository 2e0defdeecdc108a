"""The scheduler: once for each due time, one process at a time, missed times caught up."""

import subprocess
import sys
import wave
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from sqlmodel import Session, select

from api import scheduler
from api.scheduler import LOCK, archive, fire, last_due
from asr.models import Recording
from dongke import db, quarantine
from dongke.errors import BadInput
from dongke.settings import Settings, settings
from followup.models import JobRun
from followup.schedule import Job

pytestmark = pytest.mark.usefixtures("broker")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def job(cron: str, name: str = "count") -> tuple[Job, list[datetime]]:
    seen: list[datetime] = []

    def work(session: Session, due_at: datetime, config: Settings) -> dict[str, int]:
        seen.append(due_at)
        return {"seen": len(seen)}

    return Job(name, "数数", cron, work), seen


@pytest.mark.parametrize(
    ("cron", "moment", "due"),
    [
        ("0 19 * * mon-fri", "2026-03-02T18:59:59", "2026-02-27T19:00:00"),
        ("0 19 * * mon-fri", "2026-03-02T19:00:00", "2026-03-02T19:00:00"),
        ("0 19 * * mon-fri", "2026-03-01T12:00:00", "2026-02-27T19:00:00"),
        ("*/10 * * * *", "2026-03-02T00:09:59", "2026-03-02T00:00:00"),
        ("0 1 * * *", "2026-03-02T00:30:00", "2026-03-01T01:00:00"),
        ("0 6 1 * *", "2026-03-31T00:30:00", "2026-03-01T06:00:00"),
    ],
)
def test_the_last_due_time(cron: str, moment: str, due: str) -> None:
    assert last_due(job(cron)[0], at(moment)) == at(due)


def test_a_job_runs_once_for_each_due_time() -> None:
    counting, seen = job("0 19 * * *")
    assert fire(counting, at("2026-03-02T19:00:01")) == {"seen": 1}
    assert fire(counting, at("2026-03-02T19:30:00")) is None
    assert fire(counting, at("2026-03-03T19:00:00")) == {"seen": 2}
    assert seen == [at("2026-03-02T19:00:00"), at("2026-03-03T19:00:00")]


@pytest.mark.parametrize("fault", [RuntimeError("x"), BadInput("manifest-missing", "没有清单")])
def test_a_job_that_fails_leaves_no_claim_and_may_run_again(fault: Exception) -> None:
    def fail(session: Session, due_at: datetime, config: Settings) -> dict[str, int]:
        raise fault

    assert fire(Job("count", "数数", "0 19 * * *", fail), at("2026-03-02T19:00:01")) is None
    counting, _ = job("0 19 * * *")
    assert fire(counting, at("2026-03-02T19:00:05")) == {"seen": 1}


def test_all_jobs_of_the_product_run_on_an_empty_broker() -> None:
    for one in scheduler.all_jobs():
        assert fire(one) is not None, one.name
        assert fire(one) is None, one.name
    with db.session_scope() as session:
        runs = session.exec(select(JobRun)).all()
        assert {r.job for r in runs} >= {"deadline_sweep", "nightly_report", "nightly_archive"}
        assert all(r.finished_at for r in runs)
    assert list(settings().report_folder().glob("*.xlsx"))


def test_the_archive_folder_is_taken_in_once(tmp_path: Path, session: Session) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    with wave.open(str(folder / "a.wav"), "wb") as sound:
        sound.setparams((2, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\1\0" * 16_000)
    (folder / "manifest.csv").write_text(
        "file,customer_id,advisor_id,started_at\n"
        "a.wav,C1,A1,2026-03-02T10:05:00+08:00\n"
        "gone.wav,C1,A1,2026-03-02T10:05:00+08:00\n",
        encoding="utf-8",
    )
    config = settings().model_copy(update={"archive_dir": folder})
    first = archive(session, at("2026-03-03T01:00:00"), config)
    again = archive(session, at("2026-03-04T01:00:00"), config)
    assert (first, again) == (
        {"accepted": 1, "unchanged": 0, "refused": 1},
        {"accepted": 0, "unchanged": 1, "refused": 1},
    )
    assert len(session.exec(select(Recording)).all()) == 1
    assert [row.code for row in quarantine.waiting(session)] == ["audio-missing"]
    assert "skipped" in archive(session, at("2026-03-03T01:00:00"), settings())


def test_a_second_scheduler_stands_by(database_url: str) -> None:
    with psycopg.connect(db.libpq_url(database_url), autocommit=True) as first:
        first.execute("select pg_advisory_lock(%s)", (LOCK,))
        second = subprocess.Popen(
            [sys.executable, "-c", "from api.scheduler import run_scheduler; run_scheduler()"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr
        try:
            assert "待命" in second.stderr.readline()
            with db.session_scope() as session:
                assert session.exec(select(JobRun)).all() == []
            first.execute("select pg_advisory_unlock(%s)", (LOCK,))
            assert "scheduler leads" in second.stderr.readline()
            assert "job done" in second.stderr.readline()
        finally:
            second.kill()
            second.wait()
            second.stderr.close()
