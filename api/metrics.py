"""指标: what Prometheus scrapes. Only counts; no name, no text. And the headers that every answer carries."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Observe:
    """ASGI middleware, the outermost: security headers on every answer, and what was asked how long."""

    def __init__(self, app: ASGIApp, metrics: "Metrics") -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unknown").replace(":path", "")
            self._metrics.observe(scope["method"], route, status, time.perf_counter() - started)


def _add_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if path.startswith("/v1/"):
        headers.setdefault("Cache-Control", "no-store")
    elif path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-cache")


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "dongke_http_requests", "HTTP 请求", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "dongke_http_seconds", "HTTP 用时 (秒)", ("method", "route"), buckets=_SECONDS, registry=self.registry
        )
        self._jobs = Gauge("dongke_queue_jobs", "队列里的任务", ("queue", "status"), registry=self.registry)
        self._recordings = Gauge("dongke_recordings", "录音按状态", ("state",), registry=self.registry)
        self._quarantine = Gauge("dongke_quarantined", "隔离区里等待处理的", ("door",), registry=self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, jobs: dict[str, dict[str, int]], recordings: dict[str, int], quarantined: dict[str, int]) -> bytes:
        """The page in Prometheus' text format, with the counts as they are now."""
        for gauge in (self._jobs, self._recordings, self._quarantine):
            gauge.clear()
        for queue, counts in jobs.items():
            for status, count in counts.items():
                self._jobs.labels(queue, status).set(count)
        for state, count in recordings.items():
            self._recordings.labels(state).set(count)
        for door, count in quarantined.items():
            self._quarantine.labels(door).set(count)
        return generate_latest(self.registry)
