"""录音登记: a sound file becomes a recording, with what is known of its sound; the transcript beside the file."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, or_, select

from asr import audio
from asr.cleanup import safe
from asr.manifest import (
    COLUMNS,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SOUND_SUFFIXES,
    ManifestFault,
    RecordingMeta,
    inside,
    is_url,
    manifest,
    redacted,
)
from asr.models import Recording, RecordingState, Waveform
from asr.repository import MAX_ID_CHARS, check_time
from asr.transcripts import SUFFIXES
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, Conflict, DongkeError
from dongke.settings import Settings
from dongke.stamps import stamp

__all__ = [
    "COLUMNS",
    "MANIFEST",
    "MAX_MANIFEST_BYTES",
    "SOUND_SUFFIXES",
    "ManifestFault",
    "RecordingMeta",
    "fail",
    "find_sidecar",
    "inside",
    "is_url",
    "manifest",
    "measure",
    "redacted",
    "register",
    "retry",
    "sha256_of",
    "sidecar_of",
]


def register(session: Session, path: Path, meta: RecordingMeta, settings: Settings) -> Recording:
    """Registers a recording; the same sound again gives the same row, whatever the file is called.

    Raises BadInput `customer-unknown`, `advisor-unknown`, `time-future`, `recording-invalid`, `audio-…` (see
    `audio.probe`); Conflict `recording-conflict` where the sound or the id belongs to something else.
    """
    _check(session, meta)
    told = audio.Encoding.parse(meta.encoding) if meta.encoding else None
    sound = audio.probe(path, settings.max_recording_seconds, told)
    digest = sha256_of(path)
    row: dict[str, Any] = {
        "id": meta.id or digest[:16],
        "sha256": digest,
        "path": str(path.resolve()),
        "customer_id": meta.customer_id,
        "advisor_id": meta.advisor_id,
        "direction": meta.direction,
        "answered": meta.answered,
        "started_at": meta.started_at,
        "advisor_channel": meta.advisor_channel,
        "source_url": redacted(meta.file) if is_url(meta.file) else None,
        "sidecar": _sidecar_path(path, meta),
        "state": RecordingState.REGISTERED,
        "received_at": stamp(session),
        "encoding": str(told) if told else None,
        **_measured(path, sound),
    }
    session.execute(insert(Recording).values(**row).on_conflict_do_nothing())
    found = session.exec(
        select(Recording)
        .where(or_(Recording.sha256 == digest, Recording.id == row["id"]))
        .execution_options(populate_existing=True)
    ).all()
    recording = _same(found, digest, meta, row)
    _draw(session, recording.id, sound)
    return recording


def measure(session: Session, recording: Recording, settings: Settings) -> Waveform:
    """Measures a recording anew that was registered before its sound was measured. Raises as `audio.probe`."""
    told = audio.Encoding.parse(recording.encoding) if recording.encoding else None
    path = Path(recording.path)
    sound = audio.probe(path, settings.max_recording_seconds, told)
    for name, value in _measured(path, sound).items():
        setattr(recording, name, value)
    session.flush()
    _draw(session, recording.id, sound)
    return session.get_one(Waveform, recording.id)


def retry(session: Session, recording: Recording) -> None:
    """Lets a recording wait for its transcription once more.

    Raises Conflict `recording-done` where it has a transcript that is believed, `recording-busy` while it is heard.
    """
    if recording.state is RecordingState.DONE:
        raise Conflict("recording-done", "这段录音已转写, 不需要重试")
    if recording.state is RecordingState.TRANSCRIBING:
        raise Conflict("recording-busy", "这段录音正在转写")
    recording.state, recording.reason = RecordingState.REGISTERED, None
    session.flush()


def fail(session: Session, recording_id: str, fault: DongkeError) -> None:
    """A recording that could not be processed failed, with that reason; what is transcribed stays so."""
    recording = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
    if recording is not None and recording.state not in (RecordingState.DONE, RecordingState.SUSPECT):
        recording.state, recording.reason = RecordingState.FAILED, f"{fault.detail} ({fault.code})"


def sidecar_of(recording: Recording) -> Path | None:
    """The transcript that the recording has beside it now, also one that came after the sound."""
    known = Path(recording.sidecar) if recording.sidecar else find_sidecar(Path(recording.path))
    return known if known is not None and os.path.isfile(known) else None


def is_of_another(session: Session, digest: str, customer_id: str) -> bool:
    """Whether the sound of that hash is another customer's recording: what comes with it here is not for that one."""
    found = session.exec(select(Recording.customer_id).where(Recording.sha256 == digest)).first()
    return found is not None and found != customer_id


def known_file(session: Session, digest: str | None) -> Path | None:
    """Where the sound of that hash lies, if it is a recording of ours."""
    found = session.exec(select(Recording.path).where(Recording.sha256 == digest)).first() if digest else None
    return Path(found) if found is not None and Path(found).is_file() else None


def find_sidecar(path: Path) -> Path | None:
    """The transcript beside a recording: `call.json`, `call.srt`, `call.vtt`, or `call.wav.json` …"""
    names = [path.with_suffix(s) for s in SUFFIXES] + [path.with_name(path.name + s) for s in SUFFIXES]
    return next((name for name in names if os.path.isfile(name) and name != path), None)


def sha256_of(path: Path) -> str:
    """The hash of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _measured(path: Path, sound: audio.Probe) -> dict[str, Any]:
    """What is known of the sound, by the names of the columns."""
    return {
        "duration_ms": sound.duration_ms,
        "channels": sound.channels,
        "size_bytes": path.stat().st_size,
        "codec": sound.codec,
        "container": sound.container,
        "rate": sound.rate,
        "levels": [level.to_json() for level in sound.levels],
        "is_dual_mono": sound.is_dual_mono,
    }


def _draw(session: Session, recording_id: str, sound: audio.Probe) -> None:
    peaks = [list(channel) for channel in sound.peaks]
    session.execute(insert(Waveform).values(recording_id=recording_id, peaks=peaks).on_conflict_do_nothing())


def _same(found: Sequence[Recording], digest: str, meta: RecordingMeta, row: dict[str, object]) -> Recording:
    recording = next((r for r in found if r.sha256 == digest), None)
    if recording is None:
        raise Conflict("recording-conflict", f"录音编号 {row['id']} 已属于另一段声音")
    if recording.customer_id != meta.customer_id:
        raise Conflict("recording-conflict", "同一段声音已登记给另一位客户")
    if recording.sidecar is None and row["sidecar"] is not None:
        recording.sidecar = str(row["sidecar"])  # the transcript came after the sound
    if not Path(recording.path).is_file():
        recording.path = str(row["path"])
    return recording


def _check(session: Session, meta: RecordingMeta) -> None:
    for table, ident, code, word in (
        (Customer, meta.customer_id, "customer-unknown", "客户"),
        (Advisor, meta.advisor_id, "advisor-unknown", "投资顾问"),
    ):
        if "\0" in ident or session.get(table, ident) is None:
            raise BadInput(code, f"没有{word} {safe(ident)[:80]}")
    check_time(meta.started_at, "started_at", now())
    if meta.direction not in ("in", "out") or meta.advisor_channel not in (0, 1):
        raise BadInput("recording-invalid", "direction 必须是 in 或 out, advisor_channel 必须是 0 或 1")
    if meta.id is not None and (not meta.id.strip() or len(meta.id) > MAX_ID_CHARS or meta.id != safe(meta.id)):
        raise BadInput("recording-invalid", "录音编号为空, 过长或含有控制字符")


def _sidecar_path(path: Path, meta: RecordingMeta) -> str | None:
    if meta.transcript:
        root = path.resolve().parents[len(Path(os.path.normpath(meta.file)).parts) - 1 if meta.file else 0]
        beside = (root / meta.transcript).resolve()
        if is_url(meta.transcript) or not beside.is_relative_to(root):  # x://../../other is a path too
            raise BadInput("path-forbidden", f"文字稿不在文件夹里: {redacted(safe(meta.transcript))[:80]}")
        return str(beside)
    found = find_sidecar(path)
    return str(found.resolve()) if found else None
