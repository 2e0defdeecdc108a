"""Deadlines counted by a calendar that was not final are counted anew when it is – and others are left alone."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from dongke.clock import beijing, now
from dongke.settings import settings
from followup import schedule, service
from followup.models import CalendarEdition, StoredOpportunity
from followup.recount import recount
from followup.replay import replay
from nlp.pipeline import read
from profiles.service import trading_calendar


def at(told: str) -> datetime:
    return datetime.fromisoformat(f"{told}:00+08:00".replace(" ", "T"))


def talk(ident: str, customer: str, when: str, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "conversation", "id": ident, "customer": customer, "advisor": "A1", "channel": "call",
        "started_at": at(when).isoformat(),
        "utterances": [{"speaker": "customer", "text": "我有五十万要到期。", "start": 0, "end": 40}],
        "tags": [{"tag": "funds.idle", "polarity": "affirmed", "value": value, "evidence": [0]}],
    }  # fmt: skip


@pytest.fixture
def book(session: Session) -> Session:
    """C1's money comes on 2026-12-31: due over 元旦 of a year not known. C2's was due in June."""
    rows = [
        {"type": "advisor", "id": "A1", "branch": "一部"},
        *({"type": "customer", "id": who, "advisor": "A1", "at": "2026-01-05T09:00:00+08:00"} for who in ("C1", "C2")),
        talk("K1", "C1", "2026-06-08 10:00", {"low": 500_000, "high": 500_000, "available_from": "2026-12-31"}),
        talk("K2", "C2", "2026-06-08 10:00", {"low": 500_000, "high": 500_000, "available_from": None}),
    ]
    replay(session, rows, at("2026-06-08 12:00"), read)
    service.refresh_many(session, ["C1", "C2"], until=at("2026-06-08 12:00"))
    return session


def due(session: Session, customer: str) -> tuple[str, bool]:
    row = session.exec(select(StoredOpportunity).where(StoredOpportunity.customer_id == customer)).one()
    session.refresh(row)
    return f"{beijing(row.due_at):%Y-%m-%d %H:%M}", row.due_provisional


def override(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *lines: str) -> None:
    path = tmp_path / "days.csv"
    path.write_text("\n".join(("date,open", *lines)) + "\n", encoding="utf-8")
    monkeypatch.setenv("DONGKE_CALENDAR_FILE", str(path))
    settings.cache_clear()


def run(session: Session) -> dict[str, Any]:
    return recount(session, now(), trading_calendar(), settings())


def test_a_year_that_becomes_known(book: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(book)["customers"] == 1
    assert (due(book, "C1"), due(book, "C2")) == (("2027-01-04 17:30", True), ("2026-06-10 17:30", False))
    assert run(book) == {"customers": 0, "opportunities": 0}
    override(monkeypatch, tmp_path, "2027,known", "2027-01-01,0", "2027-01-04,0")
    assert run(book) == {"customers": 1, "opportunities": 1, "days": 2}
    assert due(book, "C1") == ("2027-01-06 17:30", False)


def test_a_day_closed_at_short_notice_moves_what_is_due_over_it(
    book: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(book)
    override(monkeypatch, tmp_path, "2026-06-09,0")
    assert (run(book)["customers"], due(book, "C2")[0]) == (2, "2026-06-11 17:30")
    override(monkeypatch, tmp_path, "2026-05-06,0", "2026-06-09,0")
    assert run(book)["days"] == 1
    assert due(book, "C2")[0] == "2026-06-11 17:30"


def test_the_job_is_on_the_list_and_the_edition_is_kept(book: Session) -> None:
    job = next(j for j in schedule.jobs() if j.name == "recount_deadlines")
    moment = now()
    assert schedule.run(book, job, moment, settings()) is not None
    assert schedule.run(book, job, moment, settings()) is None
    (edition,) = book.exec(select(CalendarEdition)).all()
    assert edition.id == trading_calendar().edition()
    assert date(2026, 10, 1).isoformat() in edition.exceptions
