"""Opportunities follow who is who: folded under the first id by a merge, parted again when it is taken back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from asr.repository import load_conversation, store_conversation
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.scope import Principal, Role
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import service
from followup.models import ManualAction, State, StoredOpportunity
from profiles.identity import service as identity
from profiles.tagging import store_reading

LONG_AGO = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
MARGIN = ("intent.permission", {"permission": "margin"})
GOLD = ("intent.product", {"product": "gold"})
MANAGER = Principal("boss", Role.MANAGER, branch_id="B1")
Seen = dict[str, tuple[str, str, State]]


@pytest.fixture
def firm(session: Session) -> Session:
    """C1 (A1) wants margin trading, C2 (A2) gold, C3 (A1) the same as C1."""
    session.add(Branch(id="B1", name="陆家嘴营业部"))
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id="B1") for n in (1, 2)])
    session.flush()
    for who, owner, tag in (("C1", "A1", MARGIN), ("C2", "A2", GOLD), ("C3", "A1", MARGIN)):
        set_owner(session, who, owner, LONG_AGO)
        _say(session, f"K-{who}", who, owner, tag)
    service.refresh_many(session, ["C1", "C2", "C3"])
    return session


def _say(session: Session, ident: str, who: str, advisor: str, tag: tuple[str, dict[str, Any]]) -> None:
    started = now() - timedelta(hours=5)
    turn = {"speaker": "customer", "text": "我想开两融, 也想买黄金。", "start": 0, "end": 40}
    row = {"id": ident, "channel": "call", "started_at": started.isoformat(), "utterances": [turn]}
    store_conversation(session, Conversation.from_json(row), customer_id=who, advisor_id=advisor)
    stored, _ = load_conversation(session, ident)
    proof = (Evidence(0, 0, 4, Speaker.CUSTOMER, "我想开两"),)
    found = (TagAssertion(tag[0], Polarity.AFFIRMED, tag[1], proof, 0.9, Explanation("test", "1", "given")),)
    store_reading(session, stored, Reading(found, (), "1"), read_at=stored.known_at)


def seen(session: Session) -> Seen:
    """Opportunity by the talk that opened it → customer, owner, state."""
    rows = session.exec(select(StoredOpportunity).execution_options(populate_existing=True))
    return {row.opened_by.split("~")[0]: (row.customer_id, row.owner_id, row.state) for row in rows}


@pytest.mark.parametrize("refreshed", [["C1"], ["C2"], ["C2", "C1"]])
def test_after_a_merge_any_id_brings_all_under_the_first(firm: Session, refreshed: list[str]) -> None:
    identity.merge(firm, "C1", "C2", now() - timedelta(hours=1), "boss")
    for who in refreshed:
        service.refresh(firm, who)
    assert {who for who, _, _ in seen(firm).values()} == {"C1", "C3"}
    assert seen(firm)["K-C2"][:2] == ("C1", "A1")


@pytest.mark.parametrize("back_to_the_merge", [True, False])
def test_after_an_unmerge_all_is_as_it_was(firm: Session, back_to_the_merge: bool) -> None:
    before, at = seen(firm), now() - timedelta(hours=1)
    identity.merge(firm, "C1", "C2", at, "boss")
    identity.merge(firm, "C3", "C1", at, "boss")
    service.refresh(firm, "C2")
    assert {who for who, _, _ in seen(firm).values()} == {"C3"}
    identity.unmerge(firm, "C3", "C2", at if back_to_the_merge else now(), "boss")
    service.refresh_many(firm, ["C3", "C2"])
    assert {name: who for name, (who, _, _) in seen(firm).items()} == {"K-C1": "C1", "K-C2": "C1", "K-C3": "C3"}
    identity.unmerge(firm, "C1", "C2", at if back_to_the_merge else now(), "boss")
    service.refresh_many(firm, ["C2", "C1"])
    assert seen(firm) == before


def test_what_was_noted_by_hand_goes_with_its_opportunity(firm: Session) -> None:
    identity.merge(firm, "C1", "C2", now() - timedelta(hours=1), "boss")
    service.refresh(firm, "C1")
    gold = firm.exec(select(StoredOpportunity).where(StoredOpportunity.opened_by.startswith("K-C2"))).one()
    own = Principal("a2", Role.ADVISOR, advisor_id="A2")
    assert gold.customer_id == "C1"
    service.act(firm, MANAGER, gold.id, "refused", "客户不要了")
    assert seen(firm)["K-C2"][2] is State.REFUSED
    assert [row.customer_id for row in firm.exec(select(ManualAction))] == ["C2"]
    identity.unmerge(firm, "C1", "C2", now(), "boss")
    service.refresh_many(firm, ["C1", "C2"])
    assert seen(firm)["K-C1"][2] is State.OPEN
    assert service.act(firm, own, gold.id, "refused").state is State.REFUSED


def test_one_person_is_recomputed_by_one_at_a_time_whichever_id_is_named(firm: Session, engine: Engine) -> None:
    identity.merge(firm, "C1", "C2", now(), "boss")
    firm.commit()
    service.refresh(firm, "C2")
    lock = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    with Session(engine) as other:
        assert not other.execute(lock, {"name": "customer:C1"}).scalar_one()
        assert other.execute(lock, {"name": "customer:C3"}).scalar_one()
