"""适当性举证包: what stands in it, that it can be given again, and that rights reach it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
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
from dongke.clock import now

Login = Callable[[str], dict[str, str]]
WARNING = "这款债券基金有一定风险, 不保证收益。"
WORDS = [
    ("advisor", "您好, 我是您的投资顾问。"),
    ("customer", "我比较保守, 不想冒险。"),
    ("advisor", f"给您推荐一款债券基金。{WARNING}"),
    ("advisor", "我刚才说的您明白了吗?"),
    ("advisor", "今天天气不错。"),
    ("customer", "明白了。"),
]
PATH = "/v1/customers/C1/suitability-evidence"


@pytest.fixture
def told(client: TestClient, login: Login, talk: Callable[..., dict[str, Any]]) -> TestClient:
    """C1 is C3 on file, and has had one talk."""
    turns = [{"speaker": s, "text": t, "start": 6.0 * n, "end": 6.0 * n + 5} for n, (s, t) in enumerate(WORDS)]
    pipe = login("pipe")
    file = {"customer_id": "C1", "risk_level": "C3", "questionnaire_on": "2026-01-10", "effective_on": "2026-01-10"}
    assert client.post("/v1/snapshots", json={"snapshots": [file]}, headers=pipe).status_code == 202
    assert client.post("/v1/conversations", json=talk("K1", utterances=turns), headers=pipe).status_code == 202
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
    return client


def test_what_stands_in_it(told: TestClient, login: Login) -> None:
    made = told.get(PATH, headers=login("a1")).json()
    content = made["content"]
    assert content["suitability"]["level"] == "C3"
    assert content["suitability"]["offer_level"] == "C2"  # what he says tightens
    offers = {row["product"]: row for row in content["offers"]}
    assert (offers["equity_fund"]["status"], offers["money_market"]["status"]) == ("blocked", "allowed")
    assert [f["data"]["risk_level"] for f in content["files"]] == ["C3"]
    assert {tag["tag"] for tag in content["profile"]["tags"]} == {"risk.appetite"}
    (only,) = content["talks"]
    kinds = {turn["utterance"]: turn["kinds"] for turn in only["turns"]}
    assert kinds == {1: ["tag"], 2: ["risk", "offer"], 3: ["check_back"]}
    assert only["turns"][1]["text"].endswith(WARNING)
    assert set(content["rules"]) == {"suitability", "products", "parameters", "risk_words"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert made["sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_asked_again_it_is_the_same(told: TestClient, login: Login, talk: Callable[..., dict[str, Any]]) -> None:
    """Also after more has been said, and whoever asks."""
    first = told.get(PATH, headers=login("a1"))
    content = first.json()["content"]
    times = {name: content[name] for name in ("as_of", "known_at")}
    later = talk("K2", started_at=now().isoformat(), utterances=[{"speaker": "customer", "text": "我能承受大亏损。"}])
    later["channel"] = "chat"
    told.post("/v1/conversations", json=later, headers=login("pipe"))
    again = told.get(PATH, params=times, headers=login("law"))
    assert again.content == first.content
    other = told.get(PATH, headers=login("law")).json()  # the look-alike: another time is another pack
    assert other["sha256"] != first.json()["sha256"]


def test_the_archive(told: TestClient, login: Login) -> None:
    content = told.get(PATH, headers=login("boss")).json()["content"]
    asked = {name: content[name] for name in ("as_of", "known_at")} | {"format": "zip"}
    answer = told.get(PATH, params=asked, headers=login("boss"))
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content == told.get(PATH, params=asked, headers=login("boss")).content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sums = dict(line.split("  ")[::-1] for line in book.read("SHA256SUMS").decode().splitlines())
        assert sums == {n: hashlib.sha256(book.read(n)).hexdigest() for n in ("evidence.json", "summary.txt")}
        assert json.loads(book.read("evidence.json")) == content
        words = book.read("summary.txt").decode()
    assert WARNING in words
    assert "否  股票型基金" in words
    assert "天气" not in words


@pytest.mark.parametrize(("who", "status"), [("a2", 404), ("pipe", 403), ("root", 403), ("head", 200), ("law", 200)])
def test_who_may_have_it(told: TestClient, login: Login, who: str, status: int) -> None:
    assert told.get(PATH, headers=login(who)).status_code == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"as_of": "2999-01-01T00:00:00Z"}, 422),
        ({"known_at": "2999-01-01T00:00:00Z"}, 409),
        ({"as_of": "gestern"}, 422),
    ],
)
def test_questions_that_cannot_be_answered(told: TestClient, login: Login, asked: dict[str, str], status: int) -> None:
    assert told.get(PATH, params=asked, headers=login("law")).status_code == status


def test_before_the_talk_was_known_nothing_of_it_stands_there(told: TestClient, login: Login) -> None:
    early = {"as_of": "2026-03-02T10:00:00+08:00", "known_at": "2026-03-02T10:00:00+08:00"}
    content = told.get(PATH, params=early, headers=login("law")).json()["content"]
    assert (content["talks"], content["profile"]["tags"], content["suitability"]["level"]) == ([], [], None)


def test_it_is_audited_with_its_sum(told: TestClient, login: Login) -> None:
    made = told.get(PATH, headers=login("law")).json()
    with db.session_scope() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "suitability.evidence")).all()
        assert (entry.actor, entry.target, entry.detail["sha256"]) == ("law", "C1", made["sha256"])


@pytest.mark.parametrize("subject", ["analysis", "profiling"])
def test_a_refusal_takes_its_part_out(told: TestClient, login: Login, subject: str) -> None:
    wish = {"kind": "consent", "status": "denied", "subject": subject}
    assert told.post("/v1/customers/C1/rights", json=wish, headers=login("law")).status_code == 201
    answer = told.get(PATH, headers=login("law"))
    assert "不想冒险" not in answer.text
    assert (WARNING in answer.text) is (subject == "profiling")  # the talk itself stays for service
    assert answer.json()["content"]["suitability"]["level"] == "C3"  # a duty


def test_the_command_line_exports_and_compares(told: TestClient, tmp_path: Path) -> None:
    run = CliRunner().invoke
    for name in ("pack.zip", "pack.json"):
        path = tmp_path / name
        assert run(app, ["evidence", "export", "C1", "-o", str(path)]).exit_code == 0
        done = run(app, ["evidence", "check", str(path)])
        assert (done.exit_code, "一致" in done.output) == (0, True), done.output
    assert WARNING in run(app, ["evidence", "export", "C1"]).output
    forged = json.loads(path.read_text("utf-8"))
    forged["content"]["suitability"]["level"] = "C5"
    path.write_text(json.dumps(forged), "utf-8")
    done = run(app, ["evidence", "check", str(path)])
    assert (done.exit_code, "被改过" in done.output) == (1, True)


def test_the_command_line_says_what_has_changed(told: TestClient, login: Login, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    run = CliRunner().invoke
    run(app, ["evidence", "export", "C1", "-o", str(path)])
    wish = {"kind": "consent", "status": "denied", "subject": "profiling"}
    told.post("/v1/customers/C1/rights", json=wish, headers=login("law"))
    done = run(app, ["evidence", "check", str(path)])
    assert (done.exit_code, "重做的内容不同" in done.output) == (1, True), done.output


@pytest.mark.parametrize("data", [b"", b"{}", b"PK\x03\x04", b'{"content": {}, "sha256": 3}', b"[1]"])
def test_files_that_are_no_pack(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "pack.json"
    path.write_bytes(data)
    done = CliRunner().invoke(app, ["evidence", "check", str(path)])
    assert getattr(done.exception, "code", "") == "evidence-invalid"
