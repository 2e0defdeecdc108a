"""Conversations in and out, their sound, and who may have them."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api import auth, pipeline
from asr.models import Recording, StoredConversation
from dongke import db, quarantine
from dongke.audit import AuditEntry
from dongke.clock import now
from dongke.scope import Principal, Role
from dongke.settings import settings

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
NDJSON = {"content-type": "application/x-ndjson"}


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    row = answer.json()
    assert row["status"] == answer.status_code
    assert row["detail"]
    return str(row["type"]).removeprefix("urn:dongke:")


def test_one_conversation_is_stored_and_queued(client: TestClient, login: Login, talk: Talk) -> None:
    first = client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
    assert first.status_code == 202
    assert first.json()["results"] == [{"source": "body", "id": "K1", "state": "new"}]
    again = client.post("/v1/conversations", json=talk("K1"), headers=login("pipe")).json()
    assert (again["accepted"], again["unchanged"]) == (0, 1)
    assert client.get("/v1/system", headers=login("root")).json()["queue"]["text"] == {"todo": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"customer_id": "C9"}, "customer-unknown"),
        ({"advisor_id": "A9"}, "advisor-unknown"),
        ({"customer_id": None}, "field-missing"),
        ({"started_at": "2026-03-02T10:05:00"}, "time-naive"),
        ({"started_at": "2099-03-02T10:05:00+08:00"}, "time-future"),
        ({"started_at": "昨天"}, "time-invalid"),
        ({"utterances": "hello"}, "conversation-invalid"),
        ({"utterances": [{"speaker": "robot", "text": "x"}]}, "conversation-invalid"),
        ({"channel": "fax"}, "conversation-invalid"),
        ({"direction": "sideways"}, "conversation-invalid"),
        ({"answered": "yes"}, "conversation-invalid"),
    ],
)
def test_what_cannot_be_used_is_a_problem_and_is_kept(
    client: TestClient, login: Login, talk: Talk, change: dict[str, Any], expected: str
) -> None:
    answer = client.post("/v1/conversations", json=talk("K1", **change), headers=login("pipe"))
    assert (answer.status_code, code(answer)) == (422, expected)
    with db.session_scope() as session:
        (kept,) = quarantine.waiting(session)
        assert (kept.door, kept.code) == ("conversation", expected)
        assert json.loads(kept.payload)["id"] == "K1"
        assert session.exec(select(StoredConversation)).all() == []


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b'"text"', b"[[[[", b"\xff\xfe"])
def test_a_body_that_is_no_conversation_is_a_problem(client: TestClient, login: Login, body: bytes) -> None:
    answer = client.post("/v1/conversations", content=body, headers=login("pipe"))
    assert answer.status_code == 422
    assert code(answer) in ("body-empty", "json-invalid", "conversation-invalid", "encoding")


def test_lines_and_lists_have_a_result_each(client: TestClient, login: Login, talk: Talk) -> None:
    lines = "\n".join([json.dumps(talk("K1")), "{broken", json.dumps(talk("K2", customer_id="C9")), ""])
    done = client.post("/v1/conversations", content=lines, headers=login("pipe") | NDJSON).json()
    assert [(r["source"], r["state"], r.get("code")) for r in done["results"]] == [
        ("body:2", "refused", "json-invalid"),
        ("body:1", "new", None),
        ("body:3", "refused", "customer-unknown"),
    ]
    rows = {"conversations": [talk("K1"), talk("K3")]}
    done = client.post("/v1/conversations", json=rows, headers=login("pipe")).json()
    assert [(r["id"], r["state"]) for r in done["results"]] == [("K1", "unchanged"), ("K3", "new")]
    done = client.post("/v1/conversations", json=[talk("K3")], headers=login("pipe")).json()
    assert [(r["source"], r["state"]) for r in done["results"]] == [("body:1", "unchanged")]


@pytest.mark.parametrize("who", ["a1", "boss", "law"])
def test_readers_cannot_write(client: TestClient, login: Login, talk: Talk, who: str) -> None:
    answer = client.post("/v1/conversations", json=talk("K1"), headers=login(who))
    assert (answer.status_code, code(answer)) == (403, "role-forbidden")


@pytest.fixture
def read(client: TestClient, login: Login, talk: Talk) -> str:
    client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
    with db.session_scope() as session:
        pipeline.process_conversation(session, "K1")
    return "K1"


def test_a_conversation_shows_the_words_that_prove_its_tags(client: TestClient, login: Login, read: str) -> None:
    shown = client.get(f"/v1/conversations/{read}", headers=login("a1")).json()
    assert (shown["customer_id"], shown["advisor_name"], shown["read"]) == ("C1", "顾问A1", True)
    idle = next(a for a in shown["assertions"] if a["tag"] == "funds.idle")
    assert idle["label"] == "闲置资金"
    assert "50万元" in idle["value_text"]
    said = shown["utterances"][1]
    marks = [m for m in said["tags"] if m["assertion_id"] == idle["id"]]
    assert marks
    assert all(0 <= m["start"] < m["end"] <= len(said["text"]) for m in marks)


@pytest.mark.parametrize(
    ("who", "status"), [("a1", 200), ("a2", 404), ("boss", 200), ("head", 200), ("law", 200), ("pipe", 403)]
)
def test_who_may_read_a_conversation(client: TestClient, login: Login, read: str, who: str, status: int) -> None:
    assert client.get(f"/v1/conversations/{read}", headers=login(who)).status_code == status
    with db.session_scope() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "conversation.read")).all()
        assert [e.actor for e in entries] == ([who] if status == 200 else [])


@pytest.mark.parametrize("ident", ["K9", "K1%00", "..%2f..%2fetc", "%F0%9F%98%80"])
def test_a_conversation_that_is_not_there(client: TestClient, login: Login, read: str, ident: str) -> None:
    answer = client.get(f"/v1/conversations/{ident}", headers=login("a1"))
    assert answer.status_code in (404, 422)
    code(answer)


@pytest.fixture
def heard(read: str, tmp_path: Path) -> str:
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(256)) * 40)
    with db.session_scope() as session:
        session.add(
            Recording(
                id="R1",
                sha256="x",
                path=str(path),
                customer_id="C1",
                advisor_id="A1",
                started_at=now(),
                received_at=now(),
            )
        )
        session.flush()
        session.get_one(StoredConversation, read).recording_id = "R1"
    return read


def test_sound_comes_whole_or_in_ranges(client: TestClient, login: Login, heard: str) -> None:
    path = f"/v1/conversations/{heard}/audio"
    whole = client.get(path, headers=login("a1"))
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    size = len(whole.content)
    part = client.get(path, headers=login("a1") | {"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    tail = client.get(path, headers=login("a1") | {"range": "bytes=-5"})
    assert (tail.status_code, tail.content) == (206, whole.content[-5:])
    assert client.get(path, headers=login("a1") | {"range": f"bytes={size - 1}-"}).content == whole.content[-1:]


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=20-10", "bytes=x-y", "lines=1-2", "bytes="])
def test_a_range_outside_the_sound_is_a_problem(client: TestClient, login: Login, heard: str, wanted: str) -> None:
    answer = client.get(f"/v1/conversations/{heard}/audio", headers=login("a1") | {"range": wanted})
    assert (answer.status_code, code(answer)) == (416, "range-invalid")
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_ticket_opens_one_sound_for_a_while(client: TestClient, login: Login, heard: str) -> None:
    ticket = client.post(f"/v1/conversations/{heard}/audio-ticket", headers=login("a1")).json()
    assert client.get(ticket["url"], headers={"range": "bytes=0-3"}).status_code == 206
    assert client.get(ticket["url"].replace(heard, "K2", 1)).status_code == 401
    assert code(client.get(ticket["url"].replace("conversations", "recordings"))) == "token-invalid"
    assert client.get(f"/v1/conversations/{heard}/audio").status_code == 401
    value = ticket["url"].split("ticket=")[1]
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {value}"}).status_code == 401
    stranger, _ = auth.audio_ticket(Principal("a2", Role.ADVISOR, "A2"), f"conversations/{heard}", settings())
    assert client.get(f"/v1/conversations/{heard}/audio?ticket={stranger}").status_code == 404
    with db.session_scope() as session:
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.target == heard)).all()
        assert actions == ["audio.open"]


def test_sound_of_others_and_sound_that_is_gone(client: TestClient, login: Login, heard: str, tmp_path: Path) -> None:
    path = f"/v1/conversations/{heard}/audio"
    assert code(client.get(path, headers=login("a2"))) == "conversation-unknown"
    assert client.get(path, headers=login("a1")).status_code == 200
    (tmp_path / "call.wav").unlink()
    assert code(client.get(path, headers=login("a1"))) == "audio-missing"
    with db.session_scope() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "audio.read")).all()
        assert [(e.actor, e.detail["customer"]) for e in entries] == [("a1", "C1")]
