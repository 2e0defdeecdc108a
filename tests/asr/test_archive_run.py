"""A whole archive: nothing lost, nothing doubled, the day before the archive, and the same words in any order."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from asr import archive_run, audio, backlog, leases, whisper
from asr.archive_run import Account, Entry, Run, Stop
from asr.ears import ears, model_version
from asr.executors import Executor, LocalExecutor, Outcome
from asr.executors_ray import RayExecutor
from asr.models import (
    Recording,
    RecordingLease,
    RecordingState,
    StoredConversation,
    StoredUtterance,
    Transcription,
)
from asr.recordings import RecordingMeta, register
from dongke import db
from dongke.clock import now
from dongke.settings import Settings
from dongke.standing import Standing
from tests.asr import tiny_whisper
from tests.asr.conftest import SAMPLE_CALL, noise, tone, write_wav
from tests.asr.executor_work import Parrot

VERSION = "parrot@1"
Registered = Callable[..., list[Entry]]


@pytest.fixture
def registered(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> Registered:
    """Registers a short sound under each of these names; the id is the name."""

    def register_all(*names: str, is_archive: bool = True) -> list[Entry]:
        for name in names:
            sound = np.stack([tone(0.5), noise(0.5, level=0.1, seed=len(name) + sum(map(ord, name)))], 1)
            path = write_wav(tmp_path / f"{name}.wav", sound)
            recording = register(people, path, replace(meta, id=name), config)
            if is_archive:
                backlog.remember(people, recording.id, path, is_new=True)
        people.commit()
        return [Entry(f"{name}.wav", name) for name in names]

    return register_all


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").touch()
    return tmp_path / "log"


def _run(entries: list[Entry], log: Path, workers: int = 1, version: str | None = VERSION, **more: Any) -> Account:
    executor = LocalExecutor(Parrot(log, more.pop("gate", None)), workers)
    return Run(executor, version, **more).go(iter(entries), len(entries))


def _states(session: Session) -> dict[str, str]:
    session.expire_all()
    return {r.id: str(r.state) for r in session.exec(select(Recording))}


def _texts(session: Session) -> list[str]:
    return sorted(session.exec(select(StoredUtterance.text)).all())


def test_a_run_hears_everything_once_and_a_second_one_nothing(
    people: Session, registered: Registered, log: Path
) -> None:
    entries = registered("a", "b", "c", "d", "e")
    first = _run(entries, log, 2)
    assert (first.done, first.heard, first.known, first.failures) == (5, 5, 0, [])
    assert first.heard_ms == 2500
    assert set(_states(people).values()) == {"done"}
    assert len(_texts(people)) == 5
    second = _run(entries, log, 2)
    assert (second.done, second.heard, second.known) == (5, 0, 5)
    assert sorted(log.read_text().split()) == ["a", "b", "c", "d", "e"]
    assert people.exec(select(RecordingLease)).all() == []


def test_the_same_sound_twice_in_an_archive_is_heard_once(people: Session, registered: Registered, log: Path) -> None:
    entries = registered("a", "b")
    account = _run([*entries, entries[0], Entry("copy.wav", "a")], log, 2)
    assert (account.done, account.heard, account.known) == (4, 2, 2)
    assert sorted(log.read_text().split()) == ["a", "b"]


def test_what_fails_is_listed_and_the_rest_goes_on(people: Session, registered: Registered, log: Path) -> None:
    entries = registered("a", "faulty", "deadly", "once", "b")
    account = _run([*entries, Entry("manifest.csv:7", refused="没有这个文件: x.wav (audio-missing)")], log, 2)
    assert account.done == account.total == 6
    assert _states(people) == {"a": "done", "b": "done", "once": "done", "faulty": "failed", "deadly": "failed"}
    reasons = dict(account.failures)
    assert sorted(reasons) == ["deadly.wav", "faulty.wav", "manifest.csv:7"]
    assert reasons["faulty.wav"].endswith("(audio-broken)")
    assert reasons["deadly.wav"].endswith("(worker-died)")
    tries = log.read_text().split()
    assert (tries.count("deadly"), tries.count("once"), tries.count("a")) == (archive_run.MAX_DEATHS, 2, 1)
    assert people.exec(select(RecordingLease)).all() == []
    again = _run(entries, log, 1)  # what failed is tried again, what is done is not
    assert (again.known, again.heard, len(again.failures)) == (3, 0, 2)


def test_what_came_in_today_goes_before_the_rest_of_the_archive(
    people: Session, registered: Registered, log: Path
) -> None:
    entries = registered("a", "b", "c", "d")

    def today(account: Account) -> None:
        if account.done == 1:
            registered("today", "todayfaulty", is_archive=False)

    account = _run(entries, log, told=today)
    assert log.read_text().split() == ["a", "today", "todayfaulty", "b", "c", "d"]
    assert (account.done, account.live, account.heard) == (4, 2, 5)
    assert account.failures == []  # those of the day are no files of the archive
    assert _states(people)["todayfaulty"] == "failed"


def test_a_run_that_is_stopped_gently_ends_what_it_began_and_the_next_goes_on(
    people: Session, registered: Registered, log: Path
) -> None:
    entries, stop = registered("a", "b", "c", "d"), Stop()
    first = _run(entries, log, stop=stop, told=lambda account: stop.gently() if account.done == 2 else None)
    assert (first.stopped, first.done) == (True, 2)
    assert sorted(_states(people).values()) == ["done", "done", "registered", "registered"]
    second = _run(entries, log)
    assert (second.stopped, second.heard, second.known) == (False, 2, 2)
    assert log.read_text().split() == ["a", "b", "c", "d"]


def test_a_run_that_is_stopped_at_once_gives_back_what_it_had(
    people: Session, registered: Registered, log: Path, tmp_path: Path
) -> None:
    entries, stop = registered("a", "b"), Stop()
    waiting = threading.Timer(1.0, stop.now)  # nothing is heard before the gate opens
    waiting.start()
    account = _run(entries, log, 2, stop=stop, gate=tmp_path / "never")
    assert (account.stopped, account.done) == (True, 0)
    assert set(_states(people).values()) == {"registered"}
    assert people.exec(select(RecordingLease)).all() == []


def test_two_runs_share_an_archive(people: Session, registered: Registered, log: Path) -> None:
    entries = registered(*"abcdefgh")
    accounts: list[Account] = []
    runs = [threading.Thread(target=lambda e=e: accounts.append(_run(e, log))) for e in (entries, entries[::-1])]  # type: ignore[misc]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(log.read_text().split()) == list("abcdefgh")
    assert sum(a.heard for a in accounts) == 8
    assert [a.done for a in accounts] == [8, 8]


def test_what_a_killed_run_had_is_taken_up_at_once(people: Session, registered: Registered, log: Path) -> None:
    entries = registered("a", "b")
    gone = f"{archive_run.socket.gethostname()}:999999999:x"
    assert leases.begin(people, "a", gone)
    people.commit()
    assert _states(people)["a"] == "transcribing"
    assert _run(entries, log).heard == 2


def test_what_another_machine_hears_is_waited_for(people: Session, registered: Registered, log: Path) -> None:
    entries = registered("a", "b")
    leases.begin(people, "a", "elsewhere:1:x")
    people.commit()

    def ends(account: Account) -> None:
        with db.session_scope() as session:
            leases.end(session, "a", "elsewhere:1:x")

    account = _run(entries, log, told=ends)
    assert log.read_text().split() == ["b", "a"]
    assert account.done == 2


def test_who_refuses_the_analysis_is_not_heard(people: Session, registered: Registered, log: Path) -> None:
    entries = registered("a")
    people.add(Standing(customer_id="C1", refused=["analysis"], settled_at=now()))
    people.commit()
    account = _run(entries, log)
    assert (account.done, account.unwanted, account.failures, log.read_text()) == (1, 1, [], "")
    assert _states(people) == {"a": "registered"}


def test_without_a_model_all_but_transcripts_wait(
    people: Session, registered: Registered, log: Path, tmp_path: Path
) -> None:
    entries = registered("a", "b")
    (tmp_path / "b.json").write_text('[{"speaker": "customer", "text": "您好", "start": 0, "end": 1}]')
    account = _run(entries, log, version=None)
    assert log.read_text().split() == ["b"]
    assert (account.done, account.waiting, account.failures) == (2, 1, [])
    assert _states(people)["a"] == "needs_model"


def test_a_file_is_known_until_it_changes(people: Session, registered: Registered, tmp_path: Path) -> None:
    registered("a")
    path = tmp_path / "a.wav"
    assert backlog.known(people, path, "C1") == "a"
    assert backlog.known(people, path, "C2") is None
    os.utime(path, (0, 0))
    assert backlog.known(people, path, "C1") is None


class _Killing:
    """An executor in whose workers one is killed while it has a piece, until one has died of it."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self.workers, self.deaths = inner.workers, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next(self, timeout: float) -> Outcome | None:
        busy = [pid for pid, key in self._inner.pids().items() if key is not None]
        if busy and not self.deaths:
            os.kill(busy[-1], signal.SIGKILL)
        found = self._inner.next(timeout)
        self.deaths += found is not None and found.died
        return found


@pytest.fixture
def clips(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> list[Entry]:
    """Three pieces of a sample call, in two channels."""
    pcm = audio.decode(SAMPLE_CALL, 7200).pcm.astype(np.float32) / 32768
    entries = []
    for number in range(3):
        start = (2 + number * 8) * 16000
        path = write_wav(tmp_path / f"clip{number}.wav", pcm[start : start + 6 * 16000], 16000)
        entries.append(Entry(path.name, register(people, path, replace(meta, id=f"K{number}"), config).id))
    people.commit()
    return entries


@pytest.fixture
def drawing(tmp_path: Path) -> Settings:
    """Settings with a model that is treated as a real one, and whose every word is drawn at random."""
    hotwords = whisper.hotwords(tiny_whisper.tokenizer())
    folder = tiny_whisper.make(tmp_path / "drawing", "abcdefghij" * 4, hotwords=hotwords, draws=True)
    return Settings(demo=True, data_dir=tmp_path, speech_model=str(folder))


def test_the_same_words_in_any_order_with_any_workers_though_one_is_killed(
    people: Session, clips: list[Entry], drawing: Settings
) -> None:
    version = model_version(drawing)
    found = []
    for entries, kind, workers, kills in (
        (clips, LocalExecutor, 1, False),
        (clips[::-1], LocalExecutor, 2, True),
        ([*clips[1:], clips[0]], RayExecutor, 2, True),
    ):
        executor: Any = kind(ears(drawing, version), workers)
        executor = _Killing(executor) if kills else executor
        account = Run(executor, version).go(iter(entries), len(entries))
        assert (account.heard, account.failures) == (3, [])
        assert not kills or executor.deaths
        found.append(_stored(people))
        _forget(people)
    assert len({turn["text"] for row in found[0][0] for turn in row[2]["turns"]}) > 1
    assert found[0] == found[1] == found[2]


def _stored(session: Session) -> tuple[list[Any], list[Any]]:
    """All transcripts and utterances. That each sound is there once is seen by their number."""
    session.expire_all()
    rows = session.exec(select(Transcription).order_by(col(Transcription.sha256))).all()
    said = session.exec(
        select(StoredUtterance).order_by(col(StoredUtterance.conversation_id), col(StoredUtterance.index))
    )
    assert len(rows) == 3
    return [(r.sha256, r.model_version, r.result) for r in rows], [u.model_dump() for u in said]


def _forget(session: Session) -> None:
    for table in (StoredUtterance, StoredConversation, Transcription):
        session.execute(delete(table))
    session.execute(update(Recording).values(state=RecordingState.REGISTERED))
    session.commit()
