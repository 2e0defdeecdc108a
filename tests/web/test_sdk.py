"""The browser SDK in a real browser: what it sends is stored once, whatever gets lost on the way."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from profiles.behaviour.dialects import expand, translate

SDK = Path(__file__).parents[2] / "samples/sdk/dongke.js"
SITE = "https://broker.example"
PAGE = "<!doctype html><title>t</title><script src='/dongke.js'></script>"


@dataclass
class Site:
    """A page of a broker, and what its collector was sent."""

    context: BrowserContext
    statuses: list[int | None] = field(default_factory=list)  #: of the next answers; None: the line is cut
    bodies: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)  #: the bodies that were answered with 202

    def answer(self, route: Route) -> None:
        if route.request.url == SITE + "/dongke.js":
            route.fulfill(body=SDK.read_text(encoding="utf-8"), content_type="text/javascript")
            return
        if route.request.url != SITE + "/collect/events":
            route.fulfill(body=PAGE, content_type="text/html")
            return
        body = json.loads(route.request.post_data_buffer or b"{}")
        self.bodies.append(body)
        status = self.statuses.pop(0) if self.statuses else 202
        if status is None:
            route.abort()
            return
        if status == 202:
            self.taken.append(body)
        route.fulfill(status=status, body="{}")

    def open(self, path: str = "/", options: str = "") -> Page:
        return self.go(self.context.new_page(), path, options)

    def go(self, page: Page, path: str, options: str = "") -> Page:
        page.goto(SITE + path)
        page.evaluate(f"void dongke.init({{url: '/collect/events', retryMs: [20, 50], {options}}})")
        return page

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message that was taken, as often as it was."""
        return [message for body in self.taken for message in expand([body])]


@pytest.fixture
def site(context: BrowserContext) -> Site:
    made = Site(context)
    context.route(SITE + "/**", made.answer)
    return made


def _until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it never came to hold")


def test_it_is_small() -> None:
    assert len(gzip.compress(SDK.read_bytes(), 9)) < 5_000


def test_messages_are_events_of_ours(site: Site) -> None:
    page = site.open("/fund/1?phone=13900000000")
    page.evaluate(
        "dongke.page(); dongke.identify('C1', {city: '上海'}); dongke.track('trade', {side: 'buy'}); dongke.flush()"
    )
    _until(page, lambda: len(site.messages) == 3)
    events = [translate(row) for row in site.messages]
    assert [e.event for e in events] == ["page_view", "identify", "trade"]
    assert events[0].properties["page"] == "/fund/1"
    assert "13900000000" not in json.dumps(site.bodies)  # a query may hold what is personal
    assert len({e.message_id for e in events}) == 3
    assert [site.messages[n].get("userId") for n in range(3)] == [None, "C1", "C1"]
    assert len({row["anonymousId"] for row in site.messages}) == 1


def test_repeats_within_three_seconds_are_counted_and_others_are_not(site: Site) -> None:
    page = site.open()
    page.evaluate(
        "for (let n = 0; n < 5; n++) dongke.track('click', {at: 'buy'}); dongke.track('click', {at: 'sell'});"
    )
    page.evaluate("dongke.track('click', {at: 'buy'}); dongke.flush()")
    _until(page, lambda: len(site.messages) == 3)
    assert [m["properties"].get("repeats") for m in site.messages] == [5, None, None]


def test_a_repeat_after_three_seconds_or_after_sending_is_another(site: Site) -> None:
    page = site.open()
    page.clock.install()
    page.evaluate("dongke.track('click'); dongke.flush()")
    _until(page, lambda: len(site.messages) == 1)
    page.evaluate("dongke.track('click')")
    page.clock.run_for(3_100)
    page.evaluate("dongke.track('click'); dongke.flush()")
    _until(page, lambda: len(site.messages) == 3)
    assert len({m["messageId"] for m in site.messages}) == 3


def test_a_session_ends_after_half_an_hour_without_an_event(site: Site) -> None:
    page = site.open()
    page.clock.install()
    for minutes in (0, 29, 29, 31):
        page.clock.fast_forward(minutes * 60_000)
        page.evaluate("dongke.track('tick', {n: Math.random()})")
    page.evaluate("dongke.flush()")
    _until(page, lambda: len(site.messages) == 4)
    sessions = [m["properties"]["session_id"] for m in sorted(site.messages, key=lambda m: str(m["timestamp"]))]
    assert sessions[0] == sessions[1] == sessions[2] != sessions[3]


@pytest.mark.parametrize("fault", [None, 500, 429, 401])
def test_what_could_not_be_sent_is_sent_again_as_it_was(site: Site, fault: int | None) -> None:
    site.statuses = [fault, fault]
    page = site.open()
    page.evaluate("dongke.track('a'); dongke.track('b'); dongke.flush()")
    _until(page, lambda: len(site.messages) == 2)
    assert len(site.bodies) == 3
    assert site.bodies[0]["batch"] == site.bodies[1]["batch"] == site.bodies[2]["batch"]
    _until(page, lambda: page.evaluate("dongke.queue.length") == 0)


def test_a_malformed_body_is_not_sent_for_ever(site: Site) -> None:
    site.statuses = [422]
    page = site.open()
    page.evaluate("dongke.track('a'); dongke.flush()")
    _until(page, lambda: page.evaluate("dongke.queue.length") == 0)
    assert len(site.bodies) == 1


def test_a_page_that_goes_loses_nothing_and_doubles_nothing(site: Site) -> None:
    """The beacon has no answer: the next page sends the same ids again, and the server knows them."""
    page = site.open()
    page.evaluate("dongke.track('last_words', {n: 1})")
    assert site.bodies == []
    site.go(page, "/next")
    _until(page, lambda: len(site.messages) >= 1 and page.evaluate("dongke.queue.length") == 0)
    told = {m["messageId"]: m["properties"]["n"] for m in site.messages if m.get("event") == "last_words"}
    assert list(told.values()) == [1]
    assert len({json.dumps({k: v for k, v in m.items() if k != "sentAt"}, sort_keys=True) for m in site.messages}) == 1


def test_while_nothing_can_be_sent_the_queue_is_bounded(site: Site) -> None:
    site.statuses = [500] * 50
    page = site.open(options="maxQueue: 10,")
    page.evaluate("for (let n = 0; n < 25; n++) dongke.track('e', {n})")
    assert page.evaluate("[dongke.queue.length, dongke.dropped]") == [10, 15]


def test_after_a_log_out_the_device_is_somebody_else(site: Site) -> None:
    page = site.open()
    page.evaluate("dongke.identify('C1'); dongke.track('a'); dongke.reset(); dongke.track('b'); dongke.flush()")
    page.evaluate("dongke.flush()")
    _until(page, lambda: len(site.messages) == 3)
    last = next(m for m in site.messages if m.get("event") == "b")
    assert "userId" not in last
    assert last["anonymousId"] != site.messages[0]["anonymousId"]
