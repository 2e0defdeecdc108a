"""处理状态: what may be done with a customer's data now – the outcome of his rights, in the form that SQL asks it.

`profiles/rights/fold.py` folds the facts (consents, objections, states) and writes a row here in the same transaction,
only for customers who are not in the ordinary state. Every reader of customers' data keeps to `processable`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, String, and_, exists, or_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, Session, SQLModel, col, select

from dongke.db import AwareDateTime, text_enum
from dongke.settings import settings


class State(StrEnum):
    """客户数据的状态, from free to strict."""

    ACTIVE = "active"  #: 正常处理
    RESTRICTED = "restricted"  #: 限制处理: stored and protected only; compliance looks, with a reason
    ERASED = "erased"  #: 已删除: nobody looks; identifiers are destroyed, records wait for the end of their term


class Purpose(StrEnum):
    """处理目的: what a customer consents to or refuses."""

    PROFILING = "profiling"  #: 画像
    ANALYSIS = "analysis"  #: 录音与会话分析
    MARKETING = "marketing"  #: 营销
    SENSITIVE = "sensitive"  #: 敏感信息 (家庭)


#: what every profile, opportunity and segment stands on: words that were analysed, for a profile
PROFILE = (Purpose.PROFILING, Purpose.ANALYSIS)


class Standing(SQLModel, table=True):
    """处理状态 of one customer. No row: active, nothing granted, nothing refused."""

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    state: State = Field(default=State.ACTIVE, sa_column=Column(text_enum(State), nullable=False))
    held: bool = False  #: 法律保留: no erasing; what is erased can be looked at in the dispute
    granted: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    refused: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    deletes: bool = False  #: there are deleted tags (删除标签), to be looked up
    settled_at: datetime = Field(sa_type=AwareDateTime)


def required() -> frozenset[Purpose]:
    """Purposes that the firm allows only after an express consent (`DONGKE_CONSENT_REQUIRED`)."""
    return frozenset(Purpose(name) for name in settings().consent_required)


def processable(customer_id: Any, *purposes: Purpose) -> ColumnElement[bool]:
    """SQL: the customer in this column is active, and may be processed for all of these purposes."""
    mine = Standing.customer_id == customer_id
    refused = or_(col(Standing.state) != State.ACTIVE, *(col(Standing.refused).contains([str(p)]) for p in purposes))
    condition: ColumnElement[bool] = ~exists().where(mine, refused)
    needed = [str(p) for p in purposes if p in required()]
    return and_(condition, exists().where(mine, col(Standing.granted).contains(needed))) if needed else condition


def is_processable(session: Session, customer_id: str, *purposes: Purpose) -> bool:
    """The same of one customer."""
    from dongke.directory import Customer

    found = select(Customer.id).where(Customer.id == customer_id, processable(Customer.id, *purposes))
    return session.exec(found).first() is not None


def openable(customer_id: Any) -> ColumnElement[bool]:
    """SQL: what a reason opens to compliance – all but the erased; those too while a legal hold lasts."""
    closed = and_(col(Standing.state) == State.ERASED, ~col(Standing.held))
    return ~exists().where(Standing.customer_id == customer_id, closed)
