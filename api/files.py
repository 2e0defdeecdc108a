"""文件: what kind a file is, and its pieces one by one. Nothing here knows a database.

Text is UTF-8, with or without BOM, or GB 18030. A piece that cannot be read is given with its fault, the rest goes on.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from dongke.errors import BadInput, DongkeError, TooLarge
from profiles.behaviour.dialects import is_event

MAX_LINE_BYTES = 32 * 1024 * 1024
TEXTS = (".csv", ".json", ".jsonl", ".ndjson")  #: the files of a folder that are looked into
_BLOCK = 1 << 20
_ENCODINGS = ("utf-8-sig", "gb18030")


class Kind(StrEnum):
    """入口: which door a piece goes through; also the name under which the quarantine keeps it."""

    BRANCHES = "branches"  #: 营业部
    ADVISORS = "advisors"  #: 投资顾问
    CUSTOMERS = "customers"  #: 客户与静态档案
    IDENTIFIERS = "identifiers"  #: 客户标识
    SNAPSHOTS = "snapshots"  #: 静态档案
    CONSENTS = "consents"  #: 同意与拒绝
    CONVERSATION = "conversation"  #: 会话
    TRANSCRIPT = "transcript"  #: 没有录音的转写稿
    WECOM = "wecom"  #: 企业微信消息
    RECORDING = "recording"  #: 录音
    EVENT = "event"  #: 行为事件
    ATTEMPT = "attempt"  #: 呼叫未接
    NOTE = "note"  #: 拜访记录
    FILE = "file"  #: 整个文件不能用


#: columns by which a CSV is known; the first kind whose columns are all there
_COLUMNS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.EVENT, frozenset({"message_id", "customer_id", "event", "at"})),
    (Kind.NOTE, frozenset({"customer_id", "advisor_id", "at", "text"})),
    (Kind.ATTEMPT, frozenset({"customer_id", "advisor_id", "at"})),
    (Kind.RECORDING, frozenset({"file", "customer_id", "advisor_id", "started_at"})),
    (Kind.TRANSCRIPT, frozenset({"transcript", "customer_id", "advisor_id", "started_at"})),
    (Kind.CUSTOMERS, frozenset({"customer_id", "name", "advisor_id"})),
    (Kind.IDENTIFIERS, frozenset({"customer_id", "kind", "value", "from_at"})),
    (Kind.CONSENTS, frozenset({"customer_id", "purpose", "status", "at"})),
    (Kind.SNAPSHOTS, frozenset({"customer_id", "effective_on"})),
    (Kind.ADVISORS, frozenset({"advisor_id", "name", "branch_id"})),
    (Kind.BRANCHES, frozenset({"branch_id", "name"})),
)
_NAMES = {
    "branches.csv": Kind.BRANCHES,
    "advisors.csv": Kind.ADVISORS,
    "customers.csv": Kind.CUSTOMERS,
    "identifiers.csv": Kind.IDENTIFIERS,
    "snapshots.csv": Kind.SNAPSHOTS,
    "consents.csv": Kind.CONSENTS,
    "events.csv": Kind.EVENT,
    "notes.csv": Kind.NOTE,
    "attempts.csv": Kind.ATTEMPT,
}
BODY = "body"  #: how the sources of what a request brought begin
#: the order in which the files of one call are taken in: who people are before what they said
ORDER = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Piece:
    """一件输入: where it stands, its bytes, what they say – or why they cannot be read."""

    source: str
    raw: bytes
    row: Any = None
    fault: DongkeError | None = None


def find(paths: list[Path]) -> list[tuple[Kind, Path]]:
    """Every file under the paths with its kind, in the order in which to take them in. A path that is not there, or
    of no known kind, has the kind FILE."""
    found = [(kind_of(path), path) for given in paths for path in _spread(given)]
    return sorted(found, key=lambda pair: ORDER.index(pair[0]))


def kind_of(path: Path) -> Kind:
    """What the file, or the folder with a manifest.csv, is; FILE where that cannot be told."""
    try:
        if path.is_dir():
            return Kind.TRANSCRIPT if _kind_of_csv(path / "manifest.csv") is Kind.TRANSCRIPT else Kind.RECORDING
        if path.suffix.lower() == ".csv":
            return _kind_of_csv(path)
        first = next((p.row for p in json_pieces(path) if p.fault is None), None)
    except (DongkeError, OSError):
        return Kind.FILE
    return kind_of_row(first) if isinstance(first, dict) else Kind.FILE


def kind_of_row(row: dict[str, Any]) -> Kind:
    """The door of one JSON object, by its fields."""
    if "utterances" in row or {"transcript", "customer_id"} <= set(row):
        return Kind.CONVERSATION
    if "msgid" in row:
        return Kind.WECOM
    if is_event(row):
        return Kind.EVENT
    if {"customer_id", "advisor_id", "at", "text"} <= set(row):
        return Kind.NOTE
    return Kind.FILE


def json_pieces(path: Path) -> Iterator[Piece]:
    """The objects of a JSON file: one, a list, or one a line. Raises BadInput `file-unreadable`, `encoding`."""
    with _open(path) as file:
        if path.suffix.lower() == ".json" and path.stat().st_size <= MAX_LINE_BYTES:
            yield from _document(path.name, file.read())
        else:
            yield from lines_of(path.name, file, _encoding(path))


def body_pieces(body: bytes, *, lines: bool) -> Iterator[Piece]:
    """The objects of a request's body: one, a list, or one a line."""
    if lines:
        yield from lines_of(BODY, io.BytesIO(body), "utf-8-sig")
    else:
        yield from _document(BODY, body)


def is_body(source: str) -> bool:
    """Whether a piece of that source came in a request's body, not in a file."""
    return re.split("[:#]", source, maxsplit=1)[0] == BODY


def one_piece(source: str, raw: bytes) -> Piece:
    """The bytes as one piece, a list as well: what the quarantine kept is never more than one."""
    piece = _parsed(source, raw, _ENCODINGS[0])
    if piece.fault is not None and piece.fault.code == "encoding":
        piece = _parsed(source, raw, _ENCODINGS[1])
    return piece


def is_text(path: Path) -> bool:
    """Whether the file can be read as UTF-8 or GB 18030 at all. UTF-16, as Excel's "Unicode text", cannot."""
    with _open(path) as file:
        head = file.read(_BLOCK)
    return b"\0" not in head and any(_decodes(head, encoding) for encoding in _ENCODINGS)


def lines_of(name: str, file: BinaryIO, encoding: str) -> Iterator[Piece]:
    """One piece a line; a line over the limit is skipped over, its start kept."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        source = f"{name}:{number}"
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(file)
            yield Piece(source, line, fault=TooLarge("line-too-long", f"一行超过 {MAX_LINE_BYTES >> 20} MB"))
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield _parsed(source, line.rstrip(b"\r\n"), encoding)


def csv_pieces(path: Path) -> Iterator[Piece]:
    """The rows of a CSV file with a header, as dicts of stripped text.

    Raises BadInput `encoding`, `csv-columns`, `file-unreadable`.
    """
    with _open(path) as file:
        text = io.TextIOWrapper(file, encoding=_encoding(path), newline="")
        reader = csv.DictReader(text, strict=True)
        try:
            header = [name.strip() for name in reader.fieldnames or ()]
        except csv.Error:
            raise BadInput("csv-columns", f"{path.name}: 第一行不是列名") from None
        if not header or len(set(header)) < len(header):
            raise BadInput("csv-columns", f"{path.name}: 第一行要是不重复的列名")
        reader.fieldnames = header
        yield from _csv_rows(path.name, reader)


def missing_columns(path: Path, kind: Kind) -> list[str]:
    """Columns that a CSV of this kind must have and this one has not."""
    need = dict(_COLUMNS).get(kind, frozenset())
    return sorted(need - set(_header(path)))


def as_bytes(row: Any) -> bytes:
    """A row as the quarantine keeps it."""
    return json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def is_sound(path: Path) -> bool:
    """Whether the name is that of a recording."""
    from asr.recordings import SOUND_SUFFIXES

    return path.suffix.lower() in SOUND_SUFFIXES


def _spread(path: Path) -> Iterator[Path]:
    if not path.is_dir() or (path / "manifest.csv").is_file():
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.name.startswith((".", "_")):
            continue
        if child.is_dir() or child.suffix.lower() in TEXTS or is_sound(child):
            yield from _spread(child)


def _kind_of_csv(path: Path) -> Kind:
    header = set(_header(path))
    return next((kind for kind, columns in _COLUMNS if columns <= header), _NAMES.get(path.name.lower(), Kind.FILE))


def _header(path: Path) -> list[str]:
    with _open(path) as file:
        line = file.readline(_BLOCK)
    for encoding in _ENCODINGS:
        try:
            row = next(csv.reader([line.decode(encoding)]), [])
        except (UnicodeDecodeError, csv.Error):
            continue
        return [name.strip() for name in row]
    raise BadInput("encoding", f"{path.name}: 既不是 UTF-8 也不是 GB 18030")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {path.name}: {fault.strerror}") from None


def _encoding(path: Path) -> str:
    """The first encoding in which the whole file can be read. Raises BadInput `encoding`."""
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            try:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return encoding
    if path.suffix.lower() != ".csv":
        return _ENCODINGS[0]  # line by line: only the broken ones are refused
    raise BadInput("encoding", f"{path.name}: 既不是 UTF-8 也不是 GB 18030")


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _document(name: str, raw: bytes) -> Iterator[Piece]:
    """A whole JSON document; where it is none, but its lines are, the lines."""
    whole = one_piece(name, raw)
    if whole.fault is not None and whole.fault.code == "json-invalid" and raw.strip().count(b"\n"):
        lines = list(lines_of(name, io.BytesIO(raw), "utf-8-sig"))
        if any(piece.fault is None for piece in lines):
            yield from lines
            return
    if whole.fault is None and isinstance(whole.row, list):
        for number, row in enumerate(whole.row, 1):
            yield Piece(f"{name}:{number}", as_bytes(row), row)
    else:
        yield whole


def _parsed(source: str, raw: bytes, encoding: str) -> Piece:
    try:
        return Piece(source, raw, json.loads(raw.decode(encoding), parse_constant=_no_constant))
    except UnicodeDecodeError:
        return Piece(source, raw, fault=BadInput("encoding", "不是 UTF-8 文字"))
    except (ValueError, RecursionError):
        return Piece(source, raw, fault=BadInput("json-invalid", "不是 JSON"))


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _csv_rows(name: str, reader: "csv.DictReader[str]") -> Iterator[Piece]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield Piece(f"{name}:{reader.line_num}", b"", fault=BadInput("csv-row", f"这一行不是 CSV: {fault}"))
            continue
        source = f"{name}:{reader.line_num}"
        if None in row or None in row.values():
            raw = as_bytes({str(k): v for k, v in row.items()})
            yield Piece(source, raw, fault=BadInput("csv-row", "列数和第一行对不上"))
        elif any(row.values()):
            clean = {key: value.strip() for key, value in row.items()}
            yield Piece(source, as_bytes(clean), clean)


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
        pass
