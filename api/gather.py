"""合并提交: requests that arrive together are done in one transaction, so that many small ones cost little more.

A turn takes all that wait, in a thread; who comes meanwhile waits for the next turn, and for no clock. Everybody is
answered after the commit that holds what he sent. All of it is kept by the event loop: no locks.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Gatherer(Generic[Item, Answer]):
    """`work` answers several at once, in their order; where it fails for several, each is tried by himself.

    An answer that is an exception is raised for that one alone. One gatherer belongs to one event loop.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Answer | Exception]], limit: int) -> None:
        self._work = work
        self._limit = limit  #: items a turn
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._turns: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Answer:
        """The answer to this one. Raises what the work raises for it."""
        turn: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, turn))
        if self._turns is None:
            self._turns = asyncio.create_task(self._take_turns())
        return await turn

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                mine = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
                answers = await run_in_threadpool(self._answer, [item for item, _ in mine])
                for (_, turn), answer in zip(mine, answers, strict=True):
                    _tell(turn, answer)
        finally:
            self._turns = None

    def _answer(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        try:
            return self._work(items)
        except Exception as fault:
            if len(items) == 1:
                return [fault]
            return [answer for item in items for answer in self._answer([item])]


def _tell(turn: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    if turn.done():  # nobody waits any more
        return
    if isinstance(answer, Exception):
        turn.set_exception(answer)
    else:
        turn.set_result(answer)
