"""回答的形状: Pydantic models of what the API gives, so that OpenAPI is complete."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas_rights import OfferOut


class Token(BaseModel):
    """登录凭证."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_at: datetime
    role: str
    login: str


class Me(BaseModel):
    """登录人."""

    login: str
    role: str
    advisor_id: str | None
    advisor_name: str | None
    branch_id: str | None
    branch_name: str | None


class LoginWay(BaseModel):
    """一种单点登录."""

    id: str
    label: str
    url: str


class DemoLogin(BaseModel):
    """演示环境的账号."""

    login: str
    password: str
    title: str


class LoginWays(BaseModel):
    """登录页上的登录方式."""

    password: bool
    oidc: list[LoginWay]
    demo_logins: list[DemoLogin] = Field(description="只在演示环境里有")


class ItemResult(BaseModel):
    """一件输入的结果."""

    source: str = Field(description="第几件, 例如 body:3")
    id: str | None = None
    state: Literal["new", "changed", "unchanged", "waiting", "refused"]
    code: str | None = Field(None, description="拒收的代码; 原件在隔离区")
    detail: str | None = None


class IntakeResult(BaseModel):
    """接入结果: 不能用的在隔离区, 其余照常."""

    accepted: int
    unchanged: int
    refused: int
    results: list[ItemResult]


class UtteranceTag(BaseModel):
    """一句话里支持某个标签的字."""

    assertion_id: str
    tag: str
    label: str
    polarity: str
    start: int
    end: int


class UtteranceOut(BaseModel):
    """一句话."""

    id: str = Field(description="重新转写后同一句话的编号不变")
    index: int
    speaker: str
    text: str
    start_ms: int | None
    end_ms: int | None
    at: datetime | None
    suspect: bool
    revoked: bool
    tags: list[UtteranceTag]


class AssertionOut(BaseModel):
    """这次会话说出的标签."""

    id: str
    tag: str
    label: str
    polarity: str
    value: dict[str, Any]
    value_text: str
    certainty: str
    holder: str
    confidence: float
    explanation: str
    evidence: list[dict[str, Any]]


class ConversationOut(BaseModel):
    """会话, 连同标出依据的每一句话."""

    id: str
    channel: str
    customer_id: str
    customer_name: str
    advisor_id: str
    advisor_name: str
    direction: str
    answered: bool
    started_at: datetime
    ended_at: datetime
    source: str
    source_text: str = Field(description="文字从哪里来: 演示模型, 语音模型 …; 直接给出的为空")
    has_audio: bool
    recording_id: str | None
    read: bool = Field(description="标签引擎是否已经读过现在的内容")
    notes: list[str]
    utterances: list[UtteranceOut]
    assertions: list[AssertionOut]


class AudioTicket(BaseModel):
    """录音票据: 短时间内可以用这个地址播放这一段录音."""

    url: str
    expires_at: datetime


class CustomerRow(BaseModel):
    """客户列表的一行."""

    id: str
    name: str
    advisor_id: str
    advisor_name: str
    open_opportunities: int
    overdue_opportunities: int
    last_contact_at: datetime | None


class CustomerPage(BaseModel):
    items: list[CustomerRow]
    next_cursor: str | None


TimelineKind = Literal["conversation", "attempt", "note", "event", "browse", "feedback", "snapshot", "opportunity"]


class TimelineEntry(BaseModel):
    """时间线上的一件事."""

    kind: TimelineKind
    id: str
    at: datetime
    title: str
    detail: dict[str, Any]


class TimelinePage(BaseModel):
    items: list[TimelineEntry]
    next_cursor: str | None


class OpportunityOut(BaseModel):
    """商机."""

    id: str
    customer_id: str
    customer_name: str
    owner_id: str
    owner_name: str
    playbook: str
    playbook_label: str
    playbook_version: str
    key: str | None
    key_label: str | None
    state: str
    state_label: str
    overdue: bool
    opened_at: datetime
    opened_by: str
    due_at: datetime
    due_provisional: bool
    attempts: int
    first_contact_at: datetime | None
    discharged_at: datetime | None
    closed_at: datetime | None
    won_at: datetime | None
    unassisted: bool
    self_reported: bool
    low_yuan: int | None
    high_yuan: int | None
    value: dict[str, Any]
    suitability: OfferOut | None = Field(description="所指的产品可否推荐; 不涉及产品的商机为空")


class OpportunityDetail(OpportunityOut):
    """商机, 连同它每一步的原因和打开它的原话."""

    causes: list[dict[str, Any]] = Field(
        description="每一步的依据: 会话和原话 (demo: 演示模型听写的), 或事件; known_at 是懂客知道它的时间"
    )
    misses: list[dict[str, Any]] = Field(description="没有算数的触达, 各有原因")
    evidence: list[dict[str, Any]] = Field(description="打开这个商机的原话; demo: 演示模型听写的")
    conversation_id: str | None
    actions: list[dict[str, Any]]


class OpportunityPage(BaseModel):
    items: list[OpportunityOut]
    next_cursor: str | None


class NoticeOut(BaseModel):
    """提醒."""

    id: str
    kind: str
    customer_id: str
    customer_name: str
    advisor_id: str
    due_at: datetime
    text: str
    made_at: datetime
    suitability: OfferOut | None = Field(description="所指的产品可否推荐")


class NoticePage(BaseModel):
    items: list[NoticeOut]
    next_cursor: str | None


class ActionIn(BaseModel):
    """手工登记商机的结果. 没有会话佐证的显示为自报."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["done", "refused"]
    comment: str = Field("", max_length=2000)


class TagSlot(BaseModel):
    """标签内容的一格."""

    name: str
    label: str
    kind: Literal["choice", "yuan", "percent", "date", "time", "text"]
    options: list[tuple[str, str]] | None = Field(None, description="kind 是 choice 时: 代码和名称")


class FeedbackIn(BaseModel):
    """对标签的人工反馈."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["right", "wrong", "corrected"]
    value: dict[str, Any] | None = Field(None, description="verdict 是 corrected 时的正确内容")


class FeedbackOut(BaseModel):
    """记下的反馈."""

    id: str
    assertion_id: str | None
    tag: str
    verdict: str
    value: dict[str, Any] | None
    by: str
    at: datetime


class QuarantinedOut(BaseModel):
    """隔离件."""

    id: int
    door: str
    source: str
    code: str
    detail: str
    received_at: datetime
    attempts: int
    resolved_at: datetime | None


class QuarantinePage(BaseModel):
    items: list[QuarantinedOut]
    next_cursor: str | None


class RetryResult(BaseModel):
    """重试的结果."""

    id: int
    resolved: bool
    code: str | None = None
    detail: str | None = None


class Health(BaseModel):
    """存活与就绪."""

    status: Literal["ok"]


class VersionsOut(BaseModel):
    """各部分的版本."""

    code: str
    reader: str | None = Field(description="最近一次阅读所用的识别引擎; 还没有阅读过则为空")
    speech_model: str | None = Field(description="最近一次转写所用的语音模型")
    speech_setting: str = Field(description="设置里的语音模型")
    playbooks: dict[str, str]
    parameters: str
    schema_: str | None = Field(serialization_alias="schema", description="数据库结构")


class EvaluationOut(BaseModel):
    """最近一次 dongke eval 的结果."""

    files: list[str]
    at: datetime
    reader: str
    match: float
    strict: float
    conversations: int


class WorkOut(BaseModel):
    """一件耗时的工作."""

    id: str
    kind: str
    title: str
    total: int | None
    done: int
    failed: int
    state: str
    detail: str
    rate: float = Field(description="每秒件数")
    seconds_left: float | None
    started_at: datetime
    updated_at: datetime


class SystemOut(BaseModel):
    """运行状况."""

    reading: dict[str, int] = Field(description="会话: read 已由最新的引擎读过, waiting 在等, refused 客户不同意, 不读")
    versions: VersionsOut
    evaluation: EvaluationOut | None
    progress: list[WorkOut]

    queue: dict[str, dict[str, int]]
    recordings: dict[str, int] = Field(description="录音按状态计数; needs_model 在等语音模型")
    quarantine: dict[str, int] = Field(description="隔离区里等待处理的, 按入口计数")
    conversations: int
    unread_notices: int = Field(description="最近 24 小时的提醒")
    last_jobs: dict[str, datetime | None] = Field(description="定时任务最近一次完成的时间")
