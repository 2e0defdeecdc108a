"""隔离区: what could not be taken in stays, visible, with its reason, and can be retried."""

import hashlib
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Column, LargeBinary, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlmodel import Field, Session, SQLModel, col, select

from dongke.clock import now
from dongke.db import AwareDateTime
from dongke.errors import BadInput, DongkeError, NotFound

MAX_KEPT_BYTES = 1_000_000
_log = structlog.get_logger(__name__)


class Quarantined(SQLModel, table=True):
    """隔离件: one piece of input that a door refused. The same piece from the same door is kept once."""

    id: int | None = Field(default=None, primary_key=True)
    door: str = Field(index=True)  #: which door: conversation, wecom, recording, snapshot, event …
    source: str  #: file and line, or the request
    code: str = Field(index=True)
    detail: str
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    fingerprint: str = Field(unique=True)
    received_at: datetime = Field(sa_type=AwareDateTime)
    attempts: int = 1
    resolved_at: datetime | None = Field(default=None, sa_type=AwareDateTime)

    def to_json(self) -> dict[str, Any]:
        """What the list shows: everything but the payload."""
        return {
            "id": self.id,
            "door": self.door,
            "source": self.source,
            "code": self.code,
            "detail": self.detail,
            "received_at": self.received_at.isoformat(),
            "attempts": self.attempts,
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
        }


def reason_of(fault: Exception) -> DongkeError:
    """The reason under which a piece is kept where nobody foresaw one, so that the rest goes on."""
    if isinstance(fault, DataError | IntegrityError | StatementError | UnicodeError):
        return BadInput("data-refused", f"数据库不接受这一件: {type(fault).__name__}")
    _log.error("unexpected", exc_info=fault)
    return DongkeError("intake-failed", f"接入时意外出错: {type(fault).__name__}")


def keep(session: Session, door: str, source: str, payload: bytes, fault: DongkeError) -> None:
    """Keeps the refused piece under its reason; again refused, its count goes up. Over 1 MB only the start is kept."""
    mark = _mark(door, payload)
    row = insert(Quarantined).values(
        door=door,
        source=source,
        code=fault.code,
        detail=fault.detail,
        payload=payload[:MAX_KEPT_BYTES],
        fingerprint=mark,
        received_at=now(),
        attempts=1,
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["fingerprint"],
            set_={
                "attempts": Quarantined.__table__.c.attempts + 1,  # type: ignore[attr-defined]
                "code": fault.code,
                "detail": fault.detail,
                "resolved_at": None,
            },
        )
    )


def refuse_again(kept: Quarantined, fault: DongkeError) -> None:
    """A retried piece that was refused once more, with its newest reason."""
    kept.code, kept.detail, kept.attempts = fault.code, fault.detail, kept.attempts + 1
    kept.resolved_at = None


def waiting(session: Session, *, door: str | None = None, limit: int = 100) -> list[Quarantined]:
    """What still waits, newest first."""
    query = select(Quarantined).where(col(Quarantined.resolved_at).is_(None))
    if door:
        query = query.where(Quarantined.door == door)
    return list(session.exec(query.order_by(col(Quarantined.id).desc()).limit(limit)))


def count(session: Session) -> int:
    """How many pieces wait."""
    return session.exec(select(func.count()).where(col(Quarantined.resolved_at).is_(None))).one()


def settle(session: Session, door: str, payload: bytes) -> None:
    """Marks that piece as taken in after all, if it was kept."""
    kept = col(Quarantined.fingerprint) == _mark(door, payload)
    session.execute(update(Quarantined).where(kept, col(Quarantined.resolved_at).is_(None)).values(resolved_at=now()))


def one(session: Session, ident: int) -> Quarantined:
    """That piece. Raises NotFound `quarantine-unknown`."""
    found = session.get(Quarantined, ident)
    if found is None:
        raise NotFound("quarantine-unknown", f"隔离区没有 {ident}")
    return found


def resolve(session: Session, ident: int) -> None:
    """Marks the piece as taken in after all."""
    one(session, ident).resolved_at = now()


def _mark(door: str, payload: bytes) -> str:
    return hashlib.sha256(door.encode() + b"\0" + payload).hexdigest()
