"""How fast a profile is read over HTTP with a million facts behind it, and how that grows with the number of customers.

    python bench/profiles.py [--customers 50000] [--processes 2] [--clients 4] [--seconds 20] [--small 5000]

Loads the facts by COPY into an embedded PostgreSQL of its own, starts the real server (`dongke serve`) on it and asks
for the profiles of customers drawn by chance, none from a cache of its own. Nothing here is asserted; the state of the
machine (load average) is printed beside the figures, for they mean little on a busy one.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402
from psycopg.types.json import Jsonb  # noqa: E402

from bench import scratch  # noqa: E402
from dongke import db  # noqa: E402
from dongke.clock import now  # noqa: E402

ADVISORS = 100
BUSY = 2_000  #: customers with many events more, as a log of clicks brings
BUSY_EVENTS = 200
SECRET = "a secret that only this measurement uses, long enough"
PRODUCTS = ("bond_fund", "equity_fund", "money_market", "fixed_income", "index_etf", "gold", "reits", "quant")
PLACES = (("工商银行", "bank"), ("招商银行", "bank"), ("华泰证券", "broker"), ("支付宝", "internet_platform"))
Row = tuple[Any, ...]


@dataclass
class Life:
    """The facts of one customer, made of his number alone: 20 of them, in the mix of a broker's year."""

    number: int
    until: datetime

    def __post_init__(self) -> None:
        self.id = f"C{self.number:06d}"
        self.chance = random.Random(self.number)

    def when(self, days: int = 365) -> datetime:
        return self.until - timedelta(minutes=self.chance.randrange(60, days * 1440))

    def talks(self) -> list[tuple[str, datetime]]:
        return [(f"K{self.number}-{n}", self.when(90)) for n in range(2)]

    def said(self) -> list[tuple[str, str, dict[str, Any]]]:
        c, amount = self.chance, self.chance.randrange(5, 500) * 10_000
        place, kind = c.choice(PLACES)
        return [
            ("funds.idle", "affirmed", {"low": amount, "high": amount, "available_from": None}),
            ("assets.external", "affirmed",
             {"institution": place, "institution_type": kind, "product": "deposit", "low": amount, "high": amount,
              "matures_on": "2027-03-31"}),
            ("intent.product", c.choice(("affirmed", "affirmed", "negated")), {"product": c.choice(PRODUCTS)}),
            ("risk.appetite", "affirmed", {"level": c.choice(("conservative", "moderate", "aggressive"))}),
            ("contact.time", "affirmed",
             {"kind": "recurring", "days": None, "date": None, "from": "15:00", "to": None}),
        ]  # fmt: skip

    def snapshot(self) -> dict[str, Any]:
        c = self.chance
        return {"opened_on": f"20{c.randrange(10, 26)}-05-11", "risk_level": f"C{c.randrange(1, 6)}",
                "questionnaire_on": "2026-01-05", "assets_yuan": c.randrange(0, 9_000_000),
                "cash_yuan": c.randrange(0, 900_000), "permissions": ["star"]}  # fmt: skip

    def events(self, count: int, prefix: str = "m") -> Iterator[Row]:
        for n in range(count):
            at, kind = self.when(), self.chance.random()
            name, properties = "login", {}
            if kind < 0.5:
                name, properties = "page_view", {"product": self.chance.choice(PRODUCTS), "page": "产品详情"}
            elif kind < 0.6:
                name = self.chance.choice(("deposit", "withdraw"))
                properties = {"amount": self.chance.randrange(1, 30) * 10_000}
            elif kind < 0.7:
                name, properties = "trade", {"side": "buy", "product": self.chance.choice(PRODUCTS), "amount": 50_000}
            elif kind < 0.8:
                name = self.chance.choice(("call_answered", "call_unanswered"))
            yield (f"{prefix}{self.number}-{n}", self.id, name, at, at, Jsonb(properties))


def load(url: str, customers: int) -> int:
    """Fills an empty database: how many facts, of which the profile is made."""
    until = now().replace(microsecond=0)
    lives = [Life(n, until) for n in range(customers)]
    with psycopg.connect(db.libpq_url(url)) as connection:
        cursor = connection.cursor()
        connection.execute("insert into branch (id, name) values ('B1', '一部')")
        _copy(cursor, "advisor (id, name, branch_id, deputies)",
              ((f"A{n}", f"A{n}", "B1", []) for n in range(ADVISORS)))  # fmt: skip
        _copy(cursor, "customer (id, name, advisor_id)", ((x.id, x.id, f"A{x.number % ADVISORS}") for x in lives))
        _copy(cursor, "staticsnapshot (id, customer_id, effective_at, known_at, data)",
              ((f"S{x.number}", x.id, x.when(), until, Jsonb(x.snapshot())) for x in lives))  # fmt: skip
        facts = customers + _load_talks(cursor, lives)
        facts += _copy(cursor, "behaviourevent (message_id, customer_id, event, at, known_at, properties)",
                       (row for x in lives for row in x.events(14)))  # fmt: skip
        _copy(cursor, "behaviourevent (message_id, customer_id, event, at, known_at, properties)",
              (row for x in lives[:BUSY] for row in x.events(BUSY_EVENTS, "b")))  # fmt: skip
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")
    return facts


def _load_talks(cursor: psycopg.Cursor[Any], lives: list[Life]) -> int:
    talks = [(x, ident, at) for x in lives for ident, at in x.talks()]
    _copy(cursor, "conversation (id, channel, customer_id, advisor_id, direction, answered, started_at, ended_at,"
          " known_at, source, content_hash)",
          ((i, "call", x.id, f"A{x.number % ADVISORS}", "out", True, at, at, at, "given", i)
           for x, i, at in talks))  # fmt: skip
    _copy(cursor, "utterance (conversation_id, index, uid, speaker, text, suspect, revoked)",
          ((i, n, f"u{n}", "customer", f"嗯, 我手上那笔钱是这样的, 第{n}句, 说得比较长一点。", False, False)
           for _, i, _ in talks for n in range(5)))  # fmt: skip
    _copy(cursor, "reading (id, conversation_id, customer_id, engine_version, read_at, mentions, notes)",
          ((f"{i}~1", i, x.id, "1", at, Jsonb([]), Jsonb([])) for x, i, at in talks))  # fmt: skip
    return _copy(cursor, "tag_assertion (id, reading_id, conversation_id, customer_id, tag, polarity, value, holder,"
                 " certainty, confidence, evidence, explanation, said_at, known_at)", _assertions(lives))  # fmt: skip


def _assertions(lives: list[Life]) -> Iterator[Row]:
    for x in lives:
        talks = Life(x.number, x.until).talks()
        for n, (tag, polarity, value) in enumerate(x.said()):
            ident, at = talks[n % 2]
            evidence = [{"utterance": n, "start": 0, "end": 6, "speaker": "customer", "quote": "那笔钱是这样",
                         "said_at": at.isoformat(), "start_ms": 1000, "end_ms": 5000}]  # fmt: skip
            why = {"recognizer": "规则", "rule": tag, "version": "1", "steps": ["客户自己说的"]}
            yield (f"{ident}~1~{n}", f"{ident}~1", ident, x.id, tag, polarity, Jsonb(value), "customer", "stated", 0.9,
                   Jsonb(evidence), Jsonb(why), at, at)  # fmt: skip


def _copy(cursor: psycopg.Cursor[Any], into: str, rows: Iterator[Row]) -> int:
    count = 0
    with cursor.copy(f"copy {into} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def account(url: str) -> str:
    """A log-in of somebody who may read every customer."""
    from sqlmodel import Session

    from api.auth import issue
    from dongke.scope import Role
    from dongke.settings import Settings
    from dongke.users import User

    engine = db.make_engine(url)
    with Session(engine) as session:
        user = User(login="bench", password_hash="x", role=Role.MANAGER)
        session.add(user)
        session.commit()
        token, _ = issue(user, Settings(secret_key=SECRET))
    engine.dispose()
    return token


def serve(url: str, processes: int, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The server as an operator starts it, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    mine = {"DATABASE_URL": url, "PORT": str(port), "SECRET_KEY": SECRET, "API_PROCESSES": str(processes),
            "LOG_LEVEL": "WARNING", "DATA_DIR": str(folder)}  # fmt: skip
    environment = os.environ | {f"DONGKE_{name}": value for name, value in mine.items()}
    process = subprocess.Popen([sys.executable, "-m", "api.cli", "serve"], cwd=ROOT, env=environment)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def cpu_seconds(*roots: int) -> float:
    """CPU time of these processes and of everything that they started: a figure that other people's work bends less."""
    stats: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    mine = set(roots)
    while more := {pid for pid, (parent, _) in stats.items() if parent in mine and pid not in mine}:
        mine |= more
    return sum(seconds for pid, (_, seconds) in stats.items() if pid in mine)


def postmaster(folder: Path) -> int:
    """The process of the server."""
    return int(scratch.pid_file(folder).read_text().splitlines()[0])


class Reader(threading.Thread):
    """One client with one kept connection: asks, waits for the whole answer, asks again."""

    def __init__(self, port: int, token: str, numbers: range, until: float) -> None:
        super().__init__()
        self.port, self.token, self.numbers, self.until = port, token, numbers, until
        self.times: list[float] = []
        self.size = 0

    def run(self) -> None:
        chance = random.Random()
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.perf_counter() < self.until:
                began = time.perf_counter()
                self.size = self._read(link, f"C{chance.choice(self.numbers):06d}")
                self.times.append(time.perf_counter() - began)

    def _read(self, link: socket.socket, customer: str) -> int:
        line = f"GET /v1/customers/{customer}/profile HTTP/1.1\r\nHost: x\r\n"
        link.sendall(f"{line}Authorization: Bearer {self.token}\r\n\r\n".encode())
        data = link.recv(65_536)
        while b"\r\n\r\n" not in data:
            data += link.recv(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(data.decode())
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        got = len(body)
        while got < length:
            got += len(link.recv(65_536))
        return length


def read(port: int, token: str, numbers: range, clients: int, seconds: float) -> dict[str, float]:
    """Reads for so long with so many clients at once; milliseconds and reads a second."""
    until = time.perf_counter() + seconds
    readers = [Reader(port, token, numbers, until) for _ in range(clients)]
    began = time.perf_counter()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    taken = time.perf_counter() - began
    times = sorted(t for reader in readers for t in reader.times)
    cuts = statistics.quantiles(times, n=100)
    return {"reads": len(times), "reads/s": len(times) / taken, "p50": cuts[49] * 1000, "p95": cuts[94] * 1000,
            "p99": cuts[98] * 1000, "bytes": readers[0].size}  # fmt: skip


def run(customers: int, processes: int, clients: int, seconds: float) -> Iterator[tuple[str, ...]]:
    """One database of that many customers: the figures of all of them, and of the busy ones."""
    with tempfile.TemporaryDirectory(prefix="dongke-bench-") as name:
        folder = Path(name)
        url = scratch.start(folder / "pg")
        db.migrate(url)
        began = time.perf_counter()
        facts = load(url, customers)
        print(f"{facts:,} facts of {customers:,} customers loaded in {time.perf_counter() - began:.0f} s", flush=True)
        token = account(url)
        server, port = serve(url, processes, folder)
        try:
            read(port, token, range(customers), clients, 3)  # connections, statements and caches
            for what, numbers in (("20 facts", range(BUSY, customers)), ("220 facts", range(BUSY))):
                spent = [cpu_seconds(server.pid), cpu_seconds(postmaster(folder / "pg"))]
                got = read(port, token, numbers, clients, seconds)
                spent = [cpu_seconds(server.pid) - spent[0], cpu_seconds(postmaster(folder / "pg")) - spent[1]]
                figures = [f"{got[k]:,.1f}" for k in ("p50", "p95", "p99")]
                cpu = [f"{1000 * seconds / got['reads']:.2f}" for seconds in spent]
                size, load1 = f"{got['bytes']:,.0f}", f"{os.getloadavg()[0]:.1f}"
                yield (f"{customers:,}", what, *figures, f"{got['reads/s']:,.0f}", *cpu, size, load1)
            print(json.dumps({"audit": audited(url)}), flush=True)
        finally:
            server.terminate()
            server.wait(30)
            scratch.stop(folder / "pg")


def audited(url: str) -> dict[str, Any]:
    """How many reads the audit holds, and where its chain is broken."""
    from sqlmodel import Session

    from dongke.audit import broken_at

    engine = db.make_engine(url)
    with Session(engine) as session:
        count = session.connection().exec_driver_sql("select count(*) from auditentry").scalar_one()
        found = {"entries": count, "broken_at": broken_at(session)}
    engine.dispose()
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, default=50_000)
    options.add_argument("--small", type=int, default=5_000, help="the smaller database of the growth table; 0: none")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--seconds", type=float, default=20)
    given = options.parse_args()
    head = ["customers", "facts of the customer", "p50 ms", "p95 ms", "p99 ms", "reads/s"]
    rows: list[tuple[str, ...]] = [(*head, "server CPU ms/read", "PostgreSQL CPU ms/read", "bytes", "load average")]
    rows.append(("---",) * len(rows[0]))
    for customers in [n for n in (given.small, given.customers) if n]:
        for row in run(customers, given.processes, given.clients, given.seconds):
            rows.append(row)
            print(" | ".join(row), flush=True)
    print("\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows))


if __name__ == "__main__":
    main()
