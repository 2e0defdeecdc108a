"""The stages strung together: a recording, a note, a customer, each in one transaction."""

import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from api import doors, pipeline, worker
from asr.models import Recording, RecordingState, StoredConversation
from dongke import db, quarantine
from dongke.errors import NotFound
from followup.models import Note, StoredOpportunity
from profiles.models import StoredAssertion

Talk = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.usefixtures("broker")


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DONGKE_SPEECH_MODEL", str(tmp_path / "no-model"))
    pipeline.transcriber.cache_clear()
    yield
    pipeline.transcriber.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, talk: Talk) -> Path:
    """a.wav with a transcript beside it, b.wav without one."""
    home = tmp_path / "calls"
    home.mkdir()
    for number, name in enumerate("ab"):
        with wave.open(str(home / f"{name}.wav"), "wb") as sound:
            sound.setparams((2, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes([number, 0]) * 800_000)
    (home / "a.json").write_text(json.dumps(talk("side")), encoding="utf-8")
    row = "C1,A1,2026-03-02T10:05:00+08:00"
    (home / "manifest.csv").write_text(
        f"file,customer_id,advisor_id,started_at\na.wav,{row}\nb.wav,{row}\n", encoding="utf-8"
    )
    return home


def test_the_stages_are_listed_in_order() -> None:
    assert pipeline.STAGES == ("receive", "transcribe", "read", "believe", "follow")


def test_a_recording_goes_all_the_way_and_one_without_a_model_waits(folder: Path) -> None:
    summary = doors.ingest([folder])
    assert (summary.accepted, len(summary.recordings)) == (2, 2)
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        states = {Path(r.path).name: r.state for r in session.exec(select(Recording))}
        assert states == {"a.wav": RecordingState.DONE, "b.wav": RecordingState.NEEDS_MODEL}
        (talk,) = session.exec(select(StoredConversation))
        assert pipeline.is_read(talk)
        assert "funds.idle" in session.exec(select(StoredAssertion.tag)).all()
        assert "idle_funds" in session.exec(select(StoredOpportunity.playbook)).all()
        assert quarantine.waiting(session) == []
    assert doors.ingest([folder]).accepted == 0
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        assert len(session.exec(select(StoredConversation)).all()) == 1


def test_a_recording_that_broke_is_visible(folder: Path) -> None:
    (folder / "a.json").write_text("{broken", encoding="utf-8")
    doors.ingest([folder])
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        failed = session.exec(select(Recording).where(Recording.state == RecordingState.FAILED)).one()
        assert failed.reason
        (kept,) = quarantine.waiting(session)
        assert (kept.door, kept.code) == ("process", "recording-failed")
        ident = kept.id
    (folder / "a.json").unlink()
    with db.session_scope() as session:
        assert ident
        doors.retry(session, ident)
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        assert {r.state for r in session.exec(select(Recording))} == {RecordingState.NEEDS_MODEL}
        assert quarantine.waiting(session) == []


def test_a_note_is_read_and_makes_no_tags(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(
        "customer_id,advisor_id,at,text\nC1,A1,2026-03-03T19:30:00+08:00,客户说有五十万闲着 电话13800138000\n",
        encoding="utf-8",
    )
    (ident,) = doors.ingest([path]).notes
    worker.run_worker(wait=False)
    with db.session_scope() as session:
        note = session.get_one(Note, ident)
        assert "money" in {m["kind"] for m in note.mentions}
        assert "13800138000" not in note.text
        assert session.exec(select(StoredAssertion)).all() == []


def test_pieces_that_are_not_there() -> None:
    with db.session_scope() as session:
        for work in (pipeline.process_conversation, pipeline.process_recording, pipeline.process_note):
            with pytest.raises(NotFound):
                work(session, "nothing")
