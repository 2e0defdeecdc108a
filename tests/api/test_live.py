"""即时消息: what changes is told to the open streams of those who may know, and to nobody else."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
import uvicorn
from fastapi.testclient import TestClient
from sqlmodel import Session

from api.app import create_app
from api.live import HELLO, MAX_WAITING, Change, Live, _Stream
from dongke import db, progress
from dongke.directory import set_owner
from dongke.progress import Meter, WorkState
from dongke.scope import Principal, Role
from followup.models import Note

ADVISOR = Principal("a1", Role.ADVISOR, advisor_id="A1")
MANAGER = Principal("boss", Role.MANAGER, branch_id="B1")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def _note(ident: str, customer: str) -> None:
    with db.session_scope() as session:
        session.add(
            Note(id=ident, customer_id=customer, advisor_id="A1", at=NOON, known_at=NOON, text="拜访", mentions=[])
        )


def _heard(principal: Principal, act: Callable[[], None], count: int) -> list[Change]:
    """What the principal's stream brings after its greeting, up to `count` changes, while `act` runs."""

    async def listen() -> list[Change]:
        live = Live()
        changes = live.changes(principal)
        found = [await anext(changes)]
        assert found == [HELLO]
        await asyncio.to_thread(act)
        found = [await _next(changes) for _ in range(count)]
        await changes.aclose()  # type: ignore[attr-defined]
        live.close()
        return found

    return asyncio.run(listen())


async def _next(changes: AsyncIterator[Change]) -> Change:
    while True:
        change = await asyncio.wait_for(anext(changes), 20)
        if change != HELLO:  # the listener says it once more when it begins
            return change


def test_an_advisor_hears_of_his_own_customers_only(broker: None) -> None:
    def act() -> None:
        _note("N3", "C3")
        _note("N2", "C2")
        _note("N1", "C1")

    assert _heard(ADVISOR, act, 1) == [Change("timeline", "C1")]


def test_a_manager_hears_of_his_branch(broker: None) -> None:
    def act() -> None:
        _note("N3", "C3")
        _note("N2", "C2")
        _note("N1", "C1")

    assert _heard(MANAGER, act, 2) == [Change("timeline", "C2"), Change("timeline", "C1")]


def test_what_is_rolled_back_is_told_to_nobody(broker: None) -> None:
    def act() -> None:
        with Session(db.engine()) as session:
            session.add(Note(id="N0", customer_id="C1", advisor_id="A1", at=NOON, known_at=NOON, text="", mentions=[]))
            session.flush()
            session.rollback()
        _note("N2", "C2")

    assert _heard(MANAGER, act, 1) == [Change("timeline", "C2")]


def test_many_customers_at_once_are_one_message_without_a_name(broker: None) -> None:
    def act() -> None:
        with db.session_scope() as session:
            for number in range(101):
                set_owner(session, f"M{number}", "A1", NOON)
            session.connection().exec_driver_sql(
                "insert into note (id, customer_id, advisor_id, at, known_at, text, mentions)"
                " select 'N' || id, id, 'A1', now(), now(), '', '[]' from customer where id like 'M%%'"
            )

    assert _heard(ADVISOR, act, 1) == [Change("timeline")]


def test_long_work_is_told_to_those_who_run_the_service(broker: None) -> None:
    def act() -> None:
        _progress(3)
        _note("N1", "C1")

    assert _heard(MANAGER, act, 3) == [Change("progress"), Change("progress"), Change("timeline", "C1")]
    assert _heard(ADVISOR, lambda: (_progress(), _note("N9", "C1"))[1], 1) == [Change("timeline", "C1")]


def _progress(total: int = 0) -> None:
    meter = Meter("ingest", f"接入 {total} 件", total)
    meter.step(total)
    meter.note(WorkState.DONE)


def test_a_stream_that_lags_is_told_to_ask_anew() -> None:
    async def lag() -> tuple[int, Change]:
        stream = _Stream(asyncio.get_running_loop())
        for number in range(MAX_WAITING + 1):
            stream.put(Change("tags", f"C{number}"))
        return stream.queue.qsize(), stream.queue.get_nowait()

    assert asyncio.run(lag()) == (1, HELLO)


@contextmanager
def _served() -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(), port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_over_the_wire_a_stream_is_server_sent_events(broker: None, login: Callable[[str], dict[str, str]]) -> None:
    with _served() as address, httpx2.stream("GET", f"{address}/v1/stream", headers=login("a1"), timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told: list[tuple[str, str | None]] = []
        kind = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            if name == "data":
                told.append((kind, json.loads(value)["customer_id"]))
                if kind == "hello" and len(told) == 1:
                    _note("N1", "C1")
            if ("timeline", "C1") in told:
                break
    assert told[0] == ("hello", None)
    assert told[-1] == ("timeline", "C1")


def test_a_stream_needs_a_log_in_that_reads(client: TestClient, login: Callable[[str], dict[str, str]]) -> None:
    assert client.get("/v1/stream").status_code == 401
    assert client.get("/v1/stream", headers=login("pipe")).status_code == 403


def test_work_that_fell_silent_is_lost(broker: None) -> None:
    meter = Meter("archive", "转写归档")
    with db.session_scope() as session:
        session.connection().exec_driver_sql("update long_work set updated_at = now() - interval '3 minutes'")
        (work,) = progress.recent(session)
        assert (work.state, work.seconds_left) == ("lost", None)
    meter.note(WorkState.DONE)
    with db.session_scope() as session:
        assert progress.recent(session)[0].state == "done"


def test_who_goes_before_it_begins_leaves_nothing_behind() -> None:
    """The database is slow, and one page of two is closed meanwhile."""

    async def listen() -> tuple[int, int]:
        live = Live()
        live._thread = threading.current_thread()  # nobody listens yet
        waiting = [asyncio.ensure_future(anext(live.changes(ADVISOR))) for _ in range(2)]
        while len(live._streams) < 2:
            await asyncio.sleep(0)
        before = len(live._streams)
        waiting[0].cancel()
        live._heard.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        return before, len(live._streams)

    assert asyncio.run(listen()) == (2, 1)
