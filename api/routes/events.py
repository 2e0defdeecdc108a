"""行为事件, 呼叫未接, 拜访记录: POST one, a list or JSONL. What a customer did, day by day: GET."""

from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from api import schemas
from api.deps import CallerDep, RawBody, Reader, SessionDep, Writer
from api.files import Kind
from api.posts import receive
from api.problems import responses
from api.routes import intake
from api.routes.conversations import JSON_OR_LINES
from api.schemas_events import BehaviourOut
from dongke import audit
from dongke.clock import beijing, now
from dongke.errors import BadInput
from dongke.scope import readable_customer
from dongke.standing import Purpose
from profiles.behaviour.day_rows import days_of
from profiles.behaviour.dialects import TRAITS
from profiles.behaviour.traits import traits_of
from profiles.identity import service as identity
from profiles.repository import events_of
from profiles.rights.store import right_of

router = APIRouter(tags=["行为与触达"])
MAX_DAYS = 366


class _Direct(APIRoute):
    """Documented like every route, and answered by `receive` itself: FastAPI's reading of the parameters of a small
    post takes as long as storing it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return receive


async def post_events(request: Request, caller: CallerDep, body: RawBody) -> Response:
    """接入行为事件: Segment 规范, 神策, 诸葛, 或 message_id, customer_id, event, at. 一个, 一批或逐行, 每个都有结果."""
    return await receive(request)


router.add_api_route(
    "/v1/events",
    post_events,
    methods=["POST"],
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
    route_class_override=_Direct,
)


@router.get(
    "/v1/customers/{customer_id}/behaviour",
    response_model=BehaviourOut,
    responses=responses(401, 404, 422),
)
def get_behaviour(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    start: Annotated[date | None, Query(description="第一天; 默认 30 天前")] = None,
    end: Annotated[date | None, Query(description="最后一天 (含); 默认今天")] = None,
) -> dict[str, Any]:
    """客户每天做了什么: 每类行为几次, 多少钱, 最后一次在何时; 以及埋点报来的用户属性."""
    customer = readable_customer(session, principal, customer_id)
    end = end or beijing(now()).date()
    start = start or end - timedelta(days=30)
    if not 0 <= (end - start).days <= MAX_DAYS:
        raise BadInput("date-invalid", f"起止日期要在 {MAX_DAYS} 天以内, 起在前")
    everyone = identity.members(session, customer.id)
    shown = everyone if Purpose.PROFILING not in right_of(session, customer.id).refused else []
    who, days = everyone[0], days_of(session, shown, start, end)
    traits = traits_of(events_of(session, shown, TRAITS))
    audit.record_read(session, principal.subject, "behaviour.read", who, start=start.isoformat(), end=end.isoformat())
    return {
        "customer": who,
        "start": start,
        "end": end,
        "days": [
            {"day": day, "event": event, "product": product or None, "count": row.count, "amount": row.amount}
            | {"last_at": beijing(row.last_at), "customer": customer}
            for (customer, day, event, product), row in days.items()
        ],
        "traits": traits,
    }


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
