"""The card: everything in one answer, only what was asked for with a mask, and the past as it was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.card import ALWAYS, FIELDS, body
from api.schemas_profile import ProfileOut
from dongke import db
from dongke.audit import AuditEntry
from dongke.clock import now
from followup.service import refresh
from profiles.models import BehaviourEvent

Login = Callable[[str], dict[str, str]]
PATH = "/v1/customers/C1/profile"


@pytest.fixture
def read(client: TestClient, login: Login, talk: Callable[..., dict[str, Any]]) -> TestClient:
    """The client, after a talk of C1 yesterday was read, a deposit came and an opportunity was opened."""
    from api.pipeline import process_conversation

    started = now() - timedelta(days=1)
    sent = client.post("/v1/conversations", json=[talk("K1", started_at=started.isoformat())], headers=login("pipe"))
    assert sent.status_code == 202, sent.text
    with db.session_scope() as session:
        process_conversation(session, "K1")
        moment = now() - timedelta(hours=1)
        row = {"message_id": "e1", "event": "deposit", "properties": {"amount": 100_000}}
        session.add(BehaviourEvent(customer_id="C1", at=moment, known_at=moment, **row))
        refresh(session, "C1")
    return client


def test_the_card_is_what_its_model_says(read: TestClient, login: Login) -> None:
    page = read.get(PATH, headers=login("a1")).json()
    ProfileOut.model_validate(page)
    assert set(page) == {*ALWAYS, *FIELDS}
    assert [part["name"] for part in page["categories"]] == ["业务机会", "分层服务", "客户心声", "沟通"]
    idle = next(t for t in page["tags"] if t["tag"] == "funds.idle")
    assert idle["id"] in page["categories"][0]["tag_ids"]
    assert [s["kind"] for s in idle["support"]] == ["money_in"]
    assert {o["playbook"] for o in page["opportunities"]} >= {"idle_funds"}
    assert all(o["state"] in ("open", "contacted", "discussed") and o["playbook_label"] for o in page["opportunities"])
    assert page["contact"]["time"]["label"] == "最佳联系时间"


def test_a_mask_keeps_what_it_names(read: TestClient, login: Login) -> None:
    whole = read.get(PATH, headers=login("a1"))
    masked = read.get(f"{PATH}?fields=tags, suitability", headers=login("a1"))
    assert set(masked.json()) == {*ALWAYS, "tags", "suitability"}
    assert masked.json()["suitability"] == whole.json()["suitability"]
    assert masked.headers["etag"] != whole.headers["etag"]
    head = login("a1") | {"if-none-match": masked.headers["etag"]}
    assert read.get(f"{PATH}?fields=suitability,tags", headers=head).status_code in (200, 304)
    assert read.get(PATH, headers=head).status_code == 200
    with db.session_scope() as session:
        reads = session.exec(select(AuditEntry).where(AuditEntry.action == "profile.read")).all()
        assert reads[1].detail["fields"] == ["suitability", "tags"]
        assert len(reads) == 4


@pytest.mark.parametrize("fields", ["", "tags,", "colour", "tags,customer"])
def test_a_mask_that_names_nothing_known(read: TestClient, login: Login, fields: str) -> None:
    answer = read.get(f"{PATH}?fields={fields}", headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dongke:fields-unknown")


def test_an_unchanged_mask_is_not_sent_again(read: TestClient, login: Login) -> None:
    path = f"{PATH}?fields=static,opportunities"  # nothing in it ages from one second to the next
    etag = read.get(path, headers=login("a1")).headers["etag"]
    again = read.get(path, headers=login("a1") | {"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_past_has_the_opportunities_of_the_past(read: TestClient, login: Login) -> None:
    before, between = (quote((now() - timedelta(hours=h)).isoformat()) for h in (30, 2))
    assert read.get(f"{PATH}?as_of={before}", headers=login("a1")).json()["opportunities"] == []
    live = read.get(PATH, headers=login("a1")).json()["opportunities"]
    then = read.get(f"{PATH}?as_of={between}", headers=login("a1")).json()["opportunities"]
    assert {o["id"] for o in then} == {o["id"] for o in live}
    assert [set(o) for o in then] == [set(o) for o in live]


def test_the_same_question_has_the_same_bytes(read: TestClient, login: Login) -> None:
    asked = quote(now().isoformat())
    path = f"{PATH}?as_of={asked}&known_at={asked}"
    first = read.get(path, headers=login("a1")).content
    with db.session_scope() as session:
        later = {"at": now() - timedelta(days=3), "known_at": now() + timedelta(seconds=1), "properties": {}}
        session.add(BehaviourEvent(message_id="late", customer_id="C1", event="account_closed", **later))
    assert read.get(path, headers=login("a1")).content == first


def test_the_mark_is_of_the_content_and_not_of_its_times() -> None:
    at, later = (datetime(2026, 6, day, tzinfo=UTC).isoformat() for day in (1, 2))
    one, mark = body({"customer": "C1", "as_of": at, "known_at": at, "tags": []})
    other, same = body({"customer": "C1", "as_of": later, "known_at": later, "tags": []})
    assert mark == same
    assert one != other
    assert body({"customer": "C2", "as_of": at, "known_at": at, "tags": []})[1] != mark
