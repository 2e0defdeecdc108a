"""归档: a folder of recordings through the door and through the workers, for the command line.

Every file is registered just before it is needed, in a transaction of its own; what cannot be used waits in the
quarantine like everything else. What was heard is read by `dongke worker`, behind the talks of the day.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from api import queue, takers
from api.doors import Intake
from api.files import Kind, Piece
from api.queue import Task
from dongke import db, quarantine
from dongke.errors import BadInput, DongkeError
from dongke.settings import Settings

if TYPE_CHECKING:
    from asr.archive_run import Account, Entry, Stop
    from asr.executors import Executor, Maker
    from asr.models import Recording

ENGINES = ("local", "ray")
GIB = 2**30


def run(
    place: Path,
    executor: "Executor",
    version: str | None,
    *,
    told: Callable[["Account"], None],
    stop: "Stop",
) -> "Account":
    """Transcribes an archive. Raises BadInput `manifest-missing`, `csv-columns`, `encoding`; NotReady."""
    from asr.archive_run import Run

    try:
        pieces = list(takers.recordings(place))
    except BaseException:
        executor.close()
        raise
    return Run(executor, version, kept=keep, told=told, stop=stop).go(entries(pieces), len(pieces))


def entries(pieces: list[Piece]) -> "Iterator[Entry]":
    """Registers one after the other, as they are asked for."""
    from asr.archive_run import Entry

    for piece in pieces:
        with db.session_scope() as session:
            intake = Intake(session)
            intake.is_backfill = True
            intake.take(Kind.RECORDING, [piece])
            outcome = intake.outcomes[-1]
        fault = outcome.fault
        yield Entry(piece.source, outcome.id, f"{fault.detail} ({fault.code})" if fault else None)


def keep(session: Session, recording: "Recording", is_live: bool) -> None:
    """Puts what was heard on the queue to be read, and what failed into the quarantine."""
    from asr.models import RecordingState

    kept = queue.kept_as(Task.RECORDING, recording.id)
    if recording.state is RecordingState.FAILED:
        fault = DongkeError("recording-failed", recording.reason or "转写失败")
        quarantine.keep(session, queue.PROCESS_DOOR, f"{Task.RECORDING}:{recording.id}", kept, fault)
        return
    quarantine.settle(session, queue.PROCESS_DOOR, kept)
    queue.defer(session, Task.CONVERSATION, [recording.id], priority=0 if is_live else queue.BACKFILL)


def executor(engine: str, workers: int, make: "Maker", calls: int) -> "Executor":
    """The executor of that name. Raises BadInput `engine-unknown`; NotReady `ray-missing`, `ray-unreachable`."""
    import os

    from asr.executors import LocalExecutor

    if engine not in ENGINES:
        raise BadInput("engine-unknown", f"不认识 {engine}: 要 {' 或 '.join(ENGINES)}")
    if engine == "local":
        return LocalExecutor(make, workers, calls)
    from asr.executors_ray import RayExecutor

    return RayExecutor(make, workers, calls, address=os.environ.get("RAY_ADDRESS"))


def sensible_workers(config: Settings, version: str | None) -> int:
    """A worker a core, as far as each finds room for the model in the memory that is free."""
    from asr import whisper
    from asr.executors import cores

    size = (whisper.allowed(config) / "model.bin").stat().st_size if version else 0
    return workers_for(cores(), _free_memory(), size)


def workers_for(cores: int, free: int, model: int) -> int:
    """`free` and `model` are bytes. A worker needs one and a half times the model, and 1 GiB for sound and code."""
    return max(1, min(cores, free // (model * 3 // 2 + GIB)))


def _free_memory() -> int:
    """Bytes that this machine, or the container, can still give."""
    limits = []
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            limits.append(int(line.split()[1]) * 1024)
    group = Path("/sys/fs/cgroup")
    try:
        limits.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass  # no container, or one without a limit
    return min(limits, default=GIB)
