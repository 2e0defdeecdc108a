"""People in the directory, sounds made on the spot, and a scripted Whisper folder."""

import wave
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session

from asr.recordings import RecordingMeta
from dongke.clock import BEIJING
from dongke.directory import Advisor, Branch, Customer
from dongke.settings import Settings
from tests.asr import tiny_whisper

ROOT = Path(__file__).parents[2]
DEMO_MODEL = ROOT / "samples" / "demo_model"
SAMPLE_CALL = ROOT / "samples" / "recordings" / "R4001.wav"
STARTED = datetime(2026, 11, 2, 10, 0, tzinfo=BEIJING)
SENTENCE = "您好，我想买五十万科创板基金。"


@pytest.fixture
def people(session: Session) -> Session:
    """The session, with two advisors and two customers."""
    session.add(Branch(id="B1", name="陆家嘴营业部"))
    session.flush()
    for ident in ("A1", "A2"):
        session.add(Advisor(id=ident, name=ident, branch_id="B1"))
    session.flush()
    for ident in ("C1", "C2"):
        session.add(Customer(id=ident, advisor_id="A1"))
    session.flush()
    return session


@pytest.fixture
def meta() -> RecordingMeta:
    return RecordingMeta(customer_id="C1", advisor_id="A1", started_at=STARTED)


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    """Settings of the demo, without a model."""
    return Settings(demo=True, data_dir=tmp_path, speech_model=str(tmp_path / "no-model"), speech_threads=2)


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper folder that says SENTENCE into every window; without a prompt only, hence marked as the demo's."""
    folder = tiny_whisper.make(tmp_path_factory.mktemp("models") / "scripted", SENTENCE)
    (folder / "DEMO_ONLY").touch()
    return folder


def write_wav(path: Path, samples: np.ndarray, rate: int = 8000) -> Path:
    """Writes floats of shape (n,) or (n, channels) as 16-bit PCM."""
    columns = samples.reshape(len(samples), -1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(columns.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(columns, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(seconds: float, rate: int = 8000, level: float = 0.2) -> np.ndarray:
    """A hum, which nobody takes for speech."""
    return level * np.sin(2 * np.pi * 300 * np.arange(round(seconds * rate)) / rate)


def noise(seconds: float, rate: int = 8000, level: float = 0.003, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(seconds * rate))
