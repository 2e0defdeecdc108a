"""How long the boards take with talks by the thousand: the morning list, digging, service strategy, attribution.

    python bench/insight.py [--customers 1000 3000]

Each customer has five talks of twenty utterances in 30 days, an outside asset, an opportunity and ten events; the
growth is shown as a table. An embedded PostgreSQL of its own; nothing is asserted, the load of the machine is printed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import insert, text  # noqa: E402
from sqlmodel import Session  # noqa: E402

from asr.models import StoredConversation, StoredUtterance  # noqa: E402
from dongke import db  # noqa: E402
from dongke.clock import now  # noqa: E402
from dongke.directory import Advisor, Branch, Customer  # noqa: E402
from dongke.scope import Principal, Role  # noqa: E402
from dongke.settings import settings  # noqa: E402
from followup.adherence import board as talks  # noqa: E402
from followup.attribution.board import attribution  # noqa: E402
from followup.digging import board as digging  # noqa: E402
from followup.models import StoredOpportunity  # noqa: E402
from followup.people import Scope  # noqa: E402
from followup.ranking.board import morning  # noqa: E402
from profiles.models import BehaviourEvent, StaticSnapshot, StoredAssertion, StoredReading  # noqa: E402

MINE = 300  #: customers of one advisor
TALKS, TURNS, EVENTS = 5, 20, 10
LINES = ("我推荐您看看这款债基, 久期两年, 有一定风险", "招行有五十万, 快到期了")
TABLES = (
    *(Customer, StaticSnapshot, StoredConversation, StoredUtterance, StoredReading, StoredAssertion),
    *(StoredOpportunity, BehaviourEvent),
)
ALL = Principal("bench", Role.ADMIN)
Row = tuple[type, dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 3_000])
    counts = parser.parse_args().customers
    found = [measure(count) for count in counts]
    print("| seconds | " + " | ".join(f"{count:,} customers, {count * TALKS:,} talks" for count in counts) + " |")
    print("|---|" + "---|" * len(counts))
    for name in found[0]:
        print(f"| {name} | " + " | ".join(f"{times[name]:.2f}" for times in found) + " |")
    print(f"\nload average {os.getloadavg()[0]:.1f}")


def measure(count: int) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="dongke-bench-"))
    url = db.embedded_url(folder / "postgres", "insight")
    os.environ |= {"DONGKE_DEMO": "1", "DONGKE_DATA_DIR": str(folder), "DONGKE_DATABASE_URL": url}
    settings.cache_clear()
    db.forget_engine()
    db.migrate(url)
    fill(count)
    times = {name: timed(work) for name, work in WORK.items()}
    db.forget_engine()
    db.stop_embedded(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)
    return times


def timed(work: Callable[[Session], object]) -> float:
    with db.session_scope() as session:
        began = time.perf_counter()
        work(session)
        return time.perf_counter() - began


def month() -> tuple[datetime, datetime]:
    return now() - timedelta(days=30), now()


WORK: dict[str, Callable[[Session], object]] = {
    f"morning list of {MINE} customers": lambda s: morning(s, ALL, "A0"),
    "money known but untouched": lambda s: digging.known_untouched(s, ALL),
    "digging by advisor": lambda s: digging.tallies(
        list(digging.of_people(s, digging.people(s, ALL, Scope()))), *month(), now().date()
    ),
    "service strategy of 30 days": lambda s: list(talks.of_period(s, ALL, *month())),
    "attribution of 30 days by tag": lambda s: attribution(s, ALL, *month(), dimension="tag"),
}


def fill(count: int) -> None:
    rows: dict[type, list[dict[str, Any]]] = {table: [] for table in TABLES}
    chance = random.Random(1)
    for number in range(count):
        for table, row in life(number, chance):
            rows[table].append(row)
    with db.session_scope() as session:
        session.add(Branch(id="B", name="B"))
        session.flush()
        session.add_all([Advisor(id=f"A{n}", name="x", branch_id="B") for n in range(count // MINE + 1)])
        session.flush()
        for table, part in rows.items():
            for start in range(0, len(part), 20_000):
                session.execute(insert(table), part[start : start + 20_000])
    with db.session_scope() as session:
        session.execute(text("analyze"))


def life(number: int, chance: random.Random) -> Iterator[Row]:
    """The rows of one customer."""
    who, advisor, today = f"C{number}", f"A{number // MINE}", now()
    long_ago = today - timedelta(days=90)
    due = (today + timedelta(days=chance.randint(2, 60))).date().isoformat()
    asset = {"institution": "招商银行", "institution_type": "bank", "low": 5e5, "high": 5e5, "matures_on": due}
    yield Customer, {"id": who, "name": who, "advisor_id": advisor}
    data = {"risk_level": "C4", "questionnaire_on": long_ago.date().isoformat(), "assets_yuan": 1e6}
    yield StaticSnapshot, {
        "id": f"F{who}", "customer_id": who, "effective_at": long_ago, "known_at": long_ago, "data": data,
    }  # fmt: skip
    told = (("assets.external", asset), ("experience.level", {"level": "novice"}))
    for n in range(TALKS):
        tag, value = told[n] if n < len(told) else ("intent.product", {"product": "bond_fund"})
        yield from talk(
            f"K{number}-{n}", who, advisor, today - timedelta(minutes=chance.randint(60, 41_000)), tag, value
        )
    yield StoredOpportunity, {
        "id": f"O{number}", "customer_id": who, "playbook": "external_assets", "playbook_version": "1", "key": None,
        "owner_id": advisor, "opened_at": today - timedelta(days=3), "opened_by": f"R-K{number}-0~0",
        "due_at": today + timedelta(days=3), "state": "open", "attempts": 0, "unassisted": False,
        "self_reported": False, "low_yuan": 500_000, "high_yuan": 500_000, "due_provisional": False, "value": asset,
        "causes": [], "computed_at": today,
    }  # fmt: skip
    for n in range(EVENTS):
        name = chance.choice(("deposit", "transfer_in", "page_view", "trade"))
        yield BehaviourEvent, {
            "message_id": f"E{number}-{n}", "customer_id": who, "event": name, "known_at": today,
            "at": today - timedelta(days=25 * chance.random()), "properties": {"amount": 1_000},
        }  # fmt: skip


def talk(ident: str, who: str, advisor: str, at: datetime, tag: str, value: dict[str, Any]) -> Iterator[Row]:
    end = at + timedelta(seconds=240)
    yield StoredConversation, {
        "id": ident, "channel": "call", "customer_id": who, "advisor_id": advisor, "direction": "out",
        "answered": True, "started_at": at, "ended_at": end, "known_at": end, "source": "given",
        "content_hash": ident,
    }  # fmt: skip
    for n in range(TURNS):
        yield StoredUtterance, {
            "conversation_id": ident, "index": n, "speaker": ("advisor", "customer")[n % 2], "text": LINES[n % 2],
            "start_ms": 10_000 * n, "end_ms": 10_000 * n + 9_000, "suspect": False, "revoked": False,
        }  # fmt: skip
    yield StoredReading, {
        "id": f"R-{ident}", "conversation_id": ident, "customer_id": who, "engine_version": "bench", "read_at": end,
        "mentions": [], "notes": [],
    }  # fmt: skip
    quote = {"utterance": 1, "start": 0, "end": 6, "speaker": "customer", "quote": LINES[1][:6]}
    yield StoredAssertion, {
        "id": f"R-{ident}~0", "reading_id": f"R-{ident}", "conversation_id": ident, "customer_id": who, "tag": tag,
        "polarity": "affirmed", "value": value, "holder": "customer", "certainty": "stated", "confidence": 0.9,
        "evidence": [quote], "explanation": {}, "said_at": at, "known_at": end,
    }  # fmt: skip


if __name__ == "__main__":
    main()
