"""客户卡的形状: what GET /v1/customers/{id}/profile answers. With `?fields=` only what was asked for is there."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.heard import Demo
from profiles.registry import tag_names

#: the code of a tag; which codes there are stands in profiles/registry.yaml
TagName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(tag_names())})]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OfferMark(BaseModel):
    """可否推荐."""

    model_config = ConfigDict(extra="allow")


class EvidenceOut(_Closed):
    """原话依据."""

    conversation_id: str
    utterance: int | None = Field(description="第几句, 从 0 起; 依据待复核的没有")
    quote: str
    start_ms: int | None
    end_ms: int | None
    speaker: str
    said_at: datetime
    suspended: bool = Field(False, description="依据待复核: 重新转写后找不到这句原话, 时间仍指向录音")
    sentence: str | None = Field(description="整句; 撤回的没有")
    audio: bool = Field(description="有没有录音可听")
    demo: Demo


class SupportOut(_Closed):
    """佐证: 与所说相符的行为或档案, 各提高一点可信度."""

    kind: str
    text: str
    weight: float
    at: datetime | None
    event_id: str | None


class CorrectionOut(_Closed):
    """人工反馈: 谁, 什么时候."""

    verdict: str
    by: str
    at: datetime
    value: dict[str, Any] | None
    before: dict[str, Any] | None


class TagOut(_Closed):
    """标签."""

    id: str
    tag: TagName
    label: str
    category: str = Field(description="业务机会, 分层服务, 客户心声, 沟通")
    polarity: str
    value: dict[str, Any]
    value_text: str
    text: str
    status: str = Field(description="active, contradicted, suspended (依据待复核), expired, removed")
    reason: str = Field(description="为什么不再有效")
    strength: float = Field(description="可信度 × 随时间衰减")
    confidence: float
    said_at: datetime
    age_days: int
    source: str
    source_text: str
    holder: str
    certainty: str
    told_times: int
    evidence: list[EvidenceOut]
    support: list[SupportOut]
    explanation: dict[str, Any]
    corrections: list[CorrectionOut]
    opposed_by: str | None
    suitability: OfferMark | None = None


class ContradictionOut(_Closed):
    """矛盾, 和能解开它的一个问题."""

    kind: str = Field(description="against_file 与档案不符, against_deeds 言行不一, changed_mind 改口")
    tag: str
    label: str
    text: str
    question: str
    tag_ids: list[str]


class LineOut(_Closed):
    """一句话, 和它为什么在这里."""

    text: str
    reason: str
    tag_id: str | None
    suitability: OfferMark | None = None


class CategoryOut(_Closed):
    """卡片的一栏."""

    name: str
    tag_ids: list[str]


class PartOut(_Closed):
    """特征的一条依据."""

    code: str
    text: str
    value: Any
    at: datetime | None
    tag_id: str | None


class FeatureOut(_Closed):
    """特征: value 为 null 就是数据不足."""

    label: str
    value: Any
    text: str
    reason: str
    parts: list[PartOut]


class OpenOpportunityOut(_Closed):
    """还有事要做的商机."""

    id: str
    playbook: str
    playbook_label: str
    key: str | None
    key_label: str | None
    state: str
    state_label: str
    owner_id: str
    owner_name: str
    opened_at: datetime
    due_at: datetime
    discharged_at: datetime | None
    overdue: bool
    attempts: int
    low_yuan: int | None
    high_yuan: int | None
    suitability: OfferMark | None


class ProfileOut(_Closed):
    """客户卡: 矛盾在前, 每个标签带原话依据. customer, as_of, known_at 总在; 其余按 fields."""

    customer: str
    as_of: datetime
    known_at: datetime
    members: list[str] | None = None
    contradictions: list[ContradictionOut] | None = None
    three_lines: list[LineOut] | None = None
    next_question: LineOut | None = None
    tags: list[TagOut] | None = None
    categories: list[CategoryOut] | None = None
    contact: dict[str, FeatureOut] | None = Field(None, description="time 最佳联系时间, channel 最佳联系渠道")
    static: dict[str, Any] | None = None
    behaviour: dict[str, FeatureOut] | None = None
    suitability: dict[str, Any] | None = None
    rights: dict[str, Any] | None = None
    opportunities: list[OpenOpportunityOut] | None = None
    parameters_version: str | None = None


class RegistryEntry(_Closed):
    """登记的一个标签或特征."""

    name: str
    kind: Literal["tag", "feature"]
    label: str
    owner: str = Field(description="负责部门")
    purpose: str
    information: str = Field(description="个人信息的类别")
    evidence: list[str]
    uses: list[str] = Field(description="允许的用途; 没有列出的不允许")
    use_labels: list[str]
    expiry: str


class RegistryOut(_Closed):
    """标签登记."""

    version: str
    items: list[RegistryEntry]
