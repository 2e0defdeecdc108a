"""审计: a hash-chained log of reads and corrections. Each entry's hash covers the one before it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Column, text
from sqlmodel import Field, Session, SQLModel, col, select

from dongke.clock import now
from dongke.db import AwareDateTime, Json

_CHAIN_LOCK = 0x446F6E67


class AuditEntry(SQLModel, table=True):
    """审计记录."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=AwareDateTime)
    actor: str
    action: str
    target: str
    detail: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    previous: str
    hash: str


def record(session: Session, actor: str, action: str, target: str, **detail: Any) -> None:
    """Appends an entry in the caller's transaction; writers queue on one lock until they commit."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    last = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).first()
    entry = AuditEntry(
        at=now(),
        actor=actor,
        action=action,
        target=target,
        detail=detail,
        previous=last.hash if last else "",
        hash="",
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()


def broken_at(session: Session) -> int | None:
    """The id of the first entry that does not fit the chain, or None where all is whole."""
    previous, after = "", 0
    while entries := _entries(session, after):
        for entry in entries:
            if entry.previous != previous or entry.hash != _hash(entry):
                return entry.id
            previous, after = entry.hash, entry.id or 0
            session.expunge(entry)
    return None


def _entries(session: Session, after: int) -> list[AuditEntry]:
    page = select(AuditEntry).where(col(AuditEntry.id) > after).order_by(col(AuditEntry.id)).limit(1_000)
    return list(session.exec(page))


def _hash(entry: AuditEntry) -> str:
    stamp = int(entry.at.timestamp() * 1_000_000)
    body = [entry.previous, stamp, entry.actor, entry.action, entry.target, entry.detail]
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
