"""客户身份: GET what is known of who is who, POST merges and identifiers, DELETE what was wrong."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api import identities, identity_views, problems
from api import schemas_identity as schemas
from api.deps import Actor, RawBody, Reader, SessionDep, Writer
from api.files import Kind
from api.idempotency import IdempotencyKey, once
from api.paging import Cursor, Limit
from api.problems import responses
from api.routes import intake
from api.routes.conversations import JSON_OR_LINES
from api.schemas import IntakeResult
from dongke.errors import Conflict

router = APIRouter(tags=["身份"])
_REFUSALS = responses(401, 403, 404, 409, 422)


@router.get(
    "/v1/customers/{customer_id}/identity", response_model=schemas.IdentityOut, responses=responses(401, 404, 422)
)
def get_identity(session: SessionDep, principal: Reader, customer_id: str) -> Any:
    """这位客户是谁: 合并在一起的客户号, 标识 (掩码), 合并和拆分的经过, 一家人的线索, 待处理的疑点."""
    return identity_views.show(session, principal, customer_id)


@router.post(
    "/v1/customers/{customer_id}/identifiers",
    status_code=201,
    response_model=schemas.IdentifierOut,
    responses=_REFUSALS,
)
def post_identifier(
    session: SessionDep,
    principal: Actor,
    customer_id: str,
    given: schemas.LinkIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """关联一个标识. 超过上限的不关联, 留作疑点; 管理者和系统管理员可用."""

    def work() -> dict[str, Any]:
        found = identities.link(session, principal, customer_id, given)
        return schemas.IdentifierOut(**found).model_dump(mode="json")

    try:
        return once(session, principal, idempotency_key, ["link", customer_id, given.model_dump(mode="json")], work)
    except Conflict as fault:
        return problems.response(fault)  # an answer, no exception: the doubt that the refusal left is kept


@router.delete(
    "/v1/customers/{customer_id}/identifiers/{identifier_id}",
    response_model=schemas.IdentifierOut,
    responses=_REFUSALS,
)
def delete_identifier(
    session: SessionDep,
    principal: Actor,
    customer_id: str,
    identifier_id: str,
    reason: Annotated[str, Query(min_length=2, max_length=500, description="为什么, 进审计记录")],
    until: Annotated[AwareDatetime | None, Query(description="到什么时候为止是他的; 不给则现在")] = None,
) -> Any:
    """解除关联. 给关联开始的时间或更早, 就是从来不是他的."""
    return identities.unlink(session, principal, customer_id, identifier_id, until, reason)


@router.post(
    "/v1/customers/{customer_id}/identifiers/{identifier_id}/reveal",
    response_model=schemas.RevealOut,
    responses=_REFUSALS,
)
def post_reveal(
    session: SessionDep,
    response: Response,
    principal: Reader,
    customer_id: str,
    identifier_id: str,
    given: schemas.ReasonIn,
) -> Any:
    """看一个标识的原值. 管理者, 合规和系统管理员可用, 每次都进审计记录."""
    response.headers["Cache-Control"] = "no-store"
    return identities.reveal(session, principal, customer_id, identifier_id, given.reason)


@router.post("/v1/identity/merges", status_code=201, response_model=schemas.PersonOut, responses=_REFUSALS)
def post_merge(
    session: SessionDep, principal: Actor, given: schemas.MergeIn, idempotency_key: IdempotencyKey = None
) -> Any:
    """合并两个客户: 之后两人的事实归在前一个名下. 两位都要看得到; 画像, 商机和人群随之重算."""
    work = _regroup(lambda: identities.merge(session, principal, given))
    return once(session, principal, idempotency_key, ["merge", given.model_dump(mode="json")], work)


@router.post("/v1/identity/unmerges", status_code=201, response_model=schemas.PersonOut, responses=_REFUSALS)
def post_unmerge(
    session: SessionDep, principal: Actor, given: schemas.MergeIn, idempotency_key: IdempotencyKey = None
) -> Any:
    """拆分: 撤回把这两位合在一起的那一次合并, 别的合并不动."""
    work = _regroup(lambda: identities.unmerge(session, principal, given))
    return once(session, principal, idempotency_key, ["unmerge", given.model_dump(mode="json")], work)


@router.get("/v1/identity/conflicts", response_model=schemas.ConflictPage, responses=responses(401, 422))
def get_conflicts(
    session: SessionDep,
    principal: Reader,
    kind: Annotated[str | None, Query(max_length=40, description="disagreement, handover, double, limit")] = None,
    settled: Annotated[bool, Query(description="连同已处理的")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """身份疑点: 数据里说法不一, 要人来定的, 新的在前."""
    return identity_views.doubts(session, principal, kind=kind, settled=settled, cursor=cursor, limit=limit)


@router.post("/v1/identity/conflicts/{conflict_id}/settle", response_model=schemas.ConflictOut, responses=_REFUSALS)
def post_settle(session: SessionDep, principal: Actor, conflict_id: str, given: schemas.ReasonIn) -> Any:
    """疑点已处理 (解除关联, 合并, 或确认如此), 写明结论."""
    return identities.settle(session, principal, conflict_id, given.reason)


@router.post(
    "/v1/identifiers",
    status_code=202,
    response_model=IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_identifiers(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入标识: customer_id, kind, value, from_at, 可以有 until. 不能用的在隔离区."""
    pieces, single = intake.items(request, body, "identifiers")
    return intake.answer(session, request, Kind.IDENTIFIERS, pieces, single)


def _regroup(work: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    return lambda: schemas.PersonOut(**work()).model_dump(mode="json")
