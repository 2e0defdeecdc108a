"""The local pool and Ray, under the same tests: what is submitted comes back exactly once, whoever dies."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asr.executors import Executor, LocalExecutor, Maker, Outcome, cores, threads_each
from asr.executors_ray import RayExecutor
from dongke.errors import NotReady
from tests.asr.executor_work import Arithmetic, Stillborn, threads_of

Open = Callable[..., Executor]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens executors; they are closed with the test."""
    made: list[Executor] = []

    def open_one(make: Maker, workers: int = 2, kind: Any = LocalExecutor, **options: Any) -> Executor:
        made.append(kind(make, workers, **options))
        return made[-1]

    yield open_one
    for executor in made:
        executor.close()


def _all(executor: Executor, numbers: list[int]) -> list[Outcome]:
    """Submits all, waits for all; the dead are not tried again."""
    waiting, found = list(numbers), []
    while len(found) < len(numbers):
        while waiting and executor.free():
            number = waiting.pop(0)
            executor.submit(str(number), number)
        done = executor.next(30)
        if done is not None:
            found.append(done)
    return found


def test_every_piece_comes_back_once_and_a_worker_is_replaced_in_time(opened: Open, tmp_path: Path) -> None:
    executor = opened(Arithmetic(tmp_path), calls_per_worker=3)
    found = _all(executor, list(range(8)))
    assert {o.key: o.result[0] for o in found} == {str(n): n * n for n in range(8)}
    assert len(found) == 8
    pids = [o.result[1] for o in found]
    assert max(pids.count(pid) for pid in pids) <= 3
    assert executor.free() == 2


@pytest.mark.parametrize("kind", [LocalExecutor, RayExecutor], ids=["local", "ray"])
def test_faults_deaths_and_want_of_memory_are_told_apart(opened: Open, tmp_path: Path, kind: Any) -> None:
    known = _descendants(os.getpid())
    executor = opened(Arithmetic(tmp_path, die=(7,)), kind=kind, calls_per_worker=2)
    found = _all(executor, [-1, 7, 99, 98, 3])
    listening = {"127.0.0.1"} if kind is RayExecutor else set()  # left alone, Ray would listen everywhere
    assert _listening_addresses(_descendants(os.getpid()) - known) == listening
    by_key = {o.key: o for o in found}
    assert [(k, o.died) for k, o in sorted(by_key.items())] == [
        ("-1", False),
        ("3", False),
        ("7", True),
        ("98", False),
        ("99", True),
    ]
    assert by_key["-1"].fault is not None
    assert (by_key["-1"].fault.code, by_key["-1"].fault.detail) == ("number-negative", "负数")
    assert by_key["98"].fault is not None
    assert by_key["98"].fault.code == "worker-failed"
    assert by_key["3"].result[0] == 9


def test_a_worker_that_is_killed_while_idle_takes_nothing_along(opened: Open, tmp_path: Path) -> None:
    executor = opened(Arithmetic(tmp_path), workers=1)
    [first] = _all(executor, [2])
    os.kill(first.result[1], signal.SIGKILL)
    found = _all(executor, [3])
    if found[0].died:  # it was not known yet: said of the piece, which the caller tries again
        found = _all(executor, [3])
    assert found[0].result[0] == 9


@pytest.mark.parametrize(("dies", "code"), [(True, "worker-died"), (False, "model-missing")])
def test_workers_that_cannot_begin_stop_everything_and_blame_no_piece(opened: Open, dies: bool, code: str) -> None:
    executor = opened(Stillborn(dies))
    executor.submit("1", 1)
    with pytest.raises(NotReady) as fault:
        _all(executor, [2])
    assert fault.value.code == code


def test_nothing_to_wait_for_is_no_wait(opened: Open, tmp_path: Path) -> None:
    executor = opened(Arithmetic(tmp_path))
    assert executor.next(0) is None
    assert executor.pids() == {}


def test_the_cores_are_shared(opened: Open) -> None:
    executor = opened(threads_of, workers=2)
    [found] = _all(executor, [1])
    assert found.result == (threads_each(2), str(threads_each(2)))


def test_share_of_cores() -> None:
    assert [threads_each(n, of=8) for n in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]
    assert threads_each(1) == cores()


def _descendants(pid: int) -> set[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def _listening_addresses(pids: set[int]) -> set[str]:
    """The local addresses on which these processes accept TCP connections."""
    import ipaddress

    sockets = set()
    for pid in pids:
        try:
            sockets |= {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                words = bytes.fromhex(fields[1].split(":")[0])
                raw = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
                found.add(str(ipaddress.ip_address(raw)) if len(raw) == 4 else _plain(ipaddress.IPv6Address(raw)))
    return found


def _plain(address: Any) -> str:
    return str(address.ipv4_mapped) if address.ipv4_mapped else str(address)
