"""审计: a hash-chained log of reads and corrections. Each entry's hash covers the one before it."""

import hashlib
import json
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Column, String, bindparam, text
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
    session.flush()
    connection = session.connection()
    connection.execute(_LOCK)
    connection.execute(_APPEND, _row(actor, action, target, detail))


def record_read(session: Session, actor: str, action: str, target: str, **detail: Any) -> None:
    """Appends an entry and commits, in one trip to the database: for a request that has nothing more to write.

    The read that is answered is in the chain before it is answered, whatever becomes of the process. No line of ours
    runs while the chain is locked, so that readers who come together hardly wait for each other.
    """
    session.flush()
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.pipeline():
        driver.execute(_LOCK_PLAIN)
        driver.execute(_APPEND_PLAIN, _row(actor, action, target, detail) | {"detail": Jsonb(detail)})
        driver.execute("commit")


def _row(actor: str, action: str, target: str, detail: dict[str, Any]) -> dict[str, Any]:
    """The columns, and the part of the hashed text that does not depend on the entry before."""
    at = now()
    rest = json.dumps(_body("", at, actor, action, target, detail), sort_keys=True, ensure_ascii=False)
    return {"at": at, "actor": actor, "action": action, "target": target, "detail": detail, "rest": rest[3:]}


#: two statements, not one: the second must see what the one before it in the queue has committed
_LOCK_PLAIN = f"select pg_advisory_xact_lock({_CHAIN_LOCK})"
#: the hash of `_hash`, computed where the entry before is known
_APPEND_SQL = """
    insert into auditentry (at, actor, action, target, detail, previous, hash)
    select {at}, {actor}, {action}, {target}, {detail}, last.hash,
           encode(sha256(convert_to('["' || last.hash || '"' || {rest}, 'UTF8')), 'hex')
    from (select coalesce((select hash from auditentry order by id desc limit 1), '') as hash) last"""
_COLUMNS = ("at", "actor", "action", "target", "detail", "rest")
_LOCK = text(_LOCK_PLAIN)
_APPEND = text(_APPEND_SQL.format(**{name: f":{name}" for name in _COLUMNS})).bindparams(
    bindparam("at", type_=AwareDateTime()), bindparam("detail", type_=Json()), bindparam("rest", type_=String())
)
_APPEND_PLAIN = _APPEND_SQL.format(**{name: f"%({name})s" for name in _COLUMNS}).replace("%(rest)s", "%(rest)s::text")


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
    body = _body(entry.previous, entry.at, entry.actor, entry.action, entry.target, entry.detail)
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _body(previous: str, at: datetime, *rest: Any) -> list[Any]:
    return [previous, int(at.timestamp() * 1_000_000), *rest]
