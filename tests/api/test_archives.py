"""`dongke transcribe archive`: exit codes, what is listed, what a killed run leaves behind, who goes first."""

import csv
import re
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, text
from sqlmodel import select

from api import archives, cli_archive, queue, takers, worker
from api.queue import Task
from asr import audio
from asr.models import Recording, RecordingLease, RecordingState, StoredConversation, Transcription
from asr.rates import Rate
from dongke import db, quarantine
from dongke.settings import settings

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "samples/demo_model"
CALL = ROOT / "samples/recordings/R4001.wav"
HEADER = ("file", "call_id", "customer_id", "advisor_id", "started_at")


@pytest.fixture
def folder(broker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of twelve pieces of a sample call, and the demo model to hear them."""
    monkeypatch.setenv("DONGKE_SPEECH_MODEL", str(MODEL))
    settings.cache_clear()
    made = tmp_path / "archive"
    made.mkdir()
    pcm = audio.decode(CALL, 7200).pcm
    names = []
    for number in range(12):
        start = (2 + number * 4) * 16000
        _write(made / f"K{number:02}.wav", pcm[start : start + 5 * 16000])
        names.append(f"K{number:02}")
    _manifest(made, names)
    return made


def _write(path: Path, pcm: Any) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(pcm.tobytes())


def _manifest(folder: Path, names: list[str], name: str = "manifest.csv") -> Path:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        rows.writerows([f"{n}.wav", n, "C1", "A1", "2026-03-02T10:00:00+08:00"] for n in names)
    return folder / name


def _start(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "api.cli", "transcribe", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _call(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    process = _start(*arguments)
    out, errors = process.communicate()
    return process.returncode, out, errors


def _count(column: Any) -> int:
    with db.session_scope() as session:
        return session.execute(select(func.count(column))).scalar_one()


def _wait_for(count: int) -> None:
    """Until so many recordings are heard."""
    deadline = time.monotonic() + 120
    while _count(Transcription.id) < count and time.monotonic() < deadline:
        pass
    assert _count(Transcription.id) >= count


def test_an_archive_is_heard_once_and_its_faults_are_listed(folder: Path) -> None:
    _manifest(folder, ["K00", "K01", "missing"])
    (folder / "K02.wav").write_bytes(b"no sound")  # and no line names the others
    part = _manifest(folder, ["K00", "K01", "K02", "missing"], "part.csv")
    code, out, _ = _call("archive", part, "--workers", 1)
    assert code == 1
    assert "共 4 段, 本次转写 2, 以前已转写 0, 失败 2" in out
    assert re.search(r"实时率 \d+\.\d{3}", out)
    assert "K02.wav: " in out
    assert "(audio-unreadable)" in out
    assert "(audio-missing)" in out
    code, out, _ = _call("archive", part, "--workers", 1)
    assert code == 1
    assert "本次转写 0, 以前已转写 2, 失败 2" in out
    assert _count(Transcription.id) == 2
    with db.session_scope() as session:
        assert len(quarantine.waiting(session, door="recording")) == 2
        jobs = session.execute(text("select task_name, priority from procrastinate_jobs")).all()
    assert [tuple(job) for job in jobs] == [("dongke:process_conversation", queue.BACKFILL)] * 2


def test_killed_and_interrupted_it_goes_on_where_it_was(folder: Path) -> None:
    killed = _start("archive", folder, "--workers", 2)
    _wait_for(2)
    killed.kill()
    killed.communicate()
    assert _count(Transcription.id) < 12
    with db.session_scope() as session:
        had = session.exec(select(Recording.id).where(Recording.state == RecordingState.TRANSCRIBING)).all()
    assert had  # what it was hearing
    interrupted = _start("archive", folder, "--workers", 2)
    _wait_for(5)
    interrupted.send_signal(signal.SIGINT)
    out, _ = interrupted.communicate()
    assert interrupted.returncode == cli_archive.INTERRUPTED
    assert "再次运行同一条命令即可继续" in out
    assert _count(RecordingLease.recording_id) == 0
    last = _start("archive", folder, "--workers", 2)
    out, errors = last.communicate()
    assert (last.returncode, "失败 0" in out) == (0, True), errors
    assert _count(Transcription.id) == _count(StoredConversation.id) == 12


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("nowhere",), "manifest-missing"),
        ((".", "--engine", "spark"), "engine-unknown"),
        ((".", "--workers", "0"), "--workers"),
    ],
)
def test_bad_usage_is_2(broker: None, arguments: tuple[str, ...], fault: str) -> None:
    code, _, errors = _call("archive", *arguments)
    assert (code, fault in errors) == (2, True), errors
    assert "Traceback" not in errors


def test_no_model_leaves_all_waiting_and_says_so(broker: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_SPEECH_MODEL", str(folder / "none"))
    code, out, errors = _call("archive", folder)
    assert code == 1
    assert "本次转写 0, 以前已转写 0, 失败 0, 等待语音模型 12" in out
    assert "model-missing" in errors


def test_one_file_needs_no_command_of_its_own(folder: Path) -> None:
    assert _call("--format", "vtt", folder / "K00.wav")[1].startswith("WEBVTT")


def test_a_file_that_is_known_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = list(takers.recordings(folder))
    first = list(archives.entries(pieces))
    assert {entry.refused for entry in first} == {None}

    def unread(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(audio, "probe", unread)
    assert list(archives.entries(pieces)) == first


def test_the_day_goes_before_the_archive_in_every_queue(folder: Path) -> None:
    _manifest(folder, ["K00", "K01"])
    list(archives.entries(list(takers.recordings(folder))[:2]))
    with db.session_scope() as session:
        first = session.get_one(Recording, "K00")
        today = first.model_dump() | {"id": "today", "sha256": "f" * 64, "state": RecordingState.REGISTERED}
        session.add(Recording(**today))
    assert worker.sweep()[Task.RECORDING] == 3
    order = []
    with db.session_scope() as session:
        while (job := session.execute(text("select * from procrastinate_fetch_job_v2(null, null)")).mappings().one())[
            "id"
        ]:
            order.append(job["args"]["ident"])
    assert order[0] == "today"
    assert sorted(order[1:]) == ["K00", "K01"]


def test_a_recording_that_another_process_hears_is_left_to_it(folder: Path) -> None:
    from asr import leases

    list(archives.entries(list(takers.recordings(folder))[:1]))
    with leases.held("K00") as is_held:
        assert is_held
        done = worker.attempt(Task.RECORDING, "K00", worker.WORK[Task.RECORDING])
    assert done.waiting == worker.ELSEWHERE
    assert _count(Transcription.id) == 0


def test_workers_are_as_many_as_find_room() -> None:
    gib = archives.GIB
    assert archives.workers_for(8, 64 * gib, gib) == 8
    assert archives.workers_for(8, 10 * gib, 2 * gib) == 2
    assert archives.workers_for(8, gib // 2, 2 * gib) == 1


def test_figures_of_progress() -> None:
    rate = Rate(total=100, done=20, heard=10, heard_ms=1_000_000, seconds=100)
    assert (rate.per_hour, rate.factor, rate.seconds_left) == (360, 0.1, 800)
    assert cli_archive.figures(rate) == "每小时 360 段, 实时率 0.100, 还要 13 分"
    assert cli_archive.figures(Rate(10, 10, 10, 1000, 1)) == "每小时 36,000 段, 实时率 1.000"
    assert cli_archive.figures(Rate(10, 3, 0, 0, 1)) == ""  # all were known: nothing can be told yet
    assert cli_archive.figures(Rate(10_000, 1, 1, 60_000, 30)).endswith("还要 3 天 11 小时 20 分")
    assert cli_archive.figures(Rate(3, 1, 1, 60_000, 10)).endswith("还要 20 秒")
