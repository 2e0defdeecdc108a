"""Ray behind the same interface (extra `ray`), for archives beyond one machine.

Without an address a private Ray is started on this machine: on 127.0.0.1 only, with a token, without dashboard and
usage report. With one (`RAY_ADDRESS`) its machines work; they must have Dongke installed, and see the recordings and
the model folder under the same paths.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from asr.executors import CALLS_PER_WORKER, Dead, Faulty, Hand, Maker, Team, called, cores, limit_threads, threads_each
from dongke.errors import DongkeError, NotReady

_STORE_BYTES = 80 * 2**20  #: Ray's least object store; transcripts are small
#: Ray listens on all interfaces unless it is told that this is no machine for clusters
_PRIVATE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
}


class RayExecutor(Team):
    """Ray 执行器: every worker is an actor."""

    def __init__(
        self, make: Maker, workers: int, calls_per_worker: int = CALLS_PER_WORKER, *, address: str | None = None
    ) -> None:
        super().__init__(workers, calls_per_worker)
        self._make = make
        self._folder: str | None = None
        self._ray = self._opened(address)
        self._threads = threads_each(workers, int(self._ray.cluster_resources().get("CPU", 1)))

    def start(self) -> Hand:
        return _Actor(self._ray, self._make, self._threads)

    def listen(self, hands: list[Hand], timeout: float) -> Iterator[tuple[Hand, Any]]:
        owners: dict[Any, _Actor] = {h.waited[0]: h for h in hands if isinstance(h, _Actor) and h.waited}
        if not owners:
            return
        for ref in self._ray.wait(list(owners), num_returns=1, timeout=timeout)[0]:
            hand = owners[ref]
            hand.waited.pop(0)
            try:
                yield hand, self._ray.get(ref)
            except self._ray.exceptions.RayError:
                yield hand, Dead()

    def close(self) -> None:
        super().close()
        self._ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _opened(self, address: str | None) -> ModuleType:
        """Ray, connected. Raises NotReady `ray-missing`, `ray-unreachable`."""
        if address is None:
            os.environ.update(_PRIVATE)
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # Ray reads it once in a process
        try:
            ray = import_module("ray")
        except ImportError:
            raise NotReady("ray-missing", "没有安装 Ray: pip install 'dongke[ray]'") from None
        quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        try:
            if address is not None:
                ray.init(address=address, **quiet)
            else:
                self._folder = tempfile.mkdtemp(prefix="dk-")  # short: paths of sockets may have 107 characters
                count = max(cores(), self.workers)
                ray.init(
                    address="local",
                    num_cpus=count,
                    include_dashboard=False,
                    object_store_memory=_STORE_BYTES,
                    _temp_dir=self._folder,
                    **quiet,
                )
        except Exception as fault:
            shutil.rmtree(self._folder or "", ignore_errors=True)
            raise NotReady("ray-unreachable", f"Ray 没有连上: {fault}") from fault
        return ray


class _Actor(Hand):
    """An actor, and the answers that are expected of it, the oldest first."""

    def __init__(self, ray: ModuleType, make: Maker, threads: int) -> None:
        super().__init__()
        self._ray = ray
        self._actor = ray.remote(num_cpus=threads, max_restarts=0, max_task_retries=0)(Worker).remote(make, threads)
        self.waited: list[Any] = [self._actor.begin.remote()]

    def send(self, piece: Any) -> None:
        self.waited.append(self._actor.call.remote(piece))

    def end(self) -> None:
        self._ray.kill(self._actor)


class Worker:
    """The actor's own side."""

    def __init__(self, make: Maker, threads: int) -> None:
        limit_threads(threads)
        self._make, self._threads = make, threads

    def begin(self) -> Any:
        """Its pid as soon as it is ready, or the fault."""
        try:
            self._work = self._make(self._threads)
        except DongkeError as fault:
            return Faulty(fault)
        return os.getpid()

    def call(self, piece: Any) -> Any:
        """One piece."""
        return called(self._work, piece)
