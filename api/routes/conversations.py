"""会话: POST one, a list or JSONL; GET one with the words marked; its sound with Range requests."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from api import exports, schemas, sounds, talks
from api.deps import RawBody, Reader, SessionDep, SettingsDep, Writer
from api.files import Kind
from api.problems import responses
from api.routes import intake
from dongke import audit
from dongke.scope import Principal

router = APIRouter(tags=["会话"])

_NOUN = "conversations"

_OBJECT = {"type": "object", "additionalProperties": True}
JSON_OR_LINES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"anyOf": [_OBJECT, {"type": "array", "items": _OBJECT}]}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/v1/conversations",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_conversations(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入会话: 一个, 一个列表, 或每行一个 (application/x-ndjson). 格式见 docs/tags.md 和 docs/doors.md."""
    pieces, single = intake.items(request, body, "conversations")
    return intake.answer(session, request, Kind.CONVERSATION, pieces, single)


@router.post(
    "/v1/wecom/messages",
    status_code=202,
    response_model=schemas.IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_messages(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入企业微信会话存档 (已解密的消息)."""
    pieces, single = intake.items(request, body, "messages")
    return intake.answer(session, request, Kind.WECOM, pieces, single)


@router.post(
    "/v1/conversations/{conversation_id:path}/audio-ticket",
    response_model=schemas.AudioTicket,
    responses=responses(401, 404),
)
def post_audio_ticket(session: SessionDep, config: SettingsDep, principal: Reader, conversation_id: str) -> Any:
    """要一个短时间内有效的录音地址, 给页面上的播放器用."""
    return sounds.ticket(session, config, principal, _heard(session, principal, conversation_id))


@router.get("/v1/conversations/{conversation_id:path}/audio", response_class=Response, responses=sounds.ANSWERS)
def get_audio(listener: sounds.Listener, conversation_id: str) -> Response:
    """录音, 支持 Range. 用登录凭证, 或用录音票据."""
    return listener.hear(_NOUN, conversation_id, _heard)


@router.get(
    "/v1/conversations/{conversation_id:path}/transcript",
    response_class=Response,
    responses={
        200: {"description": "文字稿", "content": {media.split(";")[0]: {} for media in exports.MEDIA_TYPES.values()}},
        **responses(401, 404, 422),
    },
)
def get_transcript(
    session: SessionDep,
    principal: Reader,
    conversation_id: str,
    form: Annotated[Literal["json", "vtt", "srt", "txt"], Query(alias="format")] = "json",
) -> Response:
    """文字稿: JSON (带每个字的时间), WebVTT, SRT 或纯文本; 已删除的标签的原话遮住."""
    stored, customer = talks.readable(session, principal, conversation_id)
    text = exports.transcript(session, stored, form)
    audit.record(session, principal.subject, "conversation.export", stored.id, customer=customer.id, format=form)
    return Response(text, media_type=exports.MEDIA_TYPES[form], headers={"Cache-Control": "private, no-store"})


@router.get(
    "/v1/conversations/{conversation_id:path}", response_model=schemas.ConversationOut, responses=responses(401, 404)
)
def get_conversation(session: SessionDep, principal: Reader, conversation_id: str) -> Any:
    """一次会话: 每一句话, 标出支持标签的字."""
    stored, customer = talks.readable(session, principal, conversation_id)
    answer = talks.show(session, stored, customer)
    audit.record(session, principal.subject, "conversation.read", stored.id, customer=customer.id)
    return answer


def _heard(session: Session, principal: Principal, conversation_id: str) -> sounds.Heard:
    stored, _ = talks.readable(session, principal, conversation_id)
    return sounds.Heard(_NOUN, stored.id, *talks.sound(session, stored))
