"""Playbooks over HTTP and on the command line: checks and trials; promises; a follow-up as it stood."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from typer.testing import CliRunner

from api import pipeline
from api.cli import app
from dongke import db
from dongke.audit import AuditEntry
from dongke.clock import beijing, now
from dongke.errors import BadInput
from followup import playbooks
from followup.models import StoredOpportunity

Login = Callable[[str], dict[str, str]]
FILE = (playbooks.FOLDER / "permission.yaml").read_text(encoding="utf-8")
IDLE = (playbooks.FOLDER / "idle_funds.yaml").read_text(encoding="utf-8").replace('version: "2"', 'version: "3"')
WHEN = (now() - timedelta(days=20)).replace(microsecond=0)


@pytest.fixture
def house(client: TestClient, login: Login, talk: Callable[..., dict[str, Any]]) -> TestClient:
    """C1 (A1) and C3 (A3, another branch) have 500,000 idle since twenty days; the advisor promised to call back."""
    rows = [
        talk("K1", started_at=WHEN.isoformat()),
        talk("K3", customer_id="C3", advisor_id="A3", started_at=WHEN.isoformat()),
    ]
    client.post("/v1/conversations", json=rows, headers=login("pipe"))
    with db.session_scope() as session:
        for ident in ("K1", "K3"):
            pipeline.process_conversation(session, ident)
    return client


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def trial(text: str = IDLE, **more: Any) -> dict[str, Any]:
    days = {"start": str(beijing(WHEN).date() - timedelta(days=1)), "end": str(beijing(now()).date())}
    return {"files": [{"name": "idle.yaml", "text": text}], **days, **more}


def test_what_runs_and_the_schema(client: TestClient, login: Login) -> None:
    told = client.get("/v1/playbooks", headers=login("a1")).json()["items"]
    assert {book["id"] for book in told} == {book.id for book in playbooks.load()}
    assert all(book["escalate"] and book["discharge"]["min_seconds"] == 30 for book in told)
    assert client.get("/v1/playbooks/schema", headers=login("a1")).json() == playbooks.schema()


def test_lint(client: TestClient, login: Login) -> None:
    body = {"files": [{"text": FILE}]}
    assert client.post("/v1/playbooks/lint", json=body, headers=login("boss")).json() == {
        "is_good": True,
        "findings": [],
    }
    body = {"files": [{"text": FILE.replace("intent.permission", "intent.permision")}]}
    told = client.post("/v1/playbooks/lint", json=body, headers=login("boss")).json()
    assert not told["is_good"]
    assert {"line": 7, "place": "opens.0.tag", "level": "error"}.items() <= told["findings"][1].items()


def test_a_trial_by_branch_changes_nothing_and_is_on_record(house: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        before = [row.model_dump() for row in session.exec(select(StoredOpportunity))]
    told = house.post("/v1/playbooks/dry-run", json=trial(), headers=login("head")).json()
    assert (told["customers"], told["summary"]["unchanged"]) == (2, 2)
    higher = trial(IDLE.replace("min_yuan: 100000", "min_yuan: 900000"))
    told = house.post("/v1/playbooks/dry-run", json=higher, headers=login("boss")).json()
    assert [(item["changes"], item["tried"], item["running"]["customer"]) for item in told["items"]] == [
        (["gone"], None, "C1")
    ]
    assert "五十万" in told["items"][0]["words"]
    with db.session_scope() as session:
        assert [row.model_dump() for row in session.exec(select(StoredOpportunity))] == before
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "playbook.dry-run")).all()[-1]
        assert (entry.actor, entry.target, entry.detail["customers"]) == ("boss", "idle_funds", 1)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (trial("id: ["), "playbook-invalid"),
        (trial(IDLE.replace("days: 2", "days: two")), "playbook-invalid"),
        (trial(IDLE.replace("words: >-", "loose2: >-")), "playbook-invalid"),
        (trial(IDLE + "untold: (a+)+\n"), "playbook-invalid"),
        (trial(start="2026-06-30", end="2026-06-01"), "period-invalid"),
        (trial(start="1990-01-01", end="2026-06-01"), "period-invalid"),
        (trial(colour="red"), "body-invalid"),
        (trial(files=[{"name": "a", "text": IDLE}] * 2), "playbook-invalid"),
    ],
)
def test_what_cannot_be_tried(house: TestClient, login: Login, body: Any, fault: str) -> None:
    answer = house.post("/v1/playbooks/dry-run", json=body, headers=login("root"))
    assert (answer.status_code, code(answer) in (fault, "request-invalid")) == (422, True)


@pytest.mark.parametrize("who", ["a1", "pipe"])
@pytest.mark.parametrize("path", ["lint", "dry-run"])
def test_advisors_and_machines_make_no_rules(client: TestClient, login: Login, who: str, path: str) -> None:
    body = trial() if path == "dry-run" else {"files": [{"text": FILE}]}
    answer = client.post(f"/v1/playbooks/{path}", json=body, headers=login(who))
    assert (answer.status_code, code(answer)) == (403, "role-forbidden")


def test_a_customers_follow_up_as_it_stood(house: TestClient, login: Login) -> None:
    told = house.get("/v1/customers/C1/follow-up", headers=login("a1")).json()
    ids = {o["playbook"]: o for o in told["opportunities"]}
    assert {"idle_funds", "call_back"} <= set(ids)
    assert all(c["conversation"] and c["evidence"] and c["known_at"] for o in ids.values() for c in o["causes"])
    assert [(p["kind"], p["outcome"]) for p in told["promises"]] == [("call_back", "broken")]
    early = (WHEN - timedelta(days=1)).isoformat()
    asked = house.get("/v1/customers/C1/follow-up", params={"as_of": early}, headers=login("a1")).json()
    assert (asked["opportunities"], asked["promises"]) == ([], [])
    then = {"as_of": now().isoformat(), "known_at": early}
    assert house.get("/v1/customers/C1/follow-up", params=then, headers=login("a1")).json()["opportunities"] == []
    assert code(house.get("/v1/customers/C3/follow-up", headers=login("a1"))) == "customer-unknown"
    with db.session_scope() as session:
        reads = session.exec(select(AuditEntry).where(AuditEntry.action == "follow-up.read")).all()
        assert [r.target for r in reads] == ["C1", "C1", "C1"]


def test_one_opportunity_shows_the_words_of_every_step(house: TestClient, login: Login) -> None:
    listed = house.get("/v1/opportunities", params={"customer": "C1"}, headers=login("a1")).json()["items"]
    for row in listed:
        told = house.get(f"/v1/opportunities/{row['id']}", headers=login("a1")).json()
        assert told["misses"] == []
        assert all(len(c["words"]) == len(c["evidence"]) and all(c["words"]) for c in told["causes"])


def test_promises_by_advisor(house: TestClient, login: Login) -> None:
    days = {"start": str(beijing(WHEN).date() - timedelta(days=1))}
    mine = house.get("/v1/promises", params=days, headers=login("a1")).json()["items"]
    assert [(line["advisor"], line["broken"], line["judged"], line["broken_rate"]) for line in mine] == [
        ("A1", 1, 1, 1.0)
    ]
    assert mine[0]["promises"]["broken"][0] in str(house.get("/v1/opportunities", headers=login("a1")).json())
    firm = house.get("/v1/promises", params=days, headers=login("head")).json()["items"]
    assert [line["advisor"] for line in firm] == ["A1", "A3"]
    assert (
        house.get("/v1/promises", params={"start": "2026-06-02", "end": "2026-06-01"}, headers=login("a1")).status_code
        == 422
    )


def cli(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_the_command_line_checks(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(FILE, encoding="utf-8")
    assert cli("playbook", "lint", str(path)).exit_code == 0
    path.write_text(FILE.replace("days: 1}", "days: one}"), encoding="utf-8")
    done = cli("playbook", "lint", str(path))
    assert (done.exit_code, "p.yaml:9: 错误: due.days: 要整数" in done.output) == (1, True)
    assert isinstance(cli("playbook", "dryrun", str(path)).exception, BadInput)
    assert isinstance(cli("playbook", "lint", str(tmp_path / "none.yaml")).exception, BadInput)
    assert json.loads(cli("playbook", "schema").stdout)["title"] == "Playbook"
    assert "闲置资金" in cli("playbook", "list").output


def test_the_command_line_tries_and_tells(house: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(IDLE.replace("days: 2", "days: 4"), encoding="utf-8")
    since = str(beijing(WHEN).date() - timedelta(days=1))
    done = cli("playbook", "dryrun", str(path), "--from", since)
    assert done.exit_code == 0
    assert "期限不同 2" in done.output
    assert "什么都没有改" in done.output
    told = json.loads(cli("playbook", "dryrun", str(path), "--from", since, "--json").stdout)
    assert [item["changes"][0] for item in told["items"]] == ["deadline", "deadline"]
    assert "A1" in cli("promise", "table", "--from", since).output
    assert "未兑现" in cli("promise", "show", "C1").output
    later = datetime.fromisoformat("2020-01-01T00:00:00+08:00").isoformat()
    assert "未兑现" not in cli("promise", "show", "C1", "--as-of", later).output
