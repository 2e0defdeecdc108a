"""触达登记: what an advisor notes of a contact himself, in two clicks. It shows as 自报 until a talk proves it."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api import queue
from api.deps import Actor, SessionDep
from api.idempotency import IdempotencyKey, once
from api.problems import responses
from api.queue import Task
from dongke import audit
from dongke.clock import now
from dongke.errors import BadInput, Forbidden
from dongke.scope import readable_customer
from followup import service

router = APIRouter(tags=["商机"])
_KINDS = {"call": "电话", "visit": "面谈", "wechat": "企业微信"}


class ContactIn(BaseModel):
    """一次触达. 没接通 (attempt) 只计次数; 带 opportunity_id 和 outcome 时同时登记那个商机的结果."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["call", "visit", "wechat", "attempt"]
    text: str = Field("", max_length=service.MAX_TEXT_CHARS)
    opportunity_id: str | None = Field(None, max_length=200)
    outcome: Literal["done", "refused"] | None = None


class ContactOut(BaseModel):
    """已登记的触达."""

    id: str
    kind: str
    customer_id: str
    advisor_id: str
    at: str


@router.post(
    "/v1/customers/{customer_id}/contacts",
    status_code=201,
    response_model=ContactOut,
    responses=responses(401, 403, 404, 409, 422),
)
def post_contact(
    session: SessionDep,
    principal: Actor,
    customer_id: str,
    given: ContactIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """登记自己的一次触达. 没有会话佐证的显示为自报, 不算已谈到."""
    customer = readable_customer(session, principal, customer_id)
    advisor_id = principal.advisor_id
    if advisor_id is None:
        raise Forbidden("advisor-needed", "只有投资顾问能登记自己的触达")
    if (given.outcome is None) != (given.opportunity_id is None):
        raise BadInput("contact-invalid", "opportunity_id 和 outcome 要一起给")

    def note() -> dict[str, Any]:
        moment = now()
        who: dict[str, Any] = {"customer_id": customer.id, "advisor_id": advisor_id, "at": moment}
        if given.kind == "attempt":
            ident = service.add_attempt(session, **who).id
            queue.defer(session, Task.CUSTOMER, [customer.id])
        else:
            told = given.text.strip() or "没有写内容"
            ident = service.add_note(session, **who, text=f"{_KINDS[given.kind]}: {told}").id
            queue.defer(session, Task.NOTE, [ident])
        if given.opportunity_id is not None and given.outcome is not None:
            service.act(session, principal, given.opportunity_id, given.outcome, given.text, moment)
        audit.record(session, principal.subject, "contact.note", customer.id, kind=given.kind)
        return {"id": ident, "kind": given.kind, **who, "at": moment.isoformat()}

    return once(session, principal, idempotency_key, ["contact", customer.id, given.model_dump()], note)
