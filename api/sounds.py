"""听录音: the sound of a recording or of a conversation, for who may hear it: by his log-in, or a ticket for a player.

Both nouns have the same two routes; what they share is here: `ticket` and `Listener.hear`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request
from sqlmodel import Session
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from api import auth, problems, redactions
from api.deps import Bearer, SessionDep, SettingsDep, who
from api.problems import RangeInvalid, responses
from asr.models import Recording
from dongke import audit
from dongke.errors import NotFound
from dongke.scope import Principal
from dongke.settings import Settings

#: what a route that gives a sound answers, for OpenAPI
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "录音", "content": {"audio/*": {}}},
    206: {"description": "录音的一段", "content": {"audio/*": {}}},
    **responses(401, 403, 404, 409, 416),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What is listened to, and may be by who asks."""

    noun: str  #: of the address: recordings, conversations
    id: str
    recording: Recording
    path: Path


Find = Callable[[Session, Principal, str], Heard]


def ticket(session: Session, config: Settings, principal: Principal, heard: Heard) -> dict[str, Any]:
    """The address of that sound for an <audio> element, which cannot send a header; noted in the audit."""
    signed, ends = auth.audio_ticket(principal, _place(heard.noun, heard.id), config)
    audit.record(session, principal.subject, "audio.open", heard.id, customer=heard.recording.customer_id)
    return {"url": f"/v1/{heard.noun}/{quote(heard.id, safe='')}/audio?ticket={signed}", "expires_at": ends}


@dataclass(frozen=True)
class _Listener:
    """Who asks for a sound, and how."""

    request: Request
    session: SessionDep
    config: SettingsDep
    bearer: Bearer
    ticket: Annotated[str | None, Query(max_length=2000)] = None
    redacted: Annotated[bool, Query(description="盖掉个人号码; 没有原声权限的角色总是如此")] = False

    def hear(self, noun: str, ident: str, find: Find) -> "Sound":
        """The sound that `find` gives to this principal, redacted where he hears no other; noted in the audit, with a
        ticket once, when it was given."""
        principal = self._principal(noun, ident)
        heard = find(self.session, principal, ident)
        path = redactions.heard(self.session, principal, heard.recording, heard.path, self.config, self.redacted)
        if self.ticket is None:
            wanted = self.request.headers.get("range", "all")[:100]
            of = heard.recording.customer_id
            audit.record(self.session, principal.subject, "audio.read", heard.id, customer=of, range=wanted)
        return Sound(path)

    def _principal(self, noun: str, ident: str) -> Principal:
        if self.ticket is not None:
            return auth.ticket_holder(self.session, self.ticket, _place(noun, ident), self.config)
        return who(self.request, self.session, self.config, self.bearer)


Listener = Annotated[_Listener, Depends()]


def _place(noun: str, ident: str) -> str:
    """What a ticket is made out to: a recording and a conversation may have one id."""
    return f"{noun}/{ident}"


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
