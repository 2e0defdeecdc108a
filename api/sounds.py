"""录音文件的应答: a sound file with Range requests."""

from pathlib import Path
from typing import Any

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from api import problems
from api.problems import RangeInvalid
from dongke.errors import NotFound

#: what a route that gives a sound answers, for OpenAPI
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "录音", "content": {"audio/*": {}}},
    206: {"description": "录音的一段", "content": {"audio/*": {}}},
}


class Sound(FileResponse):
    """A sound file with Range requests, whose refusals are problems like all others."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, headers={"Cache-Control": "private, no-store"}, media_type=_media_type(path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = dict(scope["headers"]).get(b"range")
        if wanted is not None:
            try:
                size = Path(self.path).stat().st_size
                self._parse_range_header(wanted.decode("latin-1"), size)
            except OSError:
                await problems.response(NotFound("audio-missing", "录音文件不在了"))(scope, receive, send)
                return
            except Exception:
                refusal = problems.response(RangeInvalid("range-invalid", f"录音只有 {size} 字节, 没有这一段"))
                refusal.headers["Content-Range"] = f"bytes */{size}"
                await refusal(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _media_type(path: Path) -> str:
    known = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg",
             ".flac": "audio/flac", ".aac": "audio/aac", ".webm": "audio/webm"}  # fmt: skip
    return known.get(path.suffix.lower(), "application/octet-stream")
