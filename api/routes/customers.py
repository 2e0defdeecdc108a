"""客户: the list, the profile, the timeline."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime

from api import card, listing, schemas, schemas_profile
from api.card import Question, fields_of
from api.deps import READERS, Caller, CallerDep, Reader, SessionDep, session_of
from api.paging import Cursor, Limit
from api.problems import responses
from api.timeline import timeline
from dongke import audit
from dongke.scope import readable_customer
from profiles.identity import service as identity
from profiles.rights.store import right_of

router = APIRouter(tags=["客户"])


@router.get("/v1/customers", response_model=schemas.CustomerPage, responses=responses(401, 422))
def get_customers(
    session: SessionDep,
    principal: Reader,
    search: Annotated[str | None, Query(max_length=100, description="客户号或姓名的一部分")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """能看的客户, 连同待跟进和逾期的商机数."""
    return listing.customers(session, principal, search=search, cursor=cursor, limit=limit)


@router.get(
    "/v1/customers/{customer_id}/profile",
    response_model=schemas_profile.ProfileOut,
    responses={304: {"description": "没有变化"}, **responses(401, 404, 422)},
)
async def get_profile(
    caller: CallerDep,
    customer_id: str,
    as_of: Annotated[AwareDatetime | None, Query(description="那一刻为止说过和做过的")] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="那一刻为止懂客知道的")] = None,
    fields: Annotated[
        str | None, Query(max_length=500, description="只要这些字段, 用逗号分开, 例如 tags,suitability")
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """客户画像, 一次给全. 不给时间就是现在; ETag 和 If-None-Match 省去没有变化的传送."""
    return await run_in_threadpool(_profile, caller, customer_id, (as_of, known_at, fields), if_none_match)


def _profile(
    caller: Caller, customer_id: str, asked: tuple[datetime | None, datetime | None, str | None], held: str | None
) -> Response:
    """All of it in one thread: each change of thread costs as much as a statement."""
    with session_of(caller, *READERS) as (session, principal):
        question = Question(asked[0], asked[1], fields_of(asked[2]), opened=bool(principal.reason))
        return card.answer(session, principal, customer_id, question, held)


@router.get(
    "/v1/customers/{customer_id}/timeline", response_model=schemas.TimelinePage, responses=responses(401, 404, 422)
)
def get_timeline(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    kind: Annotated[list[schemas.TimelineKind] | None, Query(description="只要这几种; browse 是只看没动的行为")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """这位客户身上发生过的一切, 新的在前."""
    customer = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "timeline.read", customer.id)
    members = identity.members(session, customer.id)
    rights = right_of(session, customer.id)
    return timeline(session, members, rights, kinds=frozenset(kind or ()), cursor=cursor, limit=limit)
