"""归档转写, a whole archive: what is registered goes to workers and comes back into the database, exactly once.

One process keeps the books, in transactions of one recording each; the workers (asr/executors.py) know no database.
A recording is leased while a worker has it (asr/leases.py), so that two runs share an archive and what a killed run
had comes back. Before every recording of the archive, those of the day go first. A worker that dies with a recording
is replaced and the recording tried again; after `MAX_DEATHS` it is failed as `worker-died`.
"""

import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session

from asr import archive, backlog, leases
from asr.archive import Heard, Piece
from asr.executors import Executor, Outcome
from asr.models import Recording, RecordingState
from asr.rates import Rate
from dongke import db
from dongke.errors import DongkeError
from dongke.standing import Purpose, is_processable

MAX_DEATHS = 3  #: so many workers die with a recording before it is given up
BEAT_SECONDS = 15.0  #: between two signs of life
LOOK_SECONDS = 0.5  #: between two looks at what else there is to do, such as an order to stop
AT_ONCE = 20  #: entries that are looked at before the next look at what workers say
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive: registered as a recording, or refused with its reason."""

    source: str
    recording_id: str | None = None
    refused: str | None = None


@dataclass(slots=True)
class Account:
    """What became of an archive."""

    total: int
    done: int = 0  #: entries that need no more work
    heard: int = 0  #: in this run, those of the day included
    heard_ms: int = 0
    live: int = 0  #: of the day, heard in between
    states: Counter[RecordingState] = field(default_factory=Counter)  #: of those heard in this run
    known: int = 0  #: heard before, by this version
    unwanted: int = 0  #: the customer refuses the analysis
    waiting: int = 0  #: no transcript, and no speech model
    failures: list[tuple[str, str]] = field(default_factory=list)  #: file, reason
    seconds: float = 0.0
    stopped: bool = False

    @property
    def rate(self) -> Rate:
        return Rate(self.total, self.done, self.heard, self.heard_ms, self.seconds)


class Stop:
    """停止的口令: what a run is told. `gently` lets the recordings end that workers have."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.at_once = threading.Event()

    def gently(self) -> None:
        self.wanted.set()

    def now(self) -> None:
        self.wanted.set()
        self.at_once.set()


@dataclass(slots=True)
class _Task:
    """A recording that a worker has, or is to have again."""

    piece: Piece
    entry: Entry | None  #: none: one of the day
    deaths: int = 0


class Run:
    """归档运行. `kept` is called in the transaction of every recording that was heard or failed, `told` after it."""

    def __init__(
        self,
        executor: Executor,
        model_version: str | None,
        *,
        kept: Callable[[Session, Recording, bool], None] = lambda session, recording, is_live: None,
        told: Callable[[Account], None] = lambda account: None,
        stop: Stop | None = None,
    ) -> None:
        self._executor = executor
        self._version = model_version
        self._kept, self._told = kept, told
        self._stop = stop or Stop()
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._busy: dict[str, _Task] = {}
        self._again: list[_Task] = []
        self._later: list[Entry] = []  #: somebody else is hearing them
        self._tried: set[str] = set()  #: of the day: none is tried twice in one run
        self._beaten = 0.0

    def go(self, entries: Iterator[Entry], total: int) -> Account:
        """Hears all of them. Raises NotReady where workers cannot work at all, OperationalError without database."""
        account = Account(total)
        self._began = time.monotonic()
        with db.session_scope() as session:
            backlog.release_dead(session)
        try:
            while self._step(account, entries):
                pass
        finally:
            self._executor.close()
            self._give_back()
        account.stopped = self._stop.wanted.is_set() and account.done < total
        return account

    def _step(self, account: Account, entries: Iterator[Entry]) -> bool:
        """Gives work to whoever is free, and takes what is through; False when there is nothing more to do."""
        self._beat()
        is_through = self._fill(account, entries)
        account.seconds = time.monotonic() - self._began
        if self._stop.at_once.is_set():
            return False
        if self._busy:
            outcome = self._executor.next(LOOK_SECONDS if is_through or not self._executor.free() else 0)
            if outcome is not None:
                self._take(account, outcome)
            return True
        if is_through and self._later and not self._stop.wanted.is_set():
            self._stop.wanted.wait(LOOK_SECONDS)  # only what others are hearing is left
            return True
        return not is_through

    def _fill(self, account: Account, entries: Iterator[Entry]) -> bool:
        """Gives work to whoever is free. True where there is none left to give; what workers have said meanwhile is not
        left waiting for an archive that is known already."""
        for _ in range(AT_ONCE):
            if self._stop.wanted.is_set():
                return True
            if not self._executor.free():
                return False
            if not self._give(account, entries):
                return True
        return False

    def _give(self, account: Account, entries: Iterator[Entry]) -> bool:
        """Finds work for one worker: of the day, what has to be tried again, the archive. False where there is none."""
        if self._give_live():
            return True
        if self._again:
            self._submit(self._again.pop(0))
            return True
        entry = next(entries, None)
        if entry is None:
            return self._give_later(account)
        self._give_entry(account, entry)
        return True

    def _give_later(self, account: Account) -> bool:
        for _ in range(len(self._later)):
            if self._give_entry(account, self._later.pop(0)):
                return True
        return False

    def _give_live(self) -> bool:
        with db.session_scope() as session:
            waiting = backlog.live(session, has_model=self._version is not None)
            for ident in waiting:
                if ident in self._tried:
                    continue
                self._tried.add(ident)
                piece = archive.plan(session, ident, self._version)
                if piece is not None and leases.begin(session, ident, self._worker):
                    session.commit()
                    self._submit(_Task(piece, None))
                    return True
        return False

    def _give_entry(self, account: Account, entry: Entry) -> bool:
        """Gives the entry to a worker. False where it needs none, or where somebody else is hearing it."""
        if entry.recording_id is None:
            self._settle(account, entry, failure=entry.refused)
            return False
        with db.session_scope() as session:
            piece = self._leased(session, account, entry, entry.recording_id)
        if piece is not None:
            self._submit(_Task(piece, entry))
        return piece is not None

    def _leased(self, session: Session, account: Account, entry: Entry, ident: str) -> Piece | None:
        recording = session.get_one(Recording, ident)
        if ident in self._busy:
            self._later.append(entry)
        elif not is_processable(session, recording.customer_id, Purpose.ANALYSIS):
            account.unwanted += 1
            self._settle(account, entry)
        elif (piece := archive.plan(session, ident, self._version)) is None:
            waits = recording.state is RecordingState.NEEDS_MODEL
            account.waiting += waits
            account.known += not waits
            self._settle(account, entry)
        elif leases.begin(session, ident, self._worker):
            return piece
        else:
            self._later.append(entry)
        return None

    def _submit(self, task: _Task) -> None:
        ident = task.piece.recording_id
        self._busy[ident] = task
        self._executor.submit(ident, task.piece)

    def _take(self, account: Account, outcome: Outcome) -> None:
        task = self._busy.pop(outcome.key)
        fault = outcome.fault
        if outcome.died:
            task.deaths += 1
            _log.warning("worker died", recording=outcome.key, deaths=task.deaths)
            if task.deaths < MAX_DEATHS:
                self._again.append(task)
                return
            fault = DongkeError("worker-died", f"转写进程 {task.deaths} 次在这段录音上异常退出 (多半是内存不足)")
        recording = self._store(task, outcome.result if fault is None else fault)
        self._note(account, task, recording)
        self._told(account)

    def _store(self, task: _Task, result: Heard | DongkeError) -> Recording:
        """Keeps the result, or the fault, in one transaction; what the database refuses is a fault."""
        ident = task.piece.recording_id
        try:
            with db.session_scope() as session:
                if isinstance(result, DongkeError):
                    recording = archive.fail(session, ident, result)
                else:
                    recording = archive.store(session, ident, result)
                self._kept(session, recording, task.entry is None)
                leases.end(session, ident, self._worker)
                return recording
        except OperationalError:
            raise  # the database is away
        except SQLAlchemyError as fault:
            if isinstance(result, DongkeError):
                raise
            _log.error("not kept", recording=ident, cause=type(fault).__name__)  # its text may hold what was said
            return self._store(task, DongkeError("processing-failed", f"结果存不进去: {type(fault).__name__}"))

    def _note(self, account: Account, task: _Task, recording: Recording) -> None:
        failed = recording.state is RecordingState.FAILED
        account.seconds = time.monotonic() - self._began
        account.states[recording.state] += 1
        if not failed:
            account.heard += 1
            account.heard_ms += recording.duration_ms
        if task.entry is None:
            account.live += 1
        else:
            self._settle(account, task.entry, failure=recording.reason if failed else None)

    def _settle(self, account: Account, entry: Entry, failure: str | None = None) -> None:
        account.done += 1
        if failure is not None:
            account.failures.append((entry.source, failure))
        self._told(account)

    def _beat(self) -> None:
        """Says that this run lives; brings back what others died of."""
        if time.monotonic() - self._beaten < BEAT_SECONDS:
            return
        self._beaten = time.monotonic()
        with db.session_scope() as session:
            backlog.prolong(session, self._worker)
            leases.reclaim(session)

    def _give_back(self) -> None:
        """What workers had when the run was ended waits again."""
        try:
            with db.session_scope() as session:
                for task in [*self._busy.values(), *self._again]:
                    leases.end(session, task.piece.recording_id, self._worker)
        except OperationalError:
            _log.warning("leases run out by themselves", detail="数据库连不上")
