"""录音: POST a file, or the path of one within the recordings folder; GET its state."""

import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlmodel import col, select
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api import apart, problems, schemas
from api.deps import Reader, SessionDep, SettingsDep, Writer
from api.doors import Intake
from api.files import Kind, as_bytes
from api.problems import responses
from asr.models import Recording, StoredConversation
from asr.recordings import inside
from dongke.directory import Customer
from dongke.errors import BadInput, DongkeError, NotFound
from dongke.scope import visible
from dongke.settings import Settings

router = APIRouter(tags=["录音"])

_FIELDS = schemas.RecordingFields.model_json_schema(ref_template="#/components/schemas/{model}")
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
            "application/json": {"schema": schemas.RecordingIn.model_json_schema()},
        },
    }
}
_SOUNDS = {".wav", ".mp3", ".m4a", ".mp4", ".amr", ".ogg", ".opus", ".flac", ".aac", ".wma", ".au", ".webm"}
_TRANSCRIPTS = {".json", ".srt", ".vtt"}


class Posted(BaseModel):
    """What a request brought: the fields, and either open files or a path."""

    model_config = {"arbitrary_types_allowed": True}

    fields: schemas.RecordingFields
    path: str | None = None
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
            sounds = {name: value for name, value in form.items() if isinstance(value, UploadFile)}
            if "file" not in sounds:
                raise BadInput("recording-invalid", "缺少 file")
            fields = schemas.RecordingFields.model_validate(plain)
            return Posted(fields=fields, file=sounds["file"], transcript=sounds.get("transcript"))
        given = schemas.RecordingIn.model_validate(json.loads(await request.body()))
        return Posted(fields=schemas.RecordingFields(**given.model_dump(exclude={"path"})), path=given.path)
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
    """登记一段录音: 上传文件 (multipart), 或给出 recordings_dir 之内的路径 (JSON). 同一段声音只登记一次."""
    folder, name = _named(posted, config) if posted.path is not None else _saved(posted, config)
    fields = posted.fields
    row = fields.model_dump(mode="json", exclude={"call_id"}, exclude_none=True)
    row |= {"id": fields.call_id, "folder": str(folder), "file": name}
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


@router.get("/v1/recordings/{recording_id:path}", response_model=schemas.RecordingOut, responses=responses(401, 404))
def get_recording(session: SessionDep, principal: Reader, recording_id: str) -> Any:
    """一段录音和它的处理状态."""
    query = (
        select(Recording, StoredConversation.id)
        .join(Customer, col(Recording.customer_id) == col(Customer.id))
        .outerjoin(StoredConversation, col(StoredConversation.recording_id) == col(Recording.id))
        .where(Recording.id == recording_id, visible(principal))
    )
    found = session.execute(query).first()
    if found is None:
        raise NotFound("recording-unknown", "没有这段录音")
    recording, conversation_id = found
    return recording.model_dump() | {"state": str(recording.state), "conversation_id": conversation_id}


def _named(posted: Posted, config: Settings) -> tuple[Path, str]:
    """The folder and the path within; whether it leads out is looked at next."""
    if config.recordings_dir is None:
        raise BadInput("recordings-dir-missing", "没有设置 recordings_dir, 不能按路径登记")
    assert posted.path is not None
    return config.recordings_dir.resolve(), posted.path


def _saved(posted: Posted, config: Settings) -> tuple[Path, str]:
    """The uploaded sound under its hash, and the transcript beside it: a name from outside never becomes a path."""
    assert posted.file is not None
    folder = config.data_dir.resolve() / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    digest, temporary = _write(posted.file.file, folder)
    stem = f"{digest[:2]}/{digest}"
    (folder / digest[:2]).mkdir(exist_ok=True)
    name = stem + _suffix(posted.file, _SOUNDS, ".bin")
    os.replace(temporary, folder / name)
    if posted.transcript is not None:
        _, temporary = _write(posted.transcript.file, folder)
        os.replace(temporary, folder / (stem + _suffix(posted.transcript, _TRANSCRIPTS, ".json")))
    return folder, name


def _write(source: BinaryIO, folder: Path) -> tuple[str, str]:
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-", delete=False) as target:
        while block := source.read(1 << 20):
            digest.update(block)
            target.write(block)
    return digest.hexdigest(), target.name


def _suffix(upload: UploadFile, known: set[str], default: str) -> str:
    suffix = Path(upload.filename or "").suffix.lower()
    return suffix if suffix in known else default
