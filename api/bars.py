"""进度条: on the terminal, and for the same work on the system page (dongke/progress.py)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from dongke.progress import EVERY_SECONDS, Meter, WorkState, reason

_log = structlog.get_logger(__name__)


@contextmanager
def progress(kind: str) -> Iterator[Progress]:
    """Bars on standard error, so that a piped standard output stays clean. `kind`: ingest, archive, retag, export …"""
    with _bars() as bars:
        seen = _Seen(bars, kind)
        stop = threading.Event()
        watcher = threading.Thread(target=seen.watch, args=(stop,), name="progress", daemon=True)
        watcher.start()
        fault: BaseException | None = None
        try:
            yield bars
        except BaseException as raised:
            fault = raised
            raise
        finally:
            stop.set()
            watcher.join()
            seen.end(fault)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}", justify="left"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _Note(),
        console=Console(stderr=True),
    )


class _Note(ProgressColumn):
    """What a bar says beside its figures (`note=`), if anything."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("note", "")))


class _Seen:
    """Copies the bars into the database once a second. A fault there costs the page its view, never the work."""

    def __init__(self, bars: Progress, kind: str) -> None:
        self._bars, self._kind = bars, kind
        self._meters: dict[TaskID, Meter] = {}

    def watch(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY_SECONDS):
            self._copy()

    def end(self, fault: BaseException | None) -> None:
        """The last word on each. Work of less than a second was never shown and need not be now."""
        if self._meters:
            self._copy()
        broken = self._broken() if fault else set()
        try:
            for ident, meter in self._meters.items():
                if fault and ident in broken:
                    meter.note(WorkState.FAILED, reason(fault))
                else:
                    meter.note(WorkState.DONE)
        except SQLAlchemyError as unnoted:
            _log.warning("progress not noted", detail=type(unnoted).__name__)

    def _broken(self) -> set[TaskID]:
        """What a fault has stopped: the bars that are not full, else the last one."""
        return {task.id for task in self._bars.tasks if not task.finished} or {max(self._meters, default=TaskID(0))}

    def _copy(self) -> None:
        try:
            for task in self._bars.tasks:
                total = None if task.total is None else int(task.total)
                if task.id not in self._meters:
                    self._meters[task.id] = Meter(self._kind, task.description, total)
                self._meters[task.id].set(int(task.completed), total)
        except SQLAlchemyError as fault:
            _log.warning("progress not noted", detail=type(fault).__name__)
