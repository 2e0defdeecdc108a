"""数据权限 of what stands by advisor: whose list and whose figures a principal may read."""

from sqlmodel import Session, col, select

from dongke.directory import Advisor
from dongke.errors import NotFound
from dongke.scope import Principal, Role


def readable_advisor(session: Session, principal: Principal, advisor_id: str) -> Advisor:
    """That advisor: himself, one he deputises for, one of the manager's branch. Raises NotFound `advisor-unknown`."""
    found = session.exec(select(Advisor).where(col(Advisor.id) == advisor_id)).one_or_none()
    if found is None or not _may_read(principal, found):
        raise NotFound("advisor-unknown", f"没有投资顾问 {advisor_id[:80]}")
    return found


def _may_read(principal: Principal, advisor: Advisor) -> bool:
    if principal.role in (Role.COMPLIANCE, Role.ADMIN):
        return True
    if principal.role is Role.MANAGER:
        return principal.branch_id in (None, "", advisor.branch_id)
    is_his = principal.advisor_id is not None and principal.advisor_id in (advisor.id, *advisor.deputies)
    return principal.role is Role.ADVISOR and is_his
