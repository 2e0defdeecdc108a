"""HTTP: the shapes of playbooks, trials, promises and a customer's follow-up as it stood."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.heard import Demo
from followup.playbook_files import MAX_CHARS


class PlaybookFile(BaseModel):
    """一份跟进规则文件."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="playbook.yaml", max_length=200)
    text: str = Field(max_length=MAX_CHARS, description="YAML")


class LintIn(BaseModel):
    """要检查的文件."""

    model_config = ConfigDict(extra="forbid")

    files: list[PlaybookFile] = Field(min_length=1, max_length=50)


class FindingOut(BaseModel):
    """一处发现."""

    file: str
    line: int
    place: str
    text: str
    level: Literal["error", "warning"]


class LintOut(BaseModel):
    """检查结果: 没有 error 才能用."""

    is_good: bool
    findings: list[FindingOut]


class DryRunIn(BaseModel):
    """试运行: 规则文件, 和看哪一段过去 (两端的日子都含)."""

    model_config = ConfigDict(extra="forbid")

    files: list[PlaybookFile] = Field(min_length=1, max_length=20)
    start: date
    end: date


class ComparedOut(BaseModel):
    """一条商机: 试的版本和运行的版本各怎么说, 打开它的原话."""

    changes: list[str]
    words: str
    demo: Demo
    tried: dict[str, Any] | None
    running: dict[str, Any] | None


class DryRunOut(BaseModel):
    """试运行的结果. 什么都没有改."""

    playbooks: list[dict[str, str]]
    start: datetime
    end: datetime
    as_of: datetime
    customers: int = Field(description="看了多少位客户")
    summary: dict[str, int]
    items: list[ComparedOut]


class PlaybooksOut(BaseModel):
    """运行中的跟进规则."""

    items: list[dict[str, Any]]


class PromiseOut(BaseModel):
    """一个承诺和它的兑现依据. 没有说定日期的, 永远不算未兑现."""

    id: str
    customer: str
    advisor: str = Field(description="由谁负责兑现: 到期那天的投顾")
    promised_by: str | None
    kind: str
    made_at: datetime
    due_at: datetime | None
    outcome: Literal["kept", "late", "broken", "reported", "released", "open"]
    label: str
    done_at: datetime | None
    proof: dict[str, Any] | None
    conversation: str | None
    evidence: list[int]


class TrackOut(BaseModel):
    """一位客户的跟进经过: 商机, 每一步的依据, 没有算数的触达和原因, 承诺."""

    customer: str
    as_of: datetime
    known_at: datetime
    opportunities: list[dict[str, Any]]
    promises: list[PromiseOut]


class PromiseLine(BaseModel):
    """一位投顾的承诺. judged = kept + late + broken; 未兑现率只看这些."""

    advisor: str
    advisor_name: str
    kept: int
    late: int
    broken: int
    reported: int
    released: int
    open: int
    undated: int = Field(description="没有说定日期的承诺")
    judged: int
    broken_rate: float | None
    promises: dict[str, list[str]] = Field(description="每个数后面的商机编号")


class PromiseTable(BaseModel):
    """一段时间里作出的承诺, 按负责的投顾."""

    start: date
    end: date
    items: list[PromiseLine]
