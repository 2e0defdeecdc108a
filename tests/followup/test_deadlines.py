"""Deadlines in trading time: weekends, holidays, make-up days, maturities, windows."""

from datetime import datetime
from typing import Any

import pytest

from dongke.clock import TradingCalendar, beijing
from followup import playbooks
from followup.deadlines import deadline, trading_hours

CALENDAR = TradingCalendar()
DUE = {book.id: book.due for book in playbooks.load()}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00".replace(" ", "T"))


@pytest.mark.parametrize(
    ("playbook", "talk", "value", "due"),
    [
        ("permission", "06-08 10:00", {}, "06-09 17:30"),
        ("permission", "06-08 23:50", {}, "06-09 17:30"),
        ("permission", "06-05 10:00", {}, "06-08 17:30"),
        ("permission", "06-06 10:00", {}, "06-08 17:30"),
        ("permission", "04-30 14:00", {}, "05-06 17:30"),
        ("permission", "10-10 10:00", {}, "10-12 17:30"),
        ("idle_funds", "06-08 10:00", {"available_from": "2026-07-01"}, "07-03 17:30"),
        ("idle_funds", "06-08 10:00", {"available_from": "2026-06-01"}, "06-10 17:30"),
        ("idle_funds", "06-08 10:00", {"available_from": None}, "06-10 17:30"),
        ("external_assets", "06-08 10:00", {"matures_on": None}, "06-15 17:30"),
        ("external_assets", "06-08 10:00", {"matures_on": "2026-10-30"}, "10-21 17:30"),
        ("external_assets", "06-08 10:00", {"matures_on": "2026-06-23"}, "06-15 17:30"),
        ("external_assets", "06-08 10:00", {"matures_on": "2026-06-24"}, "06-12 17:30"),
        ("promise", "06-08 10:00", {"due_date": "2026-06-13"}, "06-13 17:30"),
    ],
)
def test_due(playbook: str, talk: str, value: dict[str, Any], due: str) -> None:
    found = deadline(DUE[playbook], value, at(talk), CALENDAR)
    assert found
    assert f"{beijing(found.due_at):%m-%d %H:%M}" == due


@pytest.mark.parametrize("value", [{}, {"due_date": None}, {"due_date": "改天"}])
def test_an_undated_promise_is_never_due(value: dict[str, Any]) -> None:
    assert deadline(DUE["promise"], value, at("06-08 10:00"), CALENDAR) is None


@pytest.mark.parametrize(
    ("playbook", "value"),
    [
        ("promise", {"due_date": "2026-06-07"}),
        ("call_back", {"due_date": "2026-06-07"}),
        ("call_back", {"date": "2026-06-07", "from": "15:00"}),
    ],
)
def test_what_lies_before_the_talk_is_never_due(playbook: str, value: dict[str, Any]) -> None:
    assert deadline(DUE[playbook], value, at("06-08 10:00"), CALENDAR) is None
    assert deadline(DUE[playbook], value, at("06-07 16:00"), CALENDAR) is not None


def test_a_year_without_holiday_data_is_provisional() -> None:
    far = deadline(DUE["idle_funds"], {"available_from": "2031-03-01"}, at("06-08 10:00"), CALENDAR)
    near = deadline(DUE["idle_funds"], {}, at("06-08 10:00"), CALENDAR)
    assert far
    assert near
    assert (far.provisional, near.provisional) == (True, False)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("06-08 10:00", "06-08 11:00", 1.0),
        ("06-08 11:00", "06-08 13:30", 1.0),
        ("06-08 16:00", "06-09 09:30", 0.0),
        ("06-05 14:00", "06-08 10:30", 2.0),
        ("06-08 10:00", "06-08 09:00", 0.0),
    ],
)
def test_trading_hours(start: str, end: str, hours: float) -> None:
    assert trading_hours(at(start), at(end), CALENDAR) == hours
