"""Recordings over HTTP: the list by state, one with its history, its sound and waveform, a retry, a URL as a door."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from sqlmodel import select

from api import doors, takers
from api.doors import Intake
from api.files import Kind
from api.queue import Task
from api.worker import give_up
from asr import leases
from asr.models import Recording, RecordingState, Waveform
from dongke import db, quarantine
from dongke.errors import BadInput
from dongke.settings import settings
from profiles.rights.consents import take_consents
from tests.asr.conftest import write_wav

Login = Callable[[str], dict[str, str]]
State = RecordingState
STARTED = "2026-03-02T10:05:00+08:00"


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def _sound(path: Path, seed: int) -> Path:
    """One second: an advisor's channel that is loud in its first half, a customer's that is faint in its second."""
    dice = np.random.default_rng(seed)
    loud, faint, nothing = dice.uniform(-0.5, 0.5, 4000), dice.uniform(-0.05, 0.05, 4000), np.zeros(4000)
    return write_wav(path, np.stack([np.r_[loud, nothing], np.r_[nothing, faint]], 1))


@pytest.fixture
def four(client: TestClient, tmp_path: Path) -> TestClient:
    """The client, with R1 to R4 registered: R1 and R4 of A1's customer, R2 of A2's, R3 of A3's (another branch)."""
    for number, owner in ((1, 1), (2, 2), (3, 3), (4, 1)):
        row = {"id": f"R{number}", "customer_id": f"C{owner}", "advisor_id": f"A{owner}", "started_at": STARTED}
        _sound(tmp_path / f"{number}.wav", number)
        with db.session_scope() as session:
            intake = Intake(session)
            piece = takers.recording_piece("test", row | {"folder": str(tmp_path), "file": f"{number}.wav"})
            intake.take(Kind.RECORDING, [piece])
            assert intake.finish().accepted == 1
    return client


def _set(ident: str, state: RecordingState, reason: str | None = None) -> None:
    with db.session_scope() as session:
        recording = session.get_one(Recording, ident)
        recording.state, recording.reason = state, reason


def _ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


def test_the_list_by_state_and_scope(four: TestClient, login: Login) -> None:
    _set("R2", State.FAILED, "录音文件是空的 (audio-empty)")
    _set("R4", State.DONE)
    for who, seen in (("head", ["R4", "R3", "R2", "R1"]), ("boss", ["R4", "R2", "R1"]), ("a1", ["R4", "R1"])):
        answer = four.get("/v1/recordings", headers=login(who))
        assert (_ids(answer), answer.json()["counts"]) == (seen, None)
    assert _ids(four.get("/v1/recordings?state=failed&state=done", headers=login("head"))) == ["R4", "R2"]
    assert _ids(four.get("/v1/recordings?customer=C1&state=done", headers=login("boss"))) == ["R4"]
    assert _ids(four.get("/v1/recordings?advisor=A3", headers=login("boss"))) == []
    assert four.get("/v1/recordings?state=asleep", headers=login("head")).status_code == 422
    assert code(four.get("/v1/recordings", headers=login("pipe"))) == "role-forbidden"
    assert four.get("/v1/recordings").status_code == 401


def test_counts_for_each_state(four: TestClient, login: Login) -> None:
    _set("R2", State.FAILED)
    counts = four.get("/v1/recordings?counts=true&state=failed", headers=login("boss")).json()["counts"]
    assert counts == {str(s): 0 for s in State} | {"registered": 2, "failed": 1}


def test_the_list_in_pages(four: TestClient, login: Login) -> None:
    seen, cursor = [], ""
    for _ in range(3):
        page = four.get(f"/v1/recordings?limit=2{cursor}", headers=login("head")).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["R4", "R3", "R2", "R1"]
    assert code(four.get("/v1/recordings?cursor=x", headers=login("head"))) == "cursor-invalid"


def test_what_is_known_of_a_recording(four: TestClient, login: Login) -> None:
    row = four.get("/v1/recordings/R1", headers=login("a1")).json()
    sound = {name: row[name] for name in ("duration_ms", "channels", "rate", "codec", "container", "is_dual_mono")}
    assert sound == {
        **{"duration_ms": 1000, "channels": 2, "rate": 8000},
        **{"codec": "pcm_s16le", "container": "wav", "is_dual_mono": False},
    }
    assert (row["size_bytes"], len(row["sha256"]), row["state_label"]) == (32_044, 64, "已登记")
    advisor, customer = row["channel_map"]
    assert (advisor["role"], customer["role"]) == ("advisor", "customer")
    assert advisor["peak_db"] == pytest.approx(-6, abs=0.1)
    assert customer["peak_db"] == pytest.approx(-26, abs=0.1)
    assert advisor["lufs"] > customer["lufs"] + 15
    assert "path" not in row
    assert code(four.get("/v1/recordings/R2", headers=login("a1"))) == "recording-unknown"


def test_the_history_of_its_states(four: TestClient, login: Login) -> None:
    with leases.held("R1"):
        busy = four.get("/v1/recordings/R1", headers=login("a1")).json()
        assert (busy["state"], busy["state_label"]) == ("transcribing", "转写中")
        assert busy["worker"]
        assert code(four.post("/v1/recordings/R1/retry", headers=login("a1"))) == "recording-busy"
    _set("R1", State.FAILED, "没有这个录音文件 (audio-missing)")
    row = four.get("/v1/recordings/R1", headers=login("a1")).json()
    assert [s["state"] for s in row["history"]] == ["registered", "transcribing", "registered", "failed"]
    assert (row["code"], row["worker"], row["history"][-1]["at"]) == ("audio-missing", None, row["state_at"])


def test_another_try(four: TestClient, login: Login) -> None:
    give_up(Task.RECORDING, "R1", BadInput("audio-broken", "录音里没有能解码的声音"))
    with db.session_scope() as session:
        assert len(quarantine.waiting(session, door="process")) == 1
    assert four.get("/v1/recordings/R1", headers=login("a1")).json()["code"] == "audio-broken"
    done = four.post("/v1/recordings/R1/retry", headers=login("a1"))
    assert (done.status_code, done.json()["state"], done.json()["reason"]) == (202, "registered", None)
    with db.session_scope() as session:
        assert quarantine.waiting(session, door="process") == []
    assert four.get("/v1/system", headers=login("root")).json()["queue"]["speech"] == {"todo": 4}
    assert code(four.post("/v1/recordings/R3/retry", headers=login("boss"))) == "recording-unknown"
    assert code(four.post("/v1/recordings/R1/retry", headers=login("law"))) == "role-forbidden"
    _set("R1", State.DONE)
    assert code(four.post("/v1/recordings/R1/retry", headers=login("a1"))) == "recording-done"


def test_the_waveform_of_each_channel(four: TestClient, login: Login) -> None:
    answer = four.get("/v1/recordings/R1/peaks?bins=10", headers=login("a1"))
    drawn = answer.json()
    assert drawn["duration_ms"] == 1000
    left, right = drawn["channels"]
    assert (len(left), min(left[:5]) > 0.4, max(left[5:])) == (10, True, 0)
    assert (len(right), max(right[:5])) == (10, 0)
    assert all(0.04 < value <= 0.051 for value in right[5:])
    again = four.get("/v1/recordings/R1/peaks?bins=10", headers=login("a1") | {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(four.get("/v1/recordings/R1/peaks", headers=login("a1")).json()["channels"][0]) == 100
    assert code(four.get("/v1/recordings/R2/peaks", headers=login("a1"))) == "recording-unknown"
    assert four.get("/v1/recordings/R1/peaks?bins=0", headers=login("a1")).status_code == 422


def test_a_recording_from_before_is_measured_when_it_is_asked_for(four: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        session.execute(delete(Waveform))
        session.get_one(Recording, "R1").levels = []
        Path(session.get_one(Recording, "R4").path).unlink()
    assert len(four.get("/v1/recordings/R1/peaks", headers=login("a1")).json()["channels"]) == 2
    assert len(four.get("/v1/recordings/R1", headers=login("a1")).json()["channel_map"]) == 2
    assert code(four.get("/v1/recordings/R4/peaks", headers=login("a1"))) == "audio-missing"


def test_its_sound_in_pieces(four: TestClient, login: Login) -> None:
    whole = four.get("/v1/recordings/R1/audio", headers=login("a1"))
    assert (whole.status_code, len(whole.content), whole.headers["content-type"]) == (200, 32_044, "audio/wav")
    part = four.get("/v1/recordings/R1/audio", headers=login("a1") | {"Range": "bytes=44-143"})
    assert (part.status_code, part.content) == (206, whole.content[44:144])
    beyond = four.get("/v1/recordings/R1/audio", headers=login("a1") | {"Range": "bytes=99999-"})
    assert (beyond.status_code, code(beyond)) == (416, "range-invalid")
    assert code(four.get("/v1/recordings/R2/audio", headers=login("a1"))) == "recording-unknown"
    assert four.get("/v1/recordings/R1/audio").status_code == 401


def test_a_ticket_opens_one_sound(four: TestClient, login: Login) -> None:
    url = four.post("/v1/recordings/R1/audio-ticket", headers=login("a1")).json()["url"]
    assert four.get(url).status_code == 200
    assert code(four.get(url.replace("R1", "R4"))) == "token-invalid"
    assert code(four.get(url.replace("recordings", "conversations"))) == "token-invalid"


def test_who_refuses_the_analysis_is_not_played(four: TestClient, login: Login) -> None:
    word = {"customer_id": "C1", "purpose": "analysis", "status": "denied", "at": STARTED}
    with db.session_scope() as session:
        take_consents(session, [word], by="test")
    for place in ("audio", "peaks"):
        assert code(four.get(f"/v1/recordings/R1/{place}", headers=login("a1"))) == "audio-refused"
    assert code(four.post("/v1/recordings/R1/audio-ticket", headers=login("a1"))) == "audio-refused"


def test_a_hash_that_differs_is_refused(client: TestClient, login: Login, tmp_path: Path) -> None:
    fields = {"customer_id": "C1", "advisor_id": "A1", "started_at": STARTED, "sha256": "0" * 64}
    files = {"file": ("a.wav", _sound(tmp_path / "a.wav", 1).read_bytes())}
    answer = client.post("/v1/recordings", data=fields, files=files, headers=login("pipe"))
    assert (answer.status_code, code(answer)) == (422, "source-corrupt")
    assert list((settings().data_dir / "recordings").glob("**/.upload-*")) == []


def test_a_sound_without_header(client: TestClient, login: Login) -> None:
    fields = {"customer_id": "C1", "advisor_id": "A1", "started_at": STARTED, "encoding": "PCMA/8000/2"}
    files = {"file": ("a.raw", np.random.default_rng(1).integers(0, 255, 16_000, np.uint8).tobytes())}
    done = client.post("/v1/recordings", data=fields, files=files, headers=login("pipe"))
    row = client.get(f"/v1/recordings/{done.json()['id']}", headers=login("a1")).json()
    assert (row["codec"], row["encoding"], row["duration_ms"]) == ("pcm_alaw", "alaw/8000/2", 1000)
    files = {"file": ("a.raw", b"x" * 100)}
    wrong = client.post("/v1/recordings", data=fields | {"encoding": "g729"}, files=files, headers=login("pipe"))
    assert code(wrong) == "encoding-unknown"


@pytest.fixture
def by_url(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL below which recordings may be fetched; `a.wav` lies there."""
    (tmp_path / "store").mkdir()
    _sound(tmp_path / "store" / "a.wav", 1)
    monkeypatch.setenv("DONGKE_RECORDING_SOURCES", f"file://{tmp_path}/store/")
    settings.cache_clear()
    return f"file://{tmp_path}/store"


def test_a_recording_by_url(client: TestClient, login: Login, by_url: str) -> None:
    row = {"customer_id": "C1", "advisor_id": "A1", "started_at": STARTED, "call_id": "R1"}
    done = client.post("/v1/recordings", json=row | {"url": f"{by_url}/a.wav"}, headers=login("pipe"))
    assert (done.status_code, done.json()["state"]) == (202, "new")
    shown = client.get("/v1/recordings/R1", headers=login("a1")).json()
    assert (shown["source_url"], shown["duration_ms"]) == (f"{by_url}/a.wav", 1000)
    with db.session_scope() as session:
        path = Path(session.get_one(Recording, "R1").path)
    assert path.is_relative_to(settings().data_dir.resolve() / "recordings")


def test_a_url_that_cannot_be_fetched_waits_without_its_key(client: TestClient, login: Login, by_url: str) -> None:
    row = {"customer_id": "C1", "advisor_id": "A1", "started_at": STARTED}
    for url, why in (
        (f"{by_url}/none.wav", "source-missing"),
        ("https://u:geheim@store/b.wav?sig=geheim", "source-invalid"),
        ("https://store/a.wav?sig=geheim", "source-forbidden"),
    ):
        answer = client.post("/v1/recordings", json=row | {"url": url}, headers=login("pipe"))
        assert code(answer) == why
        assert "geheim" not in answer.text
    both = client.post("/v1/recordings", json=row | {"url": "s3://a/b", "path": "b"}, headers=login("pipe"))
    assert code(both) == "recording-invalid"
    with db.session_scope() as session:
        kept = [(q.code, q.source + q.payload.decode()) for q in quarantine.waiting(session)]
    assert sorted(c for c, _ in kept) == ["source-forbidden", "source-invalid", "source-missing"]
    assert "geheim" not in json.dumps(kept)


def test_what_could_not_be_fetched_comes_in_by_a_retry(
    client: TestClient, login: Login, by_url: str, tmp_path: Path
) -> None:
    row = {"customer_id": "C1", "advisor_id": "A1", "started_at": STARTED, "url": f"{by_url}/late.wav"}
    assert client.post("/v1/recordings", json=row, headers=login("pipe")).status_code == 404
    _sound(tmp_path / "store" / "late.wav", 5)
    ident = client.get("/v1/quarantine", headers=login("root")).json()["items"][0]["id"]
    assert client.post(f"/v1/quarantine/{ident}/retry", headers=login("root")).json()["resolved"] is True
    with db.session_scope() as session:
        assert len(session.exec(select(Recording)).all()) == 1


@pytest.mark.parametrize(("customer", "refused", "said"), [("C1", 0, "later"), ("C2", 1, "first")])
def test_a_manifest_at_a_url_changes_no_other_transcript(
    by_url: str, tmp_path: Path, customer: str, refused: int, said: str
) -> None:
    for who, words in (("C1", "first"), (customer, "later")):
        head = "file,customer_id,advisor_id,started_at,transcript"
        (tmp_path / "store" / "manifest.csv").write_text(f"{head}\na.wav,{who},A1,{STARTED},a.srt\n")
        (tmp_path / "store" / "a.srt").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n[customer] {words}\n")
        done = doors.fetch([by_url])
    assert done.refused == refused
    with db.session_scope() as session:
        recording = session.exec(select(Recording)).one()
        assert said in Path(recording.sidecar or "").read_text()
