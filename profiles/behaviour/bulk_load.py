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
from dongke.stamps import STAMP
from profiles.behaviour.bulk import Fault, Progress, Staged
from profiles.behaviour.day_rows import ADD_DAYS

PART = 500_000  #: rows a part
DIRECT = 100_000  #: fewer rows than this are no reason to make indexes anew
_BLOCK = 1 << 20
_COPY = "copy {} ({}) from stdin (format csv, delimiter E'\\t', quote E'\\x01', escape E'\\x01'{})"
_COLUMNS = "message_id, customer_id, event, at, properties"
_EVENT = """
    select message_id, customer_id, event, moment, properties{known}
    from event where hash(customer_id) % {{parts}} = {{number}} order by customer_id, moment, message_id"""
_STRANGER_COLUMNS = "message_id, who, mark, event, at, properties"
_STRANGER = """
    select message_id, who, mark, event, moment, properties from stranger where hash(message_id) % {parts} = {number}"""
_SETTINGS = ("set local work_mem = '192MB'", "set local maintenance_work_mem = '256MB'", "set local jit = off")


@dataclass(slots=True)
class Loaded:
    """What became of the staged events in the database."""

    new: int = 0
    waiting: int = 0
    duplicates: int = 0
    conflicts: list[Fault] = field(default_factory=list)


def load(
    connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime | None, progress: Progress
) -> Loaded:
    """Stores what is new and counts it into the day rows; known from `known_at`, or the last step. The caller commits.

    Raises NotReady `database-busy`, BadInput `import-refused`.
    """
    rows = staged.count("event")
    for setting in _SETTINGS:
        connection.execute(setting)
    try:
        if rows >= DIRECT and _is_empty(connection):
            loaded = _load_first(connection, staged, known_at, rows, progress)
        else:
            loaded = _load_more(connection, staged, known_at, rows, progress)
        _wait(connection, staged, known_at, loaded)
        return loaded
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
    connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime | None, rows: int, progress: Progress
) -> Loaded:
    """Rows, then indexes, then the keys: `freeze` spares a later pass over all of it."""
    progress("写入数据库", 0, rows)
    for table in ("behaviourevent", "behaviourday"):
        connection.execute(f"truncate {table}")
    again = [*_without_indexes(connection, "behaviourevent"), *_without_indexes(connection, "behaviourday")]
    # nobody reads the table while it is locked: what is stamped now is seen with its commit, or not asked about yet
    query = _EVENT.format(known=f", timestamptz '{_stamp(connection, known_at).isoformat()}'")
    _copy(
        connection, staged, rows, _COPY.format("behaviourevent", f"{_COLUMNS}, known_at", ", freeze"), query, progress
    )
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
    connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime | None, rows: int, progress: Progress
) -> Loaded:
    progress("写入数据库", 0, rows)
    connection.execute("create temp table incoming (like behaviourevent) on commit drop")
    connection.execute("alter table incoming drop column known_at")
    _copy(connection, staged, rows, _COPY.format("incoming", _COLUMNS, ", freeze"), _EVENT.format(known=""), progress)
    progress("去重与汇总", 0, 2)
    connection.execute("analyze incoming")
    conflicts = [_conflict(*row) for row in connection.execute(_CONFLICTS)]
    progress("去重与汇总", 1, 2)
    found = connection.execute(_ADD, (_stamp(connection, known_at),)).fetchone()
    assert found
    progress("去重与汇总", 2, 2)
    return Loaded(new=found[0], duplicates=rows - found[0] - len(conflicts), conflicts=conflicts)


def _conflict(message_id: str, who: str, event: str, at: datetime, properties: Any) -> Fault:
    row = {"message_id": message_id, "customer_id": who, "event": event, "at": at.isoformat(), "properties": properties}
    return Fault("数据库", "event-conflict", f"消息 {message_id[:40]} 已收过, 内容不同", row)


_CONFLICTS = """
    select i.message_id, i.customer_id, i.event, i.at, i.properties
    from incoming i join behaviourevent e using (message_id)
    where (i.customer_id, i.event, i.at, i.properties - 'original_timestamp')
        <> (e.customer_id, e.event, coalesce((e.properties->>'original_timestamp')::timestamptz, e.at),
            e.properties - 'original_timestamp')"""
_ADD = f"""
    with added as (
        insert into behaviourevent ({_COLUMNS}, known_at)
        select {_COLUMNS}, %s from incoming order by customer_id, at, message_id
        on conflict (message_id) do nothing returning message_id, customer_id, event, at, properties
    ), counted as ({ADD_DAYS % "added"})
    select count(*) from added"""


def _wait(connection: "psycopg.Connection[Any]", staged: Staged, known_at: datetime | None, loaded: Loaded) -> None:
    """What nobody is known for waits, as it does at the door (profiles/identity/anonymous.py)."""
    rows = staged.count("stranger")
    if not rows:
        return
    connection.execute(
        'create temp table stranger (message_id text collate "C", who text, mark text, event text, at timestamptz,'
        " properties jsonb) on commit drop"
    )
    _copy(connection, staged, rows, _COPY.format("stranger", _STRANGER_COLUMNS, ""), _STRANGER)
    conflicts = [_conflict(*row) for row in connection.execute(_STRANGER_CONFLICTS)]
    waiting = connection.execute(_KEEP, (_stamp(connection, known_at),)).rowcount
    loaded.waiting = waiting
    loaded.conflicts += conflicts
    loaded.duplicates += rows - waiting - len(conflicts)


_STRANGER_CONFLICTS = """
    select i.message_id, i.who, i.event, i.at, i.properties from stranger i join behaviourevent e using (message_id)
    where (i.event, i.at, i.properties - 'original_timestamp')
        <> (e.event, coalesce((e.properties->>'original_timestamp')::timestamptz, e.at),
            e.properties - 'original_timestamp')"""
_KEEP = """
    insert into anonymousevent (message_id, marks, event, at, known_at, properties)
    select message_id, array[mark], event, at, %s, properties from stranger s
    where not exists (select from behaviourevent e where e.message_id = s.message_id) order by message_id
    on conflict (message_id) do nothing"""


def _stamp(connection: "psycopg.Connection[Any]", known_at: datetime | None) -> datetime:
    """From now on they are known: taken just before they are stored, as long as that takes nobody knows of them."""
    found = None if known_at else connection.execute(STAMP).fetchone()
    return known_at or found[1]  # type: ignore[index]


def _copy(
    connection: "psycopg.Connection[Any]",
    staged: Staged,
    rows: int,
    statement: str,
    query: str,
    progress: Progress = lambda title, done, total: None,
) -> None:
    """While PostgreSQL takes one part, DuckDB writes the next."""
    done = 0
    with ThreadPoolExecutor(1) as ahead, connection.cursor() as cursor:
        for path, count in _ahead(ahead, staged, query, max(1, -(-rows // PART))):
            with cursor.copy(statement) as copy, path.open("rb") as file:
                while block := file.read(_BLOCK):
                    copy.write(block)
            path.unlink()
            done += count
            progress("写入数据库", done, rows)


def _ahead(pool: ThreadPoolExecutor, staged: Staged, query: str, parts: int) -> Iterator[tuple[Path, int]]:
    waiting = pool.submit(_write, staged, query, 0, parts)
    for number in range(1, parts + 1):
        ready = waiting.result()
        if number < parts:
            waiting = pool.submit(_write, staged, query, number, parts)
        yield ready


def _write(staged: Staged, query: str, number: int, parts: int) -> tuple[Path, int]:
    """One part as text that COPY reads: the JSON as it is, nothing doubled."""
    path = staged.folder / f"part-{number}.csv"
    part = query.format(parts=parts, number=number)
    form = "format csv, header false, delimiter '\t', quote '\x01', escape '\x01'"
    found = staged.duck.cursor().execute(f"copy ({part}) to '{path}' ({form})").fetchone()
    assert found
    return path, int(found[0])
