"""Tables of behaviour that are no facts of their own: what is counted from the events."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Column, Numeric
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime


class BehaviourDay(SQLModel, table=True):
    """行为日汇总 (profiles/behaviour/days.py): kept with the events in one transaction, never edited."""

    customer_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)  #: in Beijing
    event: str = Field(primary_key=True)
    product: str = Field(primary_key=True)  #: "" for none
    count: int
    amount: Decimal = Field(sa_column=Column(Numeric, nullable=False))  #: yuan
    last_at: datetime = Field(sa_type=AwareDateTime)
