"""A real PostgreSQL for every test: one embedded server for the run, a fresh database for each test that asks."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from sqlalchemy import Engine
from sqlmodel import Session

from dongke import db
from dongke.settings import settings

#: a machine that is busy with other things is no fault of ours
hypothesis.register_profile("at-leisure", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("at-leisure")

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """URL of the template database: migrated once, copied for each test (a copy takes some 50 ms).

    Its folder is no folder of pytest's: a second run resets the rights of those, and the server would lose its data.
    """
    folder = Path(tempfile.mkdtemp(prefix="dongke-tests-"))
    url = db.embedded_url(folder / "postgres", "template_dongke")
    with psycopg.connect(db.libpq_url(url), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("select pg_reload_conf()")
    db.migrate(url)
    yield url
    db.stop_embedded(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """URL of an empty, migrated database of this test alone."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = db.libpq_url(server_url).replace("/template_dongke", "/postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create database {name} template template_dongke strategy file_copy")
    yield server_url.replace("/template_dongke", f"/{name}")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def engine(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    """The process's engine, on the database of this test; settings of the demo, data under tmp_path."""
    monkeypatch.setenv("DONGKE_DATABASE_URL", database_url)
    monkeypatch.setenv("DONGKE_DEMO", "1")
    monkeypatch.setenv("DONGKE_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    db.forget_engine()
    yield db.engine()
    db.forget_engine()
    settings.cache_clear()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the database of this test. Commit where another connection must see the rows."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
