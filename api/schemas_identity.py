"""回答的形状: identity – identifiers, merges, households, doubts."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Reason = Field(min_length=2, max_length=500, description="为什么, 进审计记录")


class IdentifierOut(BaseModel):
    """一个标识. 个人信息掩码显示."""

    id: str
    kind: str
    label: str
    value: str
    customer_id: str
    from_at: datetime
    until: datetime | None
    current: bool
    by: str
    shared_with: list[str] = Field(description="现在同时持有的其他客户, 只列看得到的")


class MemberOut(BaseModel):
    """合并在一起的一个客户号."""

    customer_id: str
    name: str


class LinkOut(BaseModel):
    """一次合并或拆分."""

    id: str
    action: str = Field(description="merge 或 unmerge")
    customer_id: str
    into_id: str | None = Field(description="合并到谁名下; 拆分为 null")
    at: datetime
    known_at: datetime
    by: str
    reason: str
    undone: bool = Field(description="这次合并已被拆分")


class HouseholdEdgeOut(BaseModel):
    """一条共用: 是家人的线索, 不是同一人."""

    customer_id: str
    other_id: str | None = Field(description="看不到的客户为 null")
    other_name: str | None
    evidence: str
    since: datetime
    reason: str


class ConflictOut(BaseModel):
    """一个身份疑点."""

    id: str
    kind: str
    label: str
    customers: list[str]
    text: str
    first_at: datetime
    last_at: datetime
    count: int
    settled_at: datetime | None
    settled_by: str | None
    note: str


class IdentityOut(BaseModel):
    """客户身份: 成员, 标识, 合并的经过, 家庭, 疑点."""

    customer_id: str
    canonical_id: str
    members: list[MemberOut]
    identifiers: list[IdentifierOut]
    history: list[LinkOut]
    household: list[HouseholdEdgeOut]
    conflicts: list[ConflictOut]
    identifiers_version: str


class ConflictPage(BaseModel):
    """身份疑点, 新的在前."""

    items: list[ConflictOut]
    next_cursor: str | None


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LinkIn(_Given):
    """关联一个标识."""

    kind: str = Field(max_length=40, description="例如 phone, fund_account, openid, device")
    value: str = Field(max_length=400)
    from_at: AwareDatetime | None = Field(None, description="从什么时候起是他的; 不给则现在")
    shared: bool = Field(False, description="原来的持有人也继续用 (一家人共用)")
    reason: str = Reason


class MergeIn(_Given):
    """合并或拆分两个客户."""

    customer_id: str = Field(max_length=100, description="合并到这个客户号名下")
    other_id: str = Field(max_length=100)
    at: AwareDatetime | None = Field(None, description="从什么时候起; 不给则现在. 拆分时给合并的时间, 就是从未合并")
    reason: str = Reason


class ReasonIn(_Given):
    """只有理由."""

    reason: str = Reason


class RevealOut(BaseModel):
    """标识的原值. 这次查看已进审计记录."""

    id: str
    kind: str
    value: str


class PersonOut(BaseModel):
    """合并或拆分之后: 每个人和他的客户号."""

    link: LinkOut
    persons: list[dict[str, Any]] = Field(description="canonical_id 和 members")
