"""录音登记: a sound file becomes a recording; a folder's manifest 清单; the transcript beside the file."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, or_, select

from asr import audio
from asr.models import Recording, RecordingState
from asr.repository import MAX_ID_CHARS, check_time
from asr.transcripts import SUFFIXES
from asr.utterances import safe
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, Conflict, DongkeError
from dongke.settings import Settings
from dongke.stamps import stamp
from dongke.types import aware

MANIFEST = "manifest.csv"
COLUMNS = ("file", "customer_id", "advisor_id", "started_at")  #: required; the others have defaults
SOUND_SUFFIXES = (".wav", ".mp3", ".m4a", ".mp4", ".amr", ".ogg", ".opus", ".flac", ".aac", ".wma", ".au", ".webm")
MAX_MANIFEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class RecordingMeta:
    """What the source knows of a recording. `id` is the source's call id."""

    customer_id: str
    advisor_id: str
    started_at: datetime
    direction: str = "out"  #: in, out
    answered: bool = True
    id: str | None = None
    advisor_channel: int = 0  #: two channels: which of them is the advisor's
    file: str = ""  #: path within the manifest's folder
    transcript: str | None = None  #: path of a sidecar within the folder; else it is looked for by name


@dataclass(frozen=True, slots=True)
class ManifestFault:
    """清单里的错: a line (or a file without a line) that cannot be used, and why."""

    line: int  #: 0 for a file that no line names
    text: str
    error: DongkeError


def register(session: Session, path: Path, meta: RecordingMeta, settings: Settings) -> Recording:
    """Registers a recording; the same sound again gives the same row, whatever the file is called.

    Raises BadInput `customer-unknown`, `advisor-unknown`, `time-future`, `recording-invalid`, `audio-…` (see
    `audio.probe`); Conflict `recording-conflict` where the sound or the id belongs to something else.
    """
    _check(session, meta)
    sound = audio.probe(path, settings.max_recording_seconds)
    digest = sha256_of(path)
    row = {
        "id": meta.id or digest[:16],
        "sha256": digest,
        "path": str(path.resolve()),
        "customer_id": meta.customer_id,
        "advisor_id": meta.advisor_id,
        "direction": meta.direction,
        "answered": meta.answered,
        "started_at": meta.started_at,
        "duration_ms": sound.duration_ms,
        "channels": sound.channels,
        "advisor_channel": meta.advisor_channel,
        "sidecar": _sidecar_path(path, meta),
        "state": RecordingState.REGISTERED,
        "received_at": stamp(session),
    }
    session.execute(insert(Recording).values(**row).on_conflict_do_nothing())
    found = session.exec(
        select(Recording)
        .where(or_(Recording.sha256 == digest, Recording.id == row["id"]))
        .execution_options(populate_existing=True)
    ).all()
    return _same(found, digest, meta, row)


def manifest(folder: Path) -> list[RecordingMeta | ManifestFault]:
    """The recordings that `manifest.csv` in the folder names; lines and files that cannot be used are faults.

    Columns: file, customer_id, advisor_id, started_at; optional direction, answered, id (or call_id),
    advisor_channel, transcript.
    Raises BadInput `manifest-missing`, `csv-columns`, `encoding` where the manifest as a whole is unusable.
    """
    rows = _read(folder / MANIFEST)
    found: list[RecordingMeta | ManifestFault] = []
    named: set[Path] = set()
    for line, row in enumerate(rows, 2):
        try:
            meta = _meta(folder, row)
            named.add((folder / meta.file).resolve())
            found.append(meta)
        except DongkeError as fault:
            if row.get("file"):
                named.add((folder / str(row["file"])).resolve())
            found.append(ManifestFault(line, ",".join(str(v or "") for v in row.values()), fault))
    return [*found, *_unnamed(folder, named)]


def find_sidecar(path: Path) -> Path | None:
    """The transcript beside a recording: `call.json`, `call.srt`, `call.vtt`, or `call.wav.json` …"""
    names = [path.with_suffix(s) for s in SUFFIXES] + [path.with_name(path.name + s) for s in SUFFIXES]
    return next((name for name in names if name.is_file() and name != path), None)


def sha256_of(path: Path) -> str:
    """The hash of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        root = path.resolve().parents[len(Path(meta.file).parts) - 1 if meta.file else 0]
        return str((root / meta.transcript).resolve())
    found = find_sidecar(path)
    return str(found.resolve()) if found else None


def _read(path: Path) -> list[dict[str, str | None]]:
    if not path.is_file():
        raise BadInput("manifest-missing", f"文件夹里没有 {MANIFEST}")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BadInput("csv-columns", f"{MANIFEST} 过大")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise BadInput("encoding", f"{MANIFEST} 既不是 UTF-8 也不是 GB18030") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=None)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput("csv-columns", f"{MANIFEST} 缺少列: {', '.join(missing)}")
    return list(reader)


def _meta(folder: Path, row: dict[str, str | None]) -> RecordingMeta:
    cell = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str) or value is None}
    empty = [name for name in COLUMNS if not cell.get(name)]
    if empty:
        raise BadInput("manifest-line", f"缺少 {', '.join(empty)}")
    inside(folder, cell["file"])
    if cell.get("transcript"):
        inside(folder, cell["transcript"])
    return RecordingMeta(
        customer_id=cell["customer_id"],
        advisor_id=cell["advisor_id"],
        started_at=aware(cell["started_at"], "started_at"),
        direction=cell.get("direction") or "out",
        answered=_yes(cell.get("answered") or "1"),
        id=cell.get("id") or cell.get("call_id") or None,
        advisor_channel=_channel(cell.get("advisor_channel") or "0"),
        file=cell["file"],
        transcript=cell.get("transcript") or None,
    )


def inside(folder: Path, name: str) -> Path:
    """The file of that name within the folder. Raises BadInput `path-forbidden`, `audio-missing`."""
    path = (folder / name).resolve() if "\0" not in name else folder.parent
    if not path.is_relative_to(folder.resolve()):
        raise BadInput("path-forbidden", f"文件不在文件夹里: {safe(name)[:80]}")
    if not path.is_file():
        raise BadInput("audio-missing", f"没有这个文件: {name}")
    return path


def _yes(cell: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "是": True, "0": False, "false": False, "no": False, "否": False}
    if cell.lower() not in known:
        raise BadInput("manifest-line", f"answered 必须是 1 或 0, 不是 {cell[:20]}")
    return known[cell.lower()]


def _channel(cell: str) -> int:
    if cell not in ("0", "1"):
        raise BadInput("manifest-line", f"advisor_channel 必须是 0 或 1, 不是 {cell[:20]}")
    return int(cell)


def _unnamed(folder: Path, named: set[Path]) -> Iterator[ManifestFault]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUND_SUFFIXES and path.is_file() and path.resolve() not in named:
            fault = BadInput("manifest-unnamed", f"{MANIFEST} 里没有这段录音, 不知道是谁的")
            yield ManifestFault(0, str(path.relative_to(folder)), fault)
