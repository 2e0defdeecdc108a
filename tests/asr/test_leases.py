"""Who hears a recording is seen by everybody, and whoever dies gives it back."""

import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from asr import leases
from asr.models import Recording, RecordingLease, RecordingState, RecordingStep
from asr.recordings import RecordingMeta, fail, register, retry
from dongke import db
from dongke.errors import BadInput, Conflict
from dongke.settings import Settings
from tests.asr.conftest import ROOT, noise, write_wav

State = RecordingState
HOUR = timedelta(hours=1)


@pytest.fixture
def waiting(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> Session:
    """The session, with the recordings R1 and R2 committed."""
    for number in (1, 2):
        path = write_wav(tmp_path / f"{number}.wav", noise(1, seed=number))
        register(people, path, replace(meta, id=f"R{number}"), config)
    people.commit()
    return people


def _state(ident: str = "R1") -> RecordingState:
    with db.session_scope() as session:
        return session.get_one(Recording, ident).state


def _steps(ident: str = "R1") -> list[tuple[RecordingState, str | None]]:
    with db.session_scope() as session:
        query = select(RecordingStep).where(RecordingStep.recording_id == ident).order_by(RecordingStep.id)  # type: ignore[arg-type]
        return [(step.state, step.reason) for step in session.exec(query)]


def test_others_see_that_it_is_heard_and_that_it_failed(waiting: Session) -> None:
    with leases.held("R1") as is_mine:
        assert is_mine
        assert (_state(), _state("R2")) == (State.TRANSCRIBING, State.REGISTERED)
    assert _state() is State.REGISTERED  # nothing came of it
    with pytest.raises(ValueError, match="broken"), leases.held("R1"):
        raise ValueError("broken")
    assert _state() is State.REGISTERED
    assert [state for state, _ in _steps()] == [State.REGISTERED, State.TRANSCRIBING] * 2 + [State.REGISTERED]


def test_what_was_heard_keeps_its_state(waiting: Session) -> None:
    with leases.held("R1"), db.session_scope() as session:
        recording = session.get_one(Recording, "R1", with_for_update=True)  # as the pipeline does, all the while
        assert recording.state is State.TRANSCRIBING
        recording.state = State.DONE
    assert _state() is State.DONE
    with leases.held("R1") as is_mine:  # a newer model: what is done stays done while it is heard anew
        assert is_mine
        assert _state() is State.DONE
    assert _state() is State.DONE


def test_only_one_hears_it(waiting: Session) -> None:
    with leases.held("R1"):
        with leases.held("R1") as is_mine:
            assert not is_mine
        assert _state() is State.TRANSCRIBING  # whoever came second took nothing away
    with leases.held("R404") as is_mine:
        assert not is_mine


def test_one_of_many_at_once(waiting: Session) -> None:
    gate, taken = threading.Barrier(4), []

    def take(worker: str) -> None:
        gate.wait()
        with db.session_scope() as session:
            if leases.begin(session, "R1", worker, HOUR):
                taken.append(worker)

    threads = [threading.Thread(target=take, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_a_dead_worker_gives_it_back(waiting: Session) -> None:
    with db.session_scope() as session:
        assert leases.begin(session, "R1", "dead", timedelta(seconds=-1))
        assert leases.begin(session, "R2", "alive", HOUR)
    with db.session_scope() as session:
        assert leases.reclaim(session) == ["R1"]
    assert (_state("R1"), _state("R2")) == (State.REGISTERED, State.TRANSCRIBING)
    assert _steps()[-1] == (State.REGISTERED, leases.INTERRUPTED)
    with db.session_scope() as session:
        assert leases.reclaim(session) == []
        assert [lease.worker for lease in session.exec(select(RecordingLease))] == ["alive"]
        assert not leases.prolong(session, "R1", "dead")  # should he come back, he knows
        leases.end(session, "R1", "dead")
        assert leases.begin(session, "R1", "next", HOUR)
    with db.session_scope() as session:
        leases.end(session, "R1", "dead")  # what is not his, he does not end
    assert _state() is State.TRANSCRIBING


def test_a_lease_that_ran_out_may_be_taken_over(waiting: Session) -> None:
    with db.session_scope() as session:
        assert leases.begin(session, "R1", "dead", timedelta(seconds=-1))
    with db.session_scope() as session:
        assert leases.begin(session, "R1", "next", HOUR)
        assert leases.reclaim(session) == []


def test_a_worker_that_is_late_but_writes_is_left_alone(waiting: Session) -> None:
    with db.session_scope() as session:
        assert leases.begin(session, "R1", "late", timedelta(seconds=-1))
    with db.session_scope() as writing:
        writing.get_one(Recording, "R1", with_for_update=True)
        with db.session_scope() as session:
            assert leases.reclaim(session) == []


def test_the_lease_is_prolonged_while_it_is_held(waiting: Session) -> None:
    lease = timedelta(seconds=0.4)
    with leases.held("R1", lease=lease), db.session_scope() as session:
        for _ in range(200):  # polls the database, a hundredth of a second each, until it was prolonged twice
            row = session.execute(
                text("select until - begun_at, pg_sleep(0.01) from recording_lease where recording_id = 'R1'")
            ).one()
            if row[0] > 1.4 * lease:
                break
        assert row[0] > 1.4 * lease


_HOLDING = """
import sys
from datetime import timedelta
import dongke.directory  # what recordings refer to
from asr import leases
with leases.held("R1", lease=timedelta(seconds=1)) as is_mine:
    print(is_mine, flush=True)
    sys.stdin.read()
"""


def test_a_worker_killed_in_the_middle(waiting: Session) -> None:
    worker = subprocess.Popen([sys.executable, "-c", _HOLDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"True\n"
    assert _state() is State.TRANSCRIBING
    worker.kill()
    worker.communicate()
    deadline = time.monotonic() + 60
    while _state() is State.TRANSCRIBING and time.monotonic() < deadline:
        with db.session_scope() as session:
            leases.reclaim(session)
    assert _steps()[-1] == (State.REGISTERED, leases.INTERRUPTED)
    with leases.held("R1") as is_mine:
        assert is_mine


def test_since_when_and_through_which_states(waiting: Session) -> None:
    with db.session_scope() as session:
        before = session.get_one(Recording, "R1").state_at
        fail(session, "R1", BadInput("audio-missing", "没有这个录音文件"))
    with db.session_scope() as session:
        recording = session.get_one(Recording, "R1")
        assert recording.state_at > before
        since = recording.state_at
        recording.duration_ms += 1  # no change of state
    with db.session_scope() as session:
        assert session.get_one(Recording, "R1").state_at == since
    assert _steps() == [(State.REGISTERED, None), (State.FAILED, "没有这个录音文件 (audio-missing)")]


@pytest.mark.parametrize("state", [State.FAILED, State.SUSPECT, State.NEEDS_MODEL, State.REGISTERED])
def test_what_waits_or_failed_can_be_tried_again(waiting: Session, state: RecordingState) -> None:
    with db.session_scope() as session:
        session.get_one(Recording, "R1").state = state
    with db.session_scope() as session:
        retry(session, session.get_one(Recording, "R1"))
    assert _state() is State.REGISTERED


@pytest.mark.parametrize(("state", "code"), [(State.DONE, "recording-done"), (State.TRANSCRIBING, "recording-busy")])
def test_what_is_done_or_busy_cannot(waiting: Session, state: RecordingState, code: str) -> None:
    with db.session_scope() as session:
        session.get_one(Recording, "R1").state = state
    with pytest.raises(Conflict) as fault, db.session_scope() as session:
        retry(session, session.get_one(Recording, "R1"))
    assert fault.value.code == code
    assert _state() is state


def test_what_is_done_does_not_fail_any_more(waiting: Session) -> None:
    with db.session_scope() as session:
        session.get_one(Recording, "R1").state = State.DONE
    with db.session_scope() as session:
        fail(session, "R1", BadInput("processing-failed", "处理失败"))
        fail(session, "R404", BadInput("processing-failed", "处理失败"))
    assert _state() is State.DONE
