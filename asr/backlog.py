"""归档积压: what of an archive is registered already, what waits, and what goes before it.

A recording of an archive waits behind what comes in day by day (`is_backfill`). A file that has not changed since it
was registered is known by its path, size and time: a second start neither decodes nor hashes it.
"""

import os
import socket
from pathlib import Path

from sqlalchemy import ColumnElement, delete, exists, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.leases import INTERRUPTED, LEASE
from asr.models import ArchiveFile, Recording, RecordingLease, RecordingState
from dongke.standing import Purpose, processable


def stamp_of(path: Path) -> str:
    """Size and time of change: another content has another stamp."""
    found = path.stat()
    return f"{found.st_size}:{found.st_mtime_ns}"


def known(session: Session, path: Path, customer_id: str) -> str | None:
    """The recording that this file was registered as for this customer, if it is as it was then."""
    query = (
        select(Recording.id)
        .join(ArchiveFile, col(ArchiveFile.recording_id) == col(Recording.id))
        .where(ArchiveFile.path == str(path), ArchiveFile.stamp == stamp_of(path))
        .where(Recording.customer_id == customer_id)
    )
    return session.exec(query).first()


def remember(session: Session, recording_id: str, path: Path, *, is_new: bool) -> None:
    """Notes the file of a recording. What was there before the archive named it keeps its place in the queue."""
    values = {"path": str(path), "stamp": stamp_of(path)}
    session.execute(
        insert(ArchiveFile)
        .values(recording_id=recording_id, is_backfill=is_new, **values)
        .on_conflict_do_update(index_elements=["recording_id"], set_=values)
    )


def backfill(session: Session, recording_ids: list[str]) -> set[str]:
    """Those of the recordings that wait behind what comes in day by day."""
    query = select(ArchiveFile.recording_id).where(
        col(ArchiveFile.recording_id).in_(recording_ids), col(ArchiveFile.is_backfill)
    )
    return set(session.exec(query))


def is_backfill() -> ColumnElement[bool]:
    """SQL: the recording waits behind what comes in day by day."""
    return exists().where(col(ArchiveFile.recording_id) == col(Recording.id), col(ArchiveFile.is_backfill))


def live(session: Session, *, has_model: bool, limit: int = 20) -> list[str]:
    """The recordings of the day that wait and that nobody is hearing, the oldest first."""
    states = [RecordingState.REGISTERED] + [RecordingState.NEEDS_MODEL] * has_model
    leased = exists().where(
        col(RecordingLease.recording_id) == col(Recording.id), col(RecordingLease.until) >= func.clock_timestamp()
    )
    query = (
        select(Recording.id)
        .where(col(Recording.state).in_(states), ~is_backfill(), ~leased)
        .where(processable(Recording.customer_id, Purpose.ANALYSIS))
        .order_by(col(Recording.received_at), col(Recording.id))
        .limit(limit)
    )
    return list(session.exec(query))


def prolong(session: Session, worker: str) -> None:
    """The worker says of all its leases at once that he lives."""
    query = update(RecordingLease).where(col(RecordingLease.worker) == worker)
    session.execute(query.values(until=func.clock_timestamp() + LEASE))


def release_dead(session: Session) -> int:
    """Gives back at once what processes of this machine were hearing that are no more: nobody waits for their lease to
    run out. Returns how many."""
    here = f"{socket.gethostname()}:"
    rows = session.exec(select(RecordingLease).where(col(RecordingLease.worker).startswith(here, autoescape=True)))
    dead = [row.recording_id for row in rows if not _lives(row.worker)]
    session.execute(delete(RecordingLease).where(col(RecordingLease.recording_id).in_(dead)))
    session.execute(
        update(Recording)
        .where(col(Recording.id).in_(dead), col(Recording.state) == RecordingState.TRANSCRIBING)
        .values(state=RecordingState.REGISTERED, reason=INTERRUPTED)
    )
    return len(dead)


def _lives(worker: str) -> bool:
    """Whether the process of this machine in that name (`host:pid:…`) runs."""
    pid = worker.split(":")[1]
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
