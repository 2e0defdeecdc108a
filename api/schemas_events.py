"""Answers about behaviour 行为."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer

Yuan = Annotated[Decimal, PlainSerializer(float, return_type=float)]


class BehaviourDayOut(BaseModel):
    """一天一类行为."""

    day: date
    event: str
    product: str | None = Field(description="没有产品的行为为 null")
    count: int
    amount: Yuan = Field(description="金额合计 (元)")
    last_at: AwareDatetime
    customer: str = Field(description="记在哪个客户号名下")


class BehaviourOut(BaseModel):
    """客户每天做了什么, 新的在前."""

    customer: str
    start: date
    end: date
    days: list[BehaviourDayOut]
    traits: dict[str, Any] = Field(description="埋点 identify 和 profile_set 等报来的用户属性, 手机号和卡号已打码")
