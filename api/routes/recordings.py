"""录音: POST a file, or where one lies (path, URL); GET the list, one with its states, its sound, its waveform."""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api import apart, calls, card, problems, schemas, sounds
from api import schemas_recordings as shapes
from api.calls import RecordingFilter
from api.deps import Actor, Reader, SessionDep, SettingsDep, Writer
from api.doors import Intake
from api.files import Kind, as_bytes
from api.paging import Cursor, Limit
from api.problems import responses
from asr import sources
from asr.manifest import SOUND_SUFFIXES, inside
from asr.models import RecordingState, Waveform
from asr.recordings import is_of_another
from asr.transcripts import SUFFIXES
from dongke import audit
from dongke.errors import BadInput, DongkeError
from dongke.scope import Principal
from dongke.settings import Settings

router = APIRouter(tags=["录音"])

_NOUN = "recordings"

_FIELDS = shapes.RecordingFields.model_json_schema(ref_template="#/components/schemas/{model}")
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    **_FIELDS,
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "录音"},
                        "transcript": {"type": "string", "format": "binary", "description": "可选: 文字稿"},
                        **_FIELDS["properties"],
                    },
                    "required": ["file", *_FIELDS["required"]],
                }
            },
            "application/json": {"schema": shapes.RecordingIn.model_json_schema()},
        },
    }
}
_Ident = Annotated[str | None, Query(max_length=100)]


class Posted(BaseModel):
    """What a request brought: the fields, and either open files, or a path, or a URL."""

    model_config = {"arbitrary_types_allowed": True}

    fields: shapes.RecordingFields
    path: str | None = None
    url: str | None = None
    file: UploadFile | None = None
    transcript: UploadFile | None = None


async def read_posted(request: Request) -> AsyncIterator[Posted]:
    """The recording of a multipart form, or the path in a JSON body; open files are closed afterwards."""
    try:
        yield await _read(request)
    finally:
        await request.close()


async def _read(request: Request) -> Posted:
    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            form = await request.form(max_files=2, max_fields=20)
            plain = {name: value for name, value in form.items() if isinstance(value, str) and value}
            files = {name: value for name, value in form.items() if isinstance(value, UploadFile)}
            if "file" not in files:
                raise BadInput("recording-invalid", "缺少 file")
            fields = shapes.RecordingFields.model_validate(plain)
            return Posted(fields=fields, file=files["file"], transcript=files.get("transcript"))
        given = shapes.RecordingIn.model_validate(json.loads(await request.body()))
        fields = shapes.RecordingFields(**given.model_dump(exclude={"path", "url"}))
        return Posted(fields=fields, path=given.path, url=given.url)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        code = "time-naive" if first["type"] == "timezone_aware" else "recording-invalid"
        raise BadInput(code, f"{where}: {'时间没有时区' if code == 'time-naive' else '缺少或不合格式'}") from None
    except HTTPException as fault:
        if fault.status_code == 413:
            raise
        raise BadInput("recording-invalid", "表单不能读") from None
    except (ValueError, RecursionError):
        raise BadInput("json-invalid", "不是 JSON") from None


@router.post(
    "/v1/recordings",
    status_code=202,
    response_model=schemas.ItemResult,
    responses=responses(401, 403, 409, 413, 422),
    openapi_extra=_BODY,
)
def post_recording(
    session: SessionDep,
    config: SettingsDep,
    principal: Writer,
    posted: Annotated[Posted, Depends(read_posted, scope="function")],
) -> JSONResponse:
    """登记一段录音: 上传文件 (multipart), 或给出 recordings_dir 之内的路径或可取的地址 (JSON). 同一段声音只登记一次."""
    fields = posted.fields
    row = fields.model_dump(mode="json", exclude={"call_id"}, exclude_none=True) | {"id": fields.call_id}
    if posted.url is not None:
        row |= {"folder": None, "file": posted.url}
    else:
        folder, name = _named(posted, config) if posted.path is not None else _saved(session, posted, config)
        row |= {"folder": str(folder), "file": name}
        try:
            inside(folder, name)
        except DongkeError as refused:
            Intake(session, config).refuse(Kind.RECORDING, f"upload:{name}", as_bytes(row), refused)
            return problems.response(refused)
    outcome = apart.register(row)
    fault = apart.fault_of(outcome)
    if fault is not None:
        return problems.response(fault)
    return JSONResponse(outcome | {"source": "upload"}, 202)


@router.get("/v1/recordings", response_model=shapes.RecordingPage, responses=responses(401, 403, 422))
def get_recordings(
    session: SessionDep,
    principal: Reader,
    state: Annotated[list[RecordingState] | None, Query(description="可以给几个")] = None,
    customer: _Ident = None,
    advisor: _Ident = None,
    counts: Annotated[bool, Query(description="连同每个状态的数量")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """能看的录音, 新到的在前."""
    wanted = RecordingFilter(tuple(state or ()), customer, advisor)
    found = calls.page(session, principal, wanted, cursor=cursor, limit=limit)
    return found | {"counts": calls.counts(session, principal, wanted) if counts else None}


@router.post(
    "/v1/recordings/{recording_id:path}/retry",
    status_code=202,
    response_model=shapes.RecordingDetail,
    responses=responses(401, 403, 404, 409),
)
def post_retry(session: SessionDep, principal: Actor, recording_id: str) -> Any:
    """再转写一次: 失败的, 可疑的, 或等着的. 已转写的和正在转写的不行 (409)."""
    recording, _, _ = calls.readable(session, principal, recording_id)
    calls.retry(session, recording)
    audit.record(session, principal.subject, "recording.retry", recording.id, customer=recording.customer_id)
    session.expire_all()
    return _detail(session, principal, recording_id)


@router.get(
    "/v1/recordings/{recording_id:path}/peaks",
    response_model=shapes.PeaksOut,
    responses={304: {"description": "没有变"}, **responses(401, 404, 422, 503)},
)
def get_peaks(
    session: SessionDep,
    principal: Reader,
    recording_id: str,
    answer: Response,
    bins: Annotated[int, Query(ge=1, le=2000, description="每个声道最多多少个值")] = 800,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Any:
    """波形, 给页面画图用: 每个声道一列 0 到 1 的值."""
    recording, _, _ = calls.readable(session, principal, recording_id)
    calls.may_hear(session, recording)
    etag = f'"{hashlib.sha256(f"{recording.sha256}:{bins}".encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if card.matches(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return {"duration_ms": recording.duration_ms, "channels": calls.peaks(_drawn(session, recording_id), bins)}


@router.post(
    "/v1/recordings/{recording_id:path}/audio-ticket", response_model=schemas.AudioTicket, responses=responses(401, 404)
)
def post_audio_ticket(session: SessionDep, config: SettingsDep, principal: Reader, recording_id: str) -> Any:
    """要一个短时间内有效的录音地址, 给页面上的播放器用."""
    return sounds.ticket(session, config, principal, _heard(session, principal, recording_id))


@router.get("/v1/recordings/{recording_id:path}/audio", response_class=Response, responses=sounds.ANSWERS)
def get_audio(listener: sounds.Listener, recording_id: str) -> Response:
    """录音, 支持 Range. 用登录凭证, 或用录音票据."""
    return listener.hear(_NOUN, recording_id, _heard)


@router.get(
    "/v1/recordings/{recording_id:path}", response_model=shapes.RecordingDetail, responses=responses(401, 403, 404)
)
def get_recording(session: SessionDep, principal: Reader, recording_id: str) -> Any:
    """一段录音: 它的声音, 状态, 和到过的每个状态."""
    return _detail(session, principal, recording_id)


def _detail(session: Session, principal: Principal, recording_id: str) -> dict[str, Any]:
    found = calls.readable(session, principal, recording_id)
    return calls.shown(*found) | calls.history(session, found[0])


def _drawn(session: Session, recording_id: str) -> Waveform:
    """The stored waveform; that of a recording from before there were any is drawn now, by another process."""
    drawn = session.get(Waveform, recording_id)
    if drawn is None:
        fault = apart.fault_of(apart.measure(recording_id))
        if fault is not None:
            raise fault
        drawn = session.get_one(Waveform, recording_id)
    return drawn


def _heard(session: Session, principal: Principal, recording_id: str) -> sounds.Heard:
    recording, _, _ = calls.readable(session, principal, recording_id)
    return sounds.Heard(_NOUN, recording.id, recording, calls.sound(session, recording))


def _named(posted: Posted, config: Settings) -> tuple[Path, str]:
    """The folder and the path within; whether it leads out is looked at next."""
    if config.recordings_dir is None:
        raise BadInput("recordings-dir-missing", "没有设置 recordings_dir, 不能按路径登记")
    assert posted.path is not None
    return config.recordings_dir.resolve(), posted.path


def _saved(session: Session, posted: Posted, config: Settings) -> tuple[Path, str]:
    """The uploaded sound under its hash, and the transcript beside it: a name from outside never becomes a path."""
    assert posted.file is not None
    folder = config.data_dir.resolve() / "recordings"
    suffix = _suffix(posted.file, SOUND_SUFFIXES, ".bin")
    kept = sources.keep(sources.blocks_of(posted.file.file), folder, suffix, posted.fields.sha256)
    if posted.transcript is not None and not is_of_another(session, kept.sha256, posted.fields.customer_id):
        text = sources.keep(sources.blocks_of(posted.transcript.file), folder, ".text")
        os.replace(text.path, kept.path.with_suffix(_suffix(posted.transcript, SUFFIXES, ".json")))
    return folder, kept.name


def _suffix(upload: UploadFile, known: tuple[str, ...], default: str) -> str:
    suffix = Path(upload.filename or "").suffix.lower()
    return suffix if suffix in known else default
