"""Webhooks out of a running scheduler: a real process finds what is overdue and tells a real receiver, which fails
first, loses the connection, dies with the sender in the middle of a delivery – and takes each event exactly once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest
from sqlmodel import select
from standardwebhooks import Webhook, WebhookVerificationError

from dongke import db
from dongke.clock import now
from dongke.settings import settings
from followup import repository
from followup.models import Notice, State
from followup.opportunity import Cause, Opportunity
from followup.webhooks import receivers
from followup.webhooks.delivery import log_of
from followup.webhooks.models import DeliveryState, WebhookDelivery

#: the real scheduler with the real sweep; only its pauses are shorter
_PROGRAM = """
from datetime import timedelta
from api import scheduler
from followup import schedule
from followup.webhooks import delivery

scheduler.all_jobs = lambda: tuple(j for j in schedule.jobs() if j.name == "deadline_sweep")
scheduler.DELIVERY_SECONDS = 0.1
delivery.PAUSES = (timedelta(seconds=0.2),) * 5
delivery.LEASE = timedelta(seconds=1)
scheduler.run_scheduler()
"""
PATIENCE = 90  #: seconds that a test waits for a request before it fails
Request = tuple[bytes, dict[str, str]]


class Receiver:
    """接收方 on the loopback: answers by `script` (a status, "cut" or "hold"), afterwards 200. What came is queued."""

    def __init__(self, *script: int | str) -> None:
        self.script, self.came, self.accepted = list(script), Queue[Request](), list[Request]()
        self.let_go = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                request = (body, {name.lower(): value for name, value in self.headers.items()})
                step = outer.script.pop(0) if outer.script else 200
                if step == 200:
                    outer.accepted.append(request)
                outer.came.put(request)
                if step == "hold":
                    outer.let_go.wait(PATIENCE)
                if isinstance(step, int):
                    self.send_response(step)
                    self.end_headers()
                else:
                    self.close_connection = True

            def log_message(self, *words: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks"

    def next(self) -> Request:
        return self.came.get(timeout=PATIENCE)

    def __enter__(self) -> "Receiver":
        self.thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextmanager
def scheduler() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


@pytest.fixture(autouse=True)
def firm(broker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One overdue opportunity of C1, of which nobody was told."""
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "127.0.0.1")
    settings.cache_clear()
    at = now() - timedelta(days=1)
    values: dict[str, Any] = {
        "id": "O1", "customer": "C1", "playbook": "permission", "playbook_version": "1", "key": "margin",
        "owner": "A1", "opened_at": at, "opened_by": "K1/0", "due_at": at + timedelta(hours=1),
        "due_provisional": False, "state": State.OPEN, "overdue": True, "attempts": 0, "first_contact_at": None,
        "discharged_at": None, "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False,
        "low_yuan": None, "high_yuan": None, "value": {}, "causes": (Cause(State.OPEN, at, "开启", "K1", (0,)),),
    }  # fmt: skip
    with db.session_scope() as session:
        repository.save(session, [Opportunity(**values)], ["C1"], at)


def listen(receiver: Receiver) -> str:
    with db.session_scope() as session:
        return receivers.add(session, receiver.url, ["opportunity.overdue"], by="root")[1]


def settled() -> list[int | None]:
    """The answers to each try of the one delivery, once it is delivered."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with db.session_scope() as session:
            row = session.exec(select(WebhookDelivery)).one()
            if row.state is DeliveryState.DELIVERED and row.id is not None:
                return [attempt.status for attempt in log_of(session, [row.id])[row.id]]
    raise AssertionError("it was not delivered")


def test_what_fails_first_is_sent_again_until_it_is_taken_once() -> None:
    with Receiver(500, "cut", 429) as receiver:
        secret = listen(receiver)
        with scheduler():
            came = [receiver.next() for _ in range(4)]
            assert settled() == [500, None, 429, 200]
    assert len(receiver.accepted) == 1
    assert receiver.came.empty()
    assert len({headers["webhook-id"] for _, headers in came}) == 1
    for body, headers in came:  # each try is signed by itself
        event = Webhook(secret).verify(body.decode(), headers)
        assert (event["type"], event["data"]["opportunity_id"], event["data"]["level"]) == (
            "opportunity.overdue", "O1", "advisor",
        )  # fmt: skip
    with pytest.raises(WebhookVerificationError):
        Webhook(receivers.new_secret()).verify(came[0][0].decode(), came[0][1])
    with db.session_scope() as session:
        assert len(session.exec(select(Notice)).all()) == 1


def test_a_sender_killed_in_the_middle_is_followed_and_the_event_taken_once() -> None:
    with Receiver("hold") as receiver:
        secret = listen(receiver)
        with scheduler() as first:
            held, _ = receiver.next()
            first.kill()
            first.wait()
            with db.session_scope() as session:
                assert session.exec(select(WebhookDelivery)).one().state is DeliveryState.WAITING
            with scheduler():
                body, headers = receiver.next()
                assert settled() == [200]  # the killed one left no word of its try
    assert body == held
    assert len(receiver.accepted) == 1
    assert Webhook(secret).verify(body.decode(), headers)["data"]["customer_id"] == "C1"
