"""The morning list of another moment: whose customers they were, what was live and what was known then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from asr.repository import load_conversation, store_conversation
from dongke.directory import Advisor, Branch, set_owner
from dongke.scope import Principal, Role
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import service
from followup.ranking.board import morning
from nlp.pipeline import read
from profiles.identity import service as identity
from profiles.models import BehaviourEvent, StaticSnapshot
from profiles.tagging import store_reading

JUNE = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
ADMIN = Principal("root", Role.ADMIN)
MARGIN = ("intent.permission", {"permission": "margin"})
GOLD = ("intent.product", {"product": "gold"})


def day(number: float) -> datetime:
    return JUNE + timedelta(days=number)


@pytest.fixture
def firm(session: Session) -> Session:
    """C1 and C3 of A1; C2 of A2, and of A1 from the 18th on."""
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id="B1") for n in (1, 2)])
    session.flush()
    for who, advisor in (("C1", "A1"), ("C2", "A2"), ("C3", "A1")):
        set_owner(session, who, advisor, day(-90))
        data = {"risk_level": "C5", "questionnaire_on": "2026-01-05", "investment_term": "long"}
        session.add(StaticSnapshot(id=f"F{who}", customer_id=who, effective_at=day(-90), known_at=day(-90), data=data))
    set_owner(session, "C2", "A1", day(10))
    return session


def say(session: Session, ident: str, at: datetime, *lines: str, **more: Any) -> None:
    customer, tags = more.get("customer", "C1"), more.get("tags", ())
    turns = [
        {"speaker": "advisor" if x[0] == "A" else "customer", "text": x[3:], "start": 20 * n, "end": 20 * n + 19}
        for n, x in enumerate(lines)
    ]
    talk = Conversation.from_json({"id": ident, "channel": "call", "started_at": at.isoformat(), "utterances": turns})
    store_conversation(
        session, talk, customer_id=customer, advisor_id=more.get("advisor", "A1"), known_at=more.get("known_at")
    )
    stored, _ = load_conversation(session, ident)
    quote = talk.utterances[0].text
    proof = (Evidence(0, 0, len(quote), Speaker.CUSTOMER, quote),)
    found = tuple(
        TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))
        for tag, value in tags
    )
    store_reading(session, stored, Reading(found, read(talk).mentions, "test"), read_at=stored.known_at)
    session.flush()
    service.refresh(session, customer)


def listed(session: Session, advisor: str, at: datetime | None) -> list[tuple[str, str, str]]:
    found = morning(session, ADMIN, advisor, at)
    rows = [i.candidate for i in found.items] + [b.candidate for b in found.blocked]
    return sorted((c.person.customer_id, c.playbook, c.state) for c in rows)


def test_what_was_live_then(firm: Session) -> None:
    say(firm, "K1", day(0), "C: 我想开两融。", tags=(MARGIN,))
    say(firm, "K2", day(1), "A: 两融门槛五十万。", "C: 两融利率多少?")
    firm.add(
        BehaviourEvent(
            message_id="E1", customer_id="C1", event="permission_opened", at=day(3), known_at=day(3),
            properties={"permission": "margin"},
        )
    )  # fmt: skip
    firm.flush()
    service.refresh(firm, "C1")
    assert listed(firm, "A1", day(-0.1)) == []
    assert listed(firm, "A1", day(0.5)) == [("C1", "permission", "open")]
    assert listed(firm, "A1", day(2)) == [("C1", "permission", "discussed")]
    assert listed(firm, "A1", day(4)) == listed(firm, "A1", None) == []


def test_what_was_known_then(firm: Session) -> None:
    """The recording that proves the follow-up was transcribed two days later; so was another wish."""
    say(firm, "K1", day(0), "C: 我想开两融。", tags=(MARGIN,))
    say(firm, "K2", day(1), "A: 两融门槛五十万。", "C: 两融利率多少?", known_at=day(3))
    say(firm, "K3", day(1), "C: 我想买黄金。", tags=(GOLD,), customer="C3", known_at=day(3))
    assert listed(firm, "A1", day(2)) == [("C1", "permission", "open")]
    assert listed(firm, "A1", day(3)) == [("C1", "permission", "discussed"), ("C3", "product_intent", "open")]


def test_whose_customer_he_was_then(firm: Session) -> None:
    say(firm, "K1", day(0), "C: 我想买黄金。", tags=(GOLD,), customer="C2", advisor="A2")
    assert (listed(firm, "A2", day(9)), listed(firm, "A1", day(9))) == ([("C2", "product_intent", "open")], [])
    assert (listed(firm, "A2", day(11)), listed(firm, "A1", day(11))) == ([], [("C2", "product_intent", "open")])
    mine = Principal("a2", Role.ADVISOR, advisor_id="A2")
    assert morning(firm, mine, "A2", day(9)).items == ()  # he is another's now: rights are those of now


def test_a_person_of_two_ids_stands_under_the_one_of_then(firm: Session) -> None:
    say(firm, "K1", day(0), "C: 我想买黄金。", tags=(GOLD,), customer="C2", advisor="A2")
    identity.merge(firm, "C1", "C2", day(5), "test", known_at=day(5))
    for who in ("C1", "C2"):
        service.refresh(firm, who)
    assert (listed(firm, "A1", day(2)), listed(firm, "A2", day(2))) == ([], [("C2", "product_intent", "open")])
    assert (listed(firm, "A1", day(6)), listed(firm, "A2", day(6))) == ([("C1", "product_intent", "open")], [])


def test_what_will_have_lapsed_is_not_on_a_list_to_come(firm: Session) -> None:
    at = datetime.now(JUNE.tzinfo)
    say(firm, "K1", at - timedelta(days=3), "C: 我想买黄金。", tags=(GOLD,), customer="C3")
    assert listed(firm, "A1", None) == listed(firm, "A1", at + timedelta(days=1)) == [("C3", "product_intent", "open")]
    assert listed(firm, "A1", at + timedelta(days=90)) == []


def test_the_list_of_now_is_the_same_both_ways(firm: Session) -> None:
    say(firm, "K1", day(0), "C: 我想开两融, 也想买黄金。", tags=(MARGIN, GOLD))
    say(firm, "K3", day(160), "C: 我想买黄金。", tags=(GOLD,), customer="C3")
    here = morning(firm, ADMIN, "A1")
    again = morning(firm, ADMIN, "A1", here.at)
    assert [i.to_json() for i in here.items] == [i.to_json() for i in again.items]
