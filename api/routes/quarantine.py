"""隔离区: GET what waits, POST another try."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from sqlmodel import col, select

from api import apart, doors, paging, schemas
from api.deps import Operator, SessionDep
from api.files import Kind
from api.paging import Cursor, Limit
from api.problems import responses
from dongke import audit
from dongke.errors import BadInput
from dongke.quarantine import Quarantined, one

router = APIRouter(tags=["隔离区"])
_MAX_ID = 2**31 - 1


@router.get("/v1/quarantine", response_model=schemas.QuarantinePage, responses=responses(401, 403))
def get_quarantine(
    session: SessionDep,
    principal: Operator,
    door: Annotated[str | None, Query(max_length=50)] = None,
    code: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """还没有解决的隔离件, 新的在前. 原件不在列表里."""
    query = select(Quarantined).where(col(Quarantined.resolved_at).is_(None))
    if door:
        query = query.where(Quarantined.door == door)
    if code:
        query = query.where(Quarantined.code == code)
    place = paging.decode("quarantine", cursor, 1)
    if place:
        query = query.where(col(Quarantined.id) < _number(place[0]))
    found = session.exec(query.order_by(col(Quarantined.id).desc()).limit(limit + 1)).all()
    rows, last = paging.page(found, limit)
    after = paging.encode("quarantine", str(last.id)) if last else None
    return {"items": [row.to_json() for row in rows], "next_cursor": after}


@router.post("/v1/quarantine/{ident}/retry", response_model=schemas.RetryResult, responses=responses(401, 403, 404))
def post_retry(session: SessionDep, principal: Operator, ident: Annotated[int, PathParameter(ge=1, le=_MAX_ID)]) -> Any:
    """再接入一次 (例如客户已经录入之后)."""
    kept = one(session, ident)
    opens_sound = kept.door in (Kind.RECORDING, Kind.FILE)
    outcome = apart.retry(ident) if opens_sound else doors.retry(session, ident).to_json()
    session.expire_all()
    fault = outcome.get("code")
    audit.record(session, principal.subject, "quarantine.retry", str(ident), state=outcome["state"])
    return {"id": ident, "resolved": fault is None, "code": fault, "detail": outcome.get("detail")}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    return int(text)
