"""通讯录: branches 营业部, advisors 投资顾问, customers 客户, and who owned whom when."""

from datetime import datetime

from sqlalchemy import ARRAY, Column, String
from sqlmodel import Field, Session, SQLModel, col, select

from dongke.db import AwareDateTime
from dongke.errors import NotFound


class Branch(SQLModel, table=True):
    """营业部."""

    id: str = Field(primary_key=True)
    name: str


class Advisor(SQLModel, table=True):
    """投资顾问. `deputies` may act for him: their contacts discharge his opportunities."""

    id: str = Field(primary_key=True)
    name: str
    branch_id: str = Field(foreign_key="branch.id", index=True)
    deputies: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))


class Customer(SQLModel, table=True):
    """客户 by the broker's customer number 客户号. `advisor_id` is the owner now."""

    id: str = Field(primary_key=True)
    name: str = ""
    advisor_id: str = Field(foreign_key="advisor.id", index=True)


class Ownership(SQLModel, table=True):
    """服务关系: from `from_at` on, this advisor owned the customer."""

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    from_at: datetime = Field(primary_key=True, sa_type=AwareDateTime)
    advisor_id: str = Field(foreign_key="advisor.id", index=True)


def customer(session: Session, customer_id: str) -> Customer:
    """That customer. Raises NotFound `customer-unknown`."""
    found = session.get(Customer, customer_id)
    if found is None:
        raise NotFound("customer-unknown", f"没有客户 {customer_id}")
    return found


def advisor(session: Session, advisor_id: str) -> Advisor:
    """That advisor. Raises NotFound `advisor-unknown`."""
    found = session.get(Advisor, advisor_id)
    if found is None:
        raise NotFound("advisor-unknown", f"没有投资顾问 {advisor_id}")
    return found


def set_owner(session: Session, customer_id: str, advisor_id: str, from_at: datetime) -> None:
    """Makes the advisor the owner from that time on; told twice changes nothing."""
    advisor(session, advisor_id)
    who = session.get(Customer, customer_id)
    if who is None:
        who = Customer(id=customer_id, advisor_id=advisor_id)
        session.add(who)
        session.flush()
    row = session.get(Ownership, (customer_id, from_at))
    if row is None:
        session.add(Ownership(customer_id=customer_id, from_at=from_at, advisor_id=advisor_id))
    else:
        row.advisor_id = advisor_id
    session.flush()
    who.advisor_id = owners(session, customer_id)[-1][1]


def owners(session: Session, customer_id: str) -> list[tuple[datetime, str]]:
    """(from, advisor id) of all owners of the customer, oldest first."""
    rows = session.exec(select(Ownership).where(Ownership.customer_id == customer_id).order_by(col(Ownership.from_at)))
    return [(row.from_at, row.advisor_id) for row in rows]
