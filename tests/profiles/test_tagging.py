"""Readings into facts, on a real database: once, superseded, corrected, and asked again about the past."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from asr.models import StoredConversation, StoredUtterance
from dongke import audit
from dongke.directory import Advisor, set_owner
from dongke.errors import BadInput, Forbidden, NotFound
from dongke.scope import Principal, Role
from profiles.identity.service import merge
from profiles.models import StoredAssertion, StoredReading
from profiles.service import facts_of, profile_of
from profiles.tagging import feedback_on_tag, give_feedback, store_reading

Make = Callable[..., Any]
At = Callable[[str], datetime]
IDLE = ("funds.idle", "affirmed", {"low": 500_000, "high": 500_000, "available_from": None})
GOLD = ("intent.product", "affirmed", {"product": "gold"})
A1 = Principal("wang", Role.ADVISOR, "A1", "B1")


def test_the_same_reading_twice_is_stored_once(branch: Session, talk: Make, reading: Make, at: At) -> None:
    stored = talk("K1", "06-08T10:00")
    first = store_reading(branch, stored, reading("v1", IDLE, GOLD), read_at=at("06-08T11:00"))
    again = store_reading(branch, stored, reading("v1", IDLE, GOLD), read_at=at("06-09T11:00"))
    assert [a.id for a in first] == [a.id for a in again]
    assert len(branch.exec(select(StoredAssertion)).all()) == 2
    assert first[0].evidence[0]["said_at"] == "2026-06-08T10:00:02+08:00"


def test_a_newer_reading_supersedes_and_the_past_answers_as_it_did(
    branch: Session, talk: Make, reading: Make, at: At
) -> None:
    stored = talk("K1", "06-08T10:00")
    store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-08T11:00"))
    then = profile_of(branch, "C1", as_of=at("06-09"), known_at=at("06-09")).to_json()
    store_reading(branch, stored, reading("v2", GOLD), read_at=at("06-10"))
    assert profile_of(branch, "C1", as_of=at("06-09"), known_at=at("06-09")).to_json() == then
    assert [t.tag for t in profile_of(branch, "C1", as_of=at("06-09"), known_at=at("06-11")).tags] == ["intent.product"]
    store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-12"))  # the older engine comes back
    assert [t.tag for t in profile_of(branch, "C1", as_of=at("06-13"), known_at=at("06-13")).tags] == ["funds.idle"]
    assert [t.tag for t in profile_of(branch, "C1", as_of=at("06-13"), known_at=at("06-11")).tags] == ["intent.product"]
    open_ones = branch.exec(select(StoredReading).where(StoredReading.superseded_at == None)).all()  # noqa: E711
    assert len(open_ones) == 1


def test_changed_words_are_a_new_reading_and_an_empty_one_takes_the_tags_away(
    branch: Session, talk: Make, reading: Make, at: At
) -> None:
    stored = talk("K1", "06-08T10:00")
    store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-08T11:00"))
    stored.content_hash = "revoked"
    assert store_reading(branch, stored, reading("v1"), read_at=at("06-09")) == []
    assert profile_of(branch, "C1", as_of=at("06-10"), known_at=at("06-10")).tags == ()


def test_nothing_is_known_before_it_was_read(branch: Session, talk: Make, reading: Make, at: At) -> None:
    store_reading(branch, talk("K1", "06-08T10:00"), reading("v1", IDLE), read_at=at("06-01"))
    (told,) = facts_of(branch, "C1").assertions
    assert told.known_at - told.said_at == timedelta(minutes=3)  # not before the talk was there


def test_a_message_is_quoted_at_its_own_time(branch: Session, talk: Make, reading: Make, at: At) -> None:
    stored = talk("W1", "06-08T10:00", channel="chat")
    branch.add(StoredUtterance(conversation_id="W1", index=1, speaker="customer", text="原话", at=at("06-08T10:40")))
    branch.flush()
    (row,) = store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-08T11:00"))
    assert datetime.fromisoformat(row.evidence[0]["said_at"]) == at("06-08T10:40")
    assert row.said_at == at("06-08T10:00")


def test_feedback_counts_at_once_and_survives_a_new_reading(branch: Session, talk: Make, reading: Make, at: At) -> None:
    stored = talk("K1", "06-08T10:00")
    (row,) = store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-08T11:00"))
    give_feedback(branch, A1, row.id, "wrong", at=at("06-09"))
    assert _statuses(branch, at("06-09")) == ["removed"]
    store_reading(branch, stored, reading("v2", IDLE), read_at=at("06-10"))
    assert _statuses(branch, at("06-11")) == ["removed"]
    assert _statuses(branch, at("06-08T12:00")) == ["active"]
    assert [e.action for e in branch.exec(select(audit.AuditEntry))] == ["tag.feedback"]


def test_a_correction_pins_the_value_even_where_a_new_reading_loses_the_tag(
    branch: Session, talk: Make, reading: Make, at: At
) -> None:
    stored = talk("K1", "06-08T10:00")
    (row,) = store_reading(branch, stored, reading("v1", IDLE), read_at=at("06-08T11:00"))
    give_feedback(branch, A1, row.id, "corrected", {"low": 5_000_000, "high": 5_000_000}, at=at("06-09"))
    store_reading(branch, stored, reading("v2"), read_at=at("06-10"))
    (tag,) = profile_of(branch, "C1", as_of=at("06-11"), known_at=at("06-11")).to_json()["tags"]
    assert (tag["id"], tag["status"], tag["value"]["high"]) == (row.id, "active", 5_000_000)
    assert (tag["corrections"][0]["by"], tag["corrections"][0]["before"]["low"]) == ("wang", 500_000)


@pytest.mark.parametrize(
    ("verdict", "value", "code"),
    [
        ("maybe", None, "verdict-invalid"),
        ("corrected", None, "value-invalid"),
        ("corrected", {}, "value-invalid"),
        ("corrected", {"product": "gold"}, "value-invalid"),  # no slot of this tag
        ("corrected", {"low": "五十万"}, "value-invalid"),
    ],
)
def test_feedback_that_cannot_be_used(
    branch: Session, talk: Make, reading: Make, at: At, verdict: str, value: Any, code: str
) -> None:
    (row,) = store_reading(branch, talk("K1", "06-08T10:00"), reading("v1", IDLE), read_at=at("06-08T11:00"))
    with pytest.raises(BadInput, match=code):
        give_feedback(branch, A1, row.id, verdict, value)


def test_feedback_is_for_those_who_may_read_the_customer(branch: Session, talk: Make, reading: Make, at: At) -> None:
    (row,) = store_reading(branch, talk("K1", "06-08T10:00"), reading("v1", IDLE), read_at=at("06-08T11:00"))
    stranger = Principal("li", Role.ADVISOR, "A2", "B1")
    for principal, ident in ((stranger, row.id), (A1, "nothing")):
        with pytest.raises(NotFound, match="assertion-unknown"):
            give_feedback(branch, principal, ident, "right")
    with pytest.raises(Forbidden):
        give_feedback(branch, Principal("he", Role.COMPLIANCE), row.id, "right")
    assert give_feedback(branch, Principal("guan", Role.MANAGER, None, "B1"), row.id, "right").by == "guan"


def test_a_deputy_may_judge(branch: Session, talk: Make, reading: Make, at: At) -> None:
    (row,) = store_reading(branch, talk("K1", "06-08T10:00"), reading("v1", IDLE), read_at=at("06-08T11:00"))
    owner = branch.get(Advisor, "A1")
    assert owner
    owner.deputies = ["A2"]
    branch.flush()
    assert give_feedback(branch, Principal("li", Role.ADVISOR, "A2", "B1"), row.id, "right").by == "li"


def test_the_owner_of_the_first_may_judge_what_the_merged_one_said(
    branch: Session, talk: Make, reading: Make, at: At
) -> None:
    set_owner(branch, "C2", "A2", at("06-01"))
    (row,) = store_reading(branch, talk("K1", "06-08T10:00", "C2"), reading("v1", IDLE), read_at=at("06-08T11:00"))
    with pytest.raises(NotFound):
        give_feedback(branch, A1, row.id, "wrong")
    merge(branch, "C1", "C2", at("06-09"), "guan")
    give_feedback(branch, A1, row.id, "wrong", at=at("06-10"))
    branch.flush()
    assert [t.status.value for t in profile_of(branch, "C1", as_of=at("06-11")).tags] == ["removed"]


def test_a_verdict_on_a_tag(branch: Session, talk: Make, reading: Make, at: At) -> None:
    store_reading(branch, talk("K1", "06-08T10:00"), reading("v1", IDLE, GOLD), read_at=at("06-08T11:00"))
    feedback_on_tag(branch, "C1", "intent.product", "wrong", by="A1", at=at("06-09"))
    assert sorted(_statuses(branch, at("06-10"))) == ["active", "removed"]
    with pytest.raises(NotFound, match="customer-unknown"):
        feedback_on_tag(branch, "C9", "intent.product", "wrong", by="A1")


def test_an_unknown_customer_has_no_profile(branch: Session) -> None:
    with pytest.raises(NotFound, match="customer-unknown"):
        profile_of(branch, "C9")


def _statuses(session: Session, when: datetime) -> list[str]:
    return [t.status.value for t in profile_of(session, "C1", as_of=when, known_at=when).tags]


def test_two_readers_of_one_talk_store_it_once(
    branch: Session, engine: Engine, talk: Make, reading: Make, at: At
) -> None:
    talk("K1", "06-08T10:00")
    branch.commit()

    def read(_: int) -> list[str]:
        with Session(engine) as mine, mine.begin():
            stored = mine.get(StoredConversation, "K1")
            return [row.id for row in store_reading(mine, stored, reading("v1", IDLE, GOLD), read_at=at("06-09"))]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, range(8)))
    assert len({tuple(ids) for ids in found}) == 1
    assert len(branch.exec(select(StoredAssertion)).all()) == 2
