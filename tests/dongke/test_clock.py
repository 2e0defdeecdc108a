from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.clock import BEIJING, TradingCalendar, beijing
from dongke.errors import BadInput

CALENDAR = TradingCalendar()


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 6, 8), True),  # an ordinary Monday
        (date(2026, 6, 6), False),  # Saturday
        (date(2026, 2, 14), False),  # a make-up working Saturday: offices open, the exchange does not
        (date(2026, 2, 17), False),  # 春节
        (date(2026, 10, 1), False),  # 国庆
        (date(2026, 10, 8), True),  # the first day after it
    ],
)
def test_open_days(day: date, is_open: bool) -> None:
    assert CALENDAR.is_open(day) is is_open


@pytest.mark.parametrize(
    ("spoken", "days", "due"),
    [
        ("2026-06-05T20:00", 1, "2026-06-08"),  # Friday evening: Monday
        ("2026-06-06T10:00", 1, "2026-06-08"),  # Saturday counts from itself: Monday
        ("2026-06-08T09:00", 2, "2026-06-10"),
        ("2026-09-30T16:00", 1, "2026-10-08"),  # over 国庆
    ],
)
def test_due_at_is_half_past_five_of_a_trading_day(spoken: str, days: int, due: str) -> None:
    moment = datetime.fromisoformat(spoken).replace(tzinfo=BEIJING)
    assert CALENDAR.due_at(moment, days).isoformat() == f"{due}T17:30:00+08:00"


def test_due_at_reads_other_zones_on_the_wall_clock_of_beijing() -> None:
    assert CALENDAR.due_at(datetime(2026, 6, 7, 23, 0, tzinfo=UTC), 1).date() == date(2026, 6, 9)


def test_days_beyond_the_known_years_are_provisional_and_correctable() -> None:
    day = date(2031, 1, 1)
    assert CALENDAR.is_provisional(day)
    assert CALENDAR.is_open(day)
    corrected = TradingCalendar({day: False})
    assert not corrected.is_provisional(day)
    assert not corrected.is_open(day)


@given(st.dates(date(2020, 1, 1), date(2026, 11, 30)), st.integers(1, 40))
def test_adding_and_counting_agree(day: date, count: int) -> None:
    end = CALENDAR.add_days(day, count)
    assert CALENDAR.days_between(day, end) == count
    assert CALENDAR.days_between(end, day) == -count


@given(
    start=st.dates(date(1988, 1, 1), date(2030, 1, 1)),
    span=st.integers(0, 500),
    changed=st.dictionaries(st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.booleans(), max_size=5),
)
def test_counting_by_table_is_counting_day_by_day(start: date, span: int, changed: dict[date, bool]) -> None:
    calendar, end = TradingCalendar(changed), start + timedelta(days=span)
    counted = sum(calendar.is_open(start + timedelta(days=n)) for n in range(1, span + 1))
    assert (calendar.days_between(start, end), calendar.days_between(end, start)) == (counted, -counted)


def test_override_file(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("date,open\n2026-06-08,0\n", encoding="utf-8-sig")
    assert TradingCalendar.from_file(path).next_open(date(2026, 6, 5)) == date(2026, 6, 9)
    path.write_text("date,open\n8 June,0\n", encoding="utf-8")
    with pytest.raises(BadInput, match="calendar-invalid"):
        TradingCalendar.from_file(path)


def test_a_naive_time_has_no_place_on_the_wall_clock() -> None:
    with pytest.raises(BadInput, match="time-naive"):
        beijing(datetime(2026, 6, 8))  # noqa: DTZ001
