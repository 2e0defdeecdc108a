"""Tables of segments 圈选: the rows that conditions are asked of, saved segments, who belongs to them since when."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json


class SegmentMark(SQLModel, table=True):
    """待重读: a fact of this customer changed. Written by triggers in the transaction of the fact, whoever writes it.

    The transaction is part of the key, so that two writers never wait for each other.
    """

    __tablename__ = "segment_mark"

    customer_id: str = Field(primary_key=True)
    xact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class SegmentRow(SQLModel, table=True):
    """圈选行 of one person (profiles/segments/row.py). No facts: made anew from them at any time."""

    __tablename__ = "segment_row"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    values: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    due_at: datetime = Field(sa_type=AwareDateTime, index=True)  #: up to here time alone changes nothing
    read_at: datetime = Field(sa_type=AwareDateTime)


class SegmentItem(SQLModel, table=True):
    """圈选行的一项 of a collection: a tag, a maturity, an open opportunity."""

    __tablename__ = "segment_item"
    __table_args__ = (Index("segment_item_collection", "collection", "customer_id"),)

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    collection: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    data: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class Segment(SQLModel, table=True):
    """客群: a saved condition. `version` goes up with every change of the condition."""

    __tablename__ = "segment"

    id: str = Field(primary_key=True)
    name: str
    version: int = 1
    tree: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    suggests: str | None = None  #: what its lists are going to suggest, so that they carry suitability
    owner: str = Field(index=True)
    made_at: datetime = Field(sa_type=AwareDateTime)
    changed_at: datetime = Field(sa_type=AwareDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=AwareDateTime)  #: up to here the members are known


class SegmentMember(SQLModel, table=True):
    """客群成员 as of `Segment.settled_at`."""

    __tablename__ = "segment_member"

    segment_id: str = Field(primary_key=True, foreign_key="segment.id")
    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    entered_at: datetime = Field(sa_type=AwareDateTime)


class SegmentChange(SQLModel, table=True):
    """进出记录: a customer came into a segment, or left it."""

    __tablename__ = "segment_change"
    __table_args__ = (Index("segment_change_order", "segment_id", "id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    segment_id: str = Field(foreign_key="segment.id")
    version: int
    customer_id: str = Field(foreign_key="customer.id", index=True)
    change: str  #: entered, left
    at: datetime = Field(sa_type=AwareDateTime)
    because: str  #: Chinese: the deciding conditions, and what there is
