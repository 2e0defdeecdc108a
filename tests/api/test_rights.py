"""Rights and suitability over HTTP and the command line: who may do what, what comes back, what goes on afterwards."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select
from typer.testing import CliRunner

from api import pipeline, queue, worker
from api.cli import app as cli
from api.queue import Task
from asr.models import StoredConversation
from dongke import db
from dongke.clock import now
from profiles.models import StoredAssertion, StoredReading
from profiles.rights import store as rights_store

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
DENY = {"kind": "consent", "status": "denied", "subject": "profiling", "source": "客户口头"}


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def post(client: TestClient, headers: dict[str, str], who: str = "C1", **body: Any) -> Any:
    return client.post(f"/v1/customers/{who}/rights", json=body, headers=headers)


def tell(client: TestClient, login: Login, row: dict[str, Any]) -> None:
    assert client.post("/v1/conversations", json=row, headers=login("pipe")).status_code == 202


@pytest.fixture
def read(client: TestClient, login: Login, talk: Talk) -> TestClient:
    """K1 of C1: 500,000 idle and a wish for bond funds. C1 is C2, asked a month ago."""
    row = talk("K1", started_at=(now() - timedelta(days=1)).isoformat())
    row["utterances"] += [
        {"speaker": "advisor", "text": "您想买什么产品?", "start": 41.0, "end": 43.0},
        {"speaker": "customer", "text": "我想买债券基金。", "start": 44.0, "end": 47.0},
    ]
    tell(client, login, row)
    asked = (now() - timedelta(days=30)).date().isoformat()
    file = {"customer_id": "C1", "risk_level": "C2", "questionnaire_on": asked, "effective_on": asked}
    assert client.post("/v1/snapshots", json=file, headers=login("pipe")).status_code == 202
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
    return client


def test_a_refusal_is_noted_and_shown_with_its_source(read: TestClient, login: Login) -> None:
    made = post(read, login("a1"), **DENY)
    assert made.status_code == 201
    shown = read.get("/v1/customers/C1/rights", headers=login("a1")).json()
    assert shown == made.json()
    assert (shown["state"], shown["refused"], shown["text"]) == ("active", ["profiling"], "客户不同意画像")
    (fact,) = shown["facts"]
    assert (fact["status_label"], fact["subject_label"], fact["source"], fact["by"]) == (
        "拒绝",
        "画像",
        "客户口头",
        "a1",
    )


@pytest.mark.parametrize(
    ("who", "body", "status", "wanted"),
    [
        ("a2", DENY, 404, "customer-unknown"),
        ("pipe", DENY, 403, "role-forbidden"),
        ("a1", {"kind": "state", "status": "erased", "reason": "x"}, 403, "role-forbidden"),
        ("boss", {"kind": "hold", "status": "held", "reason": "x"}, 403, "role-forbidden"),
        ("law", {"kind": "state", "status": "restricted"}, 422, "reason-missing"),
        ("a1", DENY | {"subject": "spam"}, 422, "right-invalid"),
        ("a1", DENY | {"status": "erased"}, 422, "right-invalid"),
        ("a1", DENY | {"status": "perhaps"}, 422, "request-invalid"),
        ("a1", DENY | {"at": "2026-06-01T10:00:00"}, 422, "request-invalid"),
        ("a1", DENY | {"at": "2100-06-01T10:00:00Z"}, 422, "time-future"),
        ("a1", {"kind": "tag", "status": "restored", "subject": "funds.idle"}, 409, "not-deleted"),
        ("a1", {"kind": "tag", "status": "deleted", "assertion_id": "K9~0"}, 404, "tag-unknown"),
    ],
)
def test_what_is_refused(
    read: TestClient, login: Login, who: str, body: dict[str, Any], status: int, wanted: str
) -> None:
    answer = post(read, login(who), **body)
    assert (answer.status_code, code(answer)) == (status, wanted)


def test_the_same_wish_with_the_same_key_is_noted_once(read: TestClient, login: Login) -> None:
    headers = login("a1") | {"Idempotency-Key": "wish-1"}
    assert post(read, headers, **DENY).json() == post(read, headers, **DENY).json()
    assert code(post(read, headers, **DENY | {"source": "书面"})) == "idempotency-key-reused"
    assert len(read.get("/v1/customers/C1/rights", headers=login("a1")).json()["facts"]) == 1


def test_which_tag_was_deleted_is_for_those_who_answer_for_it(read: TestClient, login: Login) -> None:
    assert post(read, login("a1"), kind="tag", status="deleted", subject="funds.idle").status_code == 201
    shown = {who: read.get("/v1/customers/C1/rights", headers=login(who)).json()["facts"] for who in ("a1", "law")}
    assert [(f["subject"], f["subject_label"]) for f in shown["a1"]] == [("", "一个标签")]
    assert [(f["subject"], f["subject_label"]) for f in shown["law"]] == [("funds.idle", "闲置资金")]


def readings() -> list[str]:
    with db.session_scope() as session:
        return sorted(session.exec(select(StoredReading.conversation_id)))


def test_talks_of_one_who_refuses_are_stored_and_read_when_he_agrees(
    read: TestClient, login: Login, talk: Talk
) -> None:
    post(read, login("a1"), **DENY)
    tell(read, login, talk("K2", started_at=now().isoformat()))
    with db.session_scope() as session:
        done = pipeline.process_conversation(session, "K2")
        assert (done.assertions, done.waiting) == (0, pipeline.REFUSED)
        assert session.get_one(StoredConversation, "K2").read_hash is None
        assert worker._unread(session) == []  # the sweep does not try it every minute
    assert readings() == ["K1"]
    post(read, login("a1"), **DENY | {"status": "granted"})
    with db.session_scope() as session:
        assert "K2" in queue.busy(session, Task.CONVERSATION)
        pipeline.process_conversation(session, "K2")
        found = session.exec(select(StoredAssertion.tag).where(StoredAssertion.conversation_id == "K2"))
        assert "funds.idle" in set(found)


def test_who_agrees_in_wecom_has_said_so(client: TestClient, login: Login) -> None:
    rows = [{"customer_id": "C1", "purpose": "analysis", "status": "denied", "at": now().isoformat()}]
    answer = client.post("/v1/consents", json={"consents": rows}, headers=login("pipe"))
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert client.post("/v1/consents", json=rows, headers=login("pipe")).json()["unchanged"] == 1
    assert code(client.post("/v1/consents", json=rows[0] | {"purpose": "x"}, headers=login("pipe"))) == "right-invalid"
    assert client.post("/v1/consents", json=rows, headers=login("a1")).status_code == 403
    with db.session_scope() as session:
        assert rights_store.right_of(session, "C1").refused == {"analysis"}


def test_consents_and_snapshots_by_file(client: TestClient, tmp_path: Path) -> None:
    consents = "customer_id,purpose,status,at\nC1,marketing,denied,2026-06-01T10:00:00+08:00\nC9,marketing,denied,x\n"
    (tmp_path / "consents.csv").write_text(consents, encoding="utf-8")
    (tmp_path / "snapshots.csv").write_text("customer_id,effective_on,risk_level\nC1,2026-06-01,C2\n", encoding="utf-8")
    first = CliRunner().invoke(cli, ["ingest", str(tmp_path), "--queue"])
    assert (first.exit_code, "新增或更新 2, 未变 0, 拒收 1" in first.output) == (1, True), first.output
    again = CliRunner().invoke(cli, ["ingest", str(tmp_path), "--queue"])
    assert "新增或更新 0, 未变 2, 拒收 1" in again.output
    with db.session_scope() as session:
        assert rights_store.right_of(session, "C1").refused == {"marketing"}


def test_every_suggestion_says_whether_it_may_be_made(read: TestClient, login: Login) -> None:
    rows = read.get("/v1/opportunities", headers=login("a1")).json()["items"]
    marks = {row["playbook"]: row["suitability"] for row in rows}
    assert (marks["idle_funds"]["status"], marks["idle_funds"]["text"]) == ("allowed", "C2, 可推荐 R2 及以下的产品")
    assert (marks["product_intent"]["product"], marks["product_intent"]["rule"]) == ("bond_fund", "matrix.allowed")
    assert marks["call_back"] is None
    ident = quote(next(row["id"] for row in rows if row["playbook"] == "product_intent"), safe="")
    one = read.get(f"/v1/opportunities/{ident}", headers=login("a1")).json()
    assert one["suitability"] == marks["product_intent"]
    page = read.get("/v1/customers/C1/profile", headers=login("a1")).json()
    by_tag = {tag["tag"]: tag["suitability"] for tag in page["tags"]}
    assert by_tag["intent.product"] == marks["product_intent"]
    assert [line["suitability"] for line in page["three_lines"]] == [
        by_tag[next(t["tag"] for t in page["tags"] if t["id"] == line["tag_id"])] for line in page["three_lines"]
    ]
    assert "suitability" in page["next_question"]


def test_a_refused_marketing_blocks_what_is_left(read: TestClient, login: Login) -> None:
    post(read, login("a1"), **DENY | {"subject": "marketing"})
    assert {row["playbook"] for row in read.get("/v1/opportunities", headers=login("a1")).json()["items"]} == {
        "call_back"
    }
    answers = read.get("/v1/customers/C1/suitability", headers=login("a1")).json()
    assert {row["rule"] for row in answers["products"] + answers["permissions"]} == {"rights.marketing"}


def test_suitability_of_every_product_and_permission(read: TestClient, login: Login) -> None:
    answers = read.get("/v1/customers/C1/suitability", headers=login("a1")).json()
    assert (answers["level"], answers["investor_type_label"]) == ("C2", "普通投资者")
    allowed = {row["product"] for row in answers["products"] if row["status"] == "allowed"}
    known = {row["code"]: row["risk"] for row in read.get("/v1/products", headers=login("a1")).json()["items"]}
    assert allowed == {c for c, risk in known.items() if risk in ("R1", "R2") and not c.startswith("permission:")}
    assert next(r for r in answers["permissions"] if r["product"] == "permission:star")["rule"] == "matrix.risk"
    assert read.get("/v1/customers/C1/suitability", headers=login("a2")).status_code == 404


def test_the_file_with_both_its_times(read: TestClient, login: Login) -> None:
    before = quote(now().isoformat())
    rows = [{"customer_id": "C1", "risk_level": "C4", "effective_on": f"2026-0{n}-01"} for n in (1, 2)]
    read.post("/v1/snapshots", json=rows, headers=login("pipe"))
    page = read.get("/v1/customers/C1/snapshots?limit=1", headers=login("a1")).json()
    assert page["items"][0]["data"]["risk_level"] == "C2"
    rest = read.get(f"/v1/customers/C1/snapshots?cursor={page['next_cursor']}", headers=login("a1")).json()
    assert [(r["data"]["risk_level"], r["effective_at"][:10]) for r in rest["items"]] == [("C4", "2025-12-31")]
    known = read.get(f"/v1/customers/C1/snapshots?known_at={before}", headers=login("a1")).json()
    assert len(known["items"]) == 1
    assert code(read.get("/v1/customers/C1/snapshots?known_at=yesterday", headers=login("a1"))) == "time-invalid"
    bad = read.post("/v1/snapshots", json=[{"customer_id": "C1", "age": "old"}], headers=login("pipe")).json()
    assert (bad["refused"], bad["results"][0]["code"]) == (1, "snapshot-invalid")


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, ["rights", *words])


def test_the_command_line(read: TestClient) -> None:
    assert "没有登记过任何权利" in run("show", "C1").output
    assert run("deny", "C1", "profiling", "--source", "来信").output == "客户 C1: 拒绝画像, 已生效\n"
    assert run("delete-tag", "C1", "family.clue").output == "客户 C1: 已删除家庭线索, 已生效\n"
    assert run("hold", "C1", "--reason", "诉讼").exit_code == 0
    shown = run("show", "C1").output
    for words in ("不同意画像", "法律保留中", "来信", "已删除 家庭线索"):
        assert words in shown
    for words, fault in (
        (("erase", "C1", "--yes", "--reason", "x"), "legal-hold"),
        (("grant", "C1", "spam"), "right-invalid"),
        (("restrict", "C1"), "reason-missing"),
        (("show", "C9"), "customer-unknown"),
        (("grant", "C1", "profiling", "--at", "2026-06-01"), "time-"),
    ):
        assert fault in str(run(*words).exception), words
    assert run("release", "C1", "--reason", "结案").exit_code == 0
    assert run("erase", "C1", "--reason", "保存期满").exit_code == 1  # nobody said yes
    assert run("erase", "C1", "--reason", "保存期满", "--yes").output == "客户 C1: 已删除, 已生效\n"


def test_old_talks_of_the_restricted_are_not_transcribed_or_read(read: TestClient, login: Login, talk: Talk) -> None:
    tell(read, login, talk("K3", started_at=now().isoformat()))
    post(read, login("law"), kind="state", status="restricted", reason="客户要求")
    with db.session_scope() as session:
        assert pipeline.process_conversation(session, "K3").waiting == pipeline.REFUSED
        waiting = select(StoredConversation.id).where(col(StoredConversation.read_hash).is_(None))
        assert session.exec(waiting).all() == ["K3"]  # stored, as the law asks
        assert worker._unread(session) == worker._unheard(session) == []
