"""How well and how fast the speech path hears: character error rate, real-time factor, our time over the bare call.

`python bench/run.py` measures the sample recordings with the demo model; for other sounds and models:
`python bench/speech.py MODEL_FOLDER RECORDING TRUTH [RECORDING TRUTH …]`
TRUTH is a conversation as JSON (docs/tags.md), or a list of {speaker: agent|advisor|customer, text, start, end}.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rapidfuzz.distance.Levenshtein import distance  # noqa: E402

from asr import archive, audio, cleanup, hearing, whisper  # noqa: E402
from dongke.settings import Settings  # noqa: E402
from dongke.types import Speaker  # noqa: E402

SAMPLES = ROOT / "samples/recordings"
MODEL = ROOT / "samples/demo_model"
CALL = ROOT / "tests/asr/data/call.opus"  #: a synthetic call of 179 s with its truth
VAD = {"threshold": 0.3, "min_silence_duration_ms": 500, "speech_pad_ms": 400}  #: of asr/whisper.py
RUNS = 5


def measure(median: Callable[..., float]) -> Iterator[tuple[str, str]]:
    """Figures of the sample recordings with the demo model."""
    engine = whisper.load(Settings(demo=True, speech_model=str(MODEL)))
    for sound in sorted(SAMPLES.glob("*.wav")):
        truth = json.loads((SAMPLES / "truth" / f"{sound.stem}.json").read_text(encoding="utf-8"))
        yield f"speech, demo model, {sound.stem}", figures(engine, sound, truth)
    yield from channels(CALL, json.loads(CALL.with_suffix(".json").read_text(encoding="utf-8")))
    yield from over_bare(engine, CALL)


def over_bare(engine: whisper.WhisperTranscriber, sound: Path) -> Iterator[tuple[str, str]]:
    """Our wall time, from the file to the masked transcript, over that of faster-whisper alone. Bare is: the library's
    own decoding of the file and its `transcribe` on each channel, drained, with our beam, temperature and word times,
    the same model folder and threads, and three ways to find the speech."""
    piece = archive.Piece("bench", str(sound), None, 0, None)
    settings = Settings(demo=True)
    decoded = audio.decode(sound, 7200)
    pairs = [(decoded.channel(0), decoded.channel(1)), (decoded.channel(1), decoded.channel(0))]
    gated = [audio.gate(own, other) for own, other in pairs]
    bares: dict[str, Callable[[], None]] = {
        "the same gated sound, our VAD settings in its vad_filter": lambda: bare(sound, gated, VAD),
        "the channels as they are, our VAD settings in its vad_filter": lambda: bare(sound, None, VAD),
        "the channels as they are, its vad_filter as it comes": lambda: bare(sound, None, None),
    }
    for name, work in bares.items():
        taken = in_turns([lambda: archive.hear_piece(piece, engine, settings), work])
        (ours, theirs), (cpu, their_cpu) = zip(*taken, strict=True)
        figure = f"{ours / theirs:.2f} ({ours:.2f} s, {theirs:.2f} s); processor time {cpu / their_cpu:.2f}"
        yield f"speech: our wall time over the bare call, {name}", figure


def in_turns(works: list[Callable[[], object]]) -> list[tuple[float, float]]:
    """Median wall and processor seconds of each, one after the other in every round: what else the machine does then
    meets them all alike."""
    rounds: list[list[tuple[float, float]]] = [[] for _ in works]
    for number in range(RUNS + 1):
        for work, times in zip(works, rounds, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            if number:  # the first round is not counted
                times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return [(statistics.median(w for w, _ in times), statistics.median(c for _, c in times)) for times in rounds]


def bare(sound: Path, given: Any, vad: dict[str, Any] | None) -> None:
    """The library alone, each channel in turn; `given` are channels to hear in place of those of the file."""
    from faster_whisper import decode_audio

    model = bare_model()
    read = decode_audio(str(sound), split_stereo=True)
    for channel in given or read:
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

    return WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=1)  # as `load` gives the demo model


def channels(path: Path, truth: Any) -> Iterator[tuple[str, str]]:
    """What voice detection keeps of each channel of a two-channel call, with the gate and without."""
    sound = audio.decode(path, 7200)
    for role, number in (("agent", 0), ("customer", 1)):
        own, other = sound.channel(number), sound.channel(1 - number)
        parts = []
        for name, samples in (("gated", audio.gate(own, other)), ("without the gate", own)):
            recall, leaked = kept(whisper.speech(samples), truth, role, len(own))
            parts.append(f"{name} recall {recall:.3f}, other party {leaked:.2f} s")
        yield f"speech found in the {role}'s channel of a call of {sound.duration_ms / 1000:.0f} s", "; ".join(parts)


def kept(stretches: Any, truth: Any, role: str, samples: int) -> tuple[float, float]:
    """Share of the role's turns that the stretches hold, and seconds of them that only the other party's turns fill.

    Counted in steps of 10 ms, as whole turns with the pauses in them.
    """
    import numpy as np

    def mask(spans: Any) -> Any:
        made = np.zeros(samples // 160, bool)
        for start, end in spans:
            made[start:end] = True
        return made

    def turns(of_role: bool) -> Any:
        chosen = (r for r in truth if (r["speaker"] == role) is of_role)
        return mask((int(r["start"] * 100), int(r["end"] * 100)) for r in chosen)

    heard, mine, theirs = mask((a // 160, b // 160) for a, b in stretches), turns(True), turns(False)
    return float((heard & mine).sum() / mine.sum()), float((heard & theirs & ~mine).sum() / 100)


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


def main(model: str, *paths: str) -> None:
    engine = whisper.load(Settings(demo=True, speech_model=model))
    print(f"model {engine.source}")
    for sound, truth in zip(paths[::2], paths[1::2], strict=True):
        told = figures(engine, Path(sound), json.loads(Path(truth).read_text(encoding="utf-8")))
        print(f"{Path(sound).name}: {told}")


if __name__ == "__main__":
    main(*sys.argv[1:])
