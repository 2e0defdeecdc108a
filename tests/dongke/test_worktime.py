"""Working time in closed form against an oracle that looks at every minute; sessions, half days, branches."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke import calendar_files
from dongke.clock import TradingCalendar, at_beijing
from dongke.errors import BadInput
from dongke.worktime import EXCHANGE, SERVICE, Hours, Session, Sessions, WorkTime, parse_sessions

MINUTE = timedelta(minutes=1)
SHORT_FRIDAY = (SERVICE, SERVICE, SERVICE, SERVICE, (Session(time(9), time(12)),), SERVICE, SERVICE)
CALENDAR = TradingCalendar(
    {date(2026, 6, 10): False, date(2026, 10, 10): True},
    half_days={date(2026, 6, 12): (Session(time(9, 30), time(11, 30)),)},
    branches={
        "*": Hours.same(SERVICE),
        "B1": Hours(SHORT_FRIDAY, {date(2026, 6, 9): (), date(2026, 6, 13): (Session(time(10), time(12)),)}),
    },
)
CLOCKS = {"exchange": CALENDAR.exchange(), "any": CALENDAR.branch("B9"), "B1": CALENDAR.branch("B1")}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00".replace(" ", "T"))


def sessions(clock: str, day: date) -> Sessions:
    """What is worked on that day, said once more and in other words than the product's."""
    if clock == "B1" and day in (date(2026, 6, 9), date(2026, 6, 13)):
        return () if day.day == 9 else (Session(time(10), time(12)),)
    if clock == "exchange" and day == date(2026, 6, 12):
        return (Session(time(9, 30), time(11, 30)),)
    if not CALENDAR.is_open(day):
        return ()
    if clock == "B1" and day.weekday() == 4:
        return (Session(time(9), time(12)),)
    return EXCHANGE if clock == "exchange" else SERVICE


def worked(clock: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every minute from `start` to `end` that is worked, one after the other."""
    while start < end:
        if any(s.opens <= start.time() < s.closes for s in sessions(clock, start.date())):
            yield start
        start += MINUTE


MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda n: at("05-20 00:00") + n * MINUTE)


@given(clock=st.sampled_from(sorted(CLOCKS)), start=MOMENTS, minutes=st.integers(0, 9 * 24 * 60))
def test_elapsed_is_what_a_look_at_every_minute_counts(clock: str, start: datetime, minutes: int) -> None:
    end = start + minutes * MINUTE
    assert CLOCKS[clock].elapsed(start, end) == sum(1 for _ in worked(clock, start, end)) * MINUTE
    assert CLOCKS[clock].elapsed(end, start) == timedelta(0)


@given(clock=st.sampled_from(sorted(CLOCKS)), start=MOMENTS, minutes=st.integers(1, 1500))
def test_a_span_is_over_with_the_minute_that_completes_it(clock: str, start: datetime, minutes: int) -> None:
    last = next(islice(worked(clock, start, start + timedelta(days=40)), minutes - 1, None))
    assert CLOCKS[clock].add(start, minutes * MINUTE) == last + MINUTE


@given(
    start=st.datetimes(datetime(1990, 1, 1), datetime(2900, 1, 1)),  # noqa: DTZ001
    span=st.timedeltas(timedelta(microseconds=1), timedelta(days=2000)),
)
def test_adding_and_elapsing_agree_over_any_span(start: datetime, span: timedelta) -> None:
    opened = at_beijing(start.date(), start.time())
    end = CLOCKS["B1"].add(opened, span)
    assert CLOCKS["B1"].elapsed(opened, end) == span
    assert CLOCKS["B1"].elapsed(opened, end - timedelta(microseconds=1)) < span


@pytest.mark.parametrize(
    ("clock", "start", "hours", "end"),
    [
        ("exchange", "06-08 10:00", 1.5, "06-08 11:30"),  # ends with the session, not after lunch
        ("exchange", "06-08 11:45", 1.0, "06-08 14:00"),  # over lunch
        ("exchange", "06-09 14:30", 1.0, "06-11 10:00"),  # over the day that the operator closed
        ("exchange", "06-12 09:30", 3.0, "06-15 10:30"),  # a half day
        ("exchange", "09-30 14:00", 2.0, "10-08 10:30"),  # over 国庆
        ("any", "06-08 08:00", 1.0, "06-08 10:00"),  # before the doors open
        ("B1", "06-08 16:30", 2.0, "06-11 10:00"),  # closed on the 9th by itself, on the 10th with the exchange
        ("B1", "06-12 11:00", 2.0, "06-13 11:00"),  # a Saturday of its own
        ("any", "10-09 17:00", 1.0, "10-10 09:30"),  # a Saturday that the calendar opens
        ("any", "06-08 10:00", 0.0, "06-08 10:00"),
    ],
)
def test_hours_of_work(clock: str, start: str, hours: float, end: str) -> None:
    assert CLOCKS[clock].add(at(start), timedelta(hours=hours)) == at(end)


def test_the_end_of_a_session_is_closed() -> None:
    assert CLOCKS["exchange"].is_open(at("06-08 09:30"))
    assert not CLOCKS["exchange"].is_open(at("06-08 11:30"))
    assert not CLOCKS["exchange"].is_open(at("06-06 10:00"))


def test_days_before_and_after_by_table_are_those_by_walking() -> None:
    day, before = date(2026, 6, 13), []
    for n in range(1, 400):
        if CALENDAR.is_open(day - timedelta(days=n)):
            before.append(day - timedelta(days=n))
    assert [CALENDAR.add_days(day, -n) for n in range(1, len(before) + 1)] == before


def test_far_beyond_every_calendar_is_a_fault_and_no_crash() -> None:
    with pytest.raises(BadInput, match="deadline-too-far"):
        CLOCKS["any"].add(at("06-08 10:00"), timedelta(days=900_000))
    with pytest.raises(BadInput, match="deadline-too-far"):
        CALENDAR.add_days(date(9999, 12, 30), 5)
    with pytest.raises(BadInput, match="deadline-too-far"):
        CALENDAR.add_days(date(1, 1, 2), -5)


def test_a_week_without_work_is_refused() -> None:
    with pytest.raises(BadInput, match="hours-invalid"):
        WorkTime(CALENDAR, Hours.same(()), lambda moment: moment)


@pytest.mark.parametrize("text", ["9-17", "13:00-12:00", "09:00-12:00 11:00-13:00", "09:00-09:00", "mornings"])
def test_no_sessions(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_sessions(text)


def test_files(tmp_path: Path) -> None:
    days, hours = tmp_path / "days.csv", tmp_path / "hours.csv"
    days.write_text("date,open,hours\n2026-06-12,1,09:30-11:30\n2027,known,\n2027-01-01,0,\n", encoding="utf-8-sig")
    hours.write_text(
        "branch,day,hours\n*,mon-fri,09:00-12:00 13:30-17:00\n*,2026-06-19,\nB1,fri,09:00-12:00\n", encoding="utf-8"
    )
    calendar = calendar_files.load(days, hours)
    assert calendar is calendar_files.load(days, hours)
    assert calendar.exchange().hours(at("06-12 09:00"), at("06-12 16:00")) == 2.0
    assert calendar.branch("B1").hours(at("06-12 09:00"), at("06-12 16:00")) == 3.0
    assert calendar.branch("B7").hours(at("06-12 09:00"), at("06-12 16:00")) == 5.5
    assert calendar.branch("B1").hours(at("06-19 09:00"), at("06-19 16:00")) == 0.0
    assert (calendar.is_provisional(date(2027, 5, 4)), calendar.is_provisional(date(2028, 5, 4))) == (False, True)
    assert not calendar.is_open(date(2027, 1, 1))
    days.write_text("date,open\n2026-06-08,0\n", encoding="utf-8")
    assert not calendar_files.load(days, hours).is_open(date(2026, 6, 8))


@pytest.mark.parametrize(
    ("text", "place"),
    [("B1,sat,09:00-12:00", "第 2 行"), ("B1,mon,9-12", "第 2 行"), (",mon,09:00-12:00", "第 2 行"), ("B1", "第 2 行")],
)
def test_a_broken_line_of_hours_is_named(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(f"branch,day,hours\n{text}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=place) as fault:
        calendar_files.read_hours(path)
    assert fault.value.code == "hours-invalid"


@pytest.mark.parametrize("text", ["2026-06-12,1,9-12", "2026-06-12,2,", "the 5th,1,", "soon,known,"])
def test_a_broken_line_of_the_calendar_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "days.csv"
    path.write_text(f"date,open,hours\n{text}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="第 2 行") as fault:
        calendar_files.load(path)
    assert fault.value.code == "calendar-invalid"


def test_files_that_are_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="file-unreadable"):
        calendar_files.load(tmp_path / "none.csv")
    path = tmp_path / "days.csv"
    path.write_bytes("date,open\n2026-06-08,零".encode("gb18030"))
    with pytest.raises(BadInput, match="encoding"):
        calendar_files.load(path)


def test_what_was_counted_over_days_not_final_is_provisional() -> None:
    calendar = TradingCalendar({date(2027, 1, 1): False})
    assert not calendar.is_provisional_between(date(2026, 12, 1), date(2026, 12, 31))
    assert not calendar.is_provisional_between(
        date(2026, 12, 1), date(2027, 1, 3)
    )  # the Friday is told, then a weekend
    assert calendar.is_provisional_between(date(2026, 12, 1), date(2027, 1, 4))
    assert not TradingCalendar(known_years={2027}).is_provisional_between(date(2026, 12, 1), date(2027, 12, 31))
    assert calendar.is_provisional_between(date(2027, 6, 1), date(2027, 6, 1))


def test_exceptions_name_what_a_newer_calendar_changes() -> None:
    plain, told = TradingCalendar(), TradingCalendar({date(2027, 1, 1): False, date(2026, 10, 1): True})
    assert plain.exceptions() ^ told.exceptions() == {date(2027, 1, 1), date(2026, 10, 1)}
    assert TradingCalendar({date(2026, 10, 1): False}).exceptions() == plain.exceptions()
