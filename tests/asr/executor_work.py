"""Work for the executors under test; workers import it by name."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.archive import Heard, Piece
from asr.executors import Work
from asr.transcriber import Transcript, Turn
from dongke.errors import BadInput, NotReady
from dongke.types import Speaker


@dataclass(frozen=True)
class Arithmetic:
    """Squares numbers. `die_once`: numbers that kill the worker the first time; `die`: that always do."""

    folder: Path
    die_once: tuple[int, ...] = ()
    die: tuple[int, ...] = ()

    def __call__(self, threads: int) -> Work:
        return self._square

    def _square(self, number: Any) -> tuple[int, int]:
        if number in self.die or (number in self.die_once and self._first_time(number)):
            os.kill(os.getpid(), signal.SIGKILL)
        if number < 0:
            raise BadInput("number-negative", "负数")
        if number == 99:
            raise MemoryError
        if number == 98:
            raise RuntimeError("unexpected")
        return number * number, os.getpid()

    def _first_time(self, number: int) -> bool:
        mark = self.folder / f"died-{number}"
        if mark.exists():
            return False
        mark.touch()
        return True


@dataclass(frozen=True)
class Stillborn:
    """Never gets ready: by a fault of its own, or by dying."""

    dies: bool

    def __call__(self, threads: int) -> Work:
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        raise NotReady("model-missing", "没有语音模型")


def threads_of(threads: int) -> Work:
    """Work that tells how many threads its worker was given."""
    return lambda _: (threads, os.environ["OPENBLAS_NUM_THREADS"])


@dataclass(frozen=True)
class Parrot:
    """Ears without a model: every recording says the name of its file. Notes in `log` what it is given, in order.

    By the name: `faulty` is refused, `deadly` kills its worker always, `once` the first time.
    """

    log: Path
    gate: Path | None = None  #: until this file is there, nothing is heard

    def __call__(self, threads: int) -> Work:
        return self._hear

    def _hear(self, piece: Piece) -> Heard:
        name = Path(piece.path).stem
        with self.log.open("a") as log:
            log.write(f"{piece.recording_id}\n")
        while self.gate is not None and not self.gate.exists():
            time.sleep(0.005)
        if "deadly" in name or ("once" in name and self.log.read_text().split().count(piece.recording_id) == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if "faulty" in name:
            raise BadInput("audio-broken", "录音解码失败")
        turns = (Turn(Speaker.CUSTOMER, f"我想买五十万基金 {name}", 0, 3000),)
        return Heard("parrot@1", Transcript(turns, "parrot@1"))
