"""入口: pieces of input → the packages that keep them. What cannot be used stays in the quarantine, the rest goes on.

Every door is idempotent by the id of its source. What is new is put on the queue in the same transaction.
`api/files.py` says what kind a file is; `ingest` takes whole files, the other functions take what a request brought.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from api import files, pipeline, queue, takers
from api.files import Kind, Piece
from api.queue import Task
from dongke import db, quarantine
from dongke.errors import BadInput, Conflict, DongkeError
from dongke.quarantine import Quarantined
from dongke.settings import Settings, settings

#: what cannot be read as a row: the file must be mended and taken in again
_PARTLY_KEPT = frozenset({"csv-row", "line-too-long"})
BATCH = 200  #: pieces a transaction
FETCHED = 5  #: recordings fetched in a transaction
_BATCH = {
    **{Kind.EVENT: 5_000, Kind.WECOM: 2_000, Kind.IDENTIFIERS: 5_000},
    **{Kind.SNAPSHOTS: 5_000, Kind.CONSENTS: 5_000},
    **{Kind.BRANCHES: 20_000, Kind.ADVISORS: 20_000, Kind.CUSTOMERS: 20_000},
}
Progress = Callable[["Outcome"], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one piece: new, changed, unchanged, waiting (an event of somebody who is not known yet), or
    refused (and then kept, with its fault)."""

    kind: str
    source: str
    id: str | None
    state: str
    fault: DongkeError | None = None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"source": self.source, "id": self.id, "state": self.state}
        if self.fault is not None:
            row |= {"code": self.fault.code, "detail": self.fault.detail}
        return row


@dataclass(slots=True)
class Summary:
    """接入的总账. The lists name what is to be processed: the queue has it already."""

    counts: Counter[str] = field(default_factory=Counter)  #: by "kind.state"
    faults: list[Outcome] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)

    def count(self, state: str) -> int:
        """How many pieces ended in that state, over all kinds."""
        return sum(n for name, n in self.counts.items() if name.endswith("." + state))

    @property
    def accepted(self) -> int:
        return self.count("new") + self.count("changed") + self.count("waiting")

    @property
    def unchanged(self) -> int:
        return self.count("unchanged")

    @property
    def refused(self) -> int:
        return self.count("refused")


class Intake:
    """收件: takes pieces in one transaction and adds up what became of them."""

    def __init__(self, session: Session, config: Settings | None = None, progress: Progress | None = None) -> None:
        self.session = session
        self.config = config or settings()
        self.summary = Summary()
        self.outcomes: list[Outcome] = []
        self._progress = progress
        self.heard_at: datetime | None = None  #: when a network brought the pieces; None for files
        self.is_backfill = False  #: recordings come from an archive: known files are not read, the day goes before them
        self._again: Quarantined | None = None

    def take(self, kind: Kind, pieces: Iterable[Piece]) -> None:
        """Takes the pieces through the door of their kind."""
        readable = [p for p in pieces if not self._unreadable(kind, p)]
        if kind in takers.BATCHED:
            self._together(kind, readable)
            return
        for piece in readable:
            self.one(kind, piece.source, piece.raw, lambda row=piece.row: takers.ONE[kind](self, row))  # type: ignore[misc]

    def one(self, kind: str, source: str, payload: bytes, work: Callable[[], tuple[str, str]]) -> Outcome:
        """Does `work` (which gives id and state) in a savepoint of its own; a fault goes to the quarantine."""
        try:
            with self.session.begin_nested():
                ident, state = work()
        except DongkeError as fault:
            return self.refuse(kind, source, payload, fault)
        except OperationalError:
            raise  # the database is away: nothing is wrong with the piece
        except Exception as fault:
            return self.refuse(kind, source, payload, quarantine.reason_of(fault))
        return self.note(Outcome(kind, source, ident, state))

    def refuse(self, kind: str, source: str, payload: bytes, fault: DongkeError) -> Outcome:
        """Keeps the piece with its reason; the one that is being retried keeps its place."""
        if self._again is not None and self._again.payload == payload:
            quarantine.refuse_again(self._again, fault)
        else:
            quarantine.keep(self.session, kind, source, payload, fault)
        return self.note(Outcome(kind, source, None, "refused", fault))

    def note(self, outcome: Outcome) -> Outcome:
        """Adds the outcome to the account."""
        self.summary.counts[f"{outcome.kind}.{outcome.state}"] += 1
        if outcome.fault is not None:
            self.summary.faults.append(outcome)
        self.outcomes.append(outcome)
        if self._progress:
            self._progress(outcome)
        return outcome

    def retry(self, kept: Quarantined) -> Outcome:
        """Takes the kept piece in once more."""
        self._again = kept
        self.heard_at = kept.received_at if files.is_body(kept.source) else None
        if kept.door == "process":
            return self.one(kept.door, kept.source, kept.payload, lambda: _process_again(self, kept.payload))
        if kept.door == Kind.FILE:
            return _file_again(self, kept)
        return _piece_again(self, kept)

    def finish(self) -> Summary:
        """Puts what is new on the queue."""
        summary = self.summary
        pipeline.settle(self.session, summary.conversations)
        queue.defer(self.session, Task.CONVERSATION, summary.conversations)
        priority = queue.BACKFILL if self.is_backfill else 0
        queue.defer(self.session, Task.RECORDING, summary.recordings, priority=priority)
        queue.defer(self.session, Task.NOTE, summary.notes)
        summary.customers = takers.with_talks(self.session, summary.customers)
        queue.defer(self.session, Task.CUSTOMER, summary.customers)
        return summary

    def _together(self, kind: Kind, pieces: list[Piece]) -> None:
        """A batch in one savepoint; where the database refuses something in it, each piece by itself."""
        try:
            with self.session.begin_nested():
                takers.BATCHED[kind](self, kind, pieces)
        except (DongkeError, OperationalError):
            raise
        except Exception as fault:
            if len(pieces) == 1:
                self.refuse(kind, pieces[0].source, pieces[0].raw, quarantine.reason_of(fault))
                return
            for piece in pieces:
                self._together(kind, [piece])

    def _unreadable(self, kind: Kind, piece: Piece) -> bool:
        if piece.fault is None:
            return False
        self.refuse(kind, piece.source, piece.raw, piece.fault)
        return True


def ingest(paths: Iterable[Path], *, progress: Progress | None = None, config: Settings | None = None) -> Summary:
    """Takes in files and folders, each by its kind, in transactions of its own. The same file twice changes nothing."""
    total = Summary()
    for kind, path in files.find(list(paths)):
        try:
            for pieces in _batches(kind, path):
                with db.session_scope() as session:
                    intake = Intake(session, config, progress)
                    intake.take(kind, pieces)
                    _add(total, intake.finish())
        except DongkeError as fault:
            with db.session_scope() as session:
                intake = Intake(session, config, progress)
                intake.refuse(Kind.FILE, path.name, files.as_bytes({"path": str(path.resolve())}), fault)
                _add(total, intake.summary)
    return total


def fetch(urls: Iterable[str], *, progress: Progress | None = None, config: Settings | None = None) -> Summary:
    """Takes in the recordings of the manifests at those URLs. Few in a transaction: each is fetched in it."""
    total = Summary()
    for url in urls:
        pieces = takers.recordings_at(url, config or settings())
        while batch := list(islice(pieces, FETCHED)):
            with db.session_scope() as session:
                intake = Intake(session, config, progress)
                intake.take(Kind.RECORDING, batch)
                _add(total, intake.finish())
    return total


def retry(session: Session, ident: int, config: Settings | None = None, *, total: Summary | None = None) -> Outcome:
    """Takes a quarantined piece in once more. Resolved where it works; else it stays with its newest reason.

    `total`: what is to be processed is added to it.
    Raises NotFound `quarantine-unknown`.
    """
    kept = quarantine.one(session, ident)
    intake = Intake(session, config)
    outcome = intake.retry(kept)
    _add(total or Summary(), intake.finish())
    if outcome.fault is None:
        quarantine.resolve(session, ident)
    session.flush()
    return outcome


def _batches(kind: Kind, path: Path) -> Iterator[list[Piece]]:
    pieces = iter(_pieces(kind, path))
    while batch := list(islice(pieces, _BATCH.get(kind, BATCH))):
        yield batch


def _pieces(kind: Kind, path: Path) -> Iterable[Piece]:
    if kind is Kind.FILE:
        raise _unknown_file(path)
    if kind is Kind.RECORDING:
        return takers.recordings(path if path.is_dir() else path.parent)
    if kind is Kind.TRANSCRIPT:
        return takers.transcripts(path / "manifest.csv" if path.is_dir() else path)
    if path.suffix.lower() != ".csv":
        return files.json_pieces(path)
    missing = files.missing_columns(path, kind)
    if missing:
        raise BadInput("csv-columns", f"{path.name} 缺少列: {', '.join(missing)}")
    return files.csv_pieces(path)


def _unknown_file(path: Path) -> DongkeError:
    if not path.exists():
        return BadInput("file-unreadable", f"没有文件 {path.name}")
    if path.stat().st_size == 0:
        return BadInput("file-empty", f"{path.name} 是空的")
    if path.suffix.lower() in files.TEXTS and not files.is_text(path):
        return BadInput("encoding", f"{path.name}: 既不是 UTF-8 也不是 GB 18030")
    if files.is_sound(path):
        return BadInput("manifest-missing", f"录音 {path.name} 旁边没有 manifest.csv, 不知道是谁的")
    return BadInput("file-unknown", f"认不出 {path.name} 是什么 (docs/doors.md)")


def _piece_again(intake: Intake, kept: Quarantined) -> Outcome:
    """The kept bytes through their door again. Where only a part was kept, the reason stays."""
    if kept.door not in list(Kind):
        raise Conflict("door-unknown", f"入口 {kept.door} 的隔离件不能重试")
    if kept.code in _PARTLY_KEPT or len(kept.payload) >= quarantine.MAX_KEPT_BYTES:
        return intake.refuse(kept.door, kept.source, kept.payload, BadInput(kept.code, kept.detail))
    intake.take(Kind(kept.door), [files.one_piece(kept.source, kept.payload)])
    mine = [outcome for outcome in intake.outcomes if outcome.source == kept.source] or intake.outcomes
    return mine[-1] if mine else Outcome(kept.door, kept.source, None, "unchanged")


def _file_again(intake: Intake, kept: Quarantined) -> Outcome:
    """The file, if it still lies where it lay."""
    path = Path(json.loads(kept.payload)["path"])
    try:
        for kind, found in files.find([path]):
            for pieces in _batches(kind, found):
                intake.take(kind, pieces)
    except DongkeError as fault:
        return intake.refuse(Kind.FILE, kept.source, kept.payload, fault)
    return Outcome(Kind.FILE, kept.source, None, "changed")


def _process_again(intake: Intake, payload: bytes) -> tuple[str, str]:
    row = json.loads(payload)
    queue.defer(intake.session, Task(row["task"]), [row["ident"]])
    lists = {
        Task.CONVERSATION: intake.summary.conversations,
        Task.RECORDING: intake.summary.recordings,
        Task.NOTE: intake.summary.notes,
    }
    lists.get(Task(row["task"]), []).append(row["ident"])
    return row["ident"], "changed"


def _add(total: Summary, part: Summary) -> None:
    total.counts.update(part.counts)
    total.faults.extend(part.faults)
    total.conversations.extend(part.conversations)
    total.recordings.extend(part.recordings)
    total.notes.extend(part.notes)
    total.customers |= part.customers
