"""合并提交: posts that arrive together are stored in one transaction, so that many small ones cost little more.

Whoever finds nobody at work takes all that wait, his own among them, and stores them; who comes meanwhile waits for the
next turn, and for no clock. Everybody is answered after the commit that holds what he sent.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Ticket(Generic[Item, Answer]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.turn = threading.Event()
        self.answer: Answer | BaseException | None = None
        self.is_done = False


class Gatherer(Generic[Item, Answer]):
    """`work` answers several at once, in their order; where it fails for several, each is tried by himself."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Answer]], limit: int) -> None:
        self._work = work
        self._limit = limit  #: items a turn
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket[Item, Answer]] = deque()
        self._is_busy = False

    def do(self, item: Item) -> Answer:
        """The answer to this one. Raises what the work raises for it."""
        ticket: _Ticket[Item, Answer] = _Ticket(item)
        with self._lock:
            self._waiting.append(ticket)
            leads, self._is_busy = not self._is_busy, True
        if not leads:
            ticket.turn.wait()
        if not ticket.is_done:
            self._lead()
        if isinstance(ticket.answer, BaseException):
            raise ticket.answer
        return ticket.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        with self._lock:
            mine = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
        try:
            self._answer(mine)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_busy = following is not None
            for ticket in mine:
                ticket.is_done = True
                ticket.turn.set()
            if following is not None:
                following.turn.set()

    def _answer(self, tickets: Sequence[_Ticket[Item, Answer]]) -> None:
        try:
            for ticket, answer in zip(tickets, self._work([t.item for t in tickets]), strict=True):
                ticket.answer = answer
        except BaseException as fault:
            if len(tickets) == 1:
                tickets[0].answer = fault
                return
            for ticket in tickets:
                self._answer([ticket])
