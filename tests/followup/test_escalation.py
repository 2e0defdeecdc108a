"""The ladder: when which level hears of what was not followed up, once, and with time to act in between."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar, beijing
from dongke.directory import Advisor, Branch, set_owner
from dongke.settings import settings
from dongke.standing import Standing
from dongke.standing import State as Data
from followup import playbooks, repository
from followup.escalation import cooled, rungs, sweep
from followup.models import Notice, State, StoredOpportunity
from followup.opportunity import Cause, Opportunity
from followup.playbooks import Playbook, Step
from followup.service import is_overdue
from followup.webhooks import receivers
from followup.webhooks.models import WebhookEvent

CALENDAR = TradingCalendar()
OPENED = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
DUE = datetime.fromisoformat("2026-06-09T17:30:00+08:00")  # a Tuesday
LADDER = (Step(after_days=0, to="advisor"), Step(after_days=2, to="branch"), Step(after_days=5, to="firm"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00")


def opportunity(number: int = 1, **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"O{number}", "customer": "C1", "playbook": "permission", "playbook_version": "1", "key": "margin",
        "owner": "A1", "opened_at": OPENED, "opened_by": "K1/0", "due_at": DUE, "due_provisional": False,
        "state": State.OPEN, "overdue": False, "attempts": 0, "first_contact_at": None, "discharged_at": None,
        "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False, "low_yuan": None,
        "high_yuan": None, "value": {}, "causes": (Cause(State.OPEN, OPENED, "客户的话开启", "K1", (0,)),),
    }  # fmt: skip
    return Opportunity(**values | changes)


@pytest.fixture
def firm(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A1 with C1; every playbook has three levels."""
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add(Advisor(id="A1", name="李晓", branch_id="B1"))
    session.flush()
    set_owner(session, "C1", "A1", OPENED)
    books = tuple(book.model_copy(update={"escalate": LADDER}) for book in playbooks.load())
    monkeypatch.setattr(playbooks, "load", lambda folder=None: books)
    return session


def told(session: Session) -> list[tuple[str, str]]:
    rows = session.exec(select(Notice).order_by(col(Notice.made_at), col(Notice.level)))
    return [(row.level, f"{beijing(row.made_at):%m-%d %H:%M}") for row in rows]


def run(session: Session, *times: str) -> list[int]:
    return [sweep(session, at(text), CALENDAR) for text in times]


def test_each_level_hears_at_its_time_and_once(firm: Session) -> None:
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    made = run(firm, "06-09T17:29", "06-09T17:30", "06-09T17:40", "06-11T17:20", "06-11T17:30", "06-16T17:30",
               "06-17T09:00")  # fmt: skip
    assert made == [0, 1, 0, 0, 1, 1, 0]
    assert told(firm) == [("advisor", "06-09 17:30"), ("branch", "06-11 17:30"), ("firm", "06-16 17:30")]
    kinds = firm.exec(select(Notice.kind).order_by(col(Notice.made_at))).all()
    assert kinds == ["overdue", "escalated", "escalated"]


def test_what_is_found_late_climbs_one_level_at_a_time(firm: Session) -> None:
    """A transcript of weeks ago: the advisor has a trading day before his manager hears of it."""
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    assert run(firm, "06-26T10:00", "06-26T18:00", "06-28T12:00", "06-29T09:59", "06-29T10:00") == [1, 0, 0, 0, 1]
    assert run(firm, "06-29T18:00", "06-30T10:00") == [0, 1]
    assert [level for level, _ in told(firm)] == ["advisor", "branch", "firm"]


@pytest.mark.parametrize(
    "changes",
    [
        {"discharged_at": OPENED + timedelta(hours=2), "state": State.DISCUSSED},
        {"discharged_at": DUE, "state": State.DISCUSSED},
        {"state": State.WON, "closed_at": DUE - timedelta(hours=1), "won_at": DUE - timedelta(hours=1)},
        {"state": State.REFUSED, "closed_at": DUE - timedelta(hours=1)},
        {"state": State.EXPIRED, "closed_at": DUE + timedelta(days=60)},
        {"due_at": DUE + timedelta(days=60)},
        {"playbook": "gone"},
    ],
)
def test_no_false_alarm(firm: Session, changes: dict[str, Any]) -> None:
    repository.save(firm, [opportunity(**changes)], ["C1"], OPENED)
    assert run(firm, "06-12T17:30") == [0]


def test_a_contact_beside_the_subject_is_no_follow_up(firm: Session) -> None:
    repository.save(firm, [opportunity(state=State.CONTACTED, first_contact_at=OPENED)], ["C1"], OPENED)
    assert run(firm, "06-09T17:30") == [1]


def test_who_followed_up_is_left_in_peace(firm: Session) -> None:
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    run(firm, "06-09T17:30")
    late = opportunity(discharged_at=DUE + timedelta(hours=20), state=State.DISCUSSED)
    repository.save(firm, [late], ["C1"], OPENED)
    assert run(firm, "06-11T17:30", "06-16T17:30") == [0, 0]


def test_a_restricted_customer_is_in_no_notice(firm: Session) -> None:
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    firm.add(Standing(customer_id="C1", state=Data.RESTRICTED, settled_at=OPENED))
    firm.flush()
    assert run(firm, "06-09T17:30") == [0]


def test_the_words_name_the_level(firm: Session) -> None:
    repository.save(firm, [opportunity(), opportunity(2, key=None, playbook="idle_funds")], ["C1"], OPENED)
    run(firm, "06-09T17:30")
    run(firm, "06-11T17:30")
    texts = firm.exec(select(Notice.text).order_by(col(Notice.made_at), col(Notice.text))).all()
    assert texts[0].endswith("(客户 C1)")
    assert "逾期未跟进: 权限开通 margin (客户 C1)" in texts
    assert any(t.startswith("逾期已升级到营业部: ") for t in texts)


def test_listeners_hear_of_it_without_the_key(firm: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "crm.internal")
    settings.cache_clear()
    receivers.add(firm, "https://crm.internal/", by="root")
    repository.save(firm, [opportunity()], ["C1"], OPENED)
    run(firm, "06-09T17:30", "06-11T17:30")
    rows = firm.exec(select(WebhookEvent).order_by(col(WebhookEvent.number))).all()
    assert [(e.type, e.data.get("level")) for e in rows] == [
        ("opportunity.opened", None), ("opportunity.overdue", "advisor"), ("opportunity.escalated", "branch"),
    ]  # fmt: skip
    assert "margin" not in str([e.data for e in rows])


def test_the_sweep_agrees_with_the_row_by_row_rule(firm: Session) -> None:
    """Every combination of ends: told of exactly those that `is_overdue` calls overdue and that are still undone."""
    moments = [None, DUE - timedelta(minutes=1), DUE, DUE + timedelta(minutes=1)]
    found = [
        opportunity(100 + 16 * n + 4 * i + j, state=state, discharged_at=discharged, closed_at=closed)
        for n, state in enumerate(State)
        for i, discharged in enumerate(moments)
        for j, closed in enumerate(moments)
    ]
    repository.save(firm, found, ["C1"], OPENED)
    moment = DUE + timedelta(hours=1)
    sweep(firm, moment, CALENDAR)
    rows = firm.exec(select(StoredOpportunity)).all()
    wanted = {r.id for r in rows if r.state in (State.OPEN, State.CONTACTED) and is_overdue(r, moment)}
    assert set(firm.exec(select(Notice.opportunity_id))) == wanted
    assert len(wanted) == 8


def book(*steps: Step) -> Playbook:
    return next(b for b in playbooks.load() if b.id == "permission").model_copy(update={"escalate": steps})


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1)),  # noqa: DTZ001
)
def test_a_ladder_only_goes_up(days: list[int], due: datetime) -> None:
    steps = [Step(after_days=n, to=to) for n, to in zip(sorted(days), ("advisor", "branch", "firm"), strict=False)]
    due_at = beijing(due.replace(tzinfo=OPENED.tzinfo))
    ladder = rungs(book(*steps), due_at, CALENDAR)
    assert [r.at for r in ladder[1:]] == sorted(r.at for r in ladder[1:])
    assert all(r.at >= due_at or beijing(r.at).date() >= due_at.date() for r in ladder)
    assert [r.below for r in ladder] == [None, *(r.level for r in ladder[:-1])]


@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1)), st.integers(1, 10))  # noqa: DTZ001
def test_a_cool_down_is_so_many_trading_days(moment: datetime, days: int) -> None:
    """Between then and now lie at least so many whole trading days, counted from hour to hour."""
    wall = beijing(moment.replace(tzinfo=OPENED.tzinfo))
    before = cooled(wall, days, CALENDAR)
    assert before < wall
    passed = CALENDAR.exchange().hours(before, wall)
    assert passed == pytest.approx(4 * days)


def test_without_a_cool_down_all_levels_hear_at_once() -> None:
    assert cooled(DUE, 0, CALENDAR) == DUE
