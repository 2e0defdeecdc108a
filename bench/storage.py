"""Events in and profiles out, on an embedded PostgreSQL made for the run."""

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from dongke import db
from dongke.clock import now

EVENTS = 20_000


def measure(median: Callable[..., float]) -> Iterator[tuple[str, str]]:
    """Figures of the storage: bulk intake of events, one profile with many facts, one report."""
    with tempfile.TemporaryDirectory() as folder:
        url = db.embedded_url(Path(folder) / "pg")
        db.migrate(url)
        engine = db.make_engine(url)
        try:
            yield from _figures(engine, median)
        finally:
            engine.dispose()
            db.stop_embedded(Path(folder) / "pg")


def _figures(engine: db.Engine, median: Callable[..., float]) -> Iterator[tuple[str, str]]:
    import time

    from dongke.directory import Advisor, Branch, set_owner
    from profiles.behaviour.intake import take_events
    from profiles.service import profile_of

    began = now() - timedelta(days=90)
    with db.session_scope(engine) as session:
        session.add(Branch(id="B1", name="B1"))
        session.flush()
        session.add(Advisor(id="A1", name="A1", branch_id="B1"))
        session.flush()
        for number in range(60):
            set_owner(session, f"C{number}", "A1", began)
    rows = [
        {
            "type": "track",
            "messageId": f"m{n}",
            "userId": f"C{n % 60}",
            "event": "product_view",
            "timestamp": (began + timedelta(minutes=n)).isoformat(),
            "properties": {"product": "bond_fund"},
        }
        for n in range(EVENTS)
    ]
    start = time.perf_counter()
    with db.session_scope(engine) as session:
        taken = take_events(session, rows, now())
    seconds = time.perf_counter() - start
    assert taken.accepted == EVENTS
    yield "behaviour events taken in", f"{EVENTS / seconds:,.0f}/s (one transaction of {EVENTS:,})"
    with db.session_scope(engine) as session:
        size = len(json.dumps(profile_of(session, "C1").to_json()))
        read = median(lambda: profile_of(session, "C1"))
    yield "profile read, 333 events", f"{read * 1000:.1f} ms ({size:,} bytes)"
