"""Sound without personal numbers: over HTTP, by role, and from the command line."""

import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api import takers
from api.cli import app
from api.doors import Intake
from api.files import Kind
from asr import archive
from asr.models import RecordingState
from dongke import db
from dongke.settings import settings
from tests.asr.conftest import write_wav

Login = Callable[[str], dict[str, str]]
SAID = [
    {"speaker": "advisor", "text": "您的电话是多少", "start": 0.1, "end": 0.9},
    {"speaker": "customer", "text": "幺三八零零幺三八零零零", "start": 1.5, "end": 2.5},
    {"speaker": "customer", "text": "我有五十万", "start": 3.2, "end": 3.8},
]


def code(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def _register(folder: Path, ident: str, said: list[dict[str, Any]] | None, seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (4 * 8000, 2))
    write_wav(folder / f"{ident}.wav", samples)
    if said is not None:
        (folder / f"{ident}.json").write_text(json.dumps(said))
    row = {"id": ident, "customer_id": "C1", "advisor_id": "A1", "started_at": "2026-03-02T10:05:00+08:00"}
    with db.session_scope() as session:
        intake = Intake(session)
        intake.take(
            Kind.RECORDING, [takers.recording_piece("test", row | {"folder": str(folder), "file": f"{ident}.wav"})]
        )
        assert intake.finish().accepted == 1
        done = archive.transcribe(session, ident, None, settings())
        assert done.state is (RecordingState.NEEDS_MODEL if said is None else RecordingState.DONE)


@pytest.fixture
def calls(client: TestClient, tmp_path: Path) -> TestClient:
    """R1 with a telephone number in it, R2 without, R3 that nobody has heard yet."""
    for number, said in enumerate((SAID, [SAID[0], SAID[2]], None), 1):
        _register(tmp_path, f"R{number}", said, number)
    return client


def _loudness(raw: bytes) -> np.ndarray:
    """The loudest sample of each half second of a WAV."""
    with wave.open(io.BytesIO(raw)) as file:
        rate, pcm = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return np.array([abs(pcm[n : n + rate // 2].astype(int)).max() for n in range(0, len(pcm), rate // 2)])


def test_the_number_is_covered_and_nothing_else(calls: TestClient, login: Login) -> None:
    for place in ("recordings/R1", "conversations/R1"):
        answer = calls.get(f"/v1/{place}/audio?redacted=1", headers=login("a1"))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
        loud = _loudness(answer.content)
        assert max(loud[3:5]) < 2000 < 10_000 < min(*loud[:2], *loud[6:8])
    part = calls.get("/v1/recordings/R1/audio?redacted=1", headers=login("a1") | {"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, answer.content[:100])
    assert len(list((settings().data_dir / "redacted").iterdir())) == 1


def test_without_a_number_the_sound_is_as_it_was(calls: TestClient, login: Login) -> None:
    raw = calls.get("/v1/recordings/R2/audio", headers=login("a1")).content
    assert calls.get("/v1/recordings/R2/audio?redacted=1", headers=login("a1")).content == raw


def test_what_nobody_has_heard_cannot_be_redacted(calls: TestClient, login: Login) -> None:
    answer = calls.get("/v1/recordings/R3/audio?redacted=1", headers=login("a1"))
    assert (answer.status_code, code(answer)) == (409, "audio-not-transcribed")
    assert calls.get("/v1/recordings/R3/audio", headers=login("a1")).status_code == 200


def test_a_role_without_the_right_hears_the_redacted_sound_only(
    calls: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = calls.get("/v1/recordings/R1/audio", headers=login("a1")).content
    assert min(_loudness(raw)) > 10_000
    monkeypatch.setenv("DONGKE_RAW_AUDIO_ROLES", "compliance,admin")
    settings.cache_clear()
    assert calls.get("/v1/recordings/R1/audio", headers=login("law")).content == raw
    ticket = calls.post("/v1/conversations/R1/audio-ticket", headers=login("a1")).json()["url"]
    for answer in (calls.get("/v1/recordings/R1/audio", headers=login("a1")), calls.get(ticket)):
        assert max(_loudness(answer.content)[3:5]) < 2000
    assert code(calls.get("/v1/recordings/R3/audio", headers=login("a1"))) == "audio-not-transcribed"


def test_export_from_the_command_line(calls: TestClient, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["transcribe", "export", "R1", "--redact", "--output", str(tmp_path / "out.wav")])
    assert (done.exit_code, "盖掉 1 处" in done.output) == (0, True), done.output
    assert max(_loudness((tmp_path / "out.wav").read_bytes())[3:5]) < 2000
    whole = CliRunner().invoke(app, ["transcribe", "export", "R1", "-o", str(tmp_path / "raw.wav")])
    assert (whole.exit_code, (tmp_path / "raw.wav").read_bytes()) == (0, (tmp_path / "R1.wav").read_bytes())
    refused = CliRunner().invoke(app, ["transcribe", "export", "R3", "--redact", "-o", str(tmp_path / "no.wav")])
    assert (refused.exit_code != 0, (tmp_path / "no.wav").exists()) == (True, False)
