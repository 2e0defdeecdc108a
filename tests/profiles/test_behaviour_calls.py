"""Calls, answered or not, count as contacts – each once, wherever it is kept."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from asr.models import Recording, StoredUtterance
from followup.service import add_attempt
from profiles.behaviour.calls import CONTACTS
from profiles.behaviour.intake import take_events
from profiles.repository import load_many
from profiles.service import facts_of, profile_of

At = Callable[[str], datetime]


def recording(ident: str, at: datetime, **more: Any) -> Recording:
    fields = {"sha256": ident, "path": "x.wav", "customer_id": "C1", "advisor_id": "A1", "received_at": at}
    return Recording(**({"id": ident, "started_at": at} | fields | more))


def test_recordings_talks_and_attempts_are_contacts(branch: Session, talk: Any, at: At) -> None:
    branch.add(recording("R1", at("06-08T10:00")))
    branch.add(recording("R2", at("06-08T11:00"), answered=False, received_at=at("06-09")))
    branch.flush()
    talk("K1", "06-08T10:00", recording_id="R1")  # the transcript of R1 is the same call
    talk("K2", "06-08T12:00", answered=False)
    talk("K3", "06-08T13:00", channel="chat")  # a chat is no call
    talk("K4", "06-08T14:00", customer_id="C2")
    add_attempt(branch, customer_id="C1", advisor_id="A1", at=at("06-08T15:00"))
    calls = sorted((e.at, e.event) for e in facts_of(branch, "C1").events)
    assert calls == [
        (at("06-08T10:00"), "call_answered"),
        (at("06-08T11:00"), "call_unanswered"),
        (at("06-08T12:00"), "call_unanswered"),
        (at("06-08T15:00"), "call_unanswered"),
    ]
    assert {event for _, event in calls} == CONTACTS - {"chat_answered"}
    known = facts_of(branch, "C1", at("06-08T12:30")).events
    assert sorted(e.at for e in known) == [at("06-08T10:00"), at("06-08T12:00")]  # R2 was known the day after


def test_a_chat_in_which_he_wrote_is_a_contact_and_one_without_his_word_is_none(
    branch: Session, talk: Any, at: At
) -> None:
    for ident, speaker in (("K1", "advisor"), ("K2", "customer")):
        talk(ident, "06-08T13:00", channel="chat")
        branch.add(StoredUtterance(conversation_id=ident, index=0, speaker=speaker, text="在吗"))
    branch.flush()
    assert [(e.event, e.id) for e in facts_of(branch, "C1").events] == [("chat_answered", "call:chat:K2")]
    assert load_many(branch, ["C1"])["C1"].events == facts_of(branch, "C1").events


def test_a_call_is_no_deed_of_the_customer(branch: Session, talk: Any, at: At) -> None:
    take_events(branch, [{"message_id": "m", "customer_id": "C1", "event": "account_opened",
                          "at": "2026-01-05T10:00:00+08:00"}], at("01-06"))  # fmt: skip
    before = profile_of(branch, "C1", as_of=at("06-10")).to_json()["behaviour"]
    for day in ("01", "02", "03", "04", "05", "06", "07", "08"):
        add_attempt(branch, customer_id="C1", advisor_id="A1", at=at(f"06-{day}T15:00"))
    after = profile_of(branch, "C1", as_of=at("06-10")).to_json()["behaviour"]
    changed = {name for name, row in after.items() if before[name] != row}
    assert changed <= {"best_contact_time", "best_channel", "activation_potential"}  # whether he can be reached
    assert before["lifecycle"] == after["lifecycle"]
