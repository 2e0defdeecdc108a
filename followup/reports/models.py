"""Tables of the reports: 存档报表 as they were given, and what was measured of each talk (深挖, 服务策略)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json


class StoredReport(SQLModel, table=True):
    """存档报表: the report exactly as it was given, to be made again and compared."""

    __tablename__ = "stored_report"

    id: str = Field(primary_key=True)
    kind: str  #: weekly, monthly, asked
    scope: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  #: group, and branch or advisor where given
    start: datetime = Field(sa_type=AwareDateTime)
    end: datetime = Field(sa_type=AwareDateTime)
    as_of: datetime = Field(sa_type=AwareDateTime, index=True)
    sha256: str
    body: str  #: the JSON text
    files: list[str] = Field(sa_column=Column(Json, nullable=False))  #: names in the report folder
    branch_id: str | None = None  #: whose managers may read it; None: the firm's


class TalkMeasure(SQLModel, table=True):
    """会话的度量. A newer one supersedes the older, so that a past report still finds what was measured then."""

    __tablename__ = "talk_measure"
    __table_args__ = (Index("talk_measure_by_time", "at"),)

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    kind: str = Field(primary_key=True)  #: dig 深挖, adherence 服务策略
    measured_at: datetime = Field(primary_key=True, sa_type=AwareDateTime)
    superseded_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id")
    at: datetime = Field(sa_type=AwareDateTime)  #: of the talk
    points: float  #: dig: new rungs; adherence: the score, 0–100
    asked: int = 0  #: dig: rungs that answered a question of the advisor's
    level: str | None = None  #: adherence: novice, experienced
    detail: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))  #: [{what, utterance}], no words


class TalkSeen(SQLModel, table=True):
    """看过的会话: which content and reading of the talk was measured, whatever was found."""

    __tablename__ = "talk_seen"

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    mark: str  #: its `read_hash`
