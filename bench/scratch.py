"""A database of a benchmark's own, gone afterwards: the embedded PostgreSQL or, by `BENCH_POSTGRES`, one of Debian's.

    BENCH_POSTGRES=/usr/lib/postgresql/15/bin python bench/profiles.py    # apt-get install postgresql

Debian's runs as the user postgres on a Unix socket in the same folder, with its own defaults (fsync on).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dongke import db

DEBIAN = os.environ.get("BENCH_POSTGRES")  #: the folder of initdb and pg_ctl


def start(folder: Path, name: str = db.DATABASE) -> str:
    """Starts the server in `folder` (made when missing) and gives the URL of the database of that name."""
    if DEBIAN is None:
        return db.embedded_url(folder, name)
    folder.mkdir(parents=True)
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    subprocess.run(["chown", "postgres", str(folder)], check=True)
    _as_postgres("initdb", "-D", str(folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    told = f"-k {folder} -c listen_addresses="
    _as_postgres("pg_ctl", "-D", str(folder / "data"), "-w", "-o", told, "-l", str(folder / "log"), "start")
    _as_postgres("createdb", "-h", str(folder), name)
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"


def stop(folder: Path) -> None:
    """Stops the server of `folder`."""
    if DEBIAN is None:
        db.stop_embedded(folder)
    else:
        _as_postgres("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")


def pid_file(folder: Path) -> Path:
    """The file that names the server's process in its first line."""
    return (folder if DEBIAN is None else folder / "data") / "postmaster.pid"


@contextmanager
def database() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        url = start(Path(folder) / "pg")
        db.migrate(url)
        engine = db.make_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()
            stop(Path(folder) / "pg")


def _as_postgres(command: str, *arguments: str) -> None:
    line = ["runuser", "-u", "postgres", "--", f"{DEBIAN}/{command}", *arguments]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
