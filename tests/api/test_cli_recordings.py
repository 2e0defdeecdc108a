"""`dongke recording …`: what a person sees."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api import intake
from api.cli import app
from asr.models import Recording, RecordingState
from dongke import db
from dongke.errors import BadInput, NotFound
from dongke.settings import settings
from tests.asr.conftest import write_wav

WHEN = "2026-03-02T10:05:00+08:00"
MANIFEST = (
    f"file,customer_id,advisor_id,started_at,id\na.wav,C1,A1,{WHEN},R1\nb.wav,C2,A2,{WHEN},R2\nc.wav,C3,A3,{WHEN},\n"
)


@pytest.fixture
def store(broker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL below which two recordings lie with their manifest, which names a third."""
    folder = tmp_path / "store"
    folder.mkdir()
    for number, name in enumerate("ab"):
        dice = np.random.default_rng(number)
        write_wav(folder / f"{name}.wav", dice.uniform(-0.1, 0.1, (8000 * 61, 2)))
    (folder / "manifest.csv").write_text(MANIFEST)
    monkeypatch.setenv("DONGKE_RECORDING_SOURCES", f"file://{folder}/")
    settings.cache_clear()
    return f"file://{folder}"


def run(*words: str, ends: int = 0) -> str:
    result = CliRunner().invoke(app, ["recording", *words], catch_exceptions=False)
    assert result.exit_code == ends, result.output
    return result.output


def test_from_a_url_to_the_list(store: str) -> None:
    told = run("fetch", store, "--queue", ends=1)  # the third is not there
    assert "新增或更新 2, 未变 0, 拒收 1" in told
    assert "source-missing" in told
    assert "未变 2" in run("fetch", store + "/manifest.csv", "--queue", ends=1)
    listed = run("list")
    assert listed.startswith("已登记 2  等待语音模型 0  转写中 0  已转写 0  可疑 0  失败 0")
    assert "R1" in listed
    assert "1:01" in listed
    assert "R2" not in run("list", "--customer", "C1")
    assert "R1" not in run("list", "--state", "failed")
    with pytest.raises(BadInput, match="没有状态"):
        run("list", "--state", "asleep")


def test_one_with_its_sound_and_its_history(store: str) -> None:
    intake.fetch_from([store], process=False)
    with db.session_scope() as session:
        session.get_one(Recording, "R1").state = RecordingState.NEEDS_MODEL
    told = run("show", "R1")
    assert "等待语音模型" in told.splitlines()[0]
    assert "wav pcm_s16le 8000 Hz, 2 声道" in told
    assert "取自 file://" in told
    assert "声道 0 投顾: -" in told
    assert "声道 1 客户: -" in told
    assert [line.split()[2] for line in told.splitlines() if line.startswith("  20")] == ["已登记", "等待语音模型"]
    with pytest.raises(NotFound):
        run("show", "R9")


def test_retries_go_on_after_one_that_cannot(store: str) -> None:
    intake.fetch_from([store], process=False)
    with db.session_scope() as session:
        session.get_one(Recording, "R1").state = RecordingState.FAILED
        session.get_one(Recording, "R2").state = RecordingState.DONE
    told = run("retry", "R2", "R9", "R1", ends=1)
    assert "recording-done" in told
    assert "recording-unknown" in told
    assert "1 段重新排队, 2 段不能重试" in told
    with db.session_scope() as session:
        assert session.get_one(Recording, "R1").state is RecordingState.REGISTERED
        session.get_one(Recording, "R1").state = RecordingState.FAILED
    assert "1 段重新排队, 0 段不能重试" in run("retry", "--failed")
    for words in ((), ("R1", "--failed")):
        with pytest.raises(BadInput, match="只给一种"):
            run("retry", *words)
