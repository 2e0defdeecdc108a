"""数据权限: who may read whom, decided in SQL. Another advisor's customer does not exist for the one who asks.

Nor does a customer whose data are restricted or erased (dongke/standing.py): `visible` holds both conditions, so that a
route that keeps to it cannot forget the rights.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, bindparam, false, literal, or_, true
from sqlmodel import Session, col, select

from dongke.directory import Advisor, Customer
from dongke.errors import Forbidden, NotFound
from dongke.standing import Purpose, openable, processable, required


class Role(StrEnum):
    """角色."""

    ADVISOR = "advisor"  #: 投资顾问: his own customers, and those he deputises for
    MANAGER = "manager"  #: 管理者: his branch, or the whole firm without one
    COMPLIANCE = "compliance"  #: 合规: reads everything, restricted data with a reason; changes only rights
    ADMIN = "admin"  #: 系统管理员
    INGEST = "ingest"  #: 接入程序: writes, reads no customer
    CRM = "crm"  #: 嵌入挂件的系统: asks for the widget's token of an advisor, reads no customer


@dataclass(frozen=True, slots=True)
class Principal:
    """登录人: who asks."""

    subject: str
    role: Role
    advisor_id: str | None = None
    branch_id: str | None = None
    customers: tuple[str, ...] = ()  #: 挂件: only these customer ids, where any is named
    reason: str = ""  #: 破窗理由: why compliance looks at restricted data; audited where it is given

    def need(self, *roles: Role) -> None:
        """Raises Forbidden `role-forbidden` unless the role is one of these."""
        if self.role not in roles:
            raise Forbidden("role-forbidden", f"角色 {self.role} 不能做这件事")


def visible(principal: Principal) -> ColumnElement[bool]:
    """The condition on `Customer` that keeps the rows this principal may read."""
    opened = principal.role is Role.COMPLIANCE and principal.reason
    scope = _scope(principal)
    if principal.customers:
        scope = and_(scope, col(Customer.id).in_(principal.customers))
    return and_(scope, openable(Customer.id) if opened else processable(Customer.id))


def _scope(principal: Principal) -> ColumnElement[bool]:
    if principal.role in (Role.COMPLIANCE, Role.ADMIN):
        return true()
    if principal.role is Role.MANAGER:
        return _branch(principal.branch_id) if principal.branch_id else true()
    if principal.role is Role.ADVISOR and principal.advisor_id:
        return or_(
            col(Customer.advisor_id) == principal.advisor_id,
            col(Customer.advisor_id).in_(
                select(Advisor.id).where(literal(principal.advisor_id) == any_(col(Advisor.deputies)))
            ),
        )
    return false()


def readable_customer(session: Session, principal: Principal, customer_id: str) -> Customer:
    """That customer, if this principal may read him. Raises NotFound `customer-unknown` otherwise."""
    statement = _readable(principal, required())
    found: Customer | None = session.execute(statement, {"customer_id": customer_id}).scalar_one_or_none()
    if found is None:
        raise NotFound("customer-unknown", f"没有客户 {customer_id}")
    return found


@lru_cache(maxsize=1_000)
def _readable(principal: Principal, needed: frozenset[Purpose]) -> Any:
    """The statement, made once: it depends on who asks and on the consents the firm needs, and on nothing else."""
    return select(Customer).where(col(Customer.id) == bindparam("customer_id"), visible(principal))


def _branch(branch_id: str) -> ColumnElement[bool]:
    return col(Customer.advisor_id).in_(select(Advisor.id).where(Advisor.branch_id == branch_id))
