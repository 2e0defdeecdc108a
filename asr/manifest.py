"""录音清单: the manifest of a folder, line by line; what cannot be used is named with its line.

A recording may lie in the folder, or at a URL that the settings allow (asr/sources.py).
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asr.audio import RAW_SUFFIXES, Encoding
from asr.cleanup import safe
from dongke.errors import BadInput, DongkeError
from dongke.types import aware

MANIFEST = "manifest.csv"
COLUMNS = ("file", "customer_id", "advisor_id", "started_at")  #: required; the others have defaults
#: by which a file of a folder is taken for a recording; what it really is, its content says
SOUND_SUFFIXES = (
    *(".wav", ".mp3", ".m4a", ".mp4", ".amr", ".awb", ".3gp", ".ogg", ".opus", ".flac", ".aac", ".wma", ".au", ".webm"),
    *(".gsm", ".slk", ".silk", *RAW_SUFFIXES),
)
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
    file: str = ""  #: path within the manifest's folder, or a URL
    transcript: str | None = None  #: path of a sidecar within the folder; else it is looked for by name
    encoding: str | None = None  #: how a file without header is read, e.g. alaw/8000/2
    sha256: str | None = None  #: what the source says its hash is; a download that differs is refused


@dataclass(frozen=True, slots=True)
class ManifestFault:
    """清单里的错: a line (or a file without a line) that cannot be used, and why."""

    line: int  #: 0 for a file that no line names
    text: str
    error: DongkeError


def manifest(place: Path) -> list[RecordingMeta | ManifestFault]:
    """The recordings that `manifest.csv` in the folder names; lines and files that cannot be used are faults.

    A manifest of another name tells only a part of its folder: files that it does not name are none of its business.

    Columns: file, customer_id, advisor_id, started_at; optional direction, answered, id (or call_id),
    advisor_channel, transcript, encoding, sha256. A file is a path within the folder, or a URL.
    Raises BadInput `manifest-missing`, `csv-columns`, `encoding` where the manifest as a whole is unusable.
    """
    path = place if place.is_file() else place / MANIFEST
    folder, rows = path.parent, rows_of(_read(path))
    named = {(folder / row["file"]).resolve() for row in rows if row.get("file") and "\0" not in row["file"]}
    unnamed = _unnamed(folder, named) if path.name == MANIFEST else ()
    return [*_lines(rows, lambda name: _in_folder(folder, name)), *unnamed]


def manifest_at(base: str, raw: bytes) -> list[RecordingMeta | ManifestFault]:
    """The recordings that a manifest names which lies at the URL `base` + `/manifest.csv`: their files become URLs."""
    return _lines(rows_of(raw), lambda name: name if is_url(name) else f"{base.rstrip('/')}/{name.lstrip('/')}")


def is_url(name: str) -> bool:
    """Whether that is a URL, and no path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name) is not None


def redacted(url: str) -> str:
    """The URL as it may be shown and kept: without log-in, query and fragment."""
    return re.sub(r"(?<=://)[^/?#]*@", "", url).split("?")[0].split("#")[0]


def rows_of(raw: bytes, needed: tuple[str, ...] = COLUMNS) -> list[dict[str, str]]:
    """The rows of a manifest, every cell stripped. Raises BadInput `csv-columns`, `encoding`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise BadInput("encoding", f"{MANIFEST} 既不是 UTF-8 也不是 GB18030") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=None)
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput("csv-columns", f"{MANIFEST} 缺少列: {', '.join(missing)}")
    return [{key: (value or "").strip() for key, value in row.items() if not isinstance(value, list)} for row in reader]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise BadInput("manifest-missing", f"文件夹里没有 {MANIFEST}")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BadInput("csv-columns", f"{MANIFEST} 过大")
    return path.read_bytes()


def _lines(rows: list[dict[str, str]], place: Callable[[str], str]) -> list[RecordingMeta | ManifestFault]:
    found: list[RecordingMeta | ManifestFault] = []
    for line, row in enumerate(rows, 2):
        try:
            found.append(_meta(row, place))
        except DongkeError as fault:
            cells = (redacted(cell) if is_url(cell) else cell for cell in row.values())
            found.append(ManifestFault(line, ",".join(cells), fault))
    return found


def _in_folder(folder: Path, name: str) -> str:
    if not is_url(name):
        inside(folder, name)
    return name


def _meta(cell: dict[str, str], place: Callable[[str], str]) -> RecordingMeta:
    empty = [name for name in COLUMNS if not cell.get(name)]
    if empty:
        raise BadInput("manifest-line", f"缺少 {', '.join(empty)}")
    return RecordingMeta(
        customer_id=cell["customer_id"],
        advisor_id=cell["advisor_id"],
        started_at=aware(cell["started_at"], "started_at"),
        direction=cell.get("direction") or "out",
        answered=_yes(cell.get("answered") or "1"),
        id=cell.get("id") or cell.get("call_id") or None,
        advisor_channel=_channel(cell.get("advisor_channel") or "0"),
        file=place(cell["file"]),
        transcript=place(cell["transcript"]) if cell.get("transcript") else None,
        encoding=str(Encoding.parse(cell["encoding"])) if cell.get("encoding") else None,
        sha256=_hash(cell["sha256"]) if cell.get("sha256") else None,
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


def _hash(cell: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", cell.lower()):
        raise BadInput("manifest-line", f"sha256 必须是 64 位十六进制数, 不是 {cell[:20]}")
    return cell.lower()


def _unnamed(folder: Path, named: set[Path]) -> Iterator[ManifestFault]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUND_SUFFIXES and path.is_file() and path.resolve() not in named:
            fault = BadInput("manifest-unnamed", f"{MANIFEST} 里没有这段录音, 不知道是谁的")
            yield ManifestFault(0, str(path.relative_to(folder)), fault)
