import shutil
from pathlib import Path

import numpy as np
import pytest

from asr import audio, whisper
from dongke.errors import DongkeError, NotReady
from dongke.settings import Settings
from tests.asr import tiny_whisper
from tests.asr.conftest import DEMO_MODEL, SAMPLE_CALL, SENTENCE


def _settings(model: Path | str, *, demo: bool = True) -> Settings:
    return Settings(demo=demo, speech_model=str(model), speech_threads=2)


def _speech() -> np.ndarray:
    """The customer's channel of a sample call."""
    sound = audio.decode(SAMPLE_CALL, 7200)
    return audio.gate(sound.channel(1), sound.channel(0))


def test_scripted_model_runs_through_the_real_engine(scripted: Path) -> None:
    engine = whisper.load(_settings(scripted))
    segments = engine.segments(_speech())
    assert segments[0].text == SENTENCE
    assert "".join(w.text for w in segments[0].words) == SENTENCE
    assert engine.version.startswith("scripted@")
    assert whisper.load(_settings(scripted)) is engine  # one model a process


def test_real_model_gets_hotwords_under_the_limit(scripted: Path, tmp_path: Path) -> None:
    real = shutil.copytree(scripted, tmp_path / "real")
    (real / whisper.DEMO_MARK).unlink()
    engine = whisper.load(_settings(real, demo=False))
    assert engine.source == engine.version == engine.version.replace("demo:", "")
    words = engine._options["hotwords"]
    assert words.startswith("科创板")
    tokens = engine._model.hf_tokenizer.encode(words, add_special_tokens=False).ids
    assert len(tokens) <= whisper.MAX_HOTWORD_TOKENS
    assert engine._options["condition_on_previous_text"] is False
    assert "temperature" not in engine._options  # fallbacks stay
    assert isinstance(engine.segments(_speech()), tuple)  # the long prompt does not crash the engine


def test_a_folder_of_the_shape_of_large_v3_turbo_runs_unchanged(tmp_path: Path) -> None:
    shape = tiny_whisper.turbo()
    words = whisper.hotwords(tiny_whisper.tokenizer(shape))
    folder = tiny_whisper.make(tmp_path / "large-v3-turbo", SENTENCE, hotwords=words, shape=shape)
    engine = whisper.load(_settings(folder, demo=False))
    assert (engine._model.model.n_mels, engine._model.hf_tokenizer.get_vocab_size()) == (128, 51866)
    assert engine._model.hf_tokenizer.token_to_id("<|zh|>") == 50260
    assert engine.version.startswith("large-v3-turbo@")
    assert "temperature" not in engine._options
    segments = engine.segments(_speech())
    assert {segment.text for segment in segments} == {SENTENCE}
    for segment in segments:
        times = [t for word in segment.words for t in (word.start_ms, word.end_ms)]
        assert "".join(word.text for word in segment.words) == SENTENCE
        assert times == sorted(times)
        assert times[-1] > times[0]


def test_what_is_drawn_is_drawn_anew_for_every_channel(tmp_path: Path) -> None:
    words = whisper.hotwords(tiny_whisper.tokenizer())
    folder = tiny_whisper.make(tmp_path / "drawing", "abcdefghij" * 4, hotwords=words, draws=True)
    engine = whisper.load(_settings(folder))
    samples = _speech()[16000 * 5 : 16000 * 11]
    first = engine.segments(samples)
    assert len(set(first[0].text)) > 1
    assert engine.segments(samples) == first
    engine._model.model._is_drawn_from = False  # left as it is, the model goes on drawing
    assert engine.segments(samples) != first


@pytest.mark.parametrize("name", ["large-v3-turbo", "no-such-size", "/nowhere/model", "./nowhere"])
def test_missing_model_says_so_at_once(name: str) -> None:
    with pytest.raises(NotReady) as fault:
        whisper.load(_settings(name))
    assert fault.value.code == "model-missing"


@pytest.mark.parametrize("name", whisper.NEEDED)
def test_half_a_model_names_what_is_missing(scripted: Path, tmp_path: Path, name: str) -> None:
    half = shutil.copytree(scripted, tmp_path / "half")
    (half / name).unlink()
    with pytest.raises(NotReady, match=name) as fault:
        whisper.load(_settings(half))
    assert fault.value.code == "model-missing"


def test_broken_model_is_not_missing(scripted: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(scripted, tmp_path / "broken")
    (broken / "model.bin").write_bytes(b"no model")
    with pytest.raises(NotReady) as fault:
        whisper.load(_settings(broken))
    assert fault.value.code == "model-broken"


def test_demo_model_stays_in_the_demo() -> None:
    with pytest.raises(NotReady) as fault:
        whisper.load(_settings(DEMO_MODEL, demo=False))
    assert fault.value.code == "model-demo-only"
    engine = whisper.load(_settings(DEMO_MODEL))
    assert engine.source.startswith("demo:demo_model@")
    assert "hotwords" not in engine._options
    assert engine._options["temperature"] == 0.0


def test_demo_model_hears_the_sample_customer() -> None:
    engine = whisper.load(_settings(DEMO_MODEL))
    heard = "".join(segment.text for segment in engine.segments(_speech()))
    assert "八十万" in heard
    assert "科创板" in heard


def _silence(seconds: int) -> np.ndarray:
    return np.zeros(seconds * 16000, np.float32)


def _noise(seconds: int, level: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, seconds * 16000).astype(np.float32)


def _ring_back(seconds: int) -> np.ndarray:
    """回铃音: 450 Hz, one second in five."""
    time = np.arange(seconds * 16000) / 16000
    return (np.sin(2 * np.pi * 450 * time) * (time % 5 < 1) * 0.2).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [
        _silence(20),
        _silence(0),
        _noise(20, 0.003),
        _noise(20, 0.05),
        _ring_back(20),
        _ring_back(20) + _noise(20, 0.002),
    ],
    ids=["silence", "nothing", "noise", "loud noise", "ring-back", "ring-back and noise"],
)
def test_no_voice_gives_no_words(samples: np.ndarray) -> None:
    assert whisper.load(_settings(DEMO_MODEL)).segments(samples) == ()


def test_fault_while_the_engine_works_is_typed(scripted: Path) -> None:
    engine = whisper.load(_settings(scripted))

    class Broken:
        def transcribe(self, *_: object, **__: object) -> tuple[object, None]:
            def lazily() -> object:
                raise RuntimeError("out of memory")
                yield

            return lazily(), None

    broken = whisper.WhisperTranscriber(Broken(), "x@1", demo=True)
    with pytest.raises(DongkeError) as fault:
        broken.segments(_speech())
    assert fault.value.code == "speech-failed"
    assert engine.segments(_speech())  # the real one goes on
