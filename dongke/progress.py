"""进度 of long work: what runs how far, for the page as for the terminal. Written beside the work's own transaction."""

import time
import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Column, delete, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from dongke import db
from dongke.clock import now
from dongke.db import AwareDateTime, text_enum
from dongke.errors import DongkeError

EVERY_SECONDS = 1.0  #: between two notes of how far it is
LOST_AFTER = timedelta(minutes=2)  #: work that says nothing for so long is not running any more
KEEP = timedelta(days=7)
CHANNEL = "dongke_live"


class WorkState(StrEnum):
    """进行状态."""

    RUNNING = "running"  #: 进行中
    DONE = "done"  #: 已完成
    FAILED = "failed"  #: 中断, 见 detail
    LOST = "lost"  #: 很久没有消息, 多半已被结束


class LongWork(SQLModel, table=True):
    """一件耗时的工作: ingest 接入, archive 转写归档, retag 重读, export 导出."""

    __tablename__ = "long_work"

    id: str = Field(primary_key=True)
    kind: str
    title: str  #: what a page shows; names no customer
    total: int | None = Field(default=None, sa_type=BigInteger)  #: none: not known
    done: int = Field(default=0, sa_type=BigInteger)
    failed: int = Field(default=0, sa_type=BigInteger)  #: of those done
    state: WorkState = Field(sa_column=Column(text_enum(WorkState), nullable=False))
    detail: str = ""
    started_at: datetime = Field(sa_type=AwareDateTime, index=True)
    updated_at: datetime = Field(sa_type=AwareDateTime)

    @property
    def rate(self) -> float:
        """Pieces a second so far."""
        spent = (self.updated_at - self.started_at).total_seconds()
        return self.done / spent if spent > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Till it is done, at the rate so far; None where that cannot be told."""
        if self.state != WorkState.RUNNING or self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate


class Meter:
    """What the work calls as it goes on. Writes at most once a second."""

    def __init__(self, kind: str, title: str, total: int | None = None) -> None:
        self.ident, self.total, self.done, self.failed = uuid.uuid4().hex, total, 0, 0
        self._noted = time.monotonic()
        moment = now()
        row = LongWork(
            id=self.ident,
            kind=kind,
            title=title,
            total=total,
            state=WorkState.RUNNING,
            started_at=moment,
            updated_at=moment,
        )
        with db.session_scope() as session:
            session.execute(delete(LongWork).where(col(LongWork.started_at) < moment - KEEP))
            session.add(row)
            _tell(session)

    def step(self, done: int = 1, failed: int = 0) -> None:
        """So many pieces more are done, `failed` of them without success."""
        self.set(self.done + done, self.total, self.failed + failed)

    def set(self, done: int, total: int | None, failed: int = 0) -> None:
        """So many pieces are done now, of so many."""
        self.done, self.total, self.failed = done, total, failed
        if time.monotonic() - self._noted >= EVERY_SECONDS:
            self.note()

    def note(self, state: WorkState = WorkState.RUNNING, detail: str = "") -> None:
        """Writes down how far it is."""
        self._noted = time.monotonic()
        values = {"done": self.done, "failed": self.failed, "total": self.total, "state": state, "detail": detail}
        with db.session_scope() as session:
            session.execute(update(LongWork).where(col(LongWork.id) == self.ident).values(**values, updated_at=now()))
            _tell(session)


def reason(fault: BaseException) -> str:
    """Why work ended, for the page. Of what nobody expected only the kind: its words may name a customer."""
    if isinstance(fault, KeyboardInterrupt):
        return "手动停止"
    return fault.detail if isinstance(fault, DongkeError) else f"意外错误 ({type(fault).__name__})"


def recent(session: Session, limit: int = 20) -> list[LongWork]:
    """What runs, and what ran last, newest first. Running work that fell silent is `lost`."""
    rows = list(session.exec(select(LongWork).order_by(col(LongWork.started_at).desc()).limit(limit)))
    for row in rows:
        session.expunge(row)
        if row.state == WorkState.RUNNING and now() - row.updated_at > LOST_AFTER:
            row.state = WorkState.LOST
    return rows


def _tell(session: Session) -> None:
    session.execute(text("select pg_notify(:channel, :word)"), {"channel": CHANNEL, "word": '{"kind": "progress"}'})
