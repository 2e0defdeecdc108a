"""CSV 与 JSONL: rows of a file as dictionaries, in the encodings that Chinese desks export (UTF-8, GB18030)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dongke.errors import BadInput

Source = Path | str | bytes | Iterable[Mapping[str, Any]]  #: a file, its content, or rows already read


def is_text(value: Any, limit: int) -> bool:
    """Whether it is text of 1 to `limit` characters that PostgreSQL can store: no NUL, no half characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > limit or "\0" in value:
        return False
    return not any("\ud800" <= c <= "\udfff" for c in value)


def rows_of(source: Source, needed: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """The rows of a CSV file, of its content as bytes, or those given. `str` and `Path` name a file.

    Raises BadInput `encoding` where it is neither UTF-8 nor GB18030, `csv-columns` where a needed column is missing.
    """
    if not isinstance(source, Path | str | bytes):
        return list(source)
    return read_csv(content(source), needed)


def content(source: Path | str | bytes) -> bytes:
    """The bytes of the file. Raises BadInput `file-unreadable`."""
    if isinstance(source, bytes):
        return source
    try:
        return Path(source).read_bytes()
    except OSError as fault:
        raise BadInput("file-unreadable", f"文件 {Path(source).name} 打不开: {fault.strerror}") from None


def decoded(raw: bytes) -> str:
    """The text, from UTF-8 (with or without a mark) or GB18030. Raises BadInput `encoding`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput("encoding", "文件的编码不是 UTF-8, 也不是 GB18030")


def read_csv(raw: bytes, needed: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """The rows under their column names, cells stripped. A row with more cells than columns keeps them under None."""
    reader = csv.DictReader(io.StringIO(decoded(raw), newline=""))
    try:
        columns = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        missing = [name for name in needed if name not in columns]
        if missing:
            raise BadInput("csv-columns", f"缺少列: {', '.join(missing)}")
        return [{k: v.strip() if isinstance(v, str) else v for k, v in row.items()} for row in reader]
    except csv.Error as fault:
        raise BadInput("csv-invalid", f"CSV 第 {reader.line_num} 行读不懂: {fault}") from None


def read_jsonl(raw: bytes) -> Iterator[Any]:
    """One value a line; a line that is no JSON comes out as its text, for the taker to refuse by itself."""
    for line in decoded(raw).splitlines():
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield line
