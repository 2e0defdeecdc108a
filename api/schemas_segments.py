"""圈选的形状: Pydantic models of the segment routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Suggestion = Annotated[
    str,
    Field(max_length=60, description="名单要推荐的: 产品代码, permission:权限代码, 或 R1–R5; 给出时每位客户附适当性"),
]
TREE = Field(None, description="条件树; 写法见 /v1/segments/vocabulary 和 docs/segments.md")
SENTENCE = Field(None, max_length=4000, description="条件的一句话, 例如 闲置资金不低于20万元, 且没有逾期商机")


class ConditionIn(BaseModel):
    """一个条件: tree 和 sentence 给其中一个."""

    model_config = ConfigDict(extra="forbid")

    tree: Any | None = TREE
    sentence: str | None = SENTENCE

    @model_validator(mode="after")
    def _one(self) -> "ConditionIn":
        if (self.tree is None) == (self.sentence is None):
            raise ValueError("tree 和 sentence 要给一个, 只给一个")
        return self


class PreviewIn(ConditionIn):
    """预览: 多少客户符合, 最前面的几位."""

    limit: int = Field(10, ge=0, le=50)
    suggests: Suggestion | None = None


class ExplainIn(ConditionIn):
    """这位客户为什么在, 为什么不在."""

    customer_id: str = Field(min_length=1, max_length=100)


class SegmentIn(ConditionIn):
    """保存的客群."""

    name: str = Field(min_length=1, max_length=60)
    suggests: Suggestion | None = None


class SegmentChangeIn(SegmentIn):
    """改动客群: version 是读到的那一版."""

    version: int = Field(ge=1)


class ConditionOut(BaseModel):
    """条件, 两种写法."""

    tree: dict[str, Any]
    sentence: str


class SuitabilityOut(BaseModel):
    """这位客户能不能被推荐, 依据哪条规则."""

    suggestion: str
    status: Literal["allowed", "blocked"]
    rule: str
    rule_version: str
    text: str


class MemberOut(BaseModel):
    """名单里的一位客户."""

    customer_id: str
    name: str
    advisor_id: str
    advisor_name: str
    because: str
    suitability: SuitabilityOut | None


class PreviewOut(ConditionOut):
    """预览."""

    count: int = Field(description="您能看的客户里有多少位符合")
    asked_at: datetime
    items: list[MemberOut]


class SegmentOut(ConditionOut):
    """保存的客群."""

    id: str
    name: str
    version: int
    owner: str
    suggests: str | None
    made_at: datetime
    changed_at: datetime
    settled_at: datetime | None


class SegmentPage(BaseModel):
    items: list[SegmentOut]
    next_cursor: str | None


class MemberPage(BaseModel):
    items: list[MemberOut]
    next_cursor: str | None
    asked_at: datetime


class MaturingOut(MemberOut):
    """到期客群的一行."""

    source: str = Field(description="own 本公司产品, heard 通话里听到")
    product: str | None
    institution: str | None
    low: float | None
    high: float | None
    matures_on: str
    trading_days_left: int
    is_provisional: bool = Field(description="那一年的交易日历还没有定")


class MaturingPage(BaseModel):
    items: list[MaturingOut]
    next_cursor: str | None
    asked_at: datetime


class ChangeOut(BaseModel):
    """进出记录."""

    id: int
    customer_id: str
    change: Literal["entered", "left"]
    version: int
    at: datetime
    because: str


class ChangePage(BaseModel):
    items: list[ChangeOut]
    next_cursor: str | None
    resume_cursor: str | None = Field(description="读到这里; 以后从这里接着读新的进出")


class ExplainOut(BaseModel):
    """为什么在, 为什么不在: 每个条件的说法, 符合不符合, 实际是什么."""

    customer_id: str
    is_member: bool
    because: str
    finding: dict[str, Any]
    asked_at: datetime


class VocabularyOut(BaseModel):
    """圈选词表: 可以问的属性, 类型, 比较和取值."""

    version: str
    types: dict[str, Any]
    attributes: list[dict[str, Any]]
