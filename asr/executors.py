"""执行器: where slow work is done – processes of this machine, or Ray (`asr/executors_ray.py`), behind one interface.

An executor knows nothing of recordings or databases. It is given a `Maker`, which every worker calls once (it loads
the model) and which gives the function that the worker then calls for each piece. A worker has one piece at a time:
where it dies, it is known which piece it had, and that piece is given back as `died`. After so many pieces a worker
is replaced, so that what a library leaks stays bounded.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from dongke.errors import DongkeError, NotReady

CALLS_PER_WORKER = 200  #: after so many pieces a worker is replaced
MAX_STILLBORN = 3  #: so many workers in a row that die before they are ready: it will not get better
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  #: MKL follows OMP; told a number it no longer follows CTranslate2

Work = Callable[[Any], Any]  #: one piece → its result; raises DongkeError
Maker = Callable[[int], Work]  #: threads of the worker → its work; raises NotReady. Pickled: a function or dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a piece: its result, a fault, or the death of the worker that had it."""

    key: str
    result: Any = None
    fault: DongkeError | None = None
    died: bool = False


class Executor(Protocol):
    """执行器. Used by one thread."""

    workers: int

    def free(self) -> int:
        """How many pieces can be submitted now."""
        ...

    def submit(self, key: str, piece: Any) -> None:
        """Gives the piece to a worker that has none."""
        ...

    def next(self, timeout: float) -> Outcome | None:
        """The next piece that is through; None where none is within so many seconds.

        Raises NotReady where workers cannot work at all: their maker's own (a model is missing), `worker-died`.
        """
        ...

    def pids(self) -> dict[int, str | None]:
        """The workers that are ready, by process id, each with the key of the piece it has."""
        ...

    def close(self) -> None:
        """Ends all workers at once; what they had is dropped."""
        ...


class Dead:
    """Said of a worker in place of a result: it is no more."""


class Hand(ABC):
    """A worker as its executor knows it. The first thing it says is that it is ready (its pid) or its fault."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.piece: Any = None
        self.pid: int | None = None  #: known as soon as it is ready
        self.calls = 0

    def give(self, key: str, piece: Any) -> None:
        """Its next piece. It is sent when the worker is ready: what a worker dies of while it begins is its own."""
        self.key, self.piece = key, piece
        if self.pid is not None:
            self.send(piece)

    def begin(self, pid: int) -> None:
        """It is ready."""
        self.pid = pid
        if self.key is not None:
            self.send(self.piece)

    @abstractmethod
    def send(self, piece: Any) -> None:
        """Sends the piece; a worker that died meanwhile is found by the next `listen`."""

    @abstractmethod
    def end(self) -> None:
        """Ends it at once, dead or alive."""


class Team(ABC):
    """What all executors have in common: who has which piece, who is new, who is replaced, who died."""

    def __init__(self, workers: int, calls_per_worker: int = CALLS_PER_WORKER) -> None:
        self.workers = workers
        self._calls_per_worker = calls_per_worker
        self._hands: list[Hand] = []
        self._heard: list[Outcome] = []
        self._stillborn = 0

    @abstractmethod
    def start(self) -> Hand:
        """A new worker."""

    @abstractmethod
    def listen(self, hands: list[Hand], timeout: float) -> Iterator[tuple[Hand, Any]]:
        """What those workers say within so many seconds; `Dead` for one that died."""

    def free(self) -> int:
        return self.workers - sum(hand.key is not None for hand in self._hands)

    def submit(self, key: str, piece: Any) -> None:
        idle = next((hand for hand in self._hands if hand.key is None), None)
        (idle or self._hire()).give(key, piece)

    def next(self, timeout: float) -> Outcome | None:
        if not self._heard and self._hands:
            for hand, said in self.listen(list(self._hands), timeout):
                self._take(hand, said)
        return self._heard.pop(0) if self._heard else None

    def pids(self) -> dict[int, str | None]:
        return {hand.pid: hand.key for hand in self._hands if hand.pid is not None}

    def close(self) -> None:
        for hand in self._hands:
            hand.end()
        self._hands.clear()

    def _hire(self) -> Hand:
        made = self.start()
        self._hands.append(made)
        return made

    def _take(self, hand: Hand, said: Any) -> None:
        if isinstance(said, Dead):
            self._bury(hand)
        elif hand.pid is None:
            if isinstance(said, Faulty):
                raise NotReady(said.code, said.detail)
            hand.begin(int(said))
            self._stillborn = 0
        else:
            self._heard.append(outcome(str(hand.key), said))
            hand.key, hand.piece, hand.calls = None, None, hand.calls + 1
            if hand.calls >= self._calls_per_worker:
                self._dismiss(hand)

    def _bury(self, hand: Hand) -> None:
        """The piece of a dead worker is given back; one that was never begun goes to the next worker."""
        self._dismiss(hand)
        if hand.pid is not None:
            if hand.key is not None:
                self._heard.append(Outcome(hand.key, died=True))
            return
        self._stillborn += 1
        if self._stillborn >= MAX_STILLBORN:
            raise NotReady("worker-died", "转写进程一再起不来, 多半是内存不足: 请减少 --workers")
        if hand.key is not None:
            self._hire().give(hand.key, hand.piece)

    def _dismiss(self, hand: Hand) -> None:
        self._hands.remove(hand)
        hand.end()


class LocalExecutor(Team):
    """本机进程池: processes started afresh (spawn), each with its own model and its share of the cores."""

    def __init__(self, make: Maker, workers: int, calls_per_worker: int = CALLS_PER_WORKER) -> None:
        super().__init__(workers, calls_per_worker)
        self._make = make

    def start(self) -> Hand:
        return _Process(self._make, threads_each(self.workers))

    def listen(self, hands: list[Hand], timeout: float) -> Iterator[tuple[Hand, Any]]:
        owners: dict[Any, _Process] = {end: h for h in hands if isinstance(h, _Process) for end in (h.pipe, h.sentinel)}
        for hand in dict.fromkeys(owners[end] for end in wait(list(owners), timeout)):
            try:
                yield hand, hand.pipe.recv() if hand.pipe.poll() else Dead()
            except (EOFError, OSError):
                yield hand, Dead()


class _Process(Hand):
    """A process and the pipe to it."""

    def __init__(self, make: Maker, threads: int) -> None:
        super().__init__()
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs, make, threads), daemon=True)
        self._process.start()
        theirs.close()
        self.sentinel = self._process.sentinel

    def send(self, piece: Any) -> None:
        with contextlib.suppress(OSError):
            self.pipe.send(piece)

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_each(workers: int, of: int | None = None) -> int:
    """The threads of each of so many workers: together they are as many as there are cores."""
    return max(1, (of or cores()) // workers)


def limit_threads(threads: int) -> None:
    """Keeps number libraries from starting a thread a core in each worker; before they are imported."""
    for name in _POOLS:
        os.environ[name] = str(threads)


class Faulty:
    """How a fault travels between processes: code and detail."""

    def __init__(self, fault: DongkeError) -> None:
        self.code, self.detail = fault.code, fault.detail


def called(work: Work, piece: Any) -> Any:
    """The result of the work, or its fault as `Faulty`. Without memory the worker dies: the piece gets a fresh one."""
    try:
        return work(piece)
    except DongkeError as fault:
        return Faulty(fault)
    except MemoryError:
        os._exit(137)
    except Exception as fault:
        return Faulty(DongkeError("worker-failed", f"转写进程出错: {type(fault).__name__}: {fault}"))


def outcome(key: str, said: Any) -> Outcome:
    """What a worker said of its piece."""
    if isinstance(said, Faulty):
        return Outcome(key, fault=DongkeError(said.code, said.detail))
    return Outcome(key, said)


def _serve(pipe: Connection, make: Maker, threads: int) -> None:
    """The life of a worker process. Ctrl-C is for the parent alone, and without a parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_threads(threads)
    with contextlib.suppress(EOFError, OSError):
        try:
            work = make(threads)
        except DongkeError as fault:
            pipe.send(Faulty(fault))
            return
        pipe.send(os.getpid())
        while True:
            pipe.send(called(work, pipe.recv()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
