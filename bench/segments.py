"""Segments of 5,000 and 50,000 customers: rows made, previews, and what a day of time costs.

    .venv/bin/python -m bench.segments [5000 50000]
    .venv/bin/python -m bench.segments --differential 10000

The second compares kept membership with membership reckoned anew, through as many random events (bench/segments_world).
"""

import atexit
import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import Session

from asr.models import StoredConversation
from bench.scratch import database
from bench.segments_world import World
from dongke import db
from dongke.clock import now
from dongke.directory import Advisor, Branch, Customer
from dongke.scope import Principal, Role
from followup.segment_source import follow_states
from profiles.models import BehaviourEvent, StaticSnapshot, StoredAssertion, StoredReading
from profiles.segments import lists, view
from profiles.segments.reading import from_sentence

RUNS = 7
CHUNK = 5_000
WORLD = 250  #: events of one world
SENTENCES = (
    "生命周期是预流失",
    "没有闲置资金",
    "有产品意向(强度不低于0.5, 在近30天内说过)",
    "闲置资金不低于20万元, 且 (生命周期是预流失 或 外部资产在30天内到期), 且没有逾期商机",
    "(闲置资金不低于20万元 或 产品意向是债券基金 或 账户现金不低于5万元), 且可推荐的产品风险含R3, 且最近登录在近60天内",
)


def main() -> None:
    if "--differential" in sys.argv:
        differential(int(sys.argv[-1]))
        return
    sizes = [int(text) for text in sys.argv[1:]] or [5_000, 50_000]
    columns = [measured(size) for size in sizes]
    print("| what | " + " | ".join(f"{size:,} customers" for size in sizes) + " |")
    print("|---|" + "---|" * len(sizes))
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name] for column in columns) + " |")


def measured(size: int) -> dict[str, str]:
    """The figures of that many customers, 20 facts each."""
    found: dict[str, str] = {}
    with database() as engine:
        with db.session_scope(engine) as session:
            facts = fill(session, size)
        found["facts"] = f"{facts:,}"
        seconds = settled(engine, now())
        found["all rows made anew"] = f"{seconds:,.0f} s ({size / seconds:,.0f} customers/s)"
        with db.session_scope(engine) as session:
            asked = lists.settled(session, follow_states)
            for text in SENTENCES:
                tree, count = from_sentence(text), 0

                def ask(tree: Any = tree) -> int:
                    return preview(session, tree)

                count = ask()
                found[f"preview: {text}"] = f"{median(ask) * 1000:,.0f} ms ({count:,})"
            due = view.waiting(session, asked.at + timedelta(days=1))
        found["rows due within a day"] = f"{due:,}"
    return found


def preview(session: Session, tree: Any) -> int:
    """What `POST /v1/segments/preview` does: settle, the first ten with why, the count."""
    root = Principal("root", Role.ADMIN)
    asked = lists.settled(session, follow_states)
    lists.members(session, root, tree, asked, limit=10)
    return lists.count(session, root, tree, asked)


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def settled(engine: Engine, moment: datetime) -> float:
    """Seconds until every row is true, a transaction a chunk as `dongke segment settle` does it."""
    began, done = time.perf_counter(), 0
    while True:
        with db.session_scope(engine) as session:
            part = view.settle(session, follow_states, moment=moment, chunks=4)
        done += part
        if not part:
            return time.perf_counter() - began
        print(f"\r{done:,}", end="", file=sys.stderr, flush=True)


def fill(session: Session, size: int) -> int:
    """Customers of one year: 14 events, 4 statements of two talks and two files each."""
    chance, began = random.Random(1), now() - timedelta(days=365)
    session.add_all([Branch(id=f"B{n}", name=f"营业部{n}") for n in range(5)])
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id=f"B{n % 5}") for n in range(100)])
    session.flush()
    facts = 0
    for start in range(0, size, CHUNK):
        rows: dict[Any, list[dict[str, Any]]] = {
            t: []
            for t in (Customer, StoredConversation, StoredReading, StoredAssertion, BehaviourEvent, StaticSnapshot)
        }
        for number in range(start, min(start + CHUNK, size)):
            _customer(rows, f"C{number:06}", chance, began)
        for table, these in rows.items():
            session.execute(insert(table), these)
            facts += len(these) if table not in (Customer, StoredConversation, StoredReading) else 0
    return facts


def _customer(rows: dict[Any, list[dict[str, Any]]], who: str, chance: random.Random, began: datetime) -> None:
    def at() -> datetime:
        return began + timedelta(seconds=chance.randrange(365 * 86_400))

    rows[Customer].append({"id": who, "name": who, "advisor_id": f"A{chance.randrange(100)}"})
    for n in range(14):
        name, properties = chance.choice(_EVENTS)
        moment = at()
        event = {"message_id": f"{who}-{n}", "customer_id": who, "event": name, "at": moment, "known_at": moment}
        rows[BehaviourEvent].append(event | {"properties": properties})
    for n in range(2):
        moment = at()
        day = (moment + timedelta(days=chance.randrange(90))).date().isoformat()
        file = {
            "risk_level": f"C{chance.randint(1, 5)}",
            "questionnaire_on": (moment - timedelta(days=chance.randrange(600))).date().isoformat(),
            "cash_yuan": chance.choice([0, 8_000, 90_000]),
            "assets_yuan": chance.choice([0, 120_000, 900_000, 8_000_000]),
            "opened_on": "2020-05-06",
        }
        snapshot = {"id": f"{who}-{n}", "customer_id": who, "effective_at": moment, "known_at": moment, "data": file}
        rows[StaticSnapshot].append(snapshot)
        _talk(rows, who, f"{who}-{n}", moment, day, chance)


def _talk(
    rows: dict[Any, list[dict[str, Any]]], who: str, ident: str, moment: datetime, day: str, chance: random.Random
) -> None:
    ids = {"customer_id": who, "known_at": moment}
    talk = {"id": ident, "channel": "call", "advisor_id": "A1", "started_at": moment, "ended_at": moment}
    rows[StoredConversation].append(
        ids | talk | {"direction": "out", "answered": True, "source": "given", "content_hash": ident}
    )
    reading = {"id": ident, "conversation_id": ident, "customer_id": who, "engine_version": "v1", "read_at": moment}
    rows[StoredReading].append(reading | {"mentions": [], "notes": []})
    quote = {"utterance": 1, "quote": "原话", "speaker": "customer"}
    for n, (tag, value) in enumerate(chance.sample(_TAGS, 2)):
        said = {"id": f"{ident}~{n}", "reading_id": ident, "conversation_id": ident, "tag": tag, "said_at": moment}
        told = {"polarity": "affirmed", "holder": "customer", "certainty": "stated", "confidence": 0.9}
        value = value | ({"matures_on": day} if tag == "assets.external" else {})
        rows[StoredAssertion].append(ids | said | told | {"value": value, "evidence": [quote], "explanation": {}})


_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("login", {}),
    ("login", {}),
    ("page_view", {"product": "bond_fund"}),
    ("page_view", {"product": "stock"}),
    ("trade", {"side": "buy", "product": "stock", "amount": 20_000}),
    ("deposit", {"amount": 50_000}),
]
_TAGS: list[tuple[str, dict[str, Any]]] = [
    ("funds.idle", {"low": 300_000, "high": 300_000}),
    ("funds.idle", {"low": 50_000, "high": 50_000}),
    ("assets.external", {"institution": "招商银行", "institution_type": "bank", "low": 500_000, "high": 500_000}),
    ("intent.product", {"product": "bond_fund"}),
    ("risk.appetite", {"level": "moderate"}),
    ("churn.risk", {"action": "transfer_out"}),
]


def differential(steps: int) -> None:
    """So many random events: kept membership is membership reckoned anew, asked after every tenth.

    A world ends after 250 events: what is read of a customer at each step grows with what happened to him. The worlds
    of one process share a database and are rolled back; there are as many processes as cores.
    """
    done, faults, happened = 0, 0, Counter[str]()
    began = time.perf_counter()
    parts = [(seed, min(WORLD, steps - seed * WORLD)) for seed in range(-(-steps // WORLD))]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for events, wrong in pool.map(_lived, *zip(*parts, strict=True)):
            done, faults, happened = done + events.total(), faults + len(wrong), happened + events
            print(*wrong, sep="\n", end="\n" if wrong else "")
            seconds = time.perf_counter() - began
            told = f"{done:,} of {steps:,} events, {faults} differences, {seconds:,.0f} s"
            print(told, file=sys.stderr, flush=True)
    print(f"{done:,} events in {len(parts)} worlds, {faults} differences, {time.perf_counter() - began:,.0f} s")
    print(json.dumps(happened, ensure_ascii=False))


def _lived(seed: int, steps: int) -> tuple[Counter[str], list[str]]:
    """What happened in one world, and every difference that was found in it."""
    happened, wrong = Counter[str](), list[str]()
    with Session(_engine()) as session:
        world = World(session, seed, customers=8)
        for number in range(1, steps + 1):
            happened[world.step().partition(":")[0]] += 1
            if number % 10 == 0 or number == steps:
                wrong += world.wrong()
        session.rollback()
    return happened, wrong


@lru_cache(maxsize=1)
def _engine() -> Engine:
    """The database of this process, until it ends."""
    held = database()
    atexit.register(held.__exit__, None, None, None)
    return held.__enter__()


if __name__ == "__main__":
    main()
