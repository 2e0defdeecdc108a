"""网钩的形状: Pydantic models of the webhook routes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class ReceiverIn(BaseModel):
    """新的接收方."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=500, description="公司内网的地址; 主机要在 DONGKE_WEBHOOK_HOSTS 里")
    types: list[str] = Field(default_factory=list, max_length=30, description="要听的事件; 空是全部")
    description: str = Field("", max_length=200)


class ReceiverOut(BaseModel):
    """接收方."""

    id: str
    url: str
    types: list[str]
    description: str
    is_enabled: bool
    disabled_reason: str
    made_at: datetime
    made_by: str
    old_until: datetime | None = Field(description="到这时为止, 旧密钥也签名")


class ReceiverList(BaseModel):
    items: list[ReceiverOut]


class ReceiverSecret(ReceiverOut):
    """接收方, 和只显示这一次的密钥."""

    secret: str


class ReceiverPatch(BaseModel):
    """改接收方: 给出的才改."""

    model_config = ConfigDict(extra="forbid")

    is_enabled: bool | None = None
    types: list[str] | None = Field(None, max_length=30)
    description: str | None = Field(None, max_length=200)


class EventKind(BaseModel):
    """事件种类."""

    type: str
    label: str


class CatalogueOut(BaseModel):
    """事件目录: 会发什么, 会带哪些字段 (只有编号, 代码, 数字和时间)."""

    types: list[EventKind]
    fields: dict[str, str]


class AttemptOut(BaseModel):
    """一次尝试."""

    at: datetime
    status: int | None
    error: str
    took_ms: int


class DeliveryOut(BaseModel):
    """一次投递."""

    id: int
    event_id: str
    type: str
    subject: str
    at: datetime
    data: dict[str, Any]
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    next_at: datetime
    delivered_at: datetime | None
    log: list[AttemptOut]


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


class ReplayIn(BaseModel):
    """从那时起的事件重发一遍."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime


class ReplayOut(BaseModel):
    deliveries: int


class TestOut(BaseModel):
    """测试事件."""

    event_id: str
