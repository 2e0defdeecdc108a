"""批量写入: staged events (profiles/behaviour/bulk.py) into PostgreSQL, in one transaction – all of them, or none.

Each part holds some of the customers, sorted by customer and time, so that a customer's events lie side by side on
disk and his profile reads a few pages. Into an empty table the rows go without its indexes, which are made afterwards
as they were: ten million single insertions into an index of random ids would take longer than all the rest. Into a
table that has rows they go beside it first; what is there already is told apart as duplicate or conflict.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from dongke.errors import BadInput, NotReady
from profiles.behaviour.bulk import Fault, Progress, Staged
from profiles.behaviour.day_rows import ADD_DAYS

PART = 500_000  #: rows a part
DIRECT = 100_000  #: fewer rows than this are no reason to make indexes anew
_BLOCK = 1 << 20
_COLUMNS = "message_id, customer_id, event, at, known_at, properties"
_COPY = f"copy {{}} ({_COLUMNS}) from stdin (format csv, delimiter E'\\t', quote E'\\x01', escape E'\\x01'{{}})"
_SETTINGS = ("set local work_mem = '192MB'", "set local maintenance_work_mem = '256MB'", "set local jit = off")


@dataclass(slots=True)
class Loaded:
    """What became of the staged events in the database."""

    new: int = 0
    duplicates: int = 0
    conflicts: list[Fault] = field(default_factory=list)


def load(connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime, progress: Progress) -> Loaded:
    """Stores what is new and counts it into the day rows. The caller commits.

    Raises NotReady `database-busy`, BadInput `import-refused`.
    """
    rows = staged.count("event")
    for setting in _SETTINGS:
        connection.execute(setting)
    try:
        if rows >= DIRECT and _is_empty(connection):
            return _load_first(connection, staged, known_at, rows, progress)
        return _load_more(connection, staged, known_at, rows, progress)
    except psycopg.errors.LockNotAvailable:
        raise NotReady("database-busy", "行为事件表正被别人占用, 请稍后再导入") from None
    except (psycopg.DataError, psycopg.IntegrityError) as fault:
        raise BadInput("import-refused", f"数据库不接受: {str(fault).splitlines()[0][:200]}") from None


def _is_empty(connection: "psycopg.Connection[Any]") -> bool:
    """Whether nothing is there; then the table is ours until the end of the transaction."""
    found = connection.execute("select exists (select from behaviourevent)").fetchone()
    if found is None or found[0]:
        return False
    connection.execute("set local lock_timeout = '10s'")
    connection.execute("lock table behaviourevent, behaviourday in access exclusive mode")
    found = connection.execute("select exists (select from behaviourevent)").fetchone()
    return found is not None and not found[0]


def _load_first(
    connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime, rows: int, progress: Progress
) -> Loaded:
    """Rows, then indexes, then the keys: `freeze` spares a later pass over all of it."""
    progress("写入数据库", 0, rows)
    for table in ("behaviourevent", "behaviourday"):
        connection.execute(f"truncate {table}")
    again = [*_without_indexes(connection, "behaviourevent"), *_without_indexes(connection, "behaviourday")]
    _copy(connection, staged, known_at, rows, "behaviourevent", ", freeze", progress)
    steps = [_FIRST_DAYS, *again]
    for number, step in enumerate(steps):
        progress("汇总与索引", number, len(steps))
        connection.execute(step)
    progress("汇总与索引", len(steps), len(steps))
    return Loaded(new=rows)


_FIRST_DAYS = ADD_DAYS.split("on conflict")[0].replace("order by 1, 2, 3, 4", "") % "behaviourevent"


def _without_indexes(connection: "psycopg.Connection[Any]", table: str) -> list[str]:
    """Drops keys and indexes of the table and gives the statements that make them again, just as they are."""
    made: list[str] = []
    keys = connection.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass"
        " and contype in ('p', 'u', 'f') order by contype desc",
        (table,),
    ).fetchall()
    for name, definition in keys:
        connection.execute(f'alter table {table} drop constraint "{name}"')
        made.append(f'alter table {table} add constraint "{name}" {definition}')
    indexes = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid = %s::regclass",
        (table,),
    ).fetchall()
    for name, definition in indexes:
        connection.execute(f"drop index {name}")
        made.append(definition)
    return made


def _load_more(
    connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime, rows: int, progress: Progress
) -> Loaded:
    progress("写入数据库", 0, rows)
    connection.execute("create temp table incoming (like behaviourevent) on commit drop")
    _copy(connection, staged, known_at, rows, "incoming", ", freeze", progress)
    progress("去重与汇总", 0, 2)
    connection.execute("analyze incoming")
    conflicts = [
        Fault(
            "数据库",
            "event-conflict",
            f"消息 {message_id[:40]} 已收过, 内容不同",
            {
                "message_id": message_id,
                "customer_id": customer_id,
                "event": event,
                "at": at.isoformat(),
                "properties": properties,
            },
        )
        for message_id, customer_id, event, at, properties in connection.execute(_CONFLICTS)
    ]
    progress("去重与汇总", 1, 2)
    found = connection.execute(_ADD).fetchone()
    assert found
    progress("去重与汇总", 2, 2)
    return Loaded(found[0], rows - found[0] - len(conflicts), conflicts)


_CONFLICTS = """
    select i.message_id, i.customer_id, i.event, i.at, i.properties
    from incoming i join behaviourevent e using (message_id)
    where (i.customer_id, i.event, i.at, i.properties - 'original_timestamp')
        <> (e.customer_id, e.event, coalesce((e.properties->>'original_timestamp')::timestamptz, e.at),
            e.properties - 'original_timestamp')"""
_ADD = f"""
    with added as (
        insert into behaviourevent ({_COLUMNS}) select {_COLUMNS} from incoming order by customer_id, at, message_id
        on conflict (message_id) do nothing returning message_id, customer_id, event, at, properties
    ), counted as ({ADD_DAYS % "added"})
    select count(*) from added"""


def _copy(
    connection: "psycopg.Connection[Any]",
    staged: Staged,
    known_at: datetime,
    rows: int,
    table: str,
    more: str,
    progress: Progress,
) -> None:
    """While PostgreSQL takes one part, DuckDB writes the next."""
    statement = _COPY.format(table, more)
    done = 0
    with ThreadPoolExecutor(1) as ahead, connection.cursor() as cursor:
        for path, count in _ahead(ahead, staged, known_at, max(1, -(-rows // PART))):
            with cursor.copy(statement) as copy, path.open("rb") as file:
                while block := file.read(_BLOCK):
                    copy.write(block)
            path.unlink()
            done += count
            progress("写入数据库", done, rows)


def _ahead(pool: ThreadPoolExecutor, staged: Staged, known_at: datetime, parts: int) -> Iterator[tuple[Path, int]]:
    waiting = pool.submit(_write, staged, known_at, 0, parts)
    for number in range(1, parts + 1):
        ready = waiting.result()
        if number < parts:
            waiting = pool.submit(_write, staged, known_at, number, parts)
        yield ready


def _write(staged: Staged, known_at: datetime, number: int, parts: int) -> tuple[Path, int]:
    """One part as text that COPY reads: the JSON as it is, nothing doubled."""
    path = staged.folder / f"part-{number}.csv"
    found = (
        staged.duck.cursor()
        .execute(
            f"""
        copy (
            select message_id, customer_id, event, moment, timestamptz '{known_at.isoformat()}' as known_at, properties
            from event where hash(customer_id) % {parts} = {number} order by customer_id, moment, message_id
        ) to '{path}' (format csv, header false, delimiter '\t', quote '\x01', escape '\x01')"""
        )
        .fetchone()
    )
    assert found
    return path, int(found[0])
