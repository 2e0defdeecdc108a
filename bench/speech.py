"""Our way through a two-channel recording beside the bare faster-whisper call on the same channels and model folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOUND = ROOT / "samples/recordings/R4001.wav"
MODEL = ROOT / "samples/demo_model"


def measure(median: Callable[..., float]) -> Iterator[tuple[str, str]]:
    """Wall time of both, and the real-time factor."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "DONGKE_DEMO": "1", "DONGKE_SPEECH_MODEL": str(MODEL)}
    from faster_whisper import WhisperModel, decode_audio

    from asr import audio, whisper
    from asr.archive import hear
    from dongke.settings import settings

    settings.cache_clear()
    ours = whisper.load(settings())
    bare = WhisperModel(str(MODEL), device="cpu", compute_type="int8")
    vad = {"threshold": 0.3, "min_silence_duration_ms": 500, "speech_pad_ms": 400}

    def plain() -> None:
        for channel in decode_audio(str(SOUND), split_stereo=True):
            segments, _ = bare.transcribe(
                channel,
                language="zh",
                beam_size=5,
                temperature=0.0,
                condition_on_previous_text=False,
                vad_filter=True,
                vad_parameters=vad,
                word_timestamps=True,
            )
            list(segments)

    with_us = median(lambda: hear(audio.decode(SOUND, 7200), ours), runs=3)
    without = median(plain, runs=3)
    seconds = audio.probe(SOUND, 7200).duration_ms / 1000
    yield "speech, demo model, real-time factor (both channels)", f"{with_us / seconds:.3f}"
    yield "our wall time over the bare faster-whisper call", f"{with_us / without:.2f}"
