"""即时消息: what changes in the database reaches the open pages at once. Word of a change only, never its content.

Triggers (migration 0011) send NOTIFY with a kind and a customer; one thread listens for the whole process and hands the
word to every open stream. Who may not read the customer never hears of him. After a gap, of the database or of a
stream that was too slow, comes `hello`: ask anew for what is shown.
"""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psycopg
import structlog
from fastapi.concurrency import run_in_threadpool
from sqlmodel import col, select

from dongke import db
from dongke.directory import Customer
from dongke.progress import CHANNEL
from dongke.scope import Principal, Role, visible

MAX_WAITING = 200  #: changes that one stream may lag behind
KNOWN_SECONDS = 60.0  #: how long a stream remembers who may be read
RETRY_SECONDS = 2.0
LIFE_SECONDS = 1800.0  #: then a stream ends, and its page opens a new one: whose log-in ended hears no more
OPERATORS = frozenset({Role.MANAGER, Role.ADMIN})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed: `hello`, tags, opportunities, overdue, timeline, recordings, progress."""

    kind: str
    customer_id: str | None = None


HELLO = Change("hello")


@dataclass(eq=False)
class _Stream:
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[Change]" = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))

    def put(self, change: Change) -> None:
        """Called in the stream's loop. Who is too slow loses the changes, and is told to ask anew."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            change = HELLO
        self.queue.put_nowait(change)


class Live:
    """The streams of this process. Listens from the first stream on."""

    def __init__(self) -> None:
        self._streams: set[_Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._heard = threading.Event()

    async def changes(self, principal: Principal) -> AsyncIterator[Change]:
        """`hello`, then every change that this principal may know of, for half an hour."""
        stream = _Stream(asyncio.get_running_loop())
        self._open(stream)
        allowed = _Allowed(principal)
        try:
            await run_in_threadpool(self._heard.wait, 10.0)
            async with asyncio.timeout(LIFE_SECONDS):
                yield HELLO
                while True:
                    change = await stream.queue.get()
                    if await allowed.to(change):
                        yield change
        except TimeoutError:
            return
        finally:
            with self._lock:
                self._streams.discard(stream)

    def close(self) -> None:
        """Stops listening."""
        self._stop.set()

    def _open(self, stream: _Stream) -> None:
        with self._lock:
            self._streams.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(db.libpq_url(db.database_url()), autocommit=True) as connection:
                    connection.execute(f"listen {CHANNEL}")
                    self._tell(HELLO)  # what happened meanwhile is unknown
                    self._heard.set()
                    while not self._stop.is_set():
                        for notice in connection.notifies(timeout=1.0):
                            self._tell(_change(notice.payload))
            except psycopg.Error as fault:
                _log.warning("live connection lost", detail=type(fault).__name__)
                self._stop.wait(RETRY_SECONDS)

    def _tell(self, change: Change) -> None:
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            try:
                stream.loop.call_soon_threadsafe(stream.put, change)
            except RuntimeError:  # its loop has ended
                with self._lock:
                    self._streams.discard(stream)


class _Allowed:
    """Whether a principal may know of a change; what was found out is remembered for a minute."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal
        self._known: dict[str, tuple[bool, float]] = {}

    async def to(self, change: Change) -> bool:
        if change.kind == "progress":
            return self._principal.role in OPERATORS
        if change.customer_id is None:
            return True
        found, at = self._known.get(change.customer_id, (False, -KNOWN_SECONDS))
        if time.monotonic() - at >= KNOWN_SECONDS:
            found = await run_in_threadpool(self._may_read, change.customer_id)
            self._known[change.customer_id] = (found, time.monotonic())
        return found

    def _may_read(self, customer_id: str) -> bool:
        with db.session_scope() as session:
            query = select(Customer.id).where(col(Customer.id) == customer_id, visible(self._principal))
            return session.exec(query).first() is not None


def _change(payload: str) -> Change:
    row = json.loads(payload)
    return Change(row["kind"], row.get("customer_id"))
