"""触达登记, 通讯录, 心声按周, 运行状况: what the pages ask for beside the card."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api import evaluations, pipeline
from api.commands import evaluate_files
from dongke import db
from dongke.progress import Meter
from dongke.settings import settings
from followup.models import Attempt, Note

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
DEV = Path(__file__).parent.parent / "nlp" / "data" / "dev_a.jsonl"


def test_a_visit_is_noted_in_one_request_and_only_once(client: TestClient, login: Login) -> None:
    body = {"kind": "visit", "text": "面谈了三十分钟, 讲了债券基金"}
    headers = login("a1") | {"Idempotency-Key": "k1"}
    first = client.post("/v1/customers/C1/contacts", json=body, headers=headers)
    assert (first.status_code, first.json()["advisor_id"]) == (201, "A1")
    assert client.post("/v1/customers/C1/contacts", json=body, headers=headers).json() == first.json()
    with db.session_scope() as session:
        notes = session.exec(select(Note)).all()
    assert [(n.customer_id, n.text) for n in notes] == [("C1", "面谈: 面谈了三十分钟, 讲了债券基金")]
    assert client.get("/v1/system", headers=login("root")).json()["queue"]["text"] == {"todo": 1}


def test_a_call_that_was_not_answered_is_an_attempt(client: TestClient, login: Login) -> None:
    assert client.post("/v1/customers/C1/contacts", json={"kind": "attempt"}, headers=login("a1")).status_code == 201
    with db.session_scope() as session:
        assert (len(session.exec(select(Attempt)).all()), session.exec(select(Note)).all()) == (1, [])


@pytest.mark.parametrize(
    ("who", "customer", "body", "status"),
    [
        ("a1", "C2", {"kind": "visit", "text": "x"}, 404),
        ("boss", "C1", {"kind": "visit", "text": "x"}, 403),
        ("law", "C1", {"kind": "visit", "text": "x"}, 403),
        ("a1", "C1", {"kind": "dream"}, 422),
        ("a1", "C1", {"kind": "visit", "outcome": "done"}, 422),
        ("a1", "C1", {"kind": "visit", "opportunity_id": "x", "outcome": "done"}, 404),
    ],
)
def test_who_is_not_his_advisor_notes_nothing(
    client: TestClient, login: Login, who: str, customer: str, body: dict[str, Any], status: int
) -> None:
    answer = client.post(f"/v1/customers/{customer}/contacts", json=body, headers=login(who))
    assert answer.status_code == status, answer.text
    with db.session_scope() as session:
        assert session.exec(select(Note)).all() == []


def test_contact_and_outcome_in_one_request(client: TestClient, login: Login, talk: Talk) -> None:
    client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
    open_now = client.get("/v1/opportunities", params={"customer": "C1"}, headers=login("a1")).json()["items"]
    wish = next(item for item in open_now if item["playbook"] != "promise")
    body = {"kind": "call", "text": "客户说不用了", "opportunity_id": wish["id"], "outcome": "refused"}
    assert client.post("/v1/customers/C1/contacts", json=body, headers=login("a1")).status_code == 201
    after = client.get(f"/v1/opportunities/{wish['id']}", headers=login("a1")).json()
    assert [(a["outcome"], a["comment"]) for a in after["actions"]] == [("refused", "客户说不用了")]
    with db.session_scope() as session:
        assert session.exec(select(Note)).one().text == "电话: 客户说不用了"


def test_everybody_filters_by_those_he_may_see(client: TestClient, login: Login) -> None:
    def seen(who: str) -> tuple[list[str], list[str]]:
        row = client.get("/v1/directory", headers=login(who)).json()
        return [b["id"] for b in row["branches"]], [a["id"] for a in row["advisors"]]

    assert seen("a1") == (["B1"], ["A1"])
    assert seen("boss") == (["B1"], ["A1", "A2"])
    assert seen("head") == (["B1", "B2"], ["A1", "A2", "A3"])
    assert client.get("/v1/directory", headers=login("pipe")).status_code == 403


def test_voices_stand_in_their_weeks(client: TestClient, login: Login, talk: Talk) -> None:
    complaint = [{"speaker": "customer", "text": "你们这佣金收得也太高了, 我很不满意。", "start": 0.0, "end": 5.0}]
    for ident, day in (("K1", "2026-03-02"), ("K2", "2026-03-10")):
        row = talk(ident, utterances=complaint, started_at=f"{day}T10:00:00+08:00")
        client.post("/v1/conversations", json=row, headers=login("pipe"))
        with db.session_scope() as session:
            pipeline.process_conversation(session, ident)
    asked = {"start": "2026-02-27", "end": "2026-03-15"}
    answer = client.get("/v1/reports/voices", params=asked, headers=login("boss")).json()
    assert [date.fromisoformat(day).isoweekday() for day in answer["weeks"]] == [1, 1, 1]
    (topic,) = answer["topics"]
    assert (topic["weeks"], topic["negative"], topic["positive"]) == ([0, 1, 1], 2, 0)
    assert client.get("/v1/reports/voices", params=asked, headers=login("a2")).json()["topics"] == []


def test_the_system_page_tells_versions_readings_and_running_work(client: TestClient, login: Login, talk: Talk) -> None:
    client.post("/v1/conversations", json=[talk("K1"), talk("K2")], headers=login("pipe"))
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
    meter = Meter("ingest", "接入", 10)
    meter.step(4)
    meter.note()
    row = client.get("/v1/system", headers=login("root")).json()
    assert row["reading"] == {"read": 1, "waiting": 1, "refused": 0}
    assert row["versions"]["reader"]
    assert row["versions"]["playbooks"]["idle_funds"]
    assert row["versions"]["schema"].isdigit()
    (work,) = row["progress"]
    assert (work["title"], work["done"], work["total"], work["state"]) == ("接入", 4, 10, "running")


def test_a_talk_that_may_not_be_read_does_not_wait(client: TestClient, login: Login, talk: Talk) -> None:
    client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
    deny = {"kind": "consent", "status": "denied", "subject": "analysis", "source": "客户口头"}
    assert client.post("/v1/customers/C1/rights", json=deny, headers=login("root")).status_code == 201
    reading = client.get("/v1/system", headers=login("root")).json()["reading"]
    assert reading == {"read": 0, "waiting": 0, "refused": 1}


def test_the_last_evaluation_is_kept_for_the_page(
    client: TestClient, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(DEV.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    assert evaluations.last(tmp_path) is None
    monkeypatch.setenv("DONGKE_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    assert len(list(evaluate_files([few], 0))) == 1
    row = evaluations.last(tmp_path)
    assert row is not None
    assert (row["files"], row["conversations"]) == (["few.jsonl"], 2)
    assert 0 <= row["strict"] <= row["match"] <= 1
    (tmp_path / evaluations.FILE).write_text("{", encoding="utf-8")
    assert evaluations.last(tmp_path) is None
