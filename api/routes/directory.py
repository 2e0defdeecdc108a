"""通讯录: the branches and advisors that the asker may filter by."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import col, select

from api.deps import Reader, SessionDep
from api.problems import responses
from dongke.directory import Advisor, Branch
from dongke.scope import Principal, Role

router = APIRouter(tags=["通讯录"])


class BranchOut(BaseModel):
    """营业部."""

    id: str
    name: str


class AdvisorOut(BaseModel):
    """投资顾问."""

    id: str
    name: str
    branch_id: str


class Directory(BaseModel):
    """能选的营业部和投资顾问."""

    branches: list[BranchOut]
    advisors: list[AdvisorOut]


@router.get("/v1/directory", response_model=Directory, responses=responses(401, 403))
def get_directory(session: SessionDep, principal: Reader) -> Any:
    """按权限能选的营业部和投资顾问: 投顾只有自己, 管理者是自己的营业部或全公司."""
    advisors = [a for a in session.exec(select(Advisor).order_by(col(Advisor.id))) if _is_mine(principal, a)]
    branches = session.exec(select(Branch).order_by(col(Branch.id))).all()
    mine = {a.branch_id for a in advisors} | ({principal.branch_id} if principal.branch_id else set())
    every = principal.role is not Role.ADVISOR and principal.branch_id is None
    return {
        "branches": [b.model_dump() for b in branches if every or b.id in mine],
        "advisors": [{"id": a.id, "name": a.name, "branch_id": a.branch_id} for a in advisors],
    }


def _is_mine(principal: Principal, advisor: Advisor) -> bool:
    if principal.role is Role.ADVISOR:
        return principal.advisor_id == advisor.id or principal.advisor_id in advisor.deputies
    return principal.branch_id in (None, advisor.branch_id)
