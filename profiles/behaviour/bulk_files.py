"""批量导入的文件: what a Parquet, CSV or JSONL file is to DuckDB – a query with our columns, all text but the time.

A file of 神策, 诸葛 or Segment events, one JSON object a line, is first written down in our shape, line by line.
"""

import codecs
import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from dongke.errors import BadInput, DongkeError
from profiles.behaviour.dialects import MAYBE, expand, is_event, translate
from profiles.behaviour.event_names import names
from profiles.identity.identifiers import CUSTOMER_ID

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OURS = ("message_id", "customer_id", "event", "at", "properties")
_NEEDED = ("customer_id", "event", "at")
_MAX_LINE = 32 * 1024 * 1024
_BLOCK = 1 << 20
_numbers = count()


@dataclass(frozen=True, slots=True)
class Source:
    """一个文件 as DuckDB reads it. `query` gives message_id, who, event, moment, at_text, properties, code, detail."""

    name: str
    query: str
    naive: str  #: SQL: whether the time says no zone
    rejects: bool = False

    def faults(self, duck: "DuckDBPyConnection") -> None:
        """Lines that are no CSV, as DuckDB found them while reading."""
        if self.rejects:
            duck.execute(
                "insert into fault select null, null, null, null, null, ? || ':' || line, 'csv-row',"
                " '这一行不是 CSV, 或列数和第一行对不上', any_value(csv_line) from reject_errors group by line",
                [self.name],
            )
            duck.execute("drop table reject_errors; drop table reject_scans")


@contextmanager
def open_source(duck: "DuckDBPyConnection", path: Path, folder: Path, columns: Mapping[str, str]) -> Iterator[Source]:
    """The file as a query. Raises BadInput `file-unreadable`, `file-unknown`, `encoding`, `columns-missing`."""
    if not path.is_file():
        raise BadInput("file-unreadable", f"没有文件 {path.name}")
    kind = next((s for s in (".parquet", ".csv", ".jsonl", ".ndjson") if s in path.suffixes[-2:]), "")
    if kind == ".parquet":
        yield _tabular(duck, path.name, f"read_parquet({_text(str(path))})", columns, rejects=False)
    elif kind == ".csv":
        with _utf8(path, folder) as readable:
            yield _csv(duck, path.name, readable, columns)
    elif kind:
        with _utf8(path, folder) as readable, _in_our_shape(readable, folder) as plain:
            yield _jsonl(path.name, plain, columns)
    else:
        raise BadInput("file-unknown", f"{path.name}: 只认 .parquet, .csv, .csv.gz, .jsonl, .jsonl.gz")


def _csv(duck: "DuckDBPyConnection", name: str, path: Path, columns: Mapping[str, str]) -> Source:
    scan = (
        f"read_csv({_text(str(path))}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"',"
        f" store_rejects = true, max_line_size = {_MAX_LINE}, buffer_size = {2 * _MAX_LINE}, normalize_names = false)"
    )
    return _tabular(duck, name, scan, columns, rejects=True)


def _tabular(duck: "DuckDBPyConnection", name: str, scan: str, columns: Mapping[str, str], *, rejects: bool) -> Source:
    try:
        described = duck.execute(f"describe select * from {scan}").fetchall()
    except Exception as fault:
        raise BadInput("file-unreadable", f"{name} 读不了: {str(fault).splitlines()[0][:200]}") from None
    types = {row[0]: str(row[1]) for row in described}
    found = _mapping(name, list(types), columns)
    taken = set(found.values())
    extras = [column for column in types if column not in taken and not column.startswith("_")]
    at = _name(found["at"])
    query = f"""
        select {_cell(found.get("message_id"))} as message_id, {_cell(found["customer_id"])} as who,
               {_cell(found["event"])} as event, {_moment(at, types[found["at"]])} as moment, {at}::varchar as at_text,
               {_properties(found.get("properties"), types, extras)} as properties,
               null::varchar as code, null::varchar as detail
        from {scan}"""
    return Source(name, query, _naive(types[found["at"]]), rejects)


def _jsonl(name: str, path: Path, columns: Mapping[str, str]) -> Source:
    first = _first_object(path)
    found = _mapping(name, list(first), columns)
    rest = json.dumps({theirs: None for theirs in [*found.values(), "_code", "_detail", "_source"]}, ensure_ascii=False)
    at = _member(found["at"])
    properties = f"json_merge_patch(line, {_text(rest)})"
    if "properties" in found:
        inner = f"json_extract(line, {_pointer(found['properties'])})"
        inner = f"case when json_type({inner}) = 'VARCHAR' then {_member(found['properties'])} else {inner} end"
        properties = f"coalesce({inner}, '{{}}')"
    query = f"""
        select {_member(found.get("message_id"))} as message_id, {_member(found["customer_id"])} as who,
               {_member(found["event"])} as event, {_moment(at, "VARCHAR")} as moment, {at} as at_text,
               {properties}::varchar as properties,
               case when valid then json_extract_string(line, '/__code') else 'json-invalid' end as code,
               case when valid then json_extract_string(line, '/__detail') else '不是一个 JSON 对象' end as detail
        from (select case when valid then text else json_object('raw', text) end as line, valid
              from (select text, json_valid(text) and coalesce(json_type(case when json_valid(text) then text end)
                    = 'OBJECT', false) as valid from {_lines(path)} where trim(text) <> ''))"""
    return Source(name, query, _naive("VARCHAR"))


def _lines(path: Path) -> str:
    return (
        f"read_csv({_text(str(path))}, header = false, columns = {{'text': 'VARCHAR'}}, delim = chr(1), quote = '',"
        f" escape = '', auto_detect = false, max_line_size = {_MAX_LINE}, buffer_size = {2 * _MAX_LINE})"
    )


def _mapping(name: str, given: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Our column → theirs: as told, else by the known names. Raises BadInput `columns-missing`."""
    found: dict[str, str] = {}
    for ours in OURS:
        wanted = [columns[ours]] if ours in columns else names().columns[ours]
        theirs = next((column for column in wanted if column in given), None)
        if theirs is not None:
            found[ours] = theirs
        elif ours in _NEEDED or ours in columns:
            told = columns.get(ours, ours)
            raise BadInput("columns-missing", f"{name} 没有列 {told}: 可用 --column {ours}=列名 指定")
    return found


def _cell(column: str | None) -> str:
    return f"{_name(column)}::varchar" if column else "null::varchar"


def _member(name: str | None) -> str:
    return f"json_extract_string(line, {_pointer(name)})" if name else "null::varchar"


def _pointer(name: str) -> str:
    return _text("/" + name.replace("~", "~0").replace("/", "~1"))


def _properties(column: str | None, types: Mapping[str, str], extras: list[str]) -> str:
    """The column of properties and the columns beside it as one JSON object, empty cells left out."""
    base = "'{}'"
    if column:
        plain = types[column] in ("VARCHAR", "JSON")
        cell = f"{_name(column)}::varchar" if plain else f"to_json({_name(column)})::varchar"
        base = f"coalesce(nullif(trim({cell}), ''), '{{}}')"
    if not extras:
        return base
    cells = ", ".join(
        f"{_text(c)}, nullif(trim({_name(c)}), '')" if types[c] == "VARCHAR" else f"{_text(c)}, {_name(c)}"
        for c in extras
    )
    merged = f"json_merge_patch({base}, json_object({cells}))"
    return f"case when json_valid({base}) then {merged}::varchar else {base} end"


_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_MILLISECONDS = "^[0-9]{12,14}$"


def _moment(cell: str, kind: str) -> str:
    """A time: with a zone, in the zone of the session, or in milliseconds since 1970."""
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"{cell}::timestamptz"
    if kind == "VARCHAR":
        text = f"trim({cell})"
        return (
            f"case when regexp_matches({text}, '{_MILLISECONDS}') then epoch_ms({text}::bigint)::timestamp"
            f" at time zone 'UTC' else try_cast({text} as timestamptz) end"
        )
    return f"epoch_ms(try_cast({cell} as bigint))::timestamp at time zone 'UTC'"


def _naive(kind: str) -> str:
    """Whether the time says no zone, in terms of `moment` and `at_text`."""
    if kind == "VARCHAR":
        return f"moment is not null and not regexp_matches(trim(at_text), '{_OFFSET}|{_MILLISECONDS}')"
    return "true" if kind == "DATE" or (kind.startswith("TIMESTAMP") and "ZONE" not in kind) else "false"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def _utf8(path: Path, folder: Path) -> Iterator[Path]:
    """The file itself where it is UTF-8, as DuckDB needs it; a copy where it is GB 18030. BadInput `encoding`."""
    encoding = _encoding(path)
    if encoding == "utf-8":
        yield path
        return
    copy = folder / f"{next(_numbers)}-{path.name.removesuffix('.gz')}"
    decoder = codecs.getincrementaldecoder(encoding)()
    with _opened(path) as file, copy.open("w", encoding="utf-8", newline="") as out:
        try:
            while block := file.read(_BLOCK):
                out.write(decoder.decode(block))
            out.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            raise BadInput("encoding", f"{path.name}: 既不是 UTF-8 也不是 GB 18030") from None
    yield copy
    copy.unlink()


def _encoding(path: Path) -> str:
    """By the first mebibyte: what begins as UTF-8 is read as such."""
    with _opened(path) as file:
        try:
            head = file.read(_BLOCK)
        except (OSError, EOFError):
            raise BadInput("file-unreadable", f"{path.name} 不是完好的 gzip 文件") from None
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadInput("encoding", f"{path.name}: 既不是 UTF-8 也不是 GB 18030")


def _opened(path: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {path.name}: {fault.strerror}") from None


def _first_object(path: Path) -> dict[str, Any]:
    with _opened(path) as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                return row
    raise BadInput("file-empty", f"{path.name} 里没有一行 JSON 对象")


@contextmanager
def _in_our_shape(path: Path, folder: Path) -> Iterator[Path]:
    """The file itself where its events are in our shape or under known names; else a copy in our shape."""
    first = _first_object(path)
    if not is_event(first) or {"message_id", "event"} <= set(first):
        yield path
        return
    copy = folder / f"{next(_numbers)}-ours.jsonl"
    with _opened(path) as file, copy.open("w", encoding="utf-8") as out:
        for line in file:
            for row in _translated(line):
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    yield copy
    copy.unlink()


def _translated(line: bytes) -> Iterator[dict[str, Any]]:
    text = line.decode("utf-8", "replace").strip()
    if not text:
        return
    try:
        rows = expand([json.loads(text)])
    except (ValueError, RecursionError):
        rows = [text]
    for row in rows:
        try:
            yield _plain(row)
        except DongkeError as fault:
            yield _OUR_KEYS | {"properties": {"row": row}, "__code": fault.code, "__detail": fault.detail}


_OUR_KEYS = dict.fromkeys(("message_id", "customer_id", "event", "at"), "")


def _plain(row: Any) -> dict[str, Any]:
    event = translate(row)
    kind, value = next((pair for pair in event.who if pair[0] in (CUSTOMER_ID, MAYBE)), event.who[0])
    return {
        "message_id": event.message_id,
        "customer_id": value if kind in (CUSTOMER_ID, MAYBE) else f"{kind}:{value}",
        "event": event.event,
        "at": event.at.isoformat(),
        "properties": dict(event.properties),
    }
