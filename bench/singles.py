"""Posts of one event each: how many a second, what a post costs in processor time, and what a bare route costs here.

    python bench/singles.py [--seconds 10] [--connections 32] [--workers 1] [--bare]

The client writes prepared requests to kept-alive sockets, so that it hardly takes time of its own. On a machine that is
busy with other work the rate says little; the processor time of a post hardly changes. Every event is counted in the
table afterwards. `--bare`: a FastAPI route that reads the body and answers, without log-in and database.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import scratch  # noqa: E402
from bench.events import _below, _database, _event, _until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dongke-bench-") as folder, _database(Path(folder)):
        head, postmaster = _account(), int(scratch.pid_file(Path(folder) / "postgres").read_text().split()[0])
        run(given, head, postmaster)


def bare() -> Any:
    """The application of `--bare`."""
    from fastapi import FastAPI, Request

    app = FastAPI()

    @app.post("/v1/events", status_code=202)
    async def post(request: Request) -> dict[str, int]:
        return {"accepted": len(await request.body()) and 1}

    return app


def run(given: argparse.Namespace, head: str, postmaster: int) -> None:
    import httpx2 as httpx

    port = 18_600 + os.getpid() % 1000
    app = "bench.singles:bare" if given.bare else "api.app:served_app"
    call = [sys.executable, "-m", "uvicorn", app, "--factory", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen([*call, "--workers", str(given.workers), "--no-access-log"], cwd=ROOT)
    try:
        _until(lambda: httpx.post(f"http://127.0.0.1:{port}/v1/events", content=b"{}").status_code < 500)
        asyncio.run(_load(port, head, 4, 1.0))  # everything is loaded and connected
        before, began = (_cpu(server.pid), _cpu(postmaster), time.process_time()), time.perf_counter()
        times = asyncio.run(_load(port, head, given.connections, given.seconds))
        wall, client = time.perf_counter() - began, time.process_time() - before[2]
        api, base = _cpu(server.pid) - before[0], _cpu(postmaster) - before[1]
        cuts = statistics.quantiles(times, n=100)
        print(f"{len(times) / wall:,.0f} posts/s from {given.connections} connections, {given.workers} worker(s); "
              f"answer p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms; processor time of a post: API "
              f"{api / len(times) * 1000:.2f} ms, database {base / len(times) * 1000:.2f} ms, client "
              f"{client / len(times) * 1000:.2f} ms; load average {os.getloadavg()[0]:.1f}")  # fmt: skip
        if not given.bare:
            _count()
    finally:
        server.terminate()
        server.wait()


async def _load(port: int, head: str, connections: int, seconds: float) -> list[float]:
    ends, times = time.perf_counter() + seconds, list[float]()

    async def one(number: int) -> None:
        draw = random.Random(f"{number}/{time.time_ns()}")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < ends:
            body = json.dumps(_event(draw)).encode()
            began = time.perf_counter()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            told = await reader.readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 202"), told[:200]
            size = int(told.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one(n) for n in range(connections)))
    SENT.append(len(times))
    return times


SENT: list[int] = []


def _count() -> None:
    from sqlalchemy import text

    from dongke import db

    with db.engine().connect() as c:
        rows = c.execute(text("select count(*) from behaviourevent")).scalar_one()
    print(f"{sum(SENT):,} answered, {rows:,} stored")


def _account() -> str:
    from api.auth import issue
    from dongke import db
    from dongke.scope import Role
    from dongke.settings import settings
    from dongke.users import User

    with db.session_scope() as session:
        session.add(User(login="pipe", password_hash="x", role=Role.INGEST))
        session.flush()
        token = issue(session.get_one(User, "pipe"), settings())[0]
    db.forget_engine()
    return f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n"


def _cpu(root: int) -> float:
    """Seconds of processor time of the process and all below it, dead children too."""
    total = 0
    for pid in _below(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(int(x) for x in fields[11:15])
        except OSError:
            continue
    return total / TICKS


if __name__ == "__main__":
    main()
