"""How surely two people in one channel are told apart: role accuracy and how much is believed, by confidence.

    pip install --target /some/folder pypinyin          # and apt-get install espeak-ng sox, as for the samples
    PYTHONPATH=/some/folder python bench/voices.py [CALLS]      # 44 calls by default

The sample calls are read out by two synthetic voices into one telephone channel, mixed down, and once more by one voice
for both parties, which must not be believed. The words and their times are given, as a good engine would hear them:
what is measured is who says what. Then channels: the same talks as they are and with their channels swapped.
"""

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

import make_recordings  # noqa: E402
import numpy as np  # noqa: E402

from asr import audio, hearing, roles  # noqa: E402
from asr.transcriber import Segment, Word  # noqa: E402

VOICES = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Judged:
    """One turn that was heard: how sure its speaker is, and whether he is right."""

    sure: float
    right: bool


class Reader:
    """An engine that knows what is said and when."""

    version = source = "truth@1"

    def __init__(self, turns: Sequence[dict[str, Any]]) -> None:
        self._turns = turns

    def segments(self, samples: Any) -> tuple[Segment, ...]:
        return tuple(_segment(t["text"], round(t["start"] * 1000), round(t["end"] * 1000)) for t in self._turns)


def main(count: int = 44) -> None:
    """Prints the tables."""
    talks = [json.loads(p.read_text(encoding="utf-8")) for p in sorted((ROOT / "samples/calls").glob("*.json"))]
    talks = [talk for talk in talks if talk["utterances"]][:count]
    for name, one_voice in (("two voices", False), ("one voice for both", True)):
        heard = [list(_judged(talk, one_voice=one_voice)) for talk in talks]
        print(f"{name}: {len(heard)} calls, {sum(map(len, heard))} turns")
        for threshold in THRESHOLDS:
            print("  " + _line(heard, threshold))
    for name, order in (("channels as they are", (0, 1)), ("swapped channels", (1, 0))):
        said = [
            [[u["text"] for u in t["utterances"] if u["speaker"] == w] for w in make_recordings.SPEAKERS] for t in talks
        ]
        found = [roles.channels(pair[order[0]], pair[order[1]]).value for pair in said]
        print(f"{name}: " + ", ".join(f"{verdict} {found.count(verdict)}" for verdict in sorted(set(found))))


def _line(heard: list[list[Judged]], threshold: float) -> str:
    every = [turn for call in heard for turn in call]
    believed = [turn for turn in every if turn.sure >= threshold]
    calls = sum(any(turn.sure >= threshold for turn in call) for call in heard)
    right = f"{sum(t.right for t in believed) / len(believed):.4f} right" if believed else "–"
    return f"≥ {threshold}: {len(believed)} turns ({len(believed) / len(every):.2f}) in {calls} calls believed, {right}"


def _judged(talk: dict[str, Any], *, one_voice: bool) -> Iterator[Judged]:
    chance = random.Random(f"{talk['id']} {one_voice}")
    pair = [[voice, chance.randint(150, 170), chance.randint(40, 60)] for voice in chance.sample(VOICES, 2)]
    voices = {"advisor": pair[0], "customer": pair[0] if one_voice else pair[1]}
    turns = [[u["speaker"], u["text"]] for u in talk["utterances"]]
    lines, truth = make_recordings.lay_out({"call_id": talk["id"], "voices": voices, "turns": turns})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        make_recordings.telephone(lines, path)
        sound = audio.decode(path, 7200)
    mixed = sound.pcm.astype(np.int32).sum(1).clip(-32768, 32767).astype(np.int16)[:, None]
    for turn in hearing.hear(audio.Sound(mixed), Reader(truth)).turns:
        middle = ((turn.start_ms or 0) + (turn.end_ms or 0)) / 2000
        said = min(truth, key=lambda t: abs((t["start"] + t["end"]) / 2 - middle) - (t["end"] - t["start"]) / 2)
        yield Judged(turn.role_confidence or 0.0, turn.speaker == said["speaker"])


def _segment(text: str, start: int, end: int) -> Segment:
    edges = [start + (end - start) * n // len(text) for n in range(len(text) + 1)]
    words = tuple(Word(c, a, b) for c, a, b in zip(text, edges, edges[1:], strict=False))
    return Segment(text, start, end, words)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
