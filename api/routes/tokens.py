"""POST /v1/token 登录; GET /v1/me 我是谁."""

import json
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import Session

from api import auth, schemas
from api.deps import PrincipalDep, RawBody, SessionDep, SettingsDep
from api.problems import responses
from dongke import audit
from dongke.directory import Advisor, Branch
from dongke.errors import BadInput
from dongke.scope import Principal

router = APIRouter(tags=["登录"])


class LoginIn(BaseModel):
    """账号和密码."""

    model_config = ConfigDict(extra="ignore")

    login: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)


def read_login(request: Request, body: RawBody) -> LoginIn:
    """JSON `{login, password}`, or a form (`username` is taken as login, as OAuth2 clients send it)."""
    try:
        if "json" in request.headers.get("content-type", ""):
            row: Any = json.loads(body)
        else:
            form = parse_qs(body.decode(), max_num_fields=20)
            row = {name: values[0] for name, values in form.items()}
            row.setdefault("login", row.get("username"))
        given = LoginIn.model_validate(row)
        if "\0" in given.login:
            raise ValueError
        return given
    except (ValueError, ValidationError, RecursionError):
        raise BadInput("login-invalid", "要有 login 和 password") from None


LOGIN_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": LoginIn.model_json_schema()},
            "application/x-www-form-urlencoded": {"schema": LoginIn.model_json_schema()},
        },
    }
}


@router.post("/v1/token", response_model=schemas.Token, responses=responses(401, 429), openapi_extra=LOGIN_BODY)
def log_in(
    request: Request, session: SessionDep, config: SettingsDep, given: Annotated[LoginIn, Depends(read_login)]
) -> Any:
    """登录, 得到凭证. 5 分钟内失败 5 次后要等待."""
    address = request.client.host if request.client else ""
    user = request.app.state.limiter.log_in(session, given.login, given.password, address)
    token, ends = auth.issue(user, config)
    audit.record(session, user.login, "login", user.login)
    return {"access_token": token, "expires_at": ends, "role": user.role, "login": user.login}


@router.get("/v1/me", response_model=schemas.Me, responses=responses(401))
def me(session: SessionDep, principal: PrincipalDep) -> Any:
    """登录人的角色和所属."""
    return shown(session, principal)


def shown(session: Session, principal: Principal) -> dict[str, Any]:
    """Who that is, as a page shows him."""
    advisor = session.get(Advisor, principal.advisor_id) if principal.advisor_id else None
    branch_id = principal.branch_id or (advisor.branch_id if advisor else None)
    branch = session.get(Branch, branch_id) if branch_id else None
    return {
        "login": principal.subject,
        "role": principal.role,
        "advisor_id": principal.advisor_id,
        "advisor_name": advisor.name if advisor else None,
        "branch_id": branch_id,
        "branch_name": branch.name if branch else None,
    }
