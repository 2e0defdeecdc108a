"""How well and how fast the speech path hears: character error rate, real-time factor, our time over the bare call.

`python bench/run.py` measures the sample recordings with the demo model; for other sounds and models:
`python bench/speech.py MODEL_FOLDER RECORDING TRUTH [RECORDING TRUTH …]`
TRUTH is a conversation as JSON (docs/tags.md), or a list of {speaker: agent|advisor|customer, text, start, end}.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from asr import audio, cleanup, hearing, whisper  # noqa: E402
from dongke.settings import Settings  # noqa: E402
from dongke.types import Speaker  # noqa: E402

SAMPLES = ROOT / "samples/recordings"
MODEL = ROOT / "samples/demo_model"


def measure(median: Callable[..., float]) -> Iterator[tuple[str, str]]:
    """Figures of the sample recordings with the demo model."""
    engine = whisper.load(Settings(demo=True, speech_model=str(MODEL), speech_threads=2))
    for sound in sorted(SAMPLES.glob("*.wav")):
        truth = json.loads((SAMPLES / "truth" / f"{sound.stem}.json").read_text(encoding="utf-8"))
        yield f"speech, demo model, {sound.stem}", figures(engine, sound, truth)
    sound = SAMPLES / "R4001.wav"
    with_us = median(lambda: hearing.hear(audio.decode(sound, 7200), engine), runs=3)
    without = median(lambda: bare(sound), runs=3)
    yield "speech: our wall time over the bare faster-whisper call", f"{with_us / without:.2f}"


def bare(sound: Path) -> None:
    """The library alone, same model folder and settings, each channel in turn."""
    from faster_whisper import decode_audio

    model = bare_model()
    vad = {"threshold": 0.3, "min_silence_duration_ms": 500, "speech_pad_ms": 400}
    for channel in decode_audio(str(sound), split_stereo=True):
        segments, _ = model.transcribe(
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


@lru_cache(maxsize=1)
def bare_model() -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=2)


def figures(engine: whisper.WhisperTranscriber, path: Path, truth: Any) -> str:
    """Character error rate per speaker and in order of turns, doubted turns, real-time factor."""
    begun = time.perf_counter()
    decoded = audio.decode(path, 7200)
    heard = hearing.hear(decoded, engine).turns
    taken = time.perf_counter() - begun
    rows = truth["utterances"] if isinstance(truth, dict) else truth
    said = [(Speaker("customer" if r["speaker"] == "customer" else "advisor"), r["text"]) for r in rows]
    parts = []
    for speaker in Speaker:
        reference = cleanup.bare("".join(text for who, text in said if who is speaker))
        found = cleanup.bare("".join(t.text for t in heard if t.speaker is speaker))
        parts.append(f"{speaker} {distance(reference, found) / max(len(reference), 1):.3f}")
    whole = cleanup.bare("".join(text for _, text in said)), cleanup.bare("".join(t.text for t in heard))
    parts.append(f"in order {distance(*whole) / len(whole[0]):.3f}")
    doubted = sum(t.doubt is not None for t in heard)
    factor = taken * 1000 / decoded.duration_ms
    return f"character error rate {', '.join(parts)}; doubted {doubted}/{len(heard)}; real-time factor {factor:.3f}"


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        left = [i]
        for j, b in enumerate(other, 1):
            left.append(min(row[j] + 1, left[-1] + 1, row[j - 1] + (a != b)))
        row = left
    return row[-1]


def main(model: str, *paths: str) -> None:
    engine = whisper.load(Settings(demo=True, speech_model=model, speech_threads=2))
    print(f"model {engine.source}")
    for sound, truth in zip(paths[::2], paths[1::2], strict=True):
        told = figures(engine, Path(sound), json.loads(Path(truth).read_text(encoding="utf-8")))
        print(f"{Path(sound).name}: {told}")


if __name__ == "__main__":
    main(*sys.argv[1:])
