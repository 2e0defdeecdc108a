"""报表的形状: Pydantic models of the list behind a number and of stored reports."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.heard import Demo
from api.schemas import OpportunityOut


class WordsOut(BaseModel):
    """原话."""

    conversation_id: str
    utterance: int
    quote: str
    demo: Demo
    what: str = Field(description="商机: 这句话带来了什么; 会话的度量: 哪一级阶梯, 或为什么扣分; 心声为空")


class ReportItem(BaseModel):
    """数字背后的一条."""

    kind: Literal["opportunity", "talk", "voice"]
    id: str = Field(description="商机号; 会话号; 标签断言号")
    at: datetime
    customer_id: str
    customer_name: str
    advisor_id: str
    advisor_name: str
    title: str
    words: list[WordsOut]
    no_words: str = Field(description="没有原话可看的原因; 有原话时为空")
    why: list[str] = Field(description="商机: 何时因为什么成了现在这样, 包括没有原话的系统记录和登记; 其余为空")
    points: float | None = Field(description="会话的度量值; 其余为空")
    opportunity: OpportunityOut | None


class ReportItemPage(BaseModel):
    items: list[ReportItem]
    next_cursor: str | None


class StoredReportRow(BaseModel):
    """存档报表的一行."""

    id: str
    kind: str
    scope: dict[str, Any]
    start: datetime
    end: datetime
    as_of: datetime
    sha256: str
    files: list[str]


class StoredReportPage(BaseModel):
    items: list[StoredReportRow]
    next_cursor: str | None


class StoredReportOut(StoredReportRow):
    """存档报表, 当时给出的样子."""

    report: dict[str, Any]


class ComparisonOut(BaseModel):
    """核对: 按当时所知重做一遍, 逐字节比较."""

    is_same: bool
    stored_sha256: str
    made_sha256: str
    differences: list[str]
