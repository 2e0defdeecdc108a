"""Tables of the tracker. Opportunities are a projection: recomputed per customer from facts, never edited by hand."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json, text_enum


class State(StrEnum):
    """商机状态."""

    OPEN = "open"  #: 待跟进
    CONTACTED = "contacted"  #: 已触达未谈到
    DISCUSSED = "discussed"  #: 已谈未决
    WON = "won"  #: 已成单
    REFUSED = "refused"  #: 客户拒绝
    EXPIRED = "expired"  #: 失效


class StoredOpportunity(SQLModel, table=True):
    """商机 as of the last computation. The id is stable over recomputations: customer, playbook, key, opening talk."""

    __tablename__ = "opportunity"
    __table_args__ = (
        Index("opportunity_by_owner", "owner_id", "state", "due_at"),
        Index("opportunity_provisional", "customer_id", postgresql_where=text("due_provisional")),
    )

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    playbook: str = Field(index=True)
    playbook_version: str
    key: str | None = None
    owner_id: str = Field(foreign_key="advisor.id")
    opened_at: datetime = Field(sa_type=AwareDateTime, index=True)
    opened_by: str  #: assertion id
    due_at: datetime = Field(sa_type=AwareDateTime, index=True)
    state: State = Field(sa_column=Column(text_enum(State), index=True, nullable=False))
    attempts: int = 0
    first_contact_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    discharged_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=AwareDateTime)  #: won, refused or expired
    won_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    unassisted: bool = False
    self_reported: bool = False
    low_yuan: int | None = None
    high_yuan: int | None = None
    due_provisional: bool = False  #: the trading calendar of that year is not final
    value: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  #: the opening tag's slots
    causes: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
    misses: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )  #: talks that did not count, and why
    computed_at: datetime = Field(sa_type=AwareDateTime)


class Attempt(SQLModel, table=True):
    """未接通的呼叫. No follow-up, but counted."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id")
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)


class Note(SQLModel, table=True):
    """拜访记录 written by the advisor, with the mentions the reader found in it."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id")
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)
    text: str
    mentions: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))


class ManualAction(SQLModel, table=True):
    """手工登记 of an outcome: shows as 自报 unless a contact proves it."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    playbook: str
    key: str | None = None  #: None means every open opportunity of that playbook
    opportunity_id: str | None = None
    advisor_id: str = Field(foreign_key="advisor.id")
    outcome: str  #: done, refused
    comment: str = ""
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)


class Notice(SQLModel, table=True):
    """提醒: made by the scheduler, once per (kind, level, subject, due_at)."""

    __table_args__ = (Index("notice_by_opportunity", "opportunity_id", "kind", "level"),)

    id: str = Field(primary_key=True)
    kind: str = Field(index=True)  #: overdue, escalated, maturity, profile_expiry
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id", index=True)
    due_at: datetime = Field(sa_type=AwareDateTime)
    text: str
    made_at: datetime = Field(sa_type=AwareDateTime)
    opportunity_id: str | None = None  #: what it reminds of; the notice goes where the opportunity goes
    level: str = "advisor"  #: whom it is for: advisor, branch, firm


class CalendarEdition(SQLModel, table=True):
    """日历版本: the trading calendars by which deadlines were counted; the newest is the one in force."""

    __tablename__ = "calendar_edition"

    id: str = Field(primary_key=True)
    exceptions: list[str] = Field(sa_column=Column(Json, nullable=False))  #: days unlike Monday to Friday, ISO
    seen_at: datetime = Field(sa_type=AwareDateTime)


class JobRun(SQLModel, table=True):
    """定时任务的一次运行. Unique by (job, due_at): a second firing finds it and does nothing."""

    job: str = Field(primary_key=True)
    due_at: datetime = Field(primary_key=True, sa_type=AwareDateTime)
    started_at: datetime = Field(sa_type=AwareDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
