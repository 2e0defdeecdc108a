"""挂件: a short-lived token for the card of one customer, and the card without his number in an address."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api import auth, card, schemas_profile, schemas_rights
from api.card import Question, fields_of
from api.deps import Reader, SessionDep, SettingsDep, needs
from api.idempotency import IdempotencyKey
from api.problems import responses
from api.routes.rights import post_right
from dongke import audit
from dongke.errors import BadInput, Forbidden
from dongke.scope import Principal, Role, readable_customer
from dongke.users import User
from profiles.identity import persons

router = APIRouter(tags=["挂件"])
_ASKERS = (Role.ADVISOR, Role.MANAGER, Role.ADMIN, Role.CRM)
TokenAsker = Annotated[Principal, Depends(needs(*_ASKERS), scope="function")]


class WidgetTokenIn(BaseModel):
    """挂件凭证是给哪位客户的."""

    model_config = ConfigDict(extra="forbid")

    customer_id: str = Field(min_length=1, max_length=100)
    login: str | None = Field(None, max_length=200, description="替哪位投顾要 (只有 crm 角色的账号要给)")


class WidgetToken(BaseModel):
    """挂件凭证: 只属于这位投顾和这位客户, 很快到期."""

    token: str
    expires_at: datetime
    customer_id: str


@router.post("/v1/widget/tokens", status_code=201, response_model=WidgetToken, responses=responses(401, 403, 404, 422))
def post_widget_token(session: SessionDep, config: SettingsDep, principal: TokenAsker, given: WidgetTokenIn) -> Any:
    """要一个挂件凭证, 交给 CRM 页面上的 <dongke-profile token>. CRM 的服务端用 crm 账号, 替登录的投顾要."""
    holder = _holder(session, principal, given.login)
    customer = readable_customer(session, holder, given.customer_id)
    others = [member for member in persons.members(session, customer.id) if member != customer.id]
    token, ends = auth.widget_token(holder, [customer.id, *others], config)
    audit.record(session, principal.subject, "widget.token", customer.id, holder=holder.subject)
    return {"token": token, "expires_at": ends, "customer_id": customer.id}


def _holder(session: Session, principal: Principal, login: str | None) -> Principal:
    """Whose token it will be. Raises Forbidden `role-forbidden`, BadInput `login-unknown`."""
    if principal.role is not Role.CRM:
        if login not in (None, principal.subject):
            raise Forbidden("role-forbidden", "只有 crm 角色的账号能替别人要挂件凭证")
        return principal
    account = session.get(User, login) if login and "\0" not in login else None
    if account is None or account.role is not Role.ADVISOR:
        raise BadInput("login-unknown", "login 要是一位投顾的账号")
    return account.principal()


@router.get(
    "/v1/widget/profile",
    response_model=schemas_profile.ProfileOut,
    responses={304: {"description": "没有变化"}, **responses(401, 403, 404, 422)},
)
def get_widget_profile(
    session: SessionDep,
    principal: Reader,
    fields: Annotated[str | None, Query(max_length=500, description="只要这些字段, 用逗号分开")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """挂件凭证所指的客户的画像."""
    question = Question(fields=fields_of(fields))
    return card.answer(session, principal, _customer(principal), question, if_none_match)


@router.post(
    "/v1/widget/rights",
    status_code=201,
    response_model=schemas_rights.RightsOut,
    responses=responses(401, 403, 404, 409, 422),
)
def post_widget_right(
    session: SessionDep, principal: Reader, given: schemas_rights.RightIn, idempotency_key: IdempotencyKey = None
) -> Any:
    """登记挂件凭证所指的客户的一项权利, 例如一条标签不再显示."""
    return post_right(session, principal, _customer(principal), given, idempotency_key)


def _customer(principal: Principal) -> str:
    if not principal.customers:
        raise Forbidden("widget-token-needed", "这里要用挂件凭证 (POST /v1/widget/tokens)")
    return principal.customers[0]
