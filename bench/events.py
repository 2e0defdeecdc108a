"""Events: bulk import with the fold into day rows, and ingest over HTTP against a running server.

    python bench/events.py import --events 10000000    # the goal: under 5 minutes, under 2 GB
    python bench/events.py http --seconds 30           # the goal: 2,000 durable events/s, visible under 1 s p99

Each run makes an embedded PostgreSQL of its own (fsync on) and removes it. Memory is the largest sum of the command and
the database's processes, shared pages counted once (PSS), asked four times a second.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CUSTOMERS = 50_000
_EVENTS = ["page_view", "page_view", "page_view", "login", "search", "trade", "deposit", "page_view"]
_PRODUCTS = ["gold", "bond_fund", "stock", "etf", "money_fund"]
sys.path.insert(0, str(ROOT))

from bench import scratch  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    bulk = commands.add_parser("import")
    bulk.add_argument("--events", type=int, default=1_000_000)
    bulk.add_argument("--format", default="parquet", choices=("parquet", "csv", "csv.gz", "jsonl"))
    http = commands.add_parser("http")
    http.add_argument("--seconds", type=int, default=20)
    http.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dongke-bench-") as folder, _database(Path(folder)):
        if args.what == "import":
            bulk_import(Path(folder), args.events, args.format)
        else:
            over_http(Path(folder), args.seconds, args.workers)


def bulk_import(folder: Path, events: int, kind: str) -> None:
    """One file into an empty database by the command itself, then a second, late file into the full one."""
    first, late = folder / f"events.{kind}", folder / f"late.{kind}"
    _write_file(first, events, kind, "m")
    _write_file(late, max(events // 10, 1000), kind, "late")
    print(f"{events:,} events of {CUSTOMERS:,} customers, {first.stat().st_size / 1e6:,.0f} MB of {kind}")
    for title, path in (("into an empty table", first), ("late, into the full table", late)):
        with _memory() as peak:
            seconds = _timed(lambda path=path: _dongke("import", "events", str(path)))
        print(f"import {title}: {seconds:.1f} s, peak {peak()} MB")
    _compare()


def _compare() -> None:
    """The day rows against counting everything anew; the size of both tables; one profile's events."""
    from sqlalchemy import text

    from dongke import db
    from profiles.behaviour.day_rows import COUNT_DAYS

    with db.engine().connect() as c:
        rows, days = (
            c.execute(text(f"select count(*) from {t}")).scalar_one() for t in ("behaviourevent", "behaviourday")
        )
        size = c.execute(
            text("select pg_total_relation_size('behaviourevent') + pg_total_relation_size('behaviourday')")
        )
        print(f"{rows:,} events and {days:,} day rows, {size.scalar_one() / 1e9:.2f} GB with indexes")
        anew, kept = COUNT_DAYS % "behaviourevent", "table behaviourday"
        differ = f"select count(*) from (({kept} except {anew}) union all ({anew} except {kept})) x"
        print(f"day rows that differ from counting anew: {c.execute(text(differ)).scalar_one()}")
        asked = [f"C{random.randrange(CUSTOMERS):05d}" for _ in range(200)]
        query = text("select count(*) from behaviourevent where customer_id = :who and properties is not null")
        times = [_timed(lambda who=who: c.execute(query, {"who": who}).scalar_one()) for who in asked]
        print(f"events of one customer read: median {statistics.median(times) * 1000:.2f} ms")


def _write_file(path: Path, events: int, kind: str, prefix: str) -> None:
    """Bursts, as people are: a customer comes on some days and then looks at several pages, trades now and then."""
    import duckdb

    duck = duckdb.connect()
    duck.execute("set threads = 2; set memory_limit = '800MB'; set timezone = 'Asia/Shanghai'")
    options = {"parquet": "(format parquet, compression zstd)", "csv": "(format csv, header)",
               "csv.gz": "(format csv, header, compression gzip)", "jsonl": "(format json)"}  # fmt: skip
    duck.execute(
        f"""
        copy (
            with n as (select i, hash(i // 6) as visit, hash(i + 7) as h from range({events}) t(i))
            select '{prefix}' || i || '-' || h % 1000000 as message_id,
                   'C' || lpad((visit % {CUSTOMERS})::varchar, 5, '0') as customer_id,
                   {_EVENTS}[1 + (h % 8)::int] as event,
                   strftime(timestamp '2026-01-05 09:00:00' + to_days((visit % 250)::int)
                       + to_seconds((visit % 20000)::int + (h % 900)::int), '%Y-%m-%dT%H:%M:%S+08:00') as "at",
                   json_object('product', {_PRODUCTS}[1 + (h % 5)::int], 'page', '/p/' || h % 97,
                       'amount', case when h % 8 in (5, 6) then (h % 100000) / 100.0 end)::varchar as properties
            from n
        ) to '{path}' {options[kind]}"""
    )


def over_http(folder: Path, seconds: int, workers: int) -> None:
    """Batches of 100, then single posts, against uvicorn; meanwhile facts are looked for in the profile."""
    import httpx2 as httpx

    from api.auth import issue
    from dongke import db
    from dongke.scope import Role
    from dongke.settings import settings
    from dongke.users import User

    with db.session_scope() as session:
        for login, role in (("pipe", Role.INGEST), ("root", Role.ADMIN)):
            session.add(User(login=login, password_hash="x", role=role))
        session.flush()
        heads = {
            n: {"Authorization": f"Bearer {issue(session.get_one(User, n), settings())[0]}"} for n in ("pipe", "root")
        }
    db.forget_engine()
    port = 18_600 + os.getpid() % 1000
    call = [
        sys.executable,
        "-m",
        "uvicorn",
        "api.app:create_app",
        "--factory",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    server = subprocess.Popen([*call, "--workers", str(workers)], cwd=ROOT)
    try:
        base = f"http://127.0.0.1:{port}"
        _until(lambda: httpx.get(base + "/livez").status_code == 200)
        for size in (500, 100, 1):
            _load(httpx, base, heads, size, seconds)
    finally:
        server.terminate()
        server.wait()


def _load(httpx: Any, base: str, heads: dict[str, dict[str, str]], size: int, seconds: int) -> None:
    ends, times, sent, seen = time.perf_counter() + seconds, [], [0], []
    lock = threading.Lock()

    def post(number: int) -> None:
        mine = random.Random(f"{size}/{number}")
        with httpx.Client(base_url=base, headers=heads["pipe"]) as client:
            while time.perf_counter() < ends:
                body = {"batch": [_event(mine) for _ in range(size)], "sentAt": _now()}
                began = time.perf_counter()
                answer = client.post("/v1/events", json=body if size > 1 else body["batch"][0])
                taken = time.perf_counter() - began
                assert answer.status_code == 202, answer.text[:300]
                assert answer.json()["accepted"] == size, answer.text[:300]
                with lock:
                    times.append(taken)
                    sent[0] += size

    def look() -> None:
        """Posts a trait and asks until the answer shows it; the time from the answer of the post on."""
        with httpx.Client(base_url=base, headers=heads["root"]) as client:
            while time.perf_counter() < ends:
                who, mark = f"C{random.randrange(CUSTOMERS):05d}", str(random.random())
                event = _event(random.Random(mark)) | {"userId": who, "type": "identify", "traits": {"mark": mark}}
                client.post("/v1/events", json=event)
                began = time.perf_counter()
                while client.get(f"/v1/customers/{who}/behaviour").json()["traits"].get("mark") != mark:
                    pass
                seen.append(time.perf_counter() - began)
                time.sleep(0.05)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(4 if size > 1 else 16)] + [
        threading.Thread(target=look)
    ]
    began = time.perf_counter()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    rate = sent[0] / (time.perf_counter() - began)
    print(f"posts of {size}: {rate:,.0f} events/s, answer p50 {_at(times, 50)} ms, p99 {_at(times, 99)} ms; "
          f"visible after the answer p50 {_at(seen, 50)} ms, p99 {_at(seen, 99)} ms ({len(seen)} looks)")  # fmt: skip


def _event(r: random.Random) -> dict[str, Any]:
    name = r.choice(("page_view", "page_view", "login", "trade"))
    return {
        "type": "track",
        "messageId": f"{r.getrandbits(64):x}",
        "userId": f"C{r.randrange(CUSTOMERS):05d}",
        "event": name,
        "timestamp": _now(),
        "properties": {"product": r.choice(("gold", "bond_fund", "stock")), "page": f"/p/{r.randrange(99)}"},
    }


def _now() -> str:
    from dongke.clock import now

    return now().isoformat()


def _at(times: list[float], percent: int) -> str:
    return f"{statistics.quantiles(times, n=100)[percent - 1] * 1000:.0f}" if len(times) > 1 else "–"


def _until(ready: Callable[[], bool]) -> None:
    for _ in range(100):
        try:
            if ready():
                return
        except Exception:  # not up yet
            time.sleep(0.2)
    raise SystemExit("the server did not start")


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    from api.commands import upgrade
    from dongke import db
    from dongke.directory import Advisor, Branch, Customer
    from dongke.settings import settings

    os.environ |= {"DONGKE_DATA_DIR": str(folder), "DONGKE_DEMO": "1"}
    os.environ["DONGKE_DATABASE_URL"] = url = scratch.start(folder / "postgres")
    settings.cache_clear()
    upgrade(url)
    with db.session_scope() as session:
        session.add(Branch(id="B1", name="B1"))
        session.flush()
        session.add(Advisor(id="A1", name="A1", branch_id="B1"))
        session.flush()
        session.execute(
            Customer.__table__.insert(), [{"id": f"C{n:05d}", "advisor_id": "A1"} for n in range(CUSTOMERS)]
        )
    try:
        yield
    finally:
        db.forget_engine()
        scratch.stop(folder / "postgres")


def _dongke(*args: str) -> None:
    call = [sys.executable, "-m", "api.cli", *args]
    done = subprocess.run(call, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    print("  " + done.stdout.strip().replace("\n", "\n  "))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _memory() -> Iterator[Callable[[], int]]:
    """The largest PSS of all processes below this one and of the database's, in MB."""
    highest, stop = [0], threading.Event()
    postmaster = int(scratch.pid_file(Path(os.environ["DONGKE_DATA_DIR"]) / "postgres").read_text().split()[0])

    def watch() -> None:
        while not stop.wait(0.25):
            mine = _below(os.getpid()) - {os.getpid()} | _below(postmaster)
            highest[0] = max(highest[0], sum(_pss(pid) for pid in mine))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: highest[0] // 1024
    finally:
        stop.set()
        thread.join()


def _below(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
