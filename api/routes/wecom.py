"""企业微信侧边栏: the signatures of its JS-SDK, and whose chat is open."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api import wecom
from api.deps import Reader, SessionDep, SettingsDep
from api.problems import responses
from dongke import audit
from dongke.clock import now
from dongke.errors import NotFound
from dongke.scope import readable_customer
from profiles.identity.service import EXTERNAL_USERID, resolve

router = APIRouter(tags=["挂件"])


class SignatureIn(BaseModel):
    """哪个页面要用 JS-SDK. 在请求体里, 因为地址不进日志."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2000)


class SignatureOut(BaseModel):
    """wx.config 和 wx.agentConfig 要的签名."""

    corp_id: str
    agent_id: str
    timestamp: int
    nonce: str
    config_signature: str
    agent_signature: str


class ContactIn(BaseModel):
    """getCurExternalContact 得到的外部联系人."""

    model_config = ConfigDict(extra="forbid")

    external_userid: str = Field(min_length=1, max_length=200)


class CustomerOut(BaseModel):
    """这位联系人是哪位客户."""

    customer_id: str


@router.post("/v1/wecom/signature", response_model=SignatureOut, responses=responses(401, 403, 404, 422, 503))
def post_signature(config: SettingsDep, principal: Reader, given: SignatureIn) -> Any:
    """企业微信 JS-SDK 的签名, 给侧边栏页面用."""
    return wecom.signatures(given.url, config)


@router.post("/v1/wecom/customer", response_model=CustomerOut, responses=responses(401, 403, 404, 422))
def post_customer(session: SessionDep, principal: Reader, given: ContactIn) -> Any:
    """企业微信的外部联系人是哪位客户. 看不到的和不认识的没有区别."""
    found = resolve(session, EXTERNAL_USERID, given.external_userid, now())
    try:
        customer = readable_customer(session, principal, found or "")
    except NotFound:
        raise NotFound("customer-unknown", "这位联系人还不是您的客户") from None
    audit.record(session, principal.subject, "wecom.contact", customer.id)
    return {"customer_id": customer.id}
