"""Who is who through HTTP: identifiers, merges, doubts, households – who may, what is audited, what follows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api import files, pipeline, queue, worker
from api.doors import ingest
from api.queue import Task
from dongke import db
from dongke.audit import AuditEntry, broken_at
from dongke.clock import now
from dongke.directory import set_owner
from followup.models import StoredOpportunity
from profiles.identity import conflicts
from profiles.identity import service as identity
from profiles.models import BehaviourEvent, IdentityLink

Login = Callable[[str], dict[str, str]]
PHONE = "139" + "0000" + "1234"
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def audited(action: str) -> list[AuditEntry]:
    with db.session_scope() as session:
        assert broken_at(session) is None
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)))


def run_jobs() -> None:
    """What the worker would do for the customers who wait."""
    with db.session_scope() as session:
        waiting = queue.busy(session, Task.CUSTOMER)
    for ident in sorted(waiting):
        worker.attempt(Task.CUSTOMER, ident, pipeline.refresh_customer)


@pytest.fixture
def link(client: TestClient, login: Login) -> Callable[..., Any]:
    def post(who: str, customer: str, kind: str = "phone", value: str = PHONE, **more: Any) -> Any:
        body = {"kind": kind, "value": value, "reason": "客户来电确认", **more}
        return client.post(f"/v1/customers/{customer}/identifiers", json=body, headers=login(who))

    return post


@pytest.fixture
def regroup(client: TestClient, login: Login) -> Callable[..., Any]:
    def post(who: str, verb: str, first: str, second: str, **more: Any) -> Any:
        headers = login(who) | more.pop("headers", {})
        body = {"customer_id": first, "other_id": second, "reason": "同一身份证", **more}
        return client.post(f"/v1/identity/{verb}", json=body, headers=headers)

    return post


def test_an_identifier_is_linked_shown_masked_revealed_and_unlinked(
    client: TestClient, login: Login, link: Callable[..., Any]
) -> None:
    made = link("boss", "C1", from_at="2026-02-01T00:00:00+08:00")
    assert made.status_code == 201
    ident = made.json()["id"]
    assert (made.json()["value"], made.json()["label"], made.json()["by"]) == ("139****1234", "手机号", "boss")
    page = client.get("/v1/customers/C1/identity", headers=login("a1")).json()
    assert [(i["id"], i["value"], i["current"]) for i in page["identifiers"]] == [(ident, "139****1234", True)]
    assert PHONE not in str(page)
    path = f"/v1/customers/C1/identifiers/{ident}"
    for who, status in (("a1", 403), ("pipe", 403), ("boss", 200), ("law", 200)):
        shown = client.post(f"{path}/reveal", json={"reason": "核实身份"}, headers=login(who))
        assert shown.status_code == status
        assert (PHONE in shown.text) == (status == 200)
    assert [(e.actor, e.detail["reason"]) for e in audited("identifier.reveal")] == [
        ("boss", "核实身份"),
        ("law", "核实身份"),
    ]
    gone = client.delete(path, params={"reason": "号码已注销"}, headers=login("boss"))
    assert (gone.status_code, gone.json()["current"]) == (200, False)
    page = client.get("/v1/customers/C1/identity", headers=login("a1")).json()
    assert [i["current"] for i in page["identifiers"]] == [False]
    assert PHONE not in str([e.detail for e in (*audited("identifier.link"), *audited("identifier.unlink"))])
    assert code(client.delete(f"{path}x", params={"reason": "号码"}, headers=login("boss"))) == "identifier-unknown"
    assert client.delete(path, headers=login("boss")).status_code == 422


def test_what_cannot_be_linked_is_one_clear_problem(link: Callable[..., Any]) -> None:
    for kind, value, why in (
        ("phone", "13800138000", "identifier-blocked"),
        ("device", "00000000-0000-0000-0000-000000000000", "identifier-blocked"),
        ("phone", "abc", "identifier-invalid"),
        ("horoscope", "aries", "identifier-invalid"),
    ):
        answer = link("boss", "C1", kind, value)
        assert (answer.status_code, code(answer)) == (422, why)
    assert code(link("boss", "C1", "customer_id", "C2")) == "identifier-limit"
    assert code(link("boss", "C1", from_at="2999-01-01T00:00:00+08:00")) == "time-future"
    assert link("boss", "C1", reason="").status_code == 422


def test_the_limit_leaves_a_doubt_behind(client: TestClient, login: Login, link: Callable[..., Any]) -> None:
    for number in range(5):
        assert link("boss", "C1", value=f"1390000123{number}").status_code == 201
    refused = link("boss", "C1", value="13900001239")
    assert (refused.status_code, code(refused)) == (409, "identifier-limit")
    (doubt,) = client.get("/v1/identity/conflicts", headers=login("a1")).json()["items"]
    assert (doubt["kind"], doubt["label"], doubt["customers"]) == ("limit", "标识超过上限", ["C1"])
    settled = client.post(
        f"/v1/identity/conflicts/{doubt['id']}/settle", json={"reason": "代办人的电话"}, headers=login("boss")
    )
    assert (settled.status_code, settled.json()["settled_by"]) == (200, "boss")
    assert client.get("/v1/identity/conflicts", headers=login("a1")).json()["items"] == []
    everything = client.get("/v1/identity/conflicts?settled=true&kind=limit", headers=login("a1")).json()["items"]
    assert [row["note"] for row in everything] == ["代办人的电话"]
    again = client.post(f"/v1/identity/conflicts/{doubt['id']}/settle", json={"reason": "再来"}, headers=login("boss"))
    assert code(again) == "conflict-settled"


def test_only_managers_of_both_may_change_who_is_who(
    link: Callable[..., Any], regroup: Callable[..., Any], client: TestClient, login: Login
) -> None:
    for who, status in (("a1", 403), ("law", 403), ("pipe", 403)):
        assert regroup(who, "merges", "C1", "C2").status_code == status
        assert link(who, "C1").status_code == status
    for pair in (("C1", "C3"), ("C3", "C1"), ("C1", "C9")):
        answer = regroup("boss", "merges", *pair)
        assert (answer.status_code, code(answer)) == (404, "customer-unknown")
    assert code(link("boss", "C3")) == "customer-unknown"
    assert client.get("/v1/customers/C3/identity", headers=login("boss")).status_code == 404
    assert code(regroup("boss", "merges", "C1", "C1")) == "merge-self"
    assert code(regroup("boss", "merges", "C1", "C2", at="2999-01-01T00:00:00+08:00")) == "time-future"
    assert regroup("head", "merges", "C2", "C3").status_code == 201
    dragged_in = regroup("boss", "merges", "C1", "C2")
    assert (dragged_in.status_code, code(dragged_in)) == (404, "customer-unknown")
    with db.session_scope() as session:
        assert [row.by for row in session.exec(select(IdentityLink))] == ["head"]


def test_a_merge_and_an_unmerge_are_told_and_audited(
    client: TestClient, login: Login, regroup: Callable[..., Any]
) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (regroup("boss", "merges", "C1", "C2", headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["persons"] == [{"canonical_id": "C1", "members": ["C1", "C2"]}]
    assert code(regroup("boss", "merges", "C2", "C1")) == "merge-exists"
    page = client.get("/v1/customers/C2/identity", headers=login("boss")).json()
    assert (page["canonical_id"], [m["customer_id"] for m in page["members"]]) == ("C1", ["C1", "C2"])
    done = regroup("boss", "unmerges", "C2", "C1", reason="不同的人")
    assert done.json()["persons"] == [
        {"canonical_id": "C2", "members": ["C2"]},
        {"canonical_id": "C1", "members": ["C1"]},
    ]
    assert code(regroup("boss", "unmerges", "C1", "C2")) == "merge-missing"
    history = client.get("/v1/customers/C1/identity", headers=login("head")).json()["history"]
    assert [(h["action"], h["reason"], h["by"], h["undone"]) for h in history] == [
        ("unmerge", "不同的人", "boss", False),
        ("merge", "同一身份证", "boss", True),
    ]
    (merge,), (unmerge,) = audited("identity.merge"), audited("identity.unmerge")
    assert (merge.actor, merge.target, merge.detail["other"], merge.detail["reason"]) == (
        *("boss", "C1", "C2"),
        "同一身份证",
    )
    assert unmerge.detail["members"] == [["C2"], ["C1"]]


def test_opportunities_and_the_profile_follow_through_the_queue(
    client: TestClient, login: Login, regroup: Callable[..., Any], talk: Callable[..., Any]
) -> None:
    when = (now() - timedelta(days=1)).isoformat()
    rows = [talk("K1", started_at=when), talk("K2", customer_id="C2", advisor_id="A2", started_at=when)]
    client.post("/v1/conversations", json=rows, headers=login("pipe"))
    with db.session_scope() as session:
        for ident in ("K1", "K2"):
            pipeline.process_conversation(session, ident)

    def owners() -> set[tuple[str, str]]:
        with db.session_scope() as session:
            return {(o.customer_id, o.opened_by[:2]) for o in session.exec(select(StoredOpportunity))}

    def tags(customer: str) -> list[tuple[str, int]]:
        page = client.get(f"/v1/customers/{customer}/profile", headers=login("head")).json()
        return sorted((t["tag"], t["told_times"]) for t in page["tags"])

    before, apart = owners(), tags("C2")
    assert before == {("C1", "K1"), ("C2", "K2")}
    merged_at = (now() - timedelta(days=30)).isoformat()
    assert regroup("boss", "merges", "C1", "C2", at=merged_at).status_code == 201
    run_jobs()
    assert {customer for customer, _ in owners()} == {"C1"}
    assert tags("C1") == tags("C2") != apart
    assert regroup("boss", "unmerges", "C1", "C2", at=merged_at).status_code == 201
    run_jobs()
    assert (owners(), tags("C2")) == (before, apart)


def test_a_shared_telephone_is_a_household_and_no_merge(
    client: TestClient, login: Login, link: Callable[..., Any]
) -> None:
    for who, customer in (("boss", "C1"), ("boss", "C2"), ("head", "C3")):
        assert link(who, customer, from_at="2026-02-01T00:00:00+08:00").status_code == 201
    boss = client.get("/v1/customers/C1/identity", headers=login("boss")).json()
    assert [m["customer_id"] for m in boss["members"]] == ["C1"]
    assert sorted((e["other_id"] or "", e["reason"]) for e in boss["household"]) == [
        ("", "自2026-02-01 起共用手机号 139****1234"),
        ("C2", "自2026-02-01 起共用手机号 139****1234"),
    ]
    assert boss["identifiers"][0]["shared_with"] == ["C2"]
    advisor = client.get("/v1/customers/C1/identity", headers=login("a1")).json()
    assert {e["other_id"] for e in advisor["household"]} == {None}
    assert advisor["identifiers"][0]["shared_with"] == []


def test_a_doubt_is_seen_by_those_who_may_read_all_of_it(client: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        for number, pair in enumerate((("C1", "C2"), ("C2", "C3"))):
            doubt = conflicts.Doubt("handover", pair, (f"phone~{number}",), LONG_AGO, f"{pair[0]} 转到 {pair[1]}")
            conflicts.note(session, [doubt])
    for who, seen in (("a1", 0), ("boss", 1), ("head", 2), ("law", 2)):
        assert len(client.get("/v1/identity/conflicts", headers=login(who)).json()["items"]) == seen
    page = client.get("/v1/identity/conflicts?limit=1", headers=login("law")).json()
    rest = client.get(f"/v1/identity/conflicts?limit=1&cursor={page['next_cursor']}", headers=login("law")).json()
    assert rest["next_cursor"] is None
    assert {c["text"] for c in (*page["items"], *rest["items"])} == {"C1 转到 C2", "C2 转到 C3"}
    hidden = next(c for c in (*page["items"], *rest["items"]) if "C3" in c["customers"])
    answer = client.post(
        f"/v1/identity/conflicts/{hidden['id']}/settle", json={"reason": "看过"}, headers=login("boss")
    )
    assert (answer.status_code, code(answer)) == (404, "conflict-unknown")


def test_identifiers_come_in_bulk_and_bring_what_was_done_anonymously(client: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        set_owner(session, "C4", "A1", LONG_AGO)
    event = {"type": "track", "messageId": "m1", "anonymousId": "web-abc-123", "event": "product_view"}
    event |= {"timestamp": "2026-03-02T10:00:00+08:00", "properties": {"product": "gold"}}
    assert client.post("/v1/events", json=event, headers=login("pipe")).status_code == 202
    kind = "device" if _named_device() else "anonymous_id"
    rows = [
        {"customer_id": "C4", "kind": kind, "value": "web-abc-123", "from_at": "2026-03-01"},
        {"customer_id": "C4", "kind": "phone", "value": "0000", "from_at": "2026-03-01"},
        {"customer_id": "C9", "kind": "phone", "value": PHONE, "from_at": "2026-03-01"},
        {"customer_id": "C4", "kind": "phone", "value": PHONE, "from_at": "yesterday"},
    ]
    answer = client.post("/v1/identifiers", json=rows, headers=login("pipe")).json()
    assert [r.get("code") for r in answer["results"]] == [
        *(None, "identifier-blocked", "customer-unknown", "time-invalid"),
    ]
    with db.session_scope() as session:
        assert [(e.message_id, e.customer_id) for e in session.exec(select(BehaviourEvent))] == [("m1", "C4")]
        assert identity.resolve(session, kind, "web-abc-123", now()) == "C4"
    waiting = client.get("/v1/quarantine?door=identifiers", headers=login("pipe")).json()["items"]
    assert len(waiting) == 3
    assert PHONE not in str(waiting)
    with db.session_scope() as session:
        set_owner(session, "C9", "A1", LONG_AGO)
    unknown = next(row["id"] for row in waiting if row["code"] == "customer-unknown")
    assert client.post(f"/v1/quarantine/{unknown}/retry", headers=login("pipe")).json()["resolved"] is True
    with db.session_scope() as session:
        assert identity.resolve(session, "phone", PHONE, now()) == "C9"


def test_a_file_of_identifiers_is_known_by_its_columns(tmp_path: Path, broker: None) -> None:
    file = tmp_path / "export.csv"
    file.write_text(f"customer_id,kind,value,from_at\nC1,phone,{PHONE},2026-03-01\nC1,openid,null,2026-03-01\n")
    assert files.kind_of(file) is files.Kind.IDENTIFIERS
    summary = ingest([file])
    assert (summary.accepted, summary.refused) == (1, 1)
    again = ingest([file])
    assert (again.accepted, again.unchanged, again.refused) == (0, 1, 1)


def _named_device() -> bool:
    """Under which kind the event's dialect keeps an anonymousId."""
    from profiles.behaviour.dialects import translate

    row = {"type": "track", "messageId": "x", "anonymousId": "a-b-c-d", "event": "x", "timestamp": now().isoformat()}
    return translate(row, None).who[0][0] == "device"
