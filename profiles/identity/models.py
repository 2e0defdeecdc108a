"""Tables of identity beside the identifiers: doubts for a person to settle, and events of whom nobody knows yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json


class IdentityConflict(SQLModel, table=True):
    """身份疑点: what the data say of one person and cannot both be true. A person settles it; nothing merges by itself.

    Unique by what it is about: told again, its count goes up.
    """

    __table_args__ = (Index("identityconflict_customers", "customers", postgresql_using="gin"),)

    id: str = Field(primary_key=True)
    kind: str = Field(index=True)  #: disagreement, handover, double, limit
    customers: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    detail: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  #: identifiers masked
    first_at: datetime = Field(sa_type=AwareDateTime)
    last_at: datetime = Field(sa_type=AwareDateTime)
    count: int = 1
    settled_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    settled_by: str | None = None
    note: str = ""


class AnonymousEvent(SQLModel, table=True):
    """匿名行为: an event whose identifiers name nobody yet. It moves to its customer once one of them is linked."""

    __table_args__ = (Index("anonymousevent_marks", "marks", postgresql_using="gin"),)

    message_id: str = Field(primary_key=True)
    marks: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))  #: kind~blind index
    event: str
    at: datetime = Field(sa_type=AwareDateTime, index=True)
    known_at: datetime = Field(sa_type=AwareDateTime)
    properties: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
