"""即时消息: a page that is open hears of each change without asking (server-sent events)."""

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import READERS, CallerDep, session_of
from api.live import Live
from api.problems import responses
from dongke.scope import Principal

router = APIRouter(tags=["即时消息"])


async def get_listener(caller: CallerDep) -> Principal:
    """Who listens. His log-in is looked at once; the transaction ends before the stream begins."""

    def ask() -> Principal:
        with session_of(caller, *READERS) as (_, principal):
            return principal

    return await run_in_threadpool(ask)


@router.get("/v1/stream", response_class=EventSourceResponse, responses=responses(401, 403))
async def get_stream(
    request: Request, principal: Annotated[Principal, Depends(get_listener)]
) -> AsyncIterable[ServerSentEvent]:
    """能看的客户有变化时的消息: hello (请重新取数), tags, opportunities, overdue, timeline, recordings, progress.

    消息只说哪位客户变了, 不带内容; 15 秒没有消息时有一行注释保持连接.
    """
    live: Live = request.app.state.live
    async for change in live.changes(principal):
        yield ServerSentEvent(event=change.kind, data={"customer_id": change.customer_id}, retry=2000)
