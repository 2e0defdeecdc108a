"""Reminders of outside money before it matures: T-7, T-3, T-0 in trading days, caught up once, silent once settled."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar
from dongke.directory import Advisor, Branch, set_owner
from followup import notices, repository
from followup.models import Notice, State
from followup.notices import maturities, reminded_on
from followup.opportunity import Cause, Opportunity
from followup.rights import told

CALENDAR = TradingCalendar()
OPENED = datetime.fromisoformat("2026-06-01T10:00:00+08:00")


def opportunity(**changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": "O1", "customer": "C1", "playbook": "external_assets", "playbook_version": "2", "key": "招商银行",
        "owner": "A1", "opened_at": OPENED, "opened_by": "K1/0", "due_at": OPENED + timedelta(days=9),
        "due_provisional": False, "state": State.OPEN, "overdue": False, "attempts": 0, "first_contact_at": None,
        "discharged_at": None, "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False,
        "low_yuan": 500_000, "high_yuan": None, "value": {"institution": "招商银行", "matures_on": "2026-06-30"},
        "causes": (Cause(State.OPEN, OPENED, "客户的话开启", "K1", (0,)),),
    }  # fmt: skip
    return Opportunity(**values | changes)


@pytest.fixture
def firm(session: Session) -> Session:
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add(Advisor(id="A1", name="李晓", branch_id="B1"))
    session.flush()
    set_owner(session, "C1", "A1", OPENED)
    return session


def look(session: Session, day: str) -> list[str]:
    """What the morning of that day tells anew."""
    before = set(session.exec(select(Notice.id)))
    maturities(session, datetime.fromisoformat(f"{day}T08:30:00+08:00"), CALENDAR)
    rows = session.exec(select(Notice).where(col(Notice.id).not_in(before)))
    return [row.text.rsplit(", ", 1)[1] for row in rows]


def test_seven_three_and_none(firm: Session) -> None:
    """To Tuesday the 30th over the Dragon Boat festival (19 June)."""
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    days = [date(2026, 6, 2) + timedelta(days=n) for n in range(29)]
    found = {str(day): said for day in days if CALENDAR.is_open(day) for said in [look(firm, str(day))] if said}
    assert found == {
        "2026-06-18": ["还有 7 个交易日"],
        "2026-06-25": ["还有 3 个交易日"],
        "2026-06-30": ["就在今天"],
    }


@pytest.mark.parametrize(
    ("matures", "opened", "day", "on"),
    [
        ("2026-06-30", "2026-06-01", "2026-06-17", None),
        ("2026-06-30", "2026-06-01", "2026-06-18", "2026-06-18"),
        ("2026-06-30", "2026-06-01", "2026-06-22", "2026-06-18"),  # nobody looked on the 18th
        ("2026-06-30", "2026-06-01", "2026-06-26", "2026-06-25"),  # one reminder, not two
        ("2026-06-30", "2026-06-22", "2026-06-24", None),  # told of after the 18th: nothing was missed
        ("2026-06-27", "2026-06-01", "2026-06-26", "2026-06-26"),  # a Saturday: the Friday before
        ("2026-06-27", "2026-06-01", "2026-06-16", "2026-06-16"),
        ("2026-10-05", "2026-06-01", "2026-09-30", "2026-09-30"),  # in the holiday week
        ("2026-10-05", "2026-06-01", "2026-09-21", "2026-09-18"),
    ],
)
def test_the_day_of_the_reminder(matures: str, opened: str, day: str, on: str | None) -> None:
    found = reminded_on(*(date.fromisoformat(text) for text in (matures, opened, day)), CALENDAR)
    assert found == (date.fromisoformat(on) if on else None)


def test_what_matures_on_a_closed_day_is_not_called_today(firm: Session) -> None:
    repository.save(firm, [opportunity(value={"matures_on": "2026-06-27"})], ["C1"], OPENED)
    assert look(firm, "2026-06-26") == ["今天是之前最后一个交易日"]


def test_a_missed_morning_is_caught_up_once(firm: Session) -> None:
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    assert look(firm, "2026-06-23") == ["还有 5 个交易日"]
    assert look(firm, "2026-06-24") == []
    assert look(firm, "2026-06-25") == ["还有 3 个交易日"]


@pytest.mark.parametrize("state", [State.WON, State.REFUSED, State.EXPIRED])
def test_settled_money_is_reminded_of_no_more_and_what_was_told_is_gone(firm: Session, state: State) -> None:
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    assert look(firm, "2026-06-18") == ["还有 7 个交易日"]
    assert len(firm.exec(select(Notice).where(told())).all()) == 1
    over = OPENED + timedelta(days=20)
    repository.save(firm, [opportunity(state=state, closed_at=over)], ["C1"], over)
    assert look(firm, "2026-06-25") == []
    assert firm.exec(select(Notice).where(told())).all() == []


def test_money_without_a_maturity_is_not_reminded_of(firm: Session) -> None:
    repository.save(
        firm, [opportunity(value={"matures_on": None}), opportunity(id="O2", playbook="permission")], ["C1"], OPENED
    )
    assert [look(firm, f"2026-06-{day}") for day in ("18", "25", "30")] == [[], [], []]
    assert notices.MATURITY_DAYS == (7, 3, 0)
