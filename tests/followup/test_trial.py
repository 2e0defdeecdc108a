"""Dry runs: what a changed playbook would have done, beside the one that runs; nothing is written."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from dongke.clock import TradingCalendar, now
from dongke.directory import Advisor, Branch, Customer, set_owner
from dongke.errors import BadInput
from dongke.scope import Principal, Role
from followup import playbooks, trial_run
from followup.models import StoredOpportunity
from followup.playbooks import Due, Playbook
from followup.replay import replay
from followup.trial import Change, Compared, summary, try_out
from nlp.pipeline import read
from profiles.rights import store as rights_store
from profiles.rights.fold import Kind

RUNNING = playbooks.load()
IDLE = next(book for book in RUNNING if book.id == "idle_funds")


def at(told: str) -> datetime:
    return datetime.fromisoformat(f"2026-{told}:00+08:00".replace(" ", "T"))


def idle(low: int) -> Any:
    return "funds.idle", {"low": low, "high": low, "available_from": None}


def run(life: Any, tried: Playbook, until: str, start: str = "06-01 00:00") -> list[Compared]:
    return try_out(life.history(), RUNNING, [tried], TradingCalendar(), at(until), at(start), at(until))


def changed(**parts: Any) -> Playbook:
    return IDLE.model_copy(update={"version": "next", **parts})


def at_least(yuan: int) -> Playbook:
    return changed(opens=(IDLE.opens[0].model_copy(update={"min_yuan": yuan}),))


@pytest.mark.parametrize(
    ("tried", "changes"),
    [
        (at_least(50_000), (Change.OPENED,)),
        (at_least(100_000), None),
        (IDLE, None),
    ],
)
def test_a_lower_threshold_opens(life: Any, tried: Playbook, changes: Any) -> None:
    life.talk("06-08 10:00", "C: 我有八万闲着。", tags=(idle(80_000),))
    assert [one.changes for one in run(life, tried, "06-09 12:00")] == ([changes] if changes else [])


@pytest.mark.parametrize(
    ("tried", "until", "changes"),
    [
        (at_least(600_000), "06-09 12:00", (Change.GONE,)),
        (changed(due=Due(rule="trading_days", days=1)), "06-09 12:00", (Change.DEADLINE,)),
        (changed(due=Due(rule="trading_days", days=1)), "06-10 12:00", (Change.DEADLINE, Change.OVERDUE)),
        (changed(expires_after_days=1), "06-12 12:00", (Change.STATE,)),
        (changed(), "06-12 12:00", ()),
    ],
)
def test_what_differs(life: Any, tried: Playbook, until: str, changes: tuple[Change, ...]) -> None:
    life.talk("06-08 10:00", "C: 我有五十万闲着。", tags=(idle(500_000),))
    (one,) = run(life, tried, until)
    assert one.changes == changes
    assert summary([one])["unchanged"] == (0 if changes else 1)


def test_only_what_opened_in_the_period_and_only_this_playbook(life: Any) -> None:
    life.talk(
        "06-08 10:00", "C: 我有五十万闲着。", tags=(idle(500_000), ("intent.permission", {"permission": "margin"}))
    )
    assert len(run(life, at_least(1), "06-09 12:00")) == 1
    assert run(life, at_least(1), "06-09 12:00", start="06-09 00:00") == []


STORY = [
    {"type": "advisor", "id": "A1", "branch": "一部"},
    {"type": "customer", "id": "C1", "advisor": "A1", "at": "2026-01-05T09:00:00+08:00"},
    {"type": "customer", "id": "C2", "advisor": "A1", "at": "2026-01-05T09:00:00+08:00"},
    *(
        {
            "type": "conversation", "id": f"K{who}", "customer": who, "advisor": "A1", "channel": "call",
            "started_at": "2026-06-08T10:00:00+08:00",
            "utterances": [
                {"speaker": "advisor", "text": "您手上有闲钱吗?", "start": 0, "end": 10},
                {"speaker": "customer", "text": f"我有{much}闲着。", "start": 10, "end": 40},
            ],
            "tags": [
                {"tag": "funds.idle", "polarity": "affirmed", "value": {"low": low, "high": low}, "evidence": [1]}
            ],
        }
        for who, much, low in (("C1", "五十万", 500_000), ("C2", "八万", 80_000))
    ),
]  # fmt: skip


@pytest.fixture
def past(session: Session) -> Session:
    """C1 said that 500,000 lie idle, C2 80,000."""
    replay(session, STORY, at("06-08 12:00"), read)
    return session


def dry_run(session: Session, *tried: Playbook, principal: Principal | None = None, **more: Any) -> trial_run.Trial:
    return trial_run.dry_run(session, principal, tried, start=at("06-01 00:00"), end=at("06-30 00:00"), **more)


def test_on_stored_data_with_the_words(past: Session) -> None:
    found = dry_run(past, at_least(50_000))
    assert {one.any.customer: one.changes for one in found.found} == {"C1": (), "C2": (Change.OPENED,)}
    told = found.to_json()
    assert [item["words"] for item in told["items"]] == ["我有五十万闲着。", "我有八万闲着。"]
    assert (told["customers"], told["summary"]["running"], told["summary"]["tried"]) == (2, 1, 2)


def test_nothing_is_written_and_nothing_can_be(past: Session) -> None:
    rows = [row.model_dump() for row in past.exec(select(StoredOpportunity))]
    dry_run(past, at_least(50_000))
    assert [row.model_dump() for row in past.exec(select(StoredOpportunity))] == rows
    with pytest.raises(DBAPIError, match="read-only"), trial_run.read_only(past):
        past.execute(text("delete from opportunity"))
    set_owner(past, "C9", "A1", at("06-08 12:00"))  # and afterwards the transaction writes again
    assert past.get(Customer, "C9") is not None


def test_only_customers_whom_the_principal_reads(past: Session) -> None:
    past.add(Branch(id="B9", name="别处"))
    past.flush()
    past.add(Advisor(id="A9", name="别人", branch_id="B9"))
    past.flush()
    assert dry_run(past, at_least(1), principal=Principal("boss", Role.MANAGER, branch_id="B9")).customers == 0
    assert dry_run(past, at_least(1), principal=Principal("head", Role.MANAGER)).customers == 2


def test_who_refuses_marketing_is_left_out(past: Session) -> None:
    rights_store.record(past, "C1", rights_store.Wish(Kind.CONSENT, "denied", "marketing"), by="test")
    assert [one.any.customer for one in dry_run(past, at_least(1)).found] == ["C2"]


def test_too_many_and_no_period(past: Session) -> None:
    with pytest.raises(BadInput, match="dry-run-too-large"):
        dry_run(past, at_least(1), most=1)
    with pytest.raises(BadInput, match="period-invalid"):
        trial_run.dry_run(past, None, [IDLE], start=now(), end=now().replace(year=2020))
