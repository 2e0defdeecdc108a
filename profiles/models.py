"""Tables of facts: append-only, each with two times – when it was said or true, and when Dongke knew it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, String
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json


class StoredReading(SQLModel, table=True):
    """读后所得 of one conversation by one engine version. A newer reading supersedes the older: `superseded_at`."""

    __tablename__ = "reading"
    __table_args__ = (Index("reading_superseded", "id", postgresql_where="superseded_at is not null"),)

    id: str = Field(primary_key=True)  #: conversation id ~ digest of content and engine version
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    engine_version: str
    read_at: datetime = Field(sa_type=AwareDateTime)
    superseded_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    mentions: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
    notes: list[str] = Field(sa_column=Column(Json, nullable=False))


class StoredAssertion(SQLModel, table=True):
    """标签断言 as stored. The database itself refuses one without evidence."""

    __tablename__ = "tag_assertion"
    __table_args__ = (
        CheckConstraint("jsonb_array_length(evidence) > 0", name="no_tag_without_evidence"),
        Index("assertion_voices", "said_at", postgresql_where="tag = 'voice.feedback'"),
    )

    id: str = Field(primary_key=True)  #: reading id ~ position
    reading_id: str = Field(foreign_key="reading.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    tag: str = Field(index=True)
    polarity: str
    value: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    holder: str
    certainty: str
    confidence: float
    evidence: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
    explanation: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    said_at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)


class TagAnchor(SQLModel, table=True):
    """依据的新位置: where the words of an assertion stand since its talk was written down anew, the newest counts.

    `suspended` 依据待复核: some of them are not said there any more, and nobody has read the talk otherwise.
    """

    __tablename__ = "tag_anchor"

    assertion_id: str = Field(primary_key=True, foreign_key="tag_assertion.id")
    known_at: datetime = Field(primary_key=True, sa_type=AwareDateTime)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    evidence: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
    suspended: bool


class TagFeedback(SQLModel, table=True):
    """人工反馈: the advisor's verdict on an assertion. Kept as a fact; the newest on an assertion counts."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    assertion_id: str | None = Field(default=None, foreign_key="tag_assertion.id", index=True)
    tag: str
    verdict: str  #: right, wrong, corrected
    value: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    by: str
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)


class BehaviourEvent(SQLModel, table=True):
    """行为事件. Unique by the source's message id."""

    __table_args__ = (Index("behaviour_by_customer", "customer_id", "at"),)

    #: compared byte by byte: the index of millions of ids is built three times as fast
    message_id: str = Field(sa_column=Column(String(collation="C"), primary_key=True))
    customer_id: str = Field(foreign_key="customer.id")
    event: str
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)
    properties: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class StaticSnapshot(SQLModel, table=True):
    """静态档案: what is on file from a day on. Unique by (customer, effective_at, content)."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    effective_at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)
    data: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class Identifier(SQLModel, table=True):
    """客户标识: a number by which a system knows the customer. Kept as a blind index, and sealed for reading back."""

    kind: str = Field(primary_key=True)  #: external_userid, phone, openid, fund_account …
    blind_index: str = Field(primary_key=True)  #: HMAC-SHA256 of kind and value
    from_at: datetime = Field(primary_key=True, sa_type=AwareDateTime)
    #: part of the key: two customers may hold one family telephone from the same day; then it names nobody
    customer_id: str = Field(primary_key=True, foreign_key="customer.id", index=True)
    sealed: bytes  #: AES-GCM: 12 bytes of nonce, then the ciphertext
    until: datetime | None = Field(default=None, sa_type=AwareDateTime)  #: when it was taken from him; None: open
    known_at: datetime = Field(sa_type=AwareDateTime)
    by: str = ""  #: who said so: a login, or the file or event that told it


class AdvisorIdentifier(SQLModel, table=True):
    """投顾标识: the userid by which a system (企业微信) knows the advisor. No secret, so kept as it is."""

    kind: str = Field(primary_key=True)  #: wecom_userid
    value: str = Field(primary_key=True)
    advisor_id: str = Field(foreign_key="advisor.id", index=True)


class IdentityLink(SQLModel, table=True):
    """客户合并与拆分: under which id a customer's facts are folded. Only a person writes one, with a reason."""

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    into_id: str = Field(foreign_key="customer.id", index=True)  #: himself after an unmerge
    at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)
    by: str
    reason: str = ""
    undoes: str | None = None  #: of an unmerge: the link that it takes back
