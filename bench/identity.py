"""Identity in bulk: identifiers linked, told again, and events resolved by two identifiers each.

    python bench/identity.py                    # 5,000 and 50,000 customers

Makes an embedded PostgreSQL of its own and removes it.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SINCE = datetime.fromisoformat("2026-06-01T09:00:00+08:00")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="*", default=[5_000, 50_000])
    for customers in parser.parse_args().customers:
        with tempfile.TemporaryDirectory() as folder:
            os.environ |= {"DONGKE_DATA_DIR": folder, "DONGKE_DEMO": "1"}
            _measure(Path(folder), customers)


def _measure(folder: Path, customers: int) -> None:
    from sqlalchemy import text
    from sqlmodel import Session

    from dongke import db
    from dongke.settings import settings
    from profiles.identity import service as identity
    from profiles.identity.service import Asked, Claim

    settings.cache_clear()
    url = db.embedded_url(folder / "postgres")
    db.migrate(url)
    engine = db.make_engine(url)
    with Session(engine) as session:
        for statement in (
            "insert into branch (id, name) values ('B1', '营业部')",
            "insert into advisor (id, name, branch_id, deputies) values ('A1', '投顾', 'B1', '{}')",
            "insert into customer (id, name, advisor_id)"
            f" select 'C' || n, '', 'A1' from generate_series(1, {customers}) n",
        ):
            session.execute(text(statement))
        session.commit()
        numbers = range(1, customers + 1)
        claims = [Claim("phone", f"139{n:08}", f"C{n}", SINCE) for n in numbers]
        asked = [
            Asked(SINCE + timedelta(days=1), [("phone", c.value), ("device", f"tablet-{c.value}")]) for c in claims
        ]
        for label in ("linked", "told again"):
            with _timed(f"{customers:>7,} telephones {label}"):
                identity.link_many(session, claims)
                session.commit()
        with _timed(f"{customers:>7,} events resolved by two identifiers each"):
            identity.resolve_many(session, asked)
    engine.dispose()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"{what:<55}{time.perf_counter() - begun:6.2f} s")


if __name__ == "__main__":
    main()
