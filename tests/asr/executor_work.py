"""Work for the executors under test; workers import it by name."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.executors import Work
from dongke.errors import BadInput, NotReady


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
