"""进度条: what the system page tells of work that a command does, and why it ended."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from api import bars
from dongke import db, progress
from dongke.errors import BadInput
from dongke.progress import LongWork, WorkState

Login = Callable[[str], dict[str, str]]


@pytest.fixture(autouse=True)
def at_once(broker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short work is shown too."""
    monkeypatch.setattr(bars, "EVERY_SECONDS", 0.01)


def _work(count: int) -> dict[str, LongWork]:
    with db.session_scope() as session:
        found = {work.title: work for work in progress.recent(session)}
    assert len(found) <= count
    return found


def _wait_for(count: int) -> None:
    while len(_work(count)) < count:
        threading.Event().wait(0.01)


def _fail(fault: BaseException) -> None:
    with bars.progress("retag") as bar:
        bar.update(bar.add_task("取会话", total=2), completed=2)
        bar.update(bar.add_task("重读", total=10), completed=4)
        _wait_for(2)
        raise fault


def _ended(fault: BaseException) -> dict[str, tuple[str, int, str]]:
    with pytest.raises(type(fault)):
        _fail(fault)
    return {title: (work.state, work.done, work.detail) for title, work in _work(2).items()}


def test_work_that_failed_keeps_its_reason_and_what_was_through_before_is_done() -> None:
    assert _ended(BadInput("events-invalid", "事件文件读不懂")) == {
        "取会话": ("done", 2, ""),
        "重读": ("failed", 4, "事件文件读不懂"),
    }


def test_of_an_unexpected_fault_only_the_kind_is_told() -> None:
    assert _ended(ValueError("客户王小明"))["重读"] == ("failed", 4, "意外错误 (ValueError)")


def test_who_stops_it_by_hand_reads_that() -> None:
    assert _ended(KeyboardInterrupt())["重读"] == ("failed", 4, "手动停止")


def test_a_fault_after_the_last_bar_was_full_is_not_lost(client: Any, login: Login) -> None:
    def fail() -> None:
        with bars.progress("ingest") as bar:
            bar.update(bar.add_task("接入", total=3), completed=3)
            _wait_for(1)
            raise BadInput("disk-full", "磁盘写满")

    with pytest.raises(BadInput):
        fail()
    (row,) = client.get("/v1/system", headers=login("root")).json()["progress"]
    assert (row["title"], row["done"], row["state"], row["detail"]) == ("接入", 3, "failed", "磁盘写满")


def test_work_that_went_well_says_nothing() -> None:
    with bars.progress("ingest") as bar:
        bar.update(bar.add_task("接入", total=None), completed=3)
        _wait_for(1)
    (work,) = _work(1).values()
    assert (work.state, work.done, work.total, work.detail) == (WorkState.DONE, 3, None, "")
