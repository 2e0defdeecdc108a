"""A database of a benchmark's own: an embedded PostgreSQL with the schema, gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dongke import db


@contextmanager
def database() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        url = db.embedded_url(Path(folder) / "pg")
        db.migrate(url)
        engine = db.make_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()
            db.stop_embedded(Path(folder) / "pg")
