"""Tables of the webhooks: receivers 接收方, the outbox 发件箱, deliveries 投递 and the log of their attempts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json, text_enum


class DeliveryState(StrEnum):
    """投递状态."""

    WAITING = "waiting"  #: 等待投递或重试
    DELIVERED = "delivered"  #: 已送达
    FAILED = "failed"  #: 重试用完, 可以重新投递


class WebhookReceiver(SQLModel, table=True):
    """接收方: an address inside the broker's network, what it wants to hear of, and the secret that signs."""

    __tablename__ = "webhook_receiver"

    id: str = Field(primary_key=True)
    url: str
    description: str = ""
    types: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))  #: empty: every kind
    secret: bytes  #: sealed (AES-GCM)
    old_secret: bytes | None = None  #: signs beside the new one until `old_until`
    old_until: datetime | None = Field(default=None, sa_type=AwareDateTime)
    is_enabled: bool = True
    disabled_reason: str = ""
    made_at: datetime = Field(sa_type=AwareDateTime)
    made_by: str


class WebhookEvent(SQLModel, table=True):
    """发件箱: what happened, written in the transaction of the fact. Ids and numbers only, never words."""

    __tablename__ = "webhook_event"

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    id: str = Field(unique=True)  #: the `webhook-id`: the same fact has the same id
    type: str
    subject: str  #: id of what it is about
    customer_id: str | None = None  #: whose rights decide whether it may still be sent
    at: datetime = Field(sa_type=AwareDateTime)
    data: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    made_at: datetime = Field(sa_type=AwareDateTime, index=True)


class WebhookDelivery(SQLModel, table=True):
    """投递 of one event to one receiver. `next_at` is when it is tried next, and a lease while it is tried."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("event_number", "receiver_id"),
        Index("webhook_delivery_due", "next_at", postgresql_where="state = 'waiting'"),
        Index("webhook_delivery_by_receiver", "receiver_id", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    event_number: int = Field(foreign_key="webhook_event.number", sa_type=BigInteger, ondelete="CASCADE")
    receiver_id: str = Field(foreign_key="webhook_receiver.id", ondelete="CASCADE")
    state: DeliveryState = Field(sa_column=Column(text_enum(DeliveryState), nullable=False))
    attempts: int = 0
    next_at: datetime = Field(sa_type=AwareDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=AwareDateTime)


class WebhookAttempt(SQLModel, table=True):
    """投递日志: one try, and what came of it."""

    __tablename__ = "webhook_attempt"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    delivery_id: int = Field(foreign_key="webhook_delivery.id", sa_type=BigInteger, index=True, ondelete="CASCADE")
    at: datetime = Field(sa_type=AwareDateTime)
    status: int | None = None  #: HTTP status; None where there was no answer
    error: str = ""
    took_ms: int = 0
