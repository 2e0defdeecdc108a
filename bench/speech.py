"""How well and how fast the speech path hears: character error rate per speaker, order of turns, real-time factor.

usage: python bench/speech.py MODEL_FOLDER RECORDING TRUTH [RECORDING TRUTH …]
TRUTH is a conversation as JSON (docs/tags.md), or a list of {speaker: agent|advisor|customer, text, start, end}.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from asr import archive, audio, cleanup, whisper
from dongke.settings import Settings
from dongke.types import Speaker


def main(model: str, *paths: str) -> None:
    engine = whisper.load(Settings(demo=True, speech_model=model, speech_threads=2))
    print(f"model {engine.source}")
    for sound, truth in zip(paths[::2], paths[1::2], strict=True):
        report(engine, Path(sound), json.loads(Path(truth).read_text(encoding="utf-8")))


def report(engine: whisper.WhisperTranscriber, path: Path, truth: Any) -> None:
    begun = time.perf_counter()
    decoded = audio.decode(path, 7200)
    heard = archive.hear(decoded, engine).turns
    taken = time.perf_counter() - begun
    rows = truth["utterances"] if isinstance(truth, dict) else truth
    said = [(Speaker("customer" if r["speaker"] == "customer" else "advisor"), r["text"]) for r in rows]
    figures = []
    for speaker in Speaker:
        reference = cleanup.bare("".join(text for who, text in said if who is speaker))
        found = cleanup.bare("".join(t.text for t in heard if t.speaker is speaker))
        figures.append(f"{speaker} {distance(reference, found) / max(len(reference), 1):.3f}")
    whole = cleanup.bare("".join(text for _, text in said)), cleanup.bare("".join(t.text for t in heard))
    figures.append(f"in order {distance(*whole) / len(whole[0]):.3f}")
    doubted = sum(t.doubt is not None for t in heard)
    factor = taken * 1000 / decoded.duration_ms
    print(f"{path.name}: character error rate {', '.join(figures)}; doubted {doubted}/{len(heard)}; RTF {factor:.3f}")


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        left = [i]
        for j, b in enumerate(other, 1):
            left.append(min(row[j] + 1, left[-1] + 1, row[j - 1] + (a != b)))
        row = left
    return row[-1]


if __name__ == "__main__":
    main(*sys.argv[1:])
