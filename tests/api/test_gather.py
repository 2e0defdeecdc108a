"""Posts that come together: each has its own answer, a fault is its sender's alone."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.gather import Gatherer


def test_those_who_come_meanwhile_go_together_and_each_has_his_answer() -> None:
    open_gate, first_in, turns = threading.Event(), threading.Event(), list[list[int]]()

    def work(items: Sequence[int]) -> list[int]:
        turns.append(list(items))
        first_in.set()
        open_gate.wait()
        return [item * 10 for item in items]

    gatherer = Gatherer(work, limit=4)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(gatherer.do, 0)
        first_in.wait()
        others = [pool.submit(gatherer.do, n) for n in range(1, 8)]
        while len(gatherer._waiting) < 7:
            pass
        open_gate.set()
        assert [first.result(), *(f.result() for f in others)] == [n * 10 for n in range(8)]
    assert turns[0] == [0]
    assert [len(turn) for turn in turns] == [1, 4, 3]
    assert gatherer.do(9) == 90


def test_one_that_fails_fails_alone() -> None:
    gate, first_in = threading.Event(), threading.Event()

    def work(items: Sequence[str]) -> list[str]:
        first_in.set()
        gate.wait()
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]

    gatherer = Gatherer(work, limit=10)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(gatherer.do, "a")]
        first_in.wait()
        futures += [pool.submit(gatherer.do, name) for name in ("b", "bad", "c")]
        while len(gatherer._waiting) < 3:
            pass
        gate.set()
        with pytest.raises(ValueError, match="bad"):
            futures[2].result()
        assert [futures[n].result() for n in (0, 1, 3)] == ["A", "B", "C"]
    assert gatherer.do("d") == "D"
