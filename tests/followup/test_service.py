"""The projection on a real database: refresh, actions, attempts, notes, merges, jobs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from asr.repository import load_conversation, store_conversation
from dongke.clock import at_beijing, beijing, now
from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import BadInput, Forbidden, NotFound
from dongke.scope import Principal, Role
from dongke.settings import settings
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import playbooks, schedule, service
from followup.models import JobRun, Note, Notice, State, StoredOpportunity
from profiles.identity import service as identity
from profiles.models import StaticSnapshot
from profiles.tagging import store_reading

LONG_AGO = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
TALK = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
ADVISOR = Principal("a1", Role.ADVISOR, advisor_id="A1")
STRANGER = Principal("a9", Role.ADVISOR, advisor_id="A9")


@pytest.fixture
def firm(session: Session) -> Session:
    """One branch, advisors A1 and A9, customers C1 and C2 of A1."""
    session.add(Branch(id="B1", name="陆家嘴营业部"))
    session.flush()
    session.add_all([Advisor(id="A1", name="李晓", branch_id="B1"), Advisor(id="A9", name="=cmd()", branch_id="B1")])
    session.flush()
    for who in ("C1", "C2"):
        set_owner(session, who, "A1", LONG_AGO)
    return session


def say(
    session: Session,
    ident: str,
    tags: list[tuple[str, dict[str, Any]]],
    at: datetime = TALK,
    customer: str = "C1",
    text: str = "我想开两融。",
) -> None:
    talk = Conversation.from_json(
        {
            "id": ident,
            "channel": "call",
            "started_at": at.isoformat(),
            "utterances": [{"speaker": "customer", "text": text, "start": 0, "end": 40}],
        }
    )
    store_conversation(session, talk, customer_id=customer, advisor_id="A1")
    stored, _ = load_conversation(session, ident)
    proof = (Evidence(0, 0, len(text), Speaker.CUSTOMER, text),)
    found = tuple(
        TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))
        for tag, value in tags
    )
    store_reading(session, stored, Reading(found, (), "test"), read_at=stored.known_at)


MARGIN = ("intent.permission", {"permission": "margin"})


def test_refresh_twice_changes_nothing_and_forgets_what_no_longer_is(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    until = TALK + timedelta(hours=4)
    first = [row.model_dump() for row in service.refresh(firm, "C1", until=until)]
    assert [row.model_dump() for row in service.refresh(firm, "C1", until=until)] == first
    assert [row["state"] for row in first] == [State.OPEN]
    stored, _ = load_conversation(firm, "K1")
    store_reading(firm, stored, Reading((), (), "newer"), read_at=stored.known_at + timedelta(hours=1))
    assert service.refresh(firm, "C1", until=until) == []
    assert firm.exec(select(StoredOpportunity)).all() == []


def test_causes_name_the_conversation_and_its_words(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    (row,) = service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    assert row.causes[0]["conversation"] == "K1"
    assert row.causes[0]["evidence"] == [0]
    assert row.opened_by.startswith("K1")


def test_overdue_is_read_from_the_columns(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    (row,) = service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    assert service.is_overdue(row, TALK + timedelta(hours=5)) is False
    assert service.is_overdue(row, row.due_at) is True
    row.discharged_at = row.due_at
    assert service.is_overdue(row, row.due_at + timedelta(days=9)) is False


def test_a_merge_reports_under_the_first_and_an_unmerge_restores_both(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    say(firm, "K2", [("intent.product", {"product": "gold"})], customer="C2", text="我想买黄金。")
    service.refresh_many(firm, ["C1", "C2"])
    at = TALK + timedelta(hours=2)
    identity.merge(firm, "C1", "C2", at, "m", known_at=at)
    assert service.refresh_many(firm, ["C2"]) == 2
    assert {row.customer_id for row in firm.exec(select(StoredOpportunity))} == {"C1"}
    later = at + timedelta(hours=1)
    identity.unmerge(firm, "C1", "C2", later, "m", known_at=later)
    service.refresh_many(firm, ["C1", "C2"])
    rows = firm.exec(select(StoredOpportunity).execution_options(populate_existing=True))
    assert sorted((row.customer_id, row.key) for row in rows) == [("C1", "margin"), ("C2", "gold")]


def test_what_is_noted_by_hand_is_self_reported(firm: Session) -> None:
    say(firm, "K1", [MARGIN], at=now() - timedelta(hours=3))
    (row,) = service.refresh(firm, "C1")
    done = service.act(firm, ADVISOR, row.id, "done", "电话 13812345678 已联系")
    assert (done.state, done.self_reported) == (State.DISCUSSED, True)
    assert service.act(firm, ADVISOR, row.id, "refused").state is State.REFUSED


@pytest.mark.parametrize(
    ("principal", "outcome", "fault"),
    [
        (STRANGER, "done", NotFound),
        (Principal("c", Role.COMPLIANCE), "done", Forbidden),
        (Principal("i", Role.INGEST), "done", Forbidden),
        (ADVISOR, "won", BadInput),
    ],
)
def test_who_may_not_note_what(firm: Session, principal: Principal, outcome: str, fault: type[Exception]) -> None:
    say(firm, "K1", [MARGIN])
    (row,) = service.refresh(firm, "C1")
    with pytest.raises(fault):
        service.act(firm, principal, row.id, outcome)


def test_attempts_and_notes_told_twice_are_one(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    for _ in range(2):
        service.add_attempt(firm, customer_id="C1", advisor_id="A1", at=TALK + timedelta(hours=1))
        service.add_note(firm, customer_id="C1", advisor_id="A1", at=TALK, text="客户手机13812345678")
    (row,) = service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    assert row.attempts == 1
    assert [note.text for note in firm.exec(select(Note))] == ["客户手机***********"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"customer_id": "C8"}, "customer-unknown"),
        ({"advisor_id": "A8"}, "advisor-unknown"),
        ({"at": datetime(2026, 6, 8, 10)}, "time-naive"),  # noqa: DTZ001
        ({"text": "  "}, "note-empty"),
        ({"text": "好" * 20_001}, "text-too-long"),
    ],
)
def test_notes_that_cannot_be_kept(firm: Session, changes: dict[str, Any], code: str) -> None:
    note = {"customer_id": "C1", "advisor_id": "A1", "at": TALK, "text": "拜访"} | changes
    with pytest.raises(BadInput) as fault:
        service.add_note(firm, **note)
    assert fault.value.code == code


def job(name: str, archive: Any = None) -> schedule.Job:
    return next(j for j in schedule.jobs(archive) if j.name == name)


def test_a_job_runs_once_for_its_due_time(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    due = datetime.fromisoformat("2026-06-09T17:30:00+08:00")
    sweep = job("deadline_sweep")
    assert schedule.run(firm, sweep, due, settings()) == {"notices": 1}
    assert schedule.run(firm, sweep, due, settings()) is None
    assert schedule.run(firm, sweep, due + timedelta(minutes=10), settings()) == {"notices": 0}
    assert schedule.run(firm, sweep, due + timedelta(days=2), settings()) == {"notices": 1}
    assert sorted(n.kind for n in firm.exec(select(Notice))) == ["escalated", "overdue"]
    assert len(firm.exec(select(JobRun)).all()) == 3


def test_a_job_that_fails_leaves_no_claim(firm: Session) -> None:
    def broken(session: Session, due_at: datetime, config: Any) -> dict[str, Any]:
        raise BadInput("archive-missing", "没有文件夹")

    nightly = job("nightly_archive", broken)
    with pytest.raises(BadInput), firm.begin_nested():
        schedule.run(firm, nightly, TALK, settings())
    assert firm.exec(select(JobRun)).all() == []


def test_time_alone_changes_states(firm: Session) -> None:
    say(firm, "K1", [MARGIN], at=now() - timedelta(days=90))
    service.refresh(firm, "C1", until=now() - timedelta(days=80))
    result = schedule.run(firm, job("reckon_time"), now(), settings())
    assert result == {"customers": 1, "opportunities": 1}
    rows = firm.exec(select(StoredOpportunity).execution_options(populate_existing=True)).all()
    assert [row.state for row in rows] == [State.EXPIRED]


@pytest.mark.parametrize(
    ("tag", "value", "days", "ends"),
    [
        ("intent.permission", {"permission": "margin"}, 50, False),
        ("intent.permission", {"permission": "margin"}, 70, True),
        ("churn.risk", {"action": "withdraw"}, 29, False),
        ("churn.risk", {"action": "withdraw"}, 31, True),
        ("voice.feedback", {"topic": "app", "sentiment": "negative"}, 70, True),
        ("assets.external", {"institution": "平安保险", "matures_on": "2026-10-30"}, 140, False),
        ("assets.external", {"institution": "平安保险", "matures_on": "2026-10-30"}, 146, True),
    ],
)
def test_only_what_time_ends_is_computed_again(
    firm: Session, tag: str, value: dict[str, Any], days: int, ends: bool
) -> None:
    say(firm, "K1", [(tag, value)])
    (row,) = service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    book = next(b for b in playbooks.load() if b.id == row.playbook)
    assert schedule.ends_by(row, book, TALK + timedelta(days=days)) is ends
    row.discharged_at = TALK + timedelta(hours=1)
    assert schedule.ends_by(row, book, TALK + timedelta(days=days)) is (ends and row.playbook != "complaint")


@pytest.mark.parametrize(
    ("day", "count"), [("10-20", 0), ("10-21", 1), ("10-22", 1), ("10-27", 1), ("10-30", 1), ("10-31", 0)]
)
def test_maturities_are_told_seven_three_and_no_trading_days_before(firm: Session, day: str, count: int) -> None:
    """On the 22nd what nobody told on the 21st; the 31st is a Saturday."""
    value = {"institution": "平安保险", "institution_type": "insurer", "low": 1000000, "matures_on": "2026-10-30"}
    say(firm, "K1", [("assets.external", value)])
    service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    due = datetime.fromisoformat(f"2026-{day}T08:30:00+08:00")
    assert schedule.run(firm, job("maturity_reminders"), due, settings()) == {"notices": count}


def test_questionnaires_that_expire_are_told_once(firm: Session) -> None:
    for number, (who, day) in enumerate([("C1", "2024-06-20"), ("C2", "2026-06-01")]):
        data = {"risk_level": "C3", "questionnaire_on": day}
        firm.add(StaticSnapshot(id=str(number), customer_id=who, effective_at=TALK, known_at=TALK, data=data))
    firm.flush()
    expiry = job("profile_expiry")
    told = [schedule.run(firm, expiry, TALK + timedelta(hours=n), settings()) for n in (1, 2)]
    assert told == [{"notices": 1}, {"notices": 0}]
    assert [n.customer_id for n in firm.exec(select(Notice).order_by(col(Notice.id)))] == ["C1"]


def test_the_nightly_report_is_a_file(firm: Session) -> None:
    say(firm, "K1", [MARGIN])
    service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    result = schedule.run(
        firm, job("nightly_report"), at_beijing(beijing(TALK).date(), datetime.max.time()), settings()
    )
    assert result == {"file": "follow-up-2026-06-08.xlsx", "opportunities": 1}
    assert (settings().report_folder() / "follow-up-2026-06-08.xlsx").stat().st_size > 3000
