"""行为事件的上报: small posts of events that arrive together are opened and stored in one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.utils import get_authorization_scheme_param
from sqlmodel import Session

from api import files, problems
from api.deps import WRITERS, Caller, get_principal
from api.doors import Intake, Outcome
from api.files import Kind, Piece
from api.gather import Gatherer
from api.routes.intake import MAX_ITEMS, is_lines
from dongke.clock import now
from dongke.db import session_scope
from dongke.errors import BadInput, DongkeError, TooLarge
from dongke.settings import settings
from profiles.behaviour.dialects import expand

SMALL_BYTES = 64_000  #: posts up to this size are stored together with others
MAX_POSTS = 64  #: so many of them


@dataclass(frozen=True, slots=True)
class _Post:
    """一次上报, as it came."""

    caller: Caller
    body: bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    """Its events. `single`: one alone, whose refusal is a problem."""

    pieces: list[Piece]
    single: bool


def _take(posts: Sequence[_Post]) -> list[Response | Exception]:
    """Takes several posts in one transaction; the answer of each."""
    with session_scope() as session:
        writers = set[str]()
        opened = [_open(session, post, writers) for post in posts]
        good = [one for one in opened if isinstance(one, _Opened)]
        told = iter(_store(session, [one.pieces for one in good]))
        return [_answer(one.single, next(told)) if isinstance(one, _Opened) else one for one in opened]


def _open(session: Session, post: _Post, writers: set[str]) -> _Opened | DongkeError:
    """Who may not write is told so before anything is read. `writers`: tokens that were found good in this turn."""
    caller = post.caller
    token = caller.bearer.credentials if caller.bearer and caller.break_glass is None else None
    try:
        if token not in writers:
            get_principal(caller.request, session, caller.config, caller.bearer, caller.break_glass).need(*WRITERS)
            writers |= {token} if token else set()
        if not post.body.strip():
            raise BadInput("body-empty", "请求没有内容")
        pieces = list(files.body_pieces(post.body, lines=is_lines(caller.request)))
        single = len(pieces) == 1 and pieces[0].source == files.BODY and expand([pieces[0].row]) == [pieces[0].row]
        events = list(_counted(_events(pieces), caller.config.max_body_bytes))
    except DongkeError as fault:
        return fault
    return _Opened(events, single)


def _store(session: Session, posts: Sequence[Sequence[Piece]]) -> list[list[Outcome]]:
    """The outcomes of each."""
    if not posts:
        return []
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


def _answer(single: bool, outcomes: Sequence[Outcome]) -> Response:
    if single and outcomes[0].fault is not None:
        return problems.response(outcomes[0].fault)
    return JSONResponse(_account(outcomes), 202)


async def receive(request: Request) -> Response:
    """Hands the post to the next turn; a large one has a transaction of its own."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    bearer = HTTPAuthorizationCredentials(scheme=scheme, credentials=token) if scheme.lower() == "bearer" else None
    caller = Caller(request, settings(), bearer, request.headers.get("x-break-glass"))
    post, state = _Post(caller, await request.body()), request.app.state
    if len(post.body) > SMALL_BYTES:
        (found,) = await run_in_threadpool(_take, [post])
        if isinstance(found, Exception):
            raise found
        return found
    if not hasattr(state, "posts"):  # of this application's loop
        state.posts = Gatherer(_take, MAX_POSTS)
    answer: Response = await state.posts.do(post)
    return answer


def _events(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Envelopes as their events, each with what the envelope says of all."""
    for piece in pieces:
        rows = expand([piece.row]) if piece.fault is None else [piece.row]
        if len(rows) == 1 and rows[0] is piece.row:
            yield piece
            continue
        for number, row in enumerate(rows, 1):
            yield Piece(f"{piece.source}:{number}", files.as_bytes(row), row)


def _counted(pieces: Iterable[Piece], limit: int) -> Iterable[Piece]:
    """The pieces, no more of them than may come. What an envelope says goes into each of its events: small envelopes
    must not become large ones. Raises BadInput `too-many-items`, TooLarge `body-too-large`."""
    size = 0
    for number, piece in enumerate(pieces, 1):
        size += len(piece.raw)
        if number > MAX_ITEMS:
            raise BadInput("too-many-items", f"一次最多 {MAX_ITEMS} 件")
        if number > 1 and size > limit:
            raise TooLarge("body-too-large", f"展开后的事件超过 {limit >> 20} MB")
        yield piece


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
