"""依据待复核 as the API shows it: blanked like everything else that was deleted, and pointing at no sentence."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from api import pipeline, talks
from dongke import db
from dongke.clock import now
from profiles.models import StoredAssertion, TagAnchor

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
SAID = "我孩子明年要出国读书, 得留一百万。"


@pytest.fixture
def clue(client: TestClient, login: Login, talk: Talk) -> dict[str, Any]:
    """The proof of 家庭线索, which the customer had deleted."""
    lines = [{"speaker": "customer", "text": SAID, "start": 0.0, "end": 5.0}]
    client.post("/v1/conversations", json=talk("K1", utterances=lines), headers=login("pipe"))
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
        found = session.exec(select(StoredAssertion).where(col(StoredAssertion.tag) == "family.clue")).first()
        assert found is not None
        proof = dict(found.evidence[0])
    right = {"kind": "tag", "status": "deleted", "subject": "family.clue"}
    assert client.post("/v1/customers/C1/rights", json=right, headers=login("boss")).status_code == 201
    return proof | {"conversation_id": "K1"}


@pytest.mark.parametrize("suspended", [True, False])
def test_deleted_words_are_blanked_wherever_they_stand(clue: dict[str, Any], suspended: bool) -> None:
    shown = clue | ({"suspended": True} if suspended else {})
    with db.session_scope() as session:
        talks.with_sentences(session, [shown])
    assert set(shown["quote"]) == {"*"}
    assert shown["utterance"] == (None if suspended else 0)
    assert clue["quote"] not in (shown["sentence"] or "")
    assert (shown["sentence"] is None) == suspended


def test_a_talk_points_at_no_other_words(client: TestClient, login: Login, talk: Talk) -> None:
    assert client.post("/v1/conversations", json=talk("K1"), headers=login("pipe")).json()["accepted"] == 1
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
        first = session.exec(select(StoredAssertion).order_by(col(StoredAssertion.id))).all()[0]
        lost = [entry | {"suspended": True} for entry in first.evidence]
        session.add(TagAnchor(assertion_id=first.id, known_at=now(), customer_id="C1", evidence=lost, suspended=True))
        ident = first.id
    shown = client.get("/v1/conversations/K1", headers=login("a1")).json()
    places = {a["id"]: [e["utterance"] for e in a["evidence"]] for a in shown["assertions"]}
    assert set(places.pop(ident)) == {None}
    assert places
    assert all(isinstance(place, int) for each in places.values() for place in each)
    assert ident not in {mark["assertion_id"] for u in shown["utterances"] for mark in u["tags"]}
