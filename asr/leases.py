"""转写租约: while a recording is heard everybody sees it, and a worker that dies gives it back.

Whoever hears a recording holds its lease in transactions of their own, beside the one that will hold the result: the
state says 转写中 at once, a thread prolongs the lease, and what runs out comes back as 已登记.
"""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.models import Recording, RecordingLease, RecordingState
from dongke import db

LEASE = timedelta(seconds=60)
BEATS = 4  #: a lease is prolonged so often within its life
INTERRUPTED = "转写进程中断, 重新排队"
#: what is shown as 转写中 while it is heard; what is done stays done while it is heard anew
_WAITING = (RecordingState.REGISTERED, RecordingState.NEEDS_MODEL, RecordingState.FAILED)
_log = structlog.get_logger(__name__)


@contextmanager
def held(recording_id: str, *, lease: timedelta = LEASE) -> Iterator[bool]:
    """Holds the lease of the recording; False where another worker holds it or there is no such recording.

    What is still 转写中 when the block ends, because it failed, goes back to 已登记.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with db.session_scope() as session:
        is_held = begin(session, recording_id, worker, lease)
    if not is_held:
        yield False
        return
    stop = threading.Event()
    beating = threading.Thread(target=_keep, args=(recording_id, worker, lease, stop), name="lease", daemon=True)
    beating.start()
    try:
        yield True
    finally:
        stop.set()
        beating.join()
        with db.session_scope() as session:
            end(session, recording_id, worker)


def begin(session: Session, recording_id: str, worker: str, lease: timedelta = LEASE) -> bool:
    """Takes the lease, unless somebody holds it who still lives; the recording is 转写中 from the commit on."""
    recording = session.exec(
        select(Recording)
        .where(Recording.id == recording_id)
        .with_for_update(skip_locked=True)  # locked: somebody is just writing what was heard
        .execution_options(populate_existing=True)
    ).first()
    if recording is None:
        return False
    values = {"worker": worker, "begun_at": func.clock_timestamp(), "until": func.clock_timestamp() + lease}
    taken = session.execute(
        insert(RecordingLease)
        .values(recording_id=recording_id, **values)
        .on_conflict_do_update(
            index_elements=["recording_id"], set_=values, where=col(RecordingLease.until) < func.clock_timestamp()
        )
        .returning(col(RecordingLease.worker))
    ).first()
    if taken is None:
        return False
    if recording.state in _WAITING:
        recording.state, recording.reason = RecordingState.TRANSCRIBING, None
    session.flush()
    return True


def prolong(session: Session, recording_id: str, worker: str, lease: timedelta = LEASE) -> bool:
    """The worker says that he lives. False where the lease is his no more."""
    done = session.execute(
        update(RecordingLease)
        .where(col(RecordingLease.recording_id) == recording_id, col(RecordingLease.worker) == worker)
        .values(until=func.clock_timestamp() + lease)
        .returning(col(RecordingLease.recording_id))
    )
    return done.first() is not None


def end(session: Session, recording_id: str, worker: str) -> None:
    """Gives the lease back. A recording that is still 转写中 then was not heard to the end: it waits again."""
    gone = session.execute(
        delete(RecordingLease)
        .where(col(RecordingLease.recording_id) == recording_id, col(RecordingLease.worker) == worker)
        .returning(col(RecordingLease.recording_id))
    ).first()
    if gone is not None:
        session.execute(
            update(Recording)
            .where(col(Recording.id) == recording_id, col(Recording.state) == RecordingState.TRANSCRIBING)
            .values(state=RecordingState.REGISTERED, reason=None)
        )


def reclaim(session: Session) -> list[str]:
    """Gives back what dead workers were hearing: 已登记 again. Returns the ids, sorted."""
    living = select(RecordingLease.recording_id).where(col(RecordingLease.until) >= func.clock_timestamp())
    dead = (
        select(Recording.id)
        .where(Recording.state == RecordingState.TRANSCRIBING, col(Recording.id).not_in(living))
        .with_for_update(skip_locked=True)  # locked: its worker is late, but he lives and is writing
    )
    idents = sorted(session.exec(dead))
    if idents:
        session.execute(
            update(Recording)
            .where(col(Recording.id).in_(idents))
            .values(state=RecordingState.REGISTERED, reason=INTERRUPTED)
        )
        session.execute(delete(RecordingLease).where(col(RecordingLease.recording_id).in_(idents)))
    return idents


def _keep(recording_id: str, worker: str, lease: timedelta, stop: threading.Event) -> None:
    while not stop.wait(lease.total_seconds() / BEATS):
        try:
            with db.session_scope() as session:
                if not prolong(session, recording_id, worker, lease):
                    return
        except Exception:  # the database is away for a moment; the next beat tries again
            _log.exception("lease not prolonged", recording=recording_id)
