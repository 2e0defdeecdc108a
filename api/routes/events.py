"""行为事件, 呼叫未接, 拜访记录: POST one, a list or JSONL. What a customer did, day by day: GET."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api import files, problems, schemas
from api.deps import RawBody, Reader, SessionDep, Writer
from api.doors import Intake, Outcome
from api.files import Kind, Piece
from api.gather import Gatherer
from api.problems import responses
from api.routes import intake
from api.routes.conversations import JSON_OR_LINES
from api.schemas_events import BehaviourOut
from dongke import audit
from dongke.clock import beijing, now
from dongke.db import session_scope
from dongke.errors import BadInput
from dongke.scope import readable_customer
from dongke.standing import Purpose
from profiles.behaviour.day_rows import days_of
from profiles.behaviour.dialects import TRAITS, expand
from profiles.behaviour.traits import traits_of
from profiles.identity import service as identity
from profiles.repository import events_of
from profiles.rights.store import right_of

router = APIRouter(tags=["行为与触达"])
MAX_DAYS = 366
SMALL = 100  #: events; posts up to this size are stored together with others
MAX_POSTS = 64  #: so many of them


def _store(posts: Sequence[Sequence[Piece]]) -> list[list[Outcome]]:
    """Takes several posts in one transaction; the outcomes of each."""
    with session_scope() as session:
        taken = Intake(session)
        taken.heard_at = now()
        taken.take(Kind.EVENT, [piece for post in posts for piece in post])
        taken.finish()
    told = iter(taken.outcomes)
    answers: list[list[Outcome]] = [[] for _ in posts]
    for is_readable in (False, True):  # what cannot be read was refused first
        for post, answer in zip(posts, answers, strict=True):
            answer.extend(next(told) for piece in post if (piece.fault is None) is is_readable)
    return answers


_posts = Gatherer(_store, MAX_POSTS)


@router.post(
    "/v1/events",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_events(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入行为事件: Segment 规范, 神策, 诸葛, 或 message_id, customer_id, event, at. 一个, 一批或逐行, 每个都有结果."""
    if not body.strip():
        raise BadInput("body-empty", "请求没有内容")
    pieces = list(files.body_pieces(body, lines=intake.is_lines(request)))
    single = len(pieces) == 1 and pieces[0].source == files.BODY and expand([pieces[0].row]) == [pieces[0].row]
    opened = list(_opened(pieces))
    if len(opened) > intake.MAX_ITEMS:
        raise BadInput("too-many-items", f"一次最多 {intake.MAX_ITEMS} 件")
    session.close()  # its connection is another's while this post waits for its turn
    outcomes = _posts.do(opened) if len(opened) <= SMALL else _store([opened])[0]
    if single and outcomes[0].fault is not None:
        return problems.response(outcomes[0].fault)
    return JSONResponse(_account(outcomes), 202)


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


def _opened(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Envelopes as their events, each with what the envelope says of all."""
    for piece in pieces:
        rows = expand([piece.row]) if piece.fault is None else [piece.row]
        if len(rows) == 1 and rows[0] is piece.row:
            yield piece
            continue
        for number, row in enumerate(rows, 1):
            yield Piece(f"{piece.source}:{number}", files.as_bytes(row), row)


def _account(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    counts = Counter(outcome.state for outcome in outcomes)
    return {
        "accepted": counts["new"] + counts["waiting"],
        "unchanged": counts["unchanged"],
        "refused": counts["refused"],
        "results": [outcome.to_json() for outcome in sorted(outcomes, key=_place)],
    }


def _place(outcome: Outcome) -> list[int]:
    """body:3:1 stands after body:2."""
    return [int(part) for part in outcome.source.split(":")[1:]]
