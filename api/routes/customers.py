"""客户: the list, the profile, the timeline."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api import listing, schemas, talks
from api.deps import Reader, SessionDep
from api.paging import Cursor, Limit
from api.problems import responses
from api.timeline import timeline
from dongke import audit
from dongke.scope import readable_customer
from profiles import identity, service
from profiles.rights_store import right_of

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
    response_model=schemas.ProfileOut,
    responses={304: {"description": "没有变化"}, **responses(401, 404, 422)},
)
def get_profile(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    as_of: Annotated[AwareDatetime | None, Query(description="那一刻为止说过和做过的")] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="那一刻为止懂客知道的")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """客户画像. 不给时间就是现在; ETag 和 If-None-Match 省去没有变化的传送."""
    customer = readable_customer(session, principal, customer_id)
    profile = service.profile_of(
        session, customer.id, as_of=as_of, known_at=known_at, opened=bool(principal.reason)
    ).to_json()
    talks.with_sentences(session, [e for tag in profile["tags"] for e in tag["evidence"]])
    asked = {"as_of": as_of and as_of.isoformat(), "known_at": known_at and known_at.isoformat()}
    audit.record(session, principal.subject, "profile.read", customer.id, **asked)
    etag = _etag(profile)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and etag in (mark.strip().removeprefix("W/") for mark in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return JSONResponse(profile, headers=headers)


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


def _etag(profile: dict[str, Any]) -> str:
    """A mark of the content; the two moments of the question are not content."""
    content = {name: value for name, value in profile.items() if name not in ("as_of", "known_at")}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
