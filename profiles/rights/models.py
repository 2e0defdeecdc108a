"""Table of the facts of rights: consents, deleted tags, states, legal holds. Append-only, with two times."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime


class StoredRight(SQLModel, table=True):
    """权利事实: what a customer wished, or what the law or a dispute demands, from a moment on. Never changed."""

    __tablename__ = "rights_fact"
    __table_args__ = (Index("rights_fact_by_customer", "customer_id", "at"),)

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id")
    kind: str  #: consent, tag, state, hold
    subject: str = ""  #: of a consent the purpose, of a deletion the tag
    status: str  #: granted, denied, revoked; deleted, restored; active, restricted, erased; held, released
    assertion_id: str | None = Field(default=None, foreign_key="tag_assertion.id")  #: only this one fact of the tag
    at: datetime = Field(sa_type=AwareDateTime)  #: when he said so
    known_at: datetime = Field(sa_type=AwareDateTime)
    source: str = ""  #: how it reached the firm: 客户口头, 书面, 企业微信 …
    by: str  #: who noted it
    reason: str = ""
