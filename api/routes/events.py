"""行为事件, 呼叫未接, 拜访记录: POST one, a list or JSONL."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api import schemas
from api.deps import RawBody, SessionDep, Writer
from api.files import Kind
from api.problems import responses
from api.routes import intake
from api.routes.conversations import JSON_OR_LINES

router = APIRouter(tags=["行为与触达"])


@router.post(
    "/v1/events",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_events(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入行为事件: Segment 规范的 track, identify, page 或 batch, 也可以是 message_id, customer_id, event, at."""
    pieces, single = intake.items(request, body, "batch")
    return intake.answer(session, request, Kind.EVENT, pieces, single)


@router.post(
    "/v1/attempts",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_attempts(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入没有接通的呼叫: customer_id, advisor_id, at."""
    pieces, single = intake.items(request, body, "attempts")
    return intake.answer(session, request, Kind.ATTEMPT, pieces, single)


@router.post(
    "/v1/notes",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_notes(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入拜访记录: customer_id, advisor_id, at, text."""
    pieces, single = intake.items(request, body, "notes")
    return intake.answer(session, request, Kind.NOTE, pieces, single)
