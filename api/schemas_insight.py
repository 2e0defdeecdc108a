"""洞察的形状: Pydantic models of digging, adherence, the morning list and attribution."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.heard import Demo

RungName = Literal["mention", "institution", "kind", "amount", "maturity", "plan", "transfer"]


class MoneyOut(BaseModel):
    """金额区间, 元."""

    low: float
    high: float | None = Field(description="空: 没有上限")
    unknown: int = Field(description="金额未知的笔数")
    text: str


class StepOut(BaseModel):
    """登上一级, 连同原话或事件."""

    rung: RungName
    label: str
    at: datetime
    advisor_id: str
    quote: str
    conversation_id: str | None
    utterance: int | None
    event_id: str | None
    asked: bool = Field(description="是顾问问出来的")
    demo: Demo


class LadderOut(BaseModel):
    """一笔外部资产和它的深挖阶梯."""

    id: str
    value: dict[str, Any]
    text: str
    money: MoneyOut
    stage: str
    stage_label: str
    steps: list[StepOut]
    missing: RungName | None
    next_question: str
    trading_days_left: int | None
    opened_at: datetime
    said_at: datetime


class DiggingOut(BaseModel):
    """一位客户的外部资产."""

    customer_id: str
    customer_name: str
    advisor_id: str
    assets: list[LadderOut]


class DiggingPage(BaseModel):
    items: list[DiggingOut]
    next_cursor: str | None


class UntouchedOut(BaseModel):
    """已知未动的一笔钱."""

    customer_id: str
    customer_name: str
    advisor_id: str
    advisor_name: str
    asset_id: str
    text: str
    money: MoneyOut
    matures_on: date | None
    trading_days: int | None
    said_at: datetime
    quote: str
    conversation_id: str | None
    demo: Demo
    next_question: str


class UntouchedList(BaseModel):
    """已知未动的钱, 快到期的在前."""

    total: MoneyOut
    count: int
    items: list[UntouchedOut]


class WonRung(BaseModel):
    conversation_id: str
    asset: str
    rung: RungName


class AssetMoney(MoneyOut):
    assets: list[str]


class ConvertedOut(BaseModel):
    yuan: float
    assets: list[str]


class DigScoreOut(BaseModel):
    """一位顾问的深挖: 每次触达新登的级数, 每个数都列出它的会话和资产."""

    advisor_id: str
    advisor_name: str
    contacts: int
    rungs: int
    asked: int
    per_contact: float | None
    conversation_ids: list[str]
    won: list[WonRung]
    discovered: AssetMoney
    untouched: AssetMoney
    converted: ConvertedOut


class DigScores(BaseModel):
    start: date
    end: date
    advisors: list[DigScoreOut]


class QuoteOut(BaseModel):
    utterance: int
    quote: str


class DeductionOut(BaseModel):
    """扣分和它的原话."""

    rule: str
    label: str
    points: float
    why: str
    quotes: list[QuoteOut]


class AssessmentOut(BaseModel):
    """一次会话的服务策略评分; 经验未知时只有事实."""

    conversation_id: str
    customer_id: str
    advisor_id: str
    at: datetime
    level: Literal["novice", "experienced"] | None
    level_label: str
    score: float | None
    reason: str
    deductions: list[DeductionOut]
    facts: dict[str, Any]
    demo: Demo
    scorecard_version: str
    lexicon_version: str


class SideOut(BaseModel):
    n: int
    mean_score: float | None
    conversation_ids: list[str]


class MomentOut(DeductionOut):
    conversation_id: str
    demo: Demo


class RuleOut(BaseModel):
    rule: str
    label: str
    conversation_ids: list[str]


class AdherenceOut(BaseModel):
    """一位顾问对两类客户的服务策略执行, 和最值得听的两处."""

    advisor_id: str
    advisor_name: str
    novice: SideOut
    experienced: SideOut
    unscored: list[str]
    moments: list[MomentOut]
    rules: list[RuleOut]


class AdherenceList(BaseModel):
    start: date
    end: date
    advisors: list[AdherenceOut]


class StageCell(BaseModel):
    before: str
    after: str
    customers: int


class StageStep(BaseModel):
    before: str
    after: str
    times: int


class StageMatrix(BaseModel):
    """流转矩阵."""

    customers: int
    before: dict[str, int]
    after: dict[str, int]
    cells: list[StageCell] = Field(description="开始日的阶段 → 结束日的阶段, 客户数; 没有列出的是 0")
    steps: list[StageStep] = Field(description="其间走过的每一步, 次数")


class BranchMatrix(StageMatrix):
    id: str
    name: str


class LifecycleOut(BaseModel):
    """生命周期流转."""

    start: date
    end: date
    known_at: datetime
    stages: list[str]
    branches: list[BranchMatrix]
    total: StageMatrix


class MatterOut(BaseModel):
    opportunity_id: str | None
    playbook: str | None
    label: str | None
    due_at: datetime | None


class FactorOut(BaseModel):
    name: Literal["value", "certainty", "freshness", "reach", "suitability", "fatigue"]
    label: str
    value: float
    reason: str


class MorningItem(MatterOut):
    """早间清单的一位客户."""

    customer_id: str
    customer_name: str
    score: float
    factors: list[FactorOut]
    when: str = Field(description="今天什么时候联系")
    also: list[MatterOut]


class BlockedOut(MatterOut):
    """不在清单里的, 和原因."""

    customer_id: str
    customer_name: str
    kind: Literal["suitability", "rights", "pause", "holdout", "fatigue"]
    reason: str


class MorningOut(BaseModel):
    """早间清单: 最多十位客户."""

    advisor_id: str
    advisor_name: str
    at: datetime
    items: list[MorningItem]
    waiting: int = Field(description="排在十位之后的客户数")
    blocked_count: int
    blocked: list[BlockedOut] | None = Field(description="要求时才列出")
    version: str


class CreditLine(BaseModel):
    key: str
    label: str
    credit: dict[str, float]
    conversation_ids: list[str]
    event_ids: list[str]


class ExperimentOut(BaseModel):
    """随机对照的结果."""

    name: str
    unit: Literal["customer", "household"]
    share: float
    playbooks: list[str]
    starts_on: date
    ends_on: date
    treated_n: int
    holdout_n: int
    treated: float
    holdout: float
    effect: float
    low: float | None
    high: float | None
    is_certain: bool
    excluded: int
    text: str


class AttributionOut(BaseModel):
    """业绩归因: 四个模型并列; 没有随机对照时 notice 写明 相关,非因果."""

    start: datetime
    end: datetime
    outcome: str
    outcome_label: str
    dimension: str
    window_days: int
    total: float
    models: dict[str, str]
    lines: list[CreditLine]
    experiments: list[ExperimentOut]
    notice: str
