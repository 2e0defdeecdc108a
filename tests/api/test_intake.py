"""Recordings, events, chats, attempts, notes over HTTP; the quarantine."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from asr.models import Recording
from dongke import db, quarantine
from dongke.directory import Customer
from dongke.settings import settings
from followup.models import Attempt, Note
from profiles.models import BehaviourEvent

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
FIELDS = {"customer_id": "C1", "advisor_id": "A1", "started_at": "2026-03-02T10:05:00+08:00"}


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    row = answer.json()
    assert row["status"] == answer.status_code
    return str(row["type"]).removeprefix("urn:dongke:")


def sound(path: Path, value: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes([value, 0]) * 16_000)
    return path


def test_an_uploaded_recording_is_registered_once(client: TestClient, login: Login, tmp_path: Path) -> None:
    content = sound(tmp_path / "a.wav").read_bytes()

    def upload(name: str) -> Any:
        files = {"file": (name, content)}
        return client.post("/v1/recordings", data=FIELDS | {"call_id": "R1"}, files=files, headers=login("pipe"))

    first = upload("../../etc/passwd.wav")
    assert (first.status_code, first.json()["id"], first.json()["state"]) == (202, "R1", "new")
    assert upload("b.wav").json()["state"] == "unchanged"
    shown = client.get("/v1/recordings/R1", headers=login("a1")).json()
    assert (shown["state"], shown["duration_ms"], shown["channels"]) == ("registered", 1000, 2)
    assert client.get("/v1/recordings/R1", headers=login("a2")).status_code == 404
    assert client.get("/v1/system", headers=login("root")).json()["queue"]["speech"] == {"todo": 1}
    with db.session_scope() as session:
        kept = Path(session.get_one(Recording, "R1").path)
    assert kept.is_relative_to(settings().data_dir.resolve() / "recordings")
    assert kept.read_bytes() == content
    assert list(kept.parent.parent.glob(".upload-*")) == []


def test_a_transcript_may_come_with_the_recording(client: TestClient, login: Login, tmp_path: Path) -> None:
    files = {
        "file": ("a.wav", sound(tmp_path / "a.wav").read_bytes()),
        "transcript": ("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\n[customer] hello\n"),
    }
    done = client.post("/v1/recordings", data=FIELDS, files=files, headers=login("pipe"))
    with db.session_scope() as session:
        recording = session.get_one(Recording, done.json()["id"])
        assert recording.sidecar
        assert recording.sidecar.endswith(".srt")


@pytest.mark.parametrize(("customer", "status", "said"), [("C1", 202, "later"), ("C2", 409, "first")])
def test_what_is_refused_changes_no_other_transcript(
    client: TestClient, login: Login, tmp_path: Path, customer: str, status: int, said: str
) -> None:
    """The same sound with another transcript: of its own customer it counts, under another one it is refused."""
    content = sound(tmp_path / "a.wav").read_bytes()
    for who, words in (("C1", "first"), (customer, "later")):
        text = f"1\n00:00:00,000 --> 00:00:01,000\n[customer] {words}\n".encode()
        files = {"file": ("a.wav", content), "transcript": ("a.srt", text)}
        done = client.post("/v1/recordings", data=FIELDS | {"customer_id": who}, files=files, headers=login("pipe"))
    assert done.status_code == status
    with db.session_scope() as session:
        recording = session.exec(select(Recording)).one()
        assert said in Path(recording.sidecar or "").read_text()


def test_a_recording_that_cannot_be_used_waits_and_comes_in_later(
    client: TestClient, login: Login, tmp_path: Path
) -> None:
    files = {"file": ("a.wav", sound(tmp_path / "a.wav").read_bytes())}
    answer = client.post("/v1/recordings", data=FIELDS | {"customer_id": "C9"}, files=files, headers=login("pipe"))
    assert (answer.status_code, code(answer)) == (422, "customer-unknown")
    noise = client.post("/v1/recordings", data=FIELDS, files={"file": ("a.mp3", b"no sound")}, headers=login("pipe"))
    assert code(noise).startswith("audio-")
    with db.session_scope() as session:
        session.add(Customer(id="C9", advisor_id="A1"))
    rows = client.get("/v1/quarantine?door=recording&code=customer-unknown", headers=login("pipe")).json()["items"]
    again = client.post(f"/v1/quarantine/{rows[0]['id']}/retry", headers=login("pipe")).json()
    assert (again["resolved"], again["code"]) == (True, None)
    with db.session_scope() as session:
        assert [r.customer_id for r in session.exec(select(Recording))] == ["C9"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"customer_id": None}, "recording-invalid"),
        ({"started_at": "2026-03-02T10:05:00"}, "time-naive"),
        ({"started_at": "gestern"}, "recording-invalid"),
        ({"direction": "up"}, "recording-invalid"),
        ({"advisor_channel": "7"}, "recording-invalid"),
    ],
)
def test_a_recording_needs_its_fields(
    client: TestClient, login: Login, change: dict[str, str | None], expected: str
) -> None:
    fields = {name: value for name, value in (FIELDS | change).items() if value is not None}
    answer = client.post("/v1/recordings", data=fields, files={"file": ("a.wav", b"x")}, headers=login("pipe"))
    assert (answer.status_code, code(answer)) == (422, expected)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"path": 3}', b'{"path": "a.wav"}'])
def test_a_path_needs_its_fields(client: TestClient, login: Login, body: bytes) -> None:
    answer = client.post("/v1/recordings", content=body, headers=login("pipe"))
    assert answer.status_code == 422
    assert code(answer) in ("json-invalid", "recording-invalid")
    empty = client.post("/v1/recordings", data=FIELDS, headers=login("pipe"))
    assert code(empty) in ("json-invalid", "recording-invalid")


def test_a_path_is_taken_only_from_within_the_folder(
    client: TestClient, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = client.post("/v1/recordings", json=FIELDS | {"path": "a.wav"}, headers=login("pipe"))
    assert code(named) == "recordings-dir-missing"
    inside, outside = tmp_path / "in", sound(tmp_path / "out/b.wav", 3)
    sound(inside / "2026/a.wav")
    (inside / "link.wav").symlink_to(outside)
    (inside / "linked").symlink_to(outside.parent)
    monkeypatch.setenv("DONGKE_RECORDINGS_DIR", str(inside))
    settings.cache_clear()
    for path in ("../out/b.wav", str(outside), "link.wav", "linked/b.wav", "2026/../../out/b.wav"):
        answer = client.post("/v1/recordings", json=FIELDS | {"path": path}, headers=login("pipe"))
        assert (answer.status_code, code(answer)) == (422, "path-forbidden"), path
    missing = client.post("/v1/recordings", json=FIELDS | {"path": "none.wav"}, headers=login("pipe"))
    assert code(missing) == "audio-missing"
    good = client.post("/v1/recordings", json=FIELDS | {"path": "2026/a.wav"}, headers=login("pipe"))
    assert (good.status_code, good.json()["state"]) == (202, "new")
    with db.session_scope() as session:
        assert len(session.exec(select(Recording)).all()) == 1


def test_an_upload_over_the_limit_is_refused(client: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_MAX_UPLOAD_BYTES", "2000")
    settings.cache_clear()
    files = {"file": ("a.wav", b"x" * 3000)}
    answer = client.post("/v1/recordings", data=FIELDS, files=files, headers=login("pipe"))
    assert (answer.status_code, code(answer)) == (413, "body-too-large")


def test_events_have_a_result_each(client: TestClient, login: Login) -> None:
    def event(ident: str, **more: Any) -> dict[str, Any]:
        row = {"type": "track", "messageId": ident, "userId": "C1", "event": "deposit"}
        return row | {"timestamp": "2026-03-02T10:05:00+08:00", "properties": {"amount": 5}} | more

    batch = {
        "batch": [event("e1"), event("e2", userId="C9"), event("e3", timestamp="2026-03-02T10:05:00"), event("e1")]
    }
    done = client.post("/v1/events", json=batch, headers=login("pipe")).json()
    assert (done["accepted"], done["unchanged"], done["refused"]) == (1, 1, 2)
    assert [r.get("code") for r in done["results"]] == [None, "customer-unknown", "time-naive", None]
    future = client.post("/v1/events", json=event("e4", timestamp="2099-01-01T00:00:00+08:00"), headers=login("pipe"))
    assert (future.status_code, code(future)) == (422, "time-future")
    one = client.post("/v1/events", json=event("e5"), headers=login("pipe")).json()
    assert (one["accepted"], one["results"][0]["id"]) == (1, "e5")
    plain = {"message_id": "e6", "customer_id": "C1", "event": "trade", "at": "2026-03-02T10:05:00+08:00"}
    assert client.post("/v1/events", json=[plain], headers=login("pipe")).json()["accepted"] == 1
    assert client.post("/v1/events", json=plain, headers=login("a1")).status_code == 403
    with db.session_scope() as session:
        assert sorted(session.exec(select(BehaviourEvent.message_id))) == ["e1", "e5", "e6"]


def test_chats_attempts_and_notes_come_in(client: TestClient, login: Login) -> None:
    attempt = {"customer_id": "C1", "advisor_id": "A1", "at": "2026-03-02T10:05:00+08:00"}
    note = attempt | {"text": "上门拜访, 资料已经给他"}
    for path, row in (("attempts", attempt), ("notes", note)):
        assert client.post(f"/v1/{path}", json=row, headers=login("pipe")).json()["accepted"] == 1
        assert client.post(f"/v1/{path}", json={path: [row]}, headers=login("pipe")).json()["unchanged"] == 1
        late = client.post(f"/v1/{path}", json=row | {"at": "2099-03-02T10:05:00+08:00"}, headers=login("pipe"))
        assert code(late) == "time-future"
        assert code(client.post(f"/v1/{path}", json=row | {"at": None}, headers=login("pipe"))) == "field-missing"
    with db.session_scope() as session:
        assert len(session.exec(select(Attempt)).all()) == len(session.exec(select(Note)).all()) == 1
    message = {"msgid": "m1", "action": "send", "from": "nobody", "tolist": ["x"], "msgtime": 1772589600000}
    chat = client.post(
        "/v1/wecom/messages", json=[message | {"msgtype": "text", "text": {"content": "?"}}], headers=login("pipe")
    )
    assert [r["code"] for r in chat.json()["results"]] == ["party-unknown"]


def test_the_quarantine_is_listed_in_pages_and_retried(client: TestClient, login: Login, talk: Talk) -> None:
    for number in range(3):
        client.post("/v1/conversations", json=talk(f"K{number}", customer_id="C9"), headers=login("pipe"))
    client.post("/v1/conversations", content=b"{", headers=login("pipe"))
    page = client.get("/v1/quarantine?limit=3", headers=login("boss")).json()
    assert [row["code"] for row in page["items"]] == ["json-invalid", "customer-unknown", "customer-unknown"]
    assert "payload" not in json.dumps(page)
    rest = client.get(f"/v1/quarantine?cursor={page['next_cursor']}", headers=login("boss")).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    ident = rest["items"][0]["id"]
    again = client.post(f"/v1/quarantine/{ident}/retry", headers=login("root")).json()
    assert (again["resolved"], again["code"]) == (False, "customer-unknown")
    with db.session_scope() as session:
        session.add(Customer(id="C9", advisor_id="A1"))
    assert client.post(f"/v1/quarantine/{ident}/retry", headers=login("root")).json()["resolved"] is True
    with db.session_scope() as session:
        assert len(quarantine.waiting(session)) == 3


@pytest.mark.parametrize(("who", "status"), [("a1", 403), ("law", 403), ("pipe", 200), ("boss", 200), ("root", 200)])
def test_who_may_see_the_quarantine(client: TestClient, login: Login, who: str, status: int) -> None:
    assert client.get("/v1/quarantine", headers=login(who)).status_code == status
    answer = client.post("/v1/quarantine/99/retry", headers=login(who))
    assert answer.status_code == (404 if status == 200 else 403)
    assert client.post("/v1/quarantine/0/retry", headers=login("root")).status_code == 422
