"""大小上限: no body is read beyond its limit, whether it says its length or not; no address holds a NUL."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from dongke.errors import BadInput, TooLarge
from dongke.settings import settings


class BodyLimit:
    """ASGI middleware. Uploads of recordings have their own, larger limit."""

    def __init__(self, app: ASGIApp, upload_paths: frozenset[str]) -> None:
        self._app = app
        self._upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await problems.response(BadInput("request-invalid", "地址里不能有空字符"))(scope, receive, send)
            return
        limit = self._limit(scope)
        if _declared(scope) > limit:
            await problems.response(TooLarge("body-too-large", _detail(limit)))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)

    def _limit(self, scope: Scope) -> int:
        config = settings()
        return config.max_upload_bytes if scope["path"] in self._upload_paths else config.max_body_bytes


def _declared(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, _detail(limit))
        return message

    return counting


def _detail(limit: int) -> str:
    return f"内容超过 {limit // 1024 // 1024} MB"
