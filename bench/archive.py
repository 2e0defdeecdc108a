"""How fast an archive goes through workers, in how much memory, and what a killed worker costs:
`python -m bench.archive [CALLS] [--ray]` (default 200 calls, made from the sample recordings, each with its own hash).

All runs hear with the demo model, one thread a worker, into a database of their own. A worker's share of the machine is
then one core, and two workers are compared with one.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import select

from asr import backlog
from asr.archive_run import Account, Entry, Run
from asr.ears import ears, model_version
from asr.executors import CALLS_PER_WORKER, Executor, LocalExecutor, Outcome
from asr.models import Recording, RecordingState, StoredConversation, Transcription
from asr.recordings import RecordingMeta, register
from bench.scratch import database
from dongke import db
from dongke.directory import Advisor, Branch, Customer
from dongke.settings import Settings, settings

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = sorted((ROOT / "samples/recordings").glob("*.wav"))
CONFIG = {"demo": True, "speech_model": str(ROOT / "samples/demo_model"), "speech_threads": 1}


@dataclass
class Watch:
    """An executor that is watched: the most memory a worker ever had, and, if asked, one of them is killed."""

    inner: Executor
    kill_after: int | None = None  #: outcomes
    peak_kb: int = 0
    seen: int = 0
    deaths: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def next(self, timeout: float) -> Outcome | None:
        pids = self.inner.pids()
        self.peak_kb = max([self.peak_kb, *(_peak_kb(pid) for pid in pids)])
        busy = [pid for pid, key in pids.items() if key is not None]
        if self.kill_after is not None and self.seen >= self.kill_after and busy and not self.deaths:
            os.kill(busy[-1], signal.SIGKILL)
        found = self.inner.next(timeout)
        self.seen += found is not None
        self.deaths += found is not None and found.died
        return found


def main(calls: int, with_ray: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = make_calls(Path(folder), calls)
        one, _ = measure("one worker", files, workers=1)
        two, _ = measure("two workers", files, workers=2)
        print(f"two workers over one: {one / two:.2f} times as fast")
        measure("two workers, replaced every 20 calls", files, workers=2, calls_per_worker=20)
        few = files[: max(calls // 5, 8)]
        measure("two workers, one killed in the middle", few, workers=2, kill_after=len(few) // 2)
        if with_ray:
            measure("Ray, two workers, one killed in the middle", few, workers=2, kill_after=len(few) // 2, kind="ray")


def make_calls(folder: Path, count: int) -> list[Path]:
    """Calls that sound as the samples do: the last samples of each carry its number."""
    made = []
    for number in range(count):
        content = bytearray(SAMPLES[number % len(SAMPLES)].read_bytes())
        content[-8:-4] = number.to_bytes(4, "little")
        made.append(folder / f"call{number:05}.wav")
        made[-1].write_bytes(content)
    return made


def measure(
    title: str,
    files: list[Path],
    *,
    workers: int,
    calls_per_worker: int = CALLS_PER_WORKER,
    kill_after: int | None = None,
    kind: str = "local",
) -> tuple[float, Account]:
    """One archive from the first file to the last, and once more; prints a line. Gives the seconds of the first."""
    with _broker():
        config = Settings(**CONFIG)
        version = model_version(config)
        executor = Watch(_executor(kind, ears(config, version), workers, calls_per_worker), kill_after)
        began = time.perf_counter()
        account = Run(executor, version).go(_entries(files, config), len(files))  # type: ignore[arg-type]
        taken = time.perf_counter() - began
        began = time.perf_counter()
        again = Run(LocalExecutor(ears(config, version), 1), version).go(_entries(files, config), len(files))
        resumed = time.perf_counter() - began
        lost, doubled = _check(len(files))
    factor = account.rate.factor or 0.0
    print(
        f"{title}: {len(files)} calls, {account.heard_ms / 3_600_000:.2f} h of sound in {taken:.1f} s,"
        f" real-time factor {factor:.4f}, {account.rate.per_hour:,.0f} calls/h,"
        f" largest worker {executor.peak_kb >> 10} MB,"
        f" workers killed {executor.deaths}, lost {lost}, doubled {doubled}, failed {len(account.failures)};"
        f" started again: {again.known} known in {resumed:.2f} s",
        flush=True,
    )
    return taken, account


def _executor(kind: str, make: Any, workers: int, calls: int) -> Executor:
    if kind == "local":
        return LocalExecutor(make, workers, calls)
    from asr.executors_ray import RayExecutor

    return RayExecutor(make, workers, calls)


def _entries(files: list[Path], config: Settings) -> Iterator[Entry]:
    started = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    for path in files:
        with db.session_scope() as session:
            ident = backlog.known(session, path, "C1")
            if ident is None:
                meta = RecordingMeta("C1", "A1", started, id=path.stem, file=path.name)
                ident = register(session, path, meta, config).id
                backlog.remember(session, ident, path, is_new=True)
        yield Entry(path.name, ident)


def _check(count: int) -> tuple[int, int]:
    """How many recordings were lost, and how many transcripts there are too many."""
    with db.session_scope() as session:
        done = session.execute(
            select(func.count()).select_from(Recording).where(Recording.state == RecordingState.DONE)
        ).scalar_one()
        rows = session.execute(select(func.count()).select_from(Transcription)).scalar_one()
        talks = session.execute(select(func.count()).select_from(StoredConversation)).scalar_one()
    return count - done, max(rows, talks) - count


@contextmanager
def _broker() -> Iterator[None]:
    """A database with one advisor and one customer, as this process's own."""
    with database() as engine:
        os.environ["DONGKE_DATABASE_URL"] = engine.url.render_as_string(hide_password=False)
        settings.cache_clear()
        db.forget_engine()
        with db.session_scope() as session:
            session.add(Branch(id="B1", name="陆家嘴营业部"))
            session.flush()
            session.add(Advisor(id="A1", name="A1", branch_id="B1"))
            session.flush()
            session.add(Customer(id="C1", advisor_id="A1"))
        try:
            yield
        finally:
            db.forget_engine()


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 200, "--ray" in sys.argv)
