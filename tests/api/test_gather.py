"""Posts that come together: each has its own answer, a fault is its sender's alone."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from api.gather import Gatherer


async def _until_waiting(gatherer: Gatherer[str, str], count: int) -> None:
    while len(gatherer._waiting) < count:
        await asyncio.sleep(0)


def test_those_who_come_meanwhile_go_together_and_each_has_his_answer() -> None:
    open_gate, turns = threading.Event(), list[list[str]]()

    def work(items: Sequence[str]) -> list[str]:
        turns.append(list(items))
        open_gate.wait()
        return [item * 2 for item in items]

    async def run() -> list[str]:
        gatherer = Gatherer(work, limit=4)
        first = asyncio.create_task(gatherer.do("a"))
        while not turns:
            await asyncio.sleep(0)
        others = [asyncio.create_task(gatherer.do(name)) for name in "bcdefgh"]
        await _until_waiting(gatherer, 7)
        open_gate.set()
        answers = [await one for one in (first, *others)]
        return [*answers, await gatherer.do("i")]

    assert asyncio.run(run()) == [name * 2 for name in "abcdefghi"]
    assert turns == [["a"], ["b", "c", "d", "e"], ["f", "g", "h"], ["i"]]


def test_one_that_fails_fails_alone() -> None:
    gate, tried = threading.Event(), list[list[str]]()

    def work(items: Sequence[str]) -> list[str | Exception]:
        tried.append(list(items))
        gate.wait()
        if "bad" in items:
            raise ValueError("bad")
        return [KeyError(item) if item == "refused" else item.upper() for item in items]

    async def run() -> list[str | BaseException]:
        gatherer = Gatherer(work, limit=10)
        told = [asyncio.create_task(gatherer.do("a"))]
        while not tried:
            await asyncio.sleep(0)
        told += [asyncio.create_task(gatherer.do(name)) for name in ("b", "bad", "refused", "c")]
        await _until_waiting(gatherer, 4)
        gate.set()
        return await asyncio.gather(*told, gatherer.do("d"), return_exceptions=True)

    found = asyncio.run(run())
    assert [x for x in found if isinstance(x, str)] == ["A", "B", "C", "D"]
    assert [type(x) for x in found if not isinstance(x, str)] == [ValueError, KeyError]


def test_one_who_no_longer_waits_stops_nobody() -> None:
    gate = threading.Event()

    def work(items: Sequence[str]) -> list[str]:
        gate.wait()
        return [item.upper() for item in items]

    async def run() -> str:
        gatherer = Gatherer(work, limit=10)
        gone, other = (asyncio.create_task(gatherer.do(name)) for name in "ab")
        await asyncio.sleep(0)
        gone.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await other

    assert asyncio.run(run()) == "B"
