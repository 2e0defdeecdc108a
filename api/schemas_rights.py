"""回答的形状: suitability marks, rights, snapshots."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class OfferOut(BaseModel):
    """可否推荐: 允许或阻止, 连同规则."""

    product: str | None = Field(description="产品代码, permission:权限代码, 或空: 泛指产品")
    product_label: str | None
    status: Literal["allowed", "blocked"]
    rule: str
    rule_version: str
    law: str
    text: str = Field(description="一句中文")
    on_request: bool = Field(description="不可主动推荐, 但客户主动要求的, 书面警示后可以办理")
    to_check: list[str] = Field(description="还要人工核对的")


class RightIn(BaseModel):
    """行使一项权利, 或改变数据状态."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["consent", "tag", "state", "hold"]
    status: Literal[
        "granted", "denied", "revoked", "deleted", "restored", "active", "restricted", "erased", "held", "released"
    ]
    subject: str = Field("", max_length=50, description="目的 (profiling, analysis, marketing, sensitive) 或标签")
    assertion_id: str | None = Field(None, max_length=300, description="只删除这一个标签断言所说的事")
    at: AwareDatetime | None = Field(None, description="客户何时表示的; 默认现在")
    source: str = Field("", max_length=500, description="怎样得知: 客户口头, 书面, 企业微信 …")
    reason: str = Field("", max_length=500, description="改变状态和法律保留必须写明")


class RightFact(BaseModel):
    """一条权利事实."""

    id: str
    customer_id: str
    kind: str
    subject: str
    subject_label: str
    status: str
    status_label: str
    assertion_id: str | None
    at: datetime
    known_at: datetime
    source: str
    by: str
    reason: str


class RightsOut(BaseModel):
    """客户的权利: 现在的结果和全部事实."""

    customer_id: str
    state: Literal["active", "restricted", "erased"]
    held: bool
    granted: list[str]
    refused: list[str]
    text: str
    facts: list[RightFact]


class SnapshotFact(BaseModel):
    """静态档案的一条事实: 何时起有效, 何时得知."""

    id: str
    customer_id: str
    effective_at: datetime
    known_at: datetime
    data: dict[str, Any]


class SnapshotPage(BaseModel):
    items: list[SnapshotFact]
    next_cursor: str | None


class ProductOut(BaseModel):
    """产品事实."""

    code: str
    label: str
    risk: str
    kind: str
    lock_months: int
    qualified: bool
    effective_on: str
    source: str


class ProductsOut(BaseModel):
    """产品事实和对一位客户的适当性."""

    items: list[ProductOut]


class SuitabilityOut(BaseModel):
    """一位客户的适当性: 每个产品和权限可否推荐."""

    model_config = ConfigDict(extra="allow")

    customer_id: str
    table_version: str
    products: list[OfferOut]
    permissions: list[OfferOut]


class EvidenceContent(BaseModel):
    """适当性举证包的内容."""

    format: str
    customer: str
    as_of: datetime
    known_at: datetime
    suitability: dict[str, Any] = Field(description="等级, 测评有效期, 阻止的原因, 与口头的冲突")
    offers: list[OfferOut] = Field(description="每个产品和权限可否推荐")
    files: list[dict[str, Any]] = Field(description="当时已知的档案事实")
    profile: dict[str, Any] = Field(description="当时的画像, 连同原话")
    talks: list[dict[str, Any]] = Field(description="会话里的风险揭示, 推荐, 确认理解, 疑似不当承诺, 标签的原话")
    rules: dict[str, dict[str, str]] = Field(description="规则版本和摘要")


class EvidencePack(BaseModel):
    """适当性举证包."""

    content: EvidenceContent
    sha256: str = Field(description="content 的规范 JSON (键排序, 无空白, UTF-8) 的 sha256")
