"""样例录音: makes the two-channel 8 kHz a-law recordings of `recordings/` from `recordings/scripts.json`.

    pip install --target /some/folder pypinyin          # besides numpy, which the product has
    apt-get install espeak-ng sox
    PYTHONPATH=/some/folder python samples/make_recordings.py           # writes wav, truth/, manifest.csv
    python samples/make_recordings.py --check                            # what the demo model hears

Channel 0 is the advisor, channel 1 the customer. espeak-ng reads Chinese characters badly, so it is fed pinyin
with tone numbers (voice cmn-latn-pinyin). Synthetic voices only: nobody's voice was recorded or imitated. The same
espeak-ng and sox versions (1.51, 14.4.2) give the same files: noise and pauses are seeded by the call id.
"""

import argparse
import csv
import io
import json
import random
import subprocess
import sys
import tempfile
import wave
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "recordings"
RATE = 22_050  #: what espeak-ng makes
SIDE_TONE = 0.03  #: each party is heard 30 dB lower on the other's channel
NOISE = 0.002
SPEAKERS = ("advisor", "customer")
LETTERS = {"A": "ei1", "P": "pi4", "E": "yi4", "T": "ti4", "F": "ai4 fu5"}
STOPS = str.maketrans({"，": ",", "、": ",", "。": ".", "？": "?", "！": "!"})
MANIFEST = ("file", "call_id", "customer_id", "advisor_id", "direction", "answered", "started_at")


def pinyin(text: str) -> str:
    """Chinese text as pinyin syllables with tone numbers, punctuation kept for the pauses."""
    from pypinyin import Style, lazy_pinyin

    spelled = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
    syllables = [" ".join(LETTERS.get(c, c) for c in s) if s.isupper() else s for s in spelled]
    return " ".join(syllables).translate(STOPS)


def say(text: str, voice: str, speed: int, pitch: int) -> Any:
    """One turn as float samples at RATE."""
    words = ["espeak-ng", "-v", f"cmn-latn-pinyin+{voice}", "-s", str(speed), "-p", str(pitch)]
    raw = subprocess.run([*words, "--stdout", pinyin(text)], capture_output=True, check=True).stdout
    return np.frombuffer(raw[44:], dtype="<i2").astype(np.float32) / 32768


def lay_out(script: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
    """Places the turns one after the other: samples (n, 2) before the telephone, and the true turns with seconds."""
    chance = random.Random(script["call_id"])
    at, turns, pieces = 0.8, [], []
    for speaker, text in script["turns"]:
        sound = say(text, *script["voices"][speaker])
        end = at + len(sound) / RATE
        turns.append({"speaker": speaker, "text": text, "start": round(at, 2), "end": round(end, 2)})
        pieces.append((SPEAKERS.index(speaker), int(at * RATE), sound))
        at = end + chance.uniform(0.25, 0.6)
    lines = np.zeros((int((at + 0.4) * RATE), 2), np.float32)
    for channel, first, sound in pieces:
        lines[first : first + len(sound), channel] += sound
    noise = np.random.default_rng(zlib.crc32(script["call_id"].encode()))
    lines += noise.normal(0, NOISE, lines.shape).astype(np.float32)
    return lines + SIDE_TONE * lines[:, ::-1], turns


def telephone(lines: Any, target: Path) -> None:
    """Band-limits to 300-3400 Hz and writes 8 kHz two-channel a-law."""
    pcm = (np.clip(lines * 0.8, -1, 1) * 32767).astype("<i2")
    with tempfile.TemporaryDirectory() as folder:
        wide = Path(folder) / "wide.wav"
        with wave.open(str(wide), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(pcm.tobytes())
        subprocess.run(["sox", "-R", wide, "-r", "8000", "-e", "a-law", target, "sinc", "300-3400"], check=True)


def truth(script: dict[str, Any], turns: list[dict[str, Any]]) -> str:
    """What was really said, as a conversation of the tag contract, one turn a line."""
    head = {
        "id": script["call_id"],
        "channel": "call",
        "customer_id": script["customer_id"],
        "advisor_id": script["advisor_id"],
        "direction": script["direction"],
        "answered": True,
        "started_at": script["started_at"],
    }
    lines = [f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}," for k, v in head.items()]
    said = ",\n".join("  " + json.dumps(t, ensure_ascii=False) for t in turns)
    return "{\n" + "\n".join(lines) + f'\n "utterances": [\n{said}\n ]\n}}\n'


def make(scripts: list[dict[str, Any]]) -> None:
    """Writes every recording, its truth and the manifest."""
    (FOLDER / "truth").mkdir(parents=True, exist_ok=True)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(MANIFEST)
    for script in scripts:
        lines, turns = lay_out(script)
        name = f"{script['call_id']}.wav"
        telephone(lines, FOLDER / name)
        path = FOLDER / "truth" / f"{script['call_id']}.json"
        path.write_text(truth(script, turns), encoding="utf-8")
        ids = [script[k] for k in ("call_id", "customer_id", "advisor_id", "direction")]
        rows.writerow([name, *ids, "true", datetime.fromisoformat(script["started_at"]).isoformat()])
    (FOLDER / "manifest.csv").write_text(table.getvalue(), encoding="utf-8")


def check(scripts: list[dict[str, Any]]) -> None:
    """Prints, per channel, what was said and what the product hears with the demo model."""
    sys.path.insert(0, str(HERE.parent))
    from asr import audio, whisper
    from dongke.settings import Settings

    config = Settings(demo=True, speech_model=str(HERE / "demo_model"))
    engine = whisper.load(config)
    for script in scripts:
        sound = audio.decode(FOLDER / f"{script['call_id']}.wav", config.max_recording_seconds)
        for n, speaker in enumerate(SPEAKERS):
            said = "".join(text for who, text in script["turns"] if who == speaker)
            gated = audio.gate(sound.channel(n), sound.channel(1 - n))
            heard = "".join(segment.text for segment in engine.segments(gated))
            sys.stdout.write(f"{script['call_id']} {speaker}\n  said  {said}\n  heard {heard}\n")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--check", action="store_true", help="only print what the model hears")
    chosen = options.parse_args()
    scripts = json.loads((FOLDER / "scripts.json").read_text(encoding="utf-8"))
    (check if chosen.check else make)(scripts)


if __name__ == "__main__":
    main()
