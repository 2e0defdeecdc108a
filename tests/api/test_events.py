"""/v1/events: every dialect, every item with its result; what a customer did, day by day."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from dongke import db
from dongke.audit import AuditEntry
from dongke.clock import now
from dongke.directory import Customer
from profiles.identity import service as identity
from profiles.models import BehaviourEvent

Login = Callable[[str], dict[str, str]]
MS = 1772417100000  # 2026-03-02T10:05:00+08:00
SEGMENT = {"type": "track", "messageId": "s1", "userId": "C1", "event": "买入",
           "timestamp": "2026-03-02T10:05:00+08:00", "properties": {"amount": 5, "product": "gold"}}  # fmt: skip
SENSORS = {"type": "track", "distinct_id": "C1", "time": MS, "event": "$AppStart", "_track_id": 1, "properties": {}}
ZHUGE = {"ak": "k", "owner": "zg", "usr": {"did": "device-1"}, "data": [
    {"dt": "evt", "pr": {"$eid": "pv", "$cuid": "C1", "$ct": MS, "_product": "gold"}},
    {"dt": "usr", "pr": {"$cuid": "C1", "$ct": MS, "_city": "杭州"}},
]}  # fmt: skip


def post(client: TestClient, login: Login, body: Any) -> Any:
    return client.post("/v1/events", json=body, headers=login("pipe"))


def stored() -> dict[str, BehaviourEvent]:
    with db.session_scope() as session:
        return {e.message_id: e for e in session.exec(select(BehaviourEvent))}


def test_three_dialects_in_one_list_have_a_result_each(client: TestClient, login: Login) -> None:
    body = [SEGMENT, SENSORS, ZHUGE, {"type": "alias", "messageId": "x", "userId": "C1"}, SEGMENT, 7]
    done = post(client, login, body).json()
    assert [r["state"] for r in done["results"]] == ["new", "new", "new", "new", "refused", "unchanged", "refused"]
    assert [r["source"] for r in done["results"]][2:4] == ["body:3:1", "body:3:2"]
    assert done["results"][4]["code"] == "alias-unsupported"
    assert sorted(e.event for e in stored().values()) == ["identify", "login", "page_view", "trade"]
    lines = "\n".join(json.dumps(row) for row in body[:3])
    head = login("pipe") | {"content-type": "application/x-ndjson"}
    again = client.post("/v1/events", content=lines, headers=head).json()
    assert (again["accepted"], again["unchanged"]) == (0, 4)


def test_what_he_did_day_by_day(client: TestClient, login: Login) -> None:
    post(client, login, [SEGMENT, SEGMENT | {"messageId": "s2"}, SENSORS, ZHUGE])
    path = "/v1/customers/C1/behaviour?start=2026-03-01&end=2026-03-02"
    page = client.get(path, headers=login("a1")).json()
    rows = {(d["event"], d["product"]): (d["day"], d["count"], d["amount"]) for d in page["days"]}
    assert rows["trade", "gold"] == ("2026-03-02", 2, 10.0)
    assert rows["login", None] == ("2026-03-02", 1, 0.0)
    assert page["traits"] == {"city": "杭州"}
    with db.session_scope() as session:
        assert [e.target for e in session.exec(select(AuditEntry).where(AuditEntry.action == "behaviour.read"))] == [
            "C1"
        ]
    assert client.get(path, headers=login("a2")).status_code == 404
    assert client.get(path, headers=login("pipe")).status_code == 403
    assert client.get("/v1/customers/C9/behaviour", headers=login("a1")).status_code == 404
    recent = client.get("/v1/customers/C1/behaviour", headers=login("a1")).json()
    assert recent["days"] == [] or recent["start"] <= "2026-03-02"
    for query in ("start=2026-03-02&end=2026-03-01", "start=2020-01-01&end=2026-01-01", "start=x"):
        assert client.get(f"/v1/customers/C1/behaviour?{query}", headers=login("a1")).status_code == 422


def test_a_slow_clock_is_set_right_and_a_message_sent_again_stays_one(client: TestClient, login: Login) -> None:
    slow = now() - timedelta(days=30)
    row = SEGMENT | {"timestamp": slow.isoformat(), "sentAt": (slow + timedelta(minutes=1)).isoformat()}
    assert post(client, login, {"batch": [row]}).json()["accepted"] == 1
    (event,) = stored().values()
    assert abs(event.at - (now() - timedelta(minutes=1))) < timedelta(minutes=1)
    assert datetime.fromisoformat(event.properties["original_timestamp"]) == slow
    later = row | {"sentAt": (slow + timedelta(minutes=9)).isoformat()}
    assert post(client, login, [later]).json()["unchanged"] == 1
    other = later | {"timestamp": (slow + timedelta(seconds=1)).isoformat()}
    assert post(client, login, [other]).json()["results"][0]["code"] == "event-conflict"


def test_an_event_of_somebody_unknown_waits_for_him(client: TestClient, login: Login) -> None:
    row = SEGMENT | {"userId": None, "anonymousId": "browser-1", "event": "浏览产品"}
    assert post(client, login, [row]).json()["results"][0]["state"] == "waiting"
    assert post(client, login, [row]).json()["unchanged"] == 1
    assert stored() == {}
    sign_in = SEGMENT | {"messageId": "s3", "anonymousId": "browser-1", "event": "登录"}
    assert post(client, login, [sign_in]).json()["accepted"] == 1
    assert {ident: e.customer_id for ident, e in stored().items()} == {"s1": "C1", "s3": "C1"}


def test_by_telephone_and_from_the_quarantine(client: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        identity.link(session, "phone", "13912345678", "C2", datetime(2026, 1, 1, tzinfo=UTC))
    body = [SEGMENT | {"userId": "phone:13912345678"}, SEGMENT | {"messageId": "s2", "userId": "C9"}]
    assert [r.get("code") for r in post(client, login, body).json()["results"]] == [None, "customer-unknown"]
    assert stored()["s1"].customer_id == "C2"
    (kept,) = client.get("/v1/quarantine?door=event", headers=login("pipe")).json()["items"]
    with db.session_scope() as session:
        session.add(Customer(id="C9", advisor_id="A1"))
    again = client.post(f"/v1/quarantine/{kept['id']}/retry", headers=login("pipe")).json()
    assert again["resolved"] is True
    assert stored()["s2"].customer_id == "C9"


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"7"])
def test_a_body_without_events_is_one_problem(client: TestClient, login: Login, body: bytes) -> None:
    assert client.post("/v1/events", content=body, headers=login("pipe")).status_code == 422


def test_too_many_at_once(client: TestClient, login: Login) -> None:
    answer = post(client, login, {"batch": [{}] * 10_001})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dongke:too-many-items")
