"""标签: the register of all tags; an advisor's verdict 对, 错 or the right value."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import col, select

from api import queue, schemas, schemas_profile, slots
from api.deps import Actor, Reader, SessionDep
from api.idempotency import IdempotencyKey, once
from api.problems import responses
from api.queue import Task
from dongke.directory import Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import visible
from profiles.models import StoredAssertion
from profiles.registry import registry
from profiles.tagging import give_feedback

router = APIRouter(tags=["标签"])


@router.get("/v1/tags", response_model=schemas_profile.RegistryOut, responses=responses(401, 403))
async def get_tags(principal: Reader) -> Any:
    """标签登记: 每个标签和特征谁负责, 为了什么, 可用于什么, 多久有效."""
    found = registry()
    return {"version": found.version, "items": [entry.to_json() for entry in found.entries]}


@router.get("/v1/tags/vocabulary", response_model=dict[str, list[schemas.TagSlot]], responses=responses(401, 403))
async def get_vocabulary(principal: Reader) -> Any:
    """每个标签可以更正的内容: 名称, 填法, 可选的值."""
    return slots.vocabulary()


@router.post(
    "/v1/tags/{assertion_id:path}/feedback",
    status_code=201,
    response_model=schemas.FeedbackOut,
    responses=responses(401, 403, 404, 409, 422),
)
def post_feedback(
    session: SessionDep,
    principal: Actor,
    assertion_id: str,
    given: schemas.FeedbackIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """对一个标签的反馈: right 对, wrong 错, corrected 更正 (带 value)."""
    query = (
        select(StoredAssertion)
        .join(Customer, col(StoredAssertion.customer_id) == col(Customer.id))
        .where(StoredAssertion.id == assertion_id, visible(principal))
    )
    assertion = session.exec(query).one_or_none()
    if assertion is None:
        raise NotFound("tag-unknown", "没有这个标签")
    if (given.value is not None) != (given.verdict == "corrected"):
        raise BadInput("feedback-invalid", "value 只和 corrected 一起给")

    def give() -> dict[str, Any]:
        made = give_feedback(session, principal, assertion.id, given.verdict, given.value)
        queue.defer(session, Task.CUSTOMER, [assertion.customer_id])
        return schemas.FeedbackOut(**made.model_dump()).model_dump(mode="json")

    return once(session, principal, idempotency_key, ["feedback", assertion.id, given.model_dump()], give)
