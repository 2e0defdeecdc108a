"""How well a model hears: held-out calls, made like the demo's (espeak-ng, sox), through the product's own path.

Character error rates without marks; times of words against those of the characters that were said; silence where
nobody speaks.
"""

import json
import random
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance.Levenshtein import distance

from bench.demo_speech import held_out, line, voices
from bench.demo_speech.spoken import MARKS, bare

if TYPE_CHECKING:
    from asr.transcriber import Word
    from asr.whisper import WhisperTranscriber

CALLS, TURNS = 10, 16
SHORTEST, LONGEST = 6, 40  #: characters of a held-out utterance
RATE = 16_000
SPEECHLESS_SECONDS = 30


@dataclass(frozen=True)
class Figures:
    """Of one or several channels."""

    wrong: int = 0  #: characters to change
    said: int = 0
    late: tuple[float, ...] = ()  #: seconds by which the words that were heard right begin too late

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(self.wrong + other.wrong, self.said + other.said, self.late + other.late)

    @property
    def error_rate(self) -> float:
        return self.wrong / max(self.said, 1)

    def summary(self) -> dict[str, float]:
        """Rates rounded; `off_90` is the time error in seconds that nine words in ten stay under."""
        off = sorted(abs(x) for x in self.late)
        row: dict[str, float] = {"error_rate": round(self.error_rate, 4), "characters": self.said}
        if off:
            row |= {"late_median": round(median(self.late), 3), "off_90": round(off[int(len(off) * 0.9)], 3)}
        return row


def compare(said: list[tuple[str, float]], words: "list[Word]") -> Figures:
    """Characters with the seconds at which they were said, and the words that were heard."""
    heard = [(c, w.start_ms / 1000) for w in words for c in bare(w.text)[:1]]
    text = "".join(bare(w.text) for w in words)
    matched = SequenceMatcher(None, [c for c, _ in said], [c for c, _ in heard], autojunk=False).get_matching_blocks()
    late = tuple(heard[m.b + i][1] - said[m.a + i][1] for m in matched for i in range(m.size))
    return Figures(distance("".join(c for c, _ in said), text), len(said), late)


def scripts(seed: int = 11) -> list[dict[str, Any]]:
    """Held-out calls in the shape of samples/recordings/scripts.json; the last two by voices never trained on."""
    chance = random.Random(seed)
    known = [t for t in held_out.load().others if SHORTEST <= len(bare(t)) <= LONGEST]
    texts = chance.sample(known, CALLS * TURNS)
    made = []
    for i in range(CALLS):
        names = voices.UNHEARD if i >= CALLS - 2 else (chance.choice(voices.MEN), chance.choice(voices.WOMEN))
        pair = {s: [n, chance.randint(150, 170), chance.randint(40, 58)] for s, n in zip(SPEAKERS, names, strict=True)}
        turns = [[SPEAKERS[k % 2], text] for k, text in enumerate(texts[i * TURNS : (i + 1) * TURNS])]
        made.append({"call_id": f"H{i:02}", "voices": pair, "turns": turns})
    return made


SPEAKERS = ("advisor", "customer")


def record(script: dict[str, Any], sound: Path) -> None:
    """Makes the recording as samples/make_recordings.py makes the demo's, and beside it what was said and when."""
    from samples import make_recordings

    lines, turns = make_recordings.lay_out(script)
    make_recordings.telephone(lines, sound)
    sound.with_suffix(".json").write_text(json.dumps({"script": script, "turns": turns}, ensure_ascii=False), "utf-8")


def timed(script: dict[str, Any], turns: list[dict[str, Any]], speaker: str) -> list[tuple[str, float]]:
    """The characters that the speaker says and when, in seconds of the recording."""
    found: list[tuple[str, float]] = []
    for turn in turns:
        if turn["speaker"] == speaker:
            said = voices.say(turn["text"], voices.Voice(*script["voices"][speaker]))
            times = said.characters if said else tuple(voices.Heard(0, 0, c) for c in turn["text"])
            found += [(c.text, turn["start"] + c.start) for c in times if c.text not in MARKS]
    return found


def hear(sound: Path, script: dict[str, Any], turns: list[dict[str, Any]], engine: "WhisperTranscriber") -> Figures:
    """Both channels of a recording, each behind the product's cross-talk gate and voice detection."""
    from asr import audio

    decoded, total = audio.decode(sound, 7200), Figures()
    for n, speaker in enumerate(SPEAKERS):
        gated = audio.gate(decoded.channel(n), decoded.channel(1 - n))
        words = [word for segment in engine.segments(gated) for word in segment.words]
        total += compare(timed(script, turns, speaker), words)
    return total


def speechless(engine: "WhisperTranscriber") -> int:
    """Characters heard where nobody speaks: silence, noise, ring-back, music. 0 is right."""
    import numpy as np

    chance, count = random.Random(1), SPEECHLESS_SECONDS * RATE
    noise = np.random.default_rng(1).normal(0, 1, count).astype(np.float32)
    ring = line.ring(SPEECHLESS_SECONDS, RATE, chance)
    sounds = [np.zeros(count, np.float32), noise * 0.003, noise * 0.05, ring, ring + noise * 0.002]
    sounds += [line.music(SPEECHLESS_SECONDS, RATE, random.Random(i)) for i in range(4)]
    return sum(len(segment.text) for sound in sounds for segment in engine.segments(sound))


def measure(model: Path, folder: Path) -> dict[str, Any]:
    """All figures of a model; the held-out calls are kept in `folder`."""
    from asr import whisper
    from dongke.settings import Settings

    engine = whisper.load(Settings(demo=True, speech_model=str(model)))
    folder.mkdir(parents=True, exist_ok=True)
    others, strangers, demo = Figures(), Figures(), Figures()
    for i, script in enumerate(scripts()):
        sound = folder / f"{script['call_id']}.wav"
        if not sound.is_file():
            record(script, sound)
        told = json.loads(sound.with_suffix(".json").read_text(encoding="utf-8"))
        found = hear(sound, script, told["turns"], engine)
        others, strangers = (others, strangers + found) if i >= CALLS - 2 else (others + found, strangers)
    for script in json.loads(held_out.SCRIPTS.read_text(encoding="utf-8")):
        sound = held_out.SCRIPTS.with_name(f"{script['call_id']}.wav")
        truth = json.loads((sound.parent / "truth" / f"{script['call_id']}.json").read_text(encoding="utf-8"))
        demo += hear(sound, script, truth["utterances"], engine)
    named = {"demo's calls": demo, "other authors": others, "other authors, other voices": strangers}
    size = sum(path.stat().st_size for path in model.glob("*.*"))
    return {n: f.summary() for n, f in named.items()} | {"speechless": speechless(engine), "bytes": size}
