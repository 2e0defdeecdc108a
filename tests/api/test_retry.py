"""隔离区: every refused piece can be retried, one at a time or all, and what still fails keeps its place."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from api import doors, files, intake, worker
from api.doors import Summary
from api.pipeline import Done
from api.queue import Task
from asr.models import Recording, RecordingState, StoredConversation
from dongke import db, quarantine
from dongke.directory import Customer

Talk = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.usefixtures("broker")
HEADER = "file,customer_id,advisor_id,started_at\n"
ROW = "{},C1,A1,2026-03-02T10:05:00+08:00\n"


def _waiting() -> list[tuple[str, str, int]]:
    with db.session_scope() as session:
        return sorted((row.source, row.code, row.attempts) for row in quarantine.waiting(session))


def _sound(path: Path, value: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes([value, 0]) * 16_000)


def test_pieces_of_every_shape_keep_their_place_when_refused_again(tmp_path: Path, talk: Talk) -> None:
    rows = [json.dumps(talk("K1", customer_id="C7")), "[1, 2]", "[]", "{broken", "null", '"text"']
    (tmp_path / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "attempts.csv").write_text("customer_id,advisor_id,at\nC1,A1\nC1,A1,x,y\n", encoding="utf-8")
    assert doors.ingest([tmp_path]).refused == 8
    before = _waiting()
    assert intake.retry_quarantine(None) == (0, 8)
    assert _waiting() == [(source, code, attempts + 1) for source, code, attempts in before]


def test_a_row_whose_columns_do_not_match_is_not_taken_by_a_retry(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,name,advisor_id\nC7,林静,A1,more\n", encoding="utf-8")
    assert doors.ingest([path]).refused == 1
    assert intake.retry_quarantine(None) == (0, 1)
    with db.session_scope() as session:
        assert session.get(Customer, "C7") is None


def test_a_piece_of_which_only_the_start_was_kept_says_its_reason_again(
    tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 2_000)
    monkeypatch.setattr(quarantine, "MAX_KEPT_BYTES", 300)
    (tmp_path / "a.jsonl").write_text(
        json.dumps(talk("K1", customer_id="C7")) + "\n" + "[" * 9_000 + "\n", encoding="utf-8"
    )
    doors.ingest([tmp_path])
    intake.retry_quarantine(None)
    assert _waiting() == [("a.jsonl:1", "customer-unknown", 2), ("a.jsonl:2", "line-too-long", 2)]


def test_what_a_retry_takes_in_is_processed(tmp_path: Path, talk: Talk) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(talk("K1", customer_id="C7")), encoding="utf-8")
    doors.ingest([tmp_path])
    with db.session_scope() as session:
        session.add(Customer(id="C7", advisor_id="A1"))
    assert intake.retry_quarantine(None) == (1, 0)
    with db.session_scope() as session:
        assert session.get_one(StoredConversation, "K1").read_hash


def test_a_file_is_found_again_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, talk: Talk) -> None:
    monkeypatch.chdir(tmp_path)
    doors.ingest([Path("late.jsonl")])
    (tmp_path / "late.jsonl").write_text(json.dumps(talk("K1")), encoding="utf-8")
    monkeypatch.chdir("/")
    assert intake.retry_quarantine(None) == (1, 0)


def test_a_line_of_a_manifest_is_retried_with_the_manifest_as_it_is_now(tmp_path: Path) -> None:
    _sound(tmp_path / "a.wav", 1)
    _sound(tmp_path / "b.wav", 2)
    (tmp_path / "manifest.csv").write_text(HEADER + ROW.format("a.wav") + ROW.format("late.wav"), encoding="utf-8")
    doors.ingest([tmp_path])
    refused = [(f"{tmp_path.name}/b.wav", "manifest-unnamed"), ("manifest.csv:3", "audio-missing")]
    assert sorted(row[:2] for row in _waiting()) == sorted(refused)
    assert intake.retry_quarantine(None) == (0, 2)
    _sound(tmp_path / "late.wav", 3)
    (tmp_path / "manifest.csv").write_text(
        HEADER + ROW.format("a.wav") + ROW.format("late.wav") + ROW.format("b.wav"), encoding="utf-8"
    )
    assert intake.retry_quarantine(None) == (2, 0)
    with db.session_scope() as session:
        assert len(session.exec(select(Recording)).all()) == 3


def test_sound_without_a_manifest_and_text_of_another_encoding_are_named(tmp_path: Path) -> None:
    _sound(tmp_path / "a.wav", 1)
    (tmp_path / "customers.csv").write_text("customer_id,name,advisor_id\nC7,林静,A1\n", encoding="utf-16")
    (tmp_path / "read.me").write_text("nothing to take in", encoding="utf-8")
    doors.ingest([tmp_path])
    assert _waiting() == [("a.wav", "manifest-missing", 1), ("customers.csv", "encoding", 1)]


def test_one_piece_that_breaks_the_reader_is_kept_and_the_rest_goes_on(
    tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = worker.WORK[Task.CONVERSATION]

    def breaks(session: Session, ident: str) -> Done:
        if ident == "K1":
            raise ZeroDivisionError
        return work(session, ident)

    monkeypatch.setitem(worker.WORK, Task.CONVERSATION, breaks)
    rows = [talk("K1"), talk("K2", started_at="2026-03-03T10:05:00+08:00")]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert intake.take_in([tmp_path], process=True) == 1
    with db.session_scope() as session:
        assert session.get_one(StoredConversation, "K2").read_hash
    assert _waiting() == [("process_conversation:K1", "processing-failed", 1)]
    monkeypatch.setitem(worker.WORK, Task.CONVERSATION, work)
    assert intake.retry_quarantine(None) == (1, 0)
    assert _waiting() == []
    with db.session_scope() as session:
        assert session.get_one(StoredConversation, "K1").read_hash


def test_a_failed_recording_waits_until_it_is_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _sound(tmp_path / "a.wav", 1)
    (tmp_path / "manifest.csv").write_text(HEADER + ROW.format("a.wav"), encoding="utf-8")
    (tmp_path / "a.json").write_text("{broken", encoding="utf-8")
    assert intake.take_in([tmp_path], process=True) == 1
    assert [row[1] for row in _waiting()] == ["recording-failed"]
    said = [{"start": 0, "end": 1, "text": "您好", "speaker": "customer"}]
    (tmp_path / "a.json").write_text(json.dumps({"segments": said}), encoding="utf-8")
    assert intake.take_in([tmp_path], process=True) == 0
    assert "用旁边的文字稿 1" in capsys.readouterr().out
    assert _waiting() == []
    with db.session_scope() as session:
        assert [row.state for row in session.exec(select(Recording))] == [RecordingState.DONE]


def test_a_retry_adds_what_is_to_be_processed_to_the_account(tmp_path: Path, talk: Talk) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(talk("K1", customer_id="C7")), encoding="utf-8")
    doors.ingest([tmp_path])
    total = Summary()
    with db.session_scope() as session:
        session.add(Customer(id="C7", advisor_id="A1"))
        session.flush()
        (kept,) = quarantine.waiting(session)
        assert kept.id
        doors.retry(session, kept.id, total=total)
    assert (total.accepted, total.conversations) == (1, ["K1"])
