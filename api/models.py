"""Table of the API's own: what was answered to a write that carried an Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json


class IdempotentReply(SQLModel, table=True):
    """写请求的答复. The same key of the same login gets the same answer; another body under it is refused."""

    login: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str  #: SHA-256 of method, path and body
    status: int
    body: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    made_at: datetime = Field(sa_type=AwareDateTime)
