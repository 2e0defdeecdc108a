"""批量导入: event files of any size – Parquet, CSV (also .gz), JSONL – read and checked by DuckDB, loaded by COPY.

    stage(paths, …)               every row in our shape, in a DuckDB file of its own; what cannot be used, with why
    load(connection, staged, …)   what is new into PostgreSQL, in one transaction, and into the day rows

The rules are those of the door for single events (intake.py), written once more in SQL: the tests hold both to the same
answers. Memory is bounded by `MEMORY`, whatever the size of the files; the rest goes to disk.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dongke.errors import BadInput
from profiles.behaviour.bulk_files import Source, open_source
from profiles.behaviour.bulk_sql import checked, ours
from profiles.behaviour.event_names import names

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "700MB"
THREADS = 2
#: of `kind:value` identifiers: when they named whom, and their marks
Owners = Callable[[Sequence[str]], tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]]
Progress = Callable[[str, int, int], None]  #: title, done, of how many


@dataclass(frozen=True, slots=True)
class Options:
    """How to read the files. `columns`: our name → theirs; `timezone`: of times that do not say one (else refused)."""

    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    memory: str = MEMORY
    threads: int = THREADS


@dataclass(frozen=True, slots=True)
class Fault:
    """一行不能用的: as it was understood, with its reason."""

    source: str
    code: str
    detail: str
    row: Mapping[str, Any]


@dataclass(slots=True)
class Staged:
    """暂存 in DuckDB: `event` (what can be loaded), `stranger` (of whom nobody knows yet) and `fault`."""

    duck: "DuckDBPyConnection"
    folder: Path
    rows: int = 0
    duplicates: int = 0

    def count(self, table: str) -> int:
        """How many rows that table has."""
        found = self.duck.execute(f"select count(*) from {table}").fetchone()
        assert found
        return int(found[0])

    def faults(self, limit: int | None = None) -> Iterator[Fault]:
        """What cannot be used."""
        cursor = self.duck.cursor().execute(
            "select source, code, detail, message_id, who, event, at_text, properties, raw from fault"
            + (f" limit {limit}" if limit else "")
        )
        while rows := cursor.fetchmany(1_000):
            for source, code, detail, *values in rows:
                yield Fault(source, code, detail, _row(*values))


@contextmanager
def stage(
    paths: Sequence[Path],
    known_at: datetime,
    customers: Sequence[str],
    held: Owners,
    options: Options | None = None,
    progress: Progress = lambda title, done, total: None,
) -> Iterator[Staged]:
    """The rows of all files, checked, each message once. `customers`: those who exist; `held`: of identifiers
    (`kind:value`), when they named whom, and the mark of each.

    Raises BadInput `file-unreadable`, `encoding`, `columns-missing`, `timezone-unknown`, `memory-invalid`.
    """
    import duckdb

    options = options or Options()
    with tempfile.TemporaryDirectory(prefix="dongke-import-") as folder:
        duck = duckdb.connect(str(Path(folder) / "stage.duckdb"))
        try:
            _prepare(duck, Path(folder), options)
            staged = Staged(duck, Path(folder))
            for number, path in enumerate(paths):
                progress(f"读取 {path.name}", number, len(paths))
                try:
                    with open_source(duck, path, Path(folder), options.columns) as source:
                        _read(duck, source, options)
                except duckdb.Error as fault:
                    raise BadInput(
                        "file-unreadable", f"{path.name} 读不了: {str(fault).splitlines()[0][:200]}"
                    ) from None
            progress("读取", len(paths), len(paths))
            staged.rows = staged.count("line") + staged.count("fault")
            progress("校验", 0, 2)
            _check(duck, known_at, customers, held)
            progress("校验", 1, 2)
            staged.duplicates = _once(duck)
            progress("校验", 2, 2)
            yield staged
        finally:
            duck.close()


def _prepare(duck: "DuckDBPyConnection", folder: Path, options: Options) -> None:
    try:
        duck.execute("set memory_limit = ?", [options.memory])
    except Exception:
        raise BadInput("memory-invalid", f"内存写成 700MB 或 2GB 这样: {options.memory[:40]}") from None
    duck.execute(f"set threads = {int(options.threads)}")
    duck.execute("set preserve_insertion_order = false")
    duck.execute("set enable_progress_bar = false")
    duck.execute(f"set temp_directory = '{folder / 'spill'}'")
    try:
        duck.execute("set timezone = ?", [options.timezone or "Asia/Shanghai"])
    except Exception:
        raise BadInput("timezone-unknown", f"不认识时区 {options.timezone} (要 Asia/Shanghai 这样)") from None
    columns = "message_id varchar, who varchar, event varchar, moment timestamptz, at_text varchar, naive boolean,"
    duck.execute(f"create table line ({columns} properties varchar, source varchar, code varchar, detail varchar)")
    duck.execute(
        "create table fault (message_id varchar, who varchar, event varchar, at_text varchar, properties varchar,"
        " source varchar, code varchar, detail varchar, raw varchar)"
    )
    duck.execute("create table renamed (name varchar, ours varchar, implied varchar)")
    rows = [[name, to.to, json.dumps(to.implies) if to.implies else None] for name, to in names().events.items()]
    duck.executemany("insert into renamed values (?, ?, ?)", rows)


def _read(duck: "DuckDBPyConnection", source: Source, options: Options) -> None:
    """One file into `line`, in our shape; names of events and properties become ours."""
    naive = "false" if options.timezone else source.naive
    duck.execute(
        f"""
        insert into line
        with given as ({source.query}),
        shaped as (
            select message_id, trim(who) as who, coalesce(r.ours, event) as event, moment, at_text, {naive} as naive,
                   {ours("g.properties", "r.implied")} as properties, code, detail
            from given g left join renamed r on r.name = lower(trim(g.event))
        )
        select coalesce(message_id, 'row:' || sha256(concat_ws(chr(31), who, event, at_text, properties))[:40]),
               who, event, moment, at_text, naive, properties, ?, code, detail
        from shaped
        """,
        [source.name],
    )
    source.faults(duck)


def _check(
    duck: "DuckDBPyConnection",
    known_at: datetime,
    customers: Sequence[str],
    held: Owners,
) -> None:
    """Splits `line` into `good`, with the customer of each, and `fault`, with the reason."""
    duck.execute("create table customer (id varchar)")
    _fill(duck, "customer", [[ident] for ident in customers])
    duck.execute("create table held (who varchar, customer_id varchar, from_at timestamptz, until timestamptz)")
    wanted = duck.execute("select distinct who from line where contains(who, ':')").fetchall()
    duck.execute("create table mark (who varchar, mark varchar)")
    owned, marks = held([who for (who,) in wanted]) if wanted else ([], [])
    _fill(duck, "held", owned)
    _fill(duck, "mark", marks)
    duck.execute(f"create table checked as {checked(known_at)}")
    duck.execute("drop table line")
    duck.execute(
        "insert into fault select message_id, who, event, at_text, properties, source, code, detail, null"
        " from checked where code is not null"
    )
    duck.execute(
        "create view good as select message_id, who, customer_id, mark, event, moment, properties, source from checked"
        " where code is null"
    )


def _fill(duck: "DuckDBPyConnection", table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Many rows in a few statements: executemany takes a millisecond each."""
    for start in range(0, len(rows), 5_000):
        part = rows[start : start + 5_000]
        marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in part)
        duck.execute(f"insert into {table} values {marks}", [value for row in part for value in row])


def _once(duck: "DuckDBPyConnection") -> int:
    """Each message once, in the views `event` and `stranger`; gives how many were told again.

    Of several contents under one id the earliest stays, the others are faults.
    """
    duck.execute("create table twice as select message_id from good group by message_id having count(*) > 1")
    duck.create_function("canonical", _canonical, ["VARCHAR"], "VARCHAR")
    duck.execute(
        """
        create table told as
        with texts as (
            select message_id, customer_id, mark, event, moment, properties, min(source) as source, min(who) as who,
                   count(*) as times
            from good g semi join twice t using (message_id) group by all
        ), contents as (
            select message_id, customer_id, mark, event, moment, canonical(properties) as content,
                   min(properties) as properties, min(source) as source, min(who) as who, sum(times) as times
            from texts group by all
        )
        select *, row_number() over (
            partition by message_id order by moment, customer_id, mark, event, content
        ) as place
        from contents
        """
    )
    duck.execute(
        """
        create view once as
        with fresh as (select * from good g anti join twice t using (message_id))
        select message_id, who, customer_id, mark, event, moment, properties from fresh
        union all select message_id, who, customer_id, mark, event, moment, properties from told where place = 1
        """
    )
    duck.execute("create view event as select * exclude (who, mark) from once where customer_id is not null")
    duck.execute("create view stranger as select * exclude (customer_id) from once where customer_id is null")
    duck.execute(
        "insert into fault select message_id, coalesce(customer_id, who), event, moment::varchar, properties, source,"
        " 'event-conflict', '消息 ' || message_id[:40] || ' 在文件里有不同的内容', null from told where place > 1"
    )
    found = duck.execute("select coalesce(sum(times - 1), 0) from told").fetchone()
    assert found
    return int(found[0])


def _canonical(properties: str) -> str:
    """The same object whatever the order of its names and its blanks."""
    return json.dumps(json.loads(properties), sort_keys=True)


def _row(message_id: Any, who: Any, event: Any, at: Any, properties: Any, raw: Any) -> dict[str, Any]:
    """The faulty row in our shape, so that it can be mended and imported again; its text where it had no shape."""
    if raw is not None:
        return {"raw": raw}
    try:
        properties = json.loads(properties)
    except (TypeError, ValueError):
        pass
    values = {"message_id": message_id, "customer_id": who, "event": event, "at": at, "properties": properties}
    return {name: value for name, value in values.items() if value is not None}
