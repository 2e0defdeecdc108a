"""What voice detection keeps of a two-channel call: nearly all of a channel's own speech, hardly any of the other's.

`data/call.opus` is a synthetic call (espeak-ng, 8 kHz, side tone 30 dB down) with the times of its turns.
"""

import json
from pathlib import Path

import pytest

from asr import audio, whisper
from bench.speech import kept

CALL = Path(__file__).parent / "data" / "call.opus"


@pytest.fixture(scope="module")
def sound() -> audio.Sound:
    return audio.decode(CALL, 7200)


@pytest.mark.parametrize(("role", "number"), [("agent", 0), ("customer", 1)])
def test_own_speech_is_kept_and_the_other_party_is_not(sound: audio.Sound, role: str, number: int) -> None:
    truth = json.loads(CALL.with_suffix(".json").read_text(encoding="utf-8"))
    own, other = sound.channel(number), sound.channel(1 - number)
    recall, leaked = kept(whisper.speech(audio.gate(own, other)), truth, role, len(own))
    assert recall >= 0.95
    assert leaked <= 0.5
    recall, leaked = kept(whisper.speech(own), truth, role, len(own))  # it is the gate that does it
    assert recall >= 0.95
    assert leaked > 10


def test_what_is_kept_is_counted_in_turns() -> None:
    truth = [{"speaker": "agent", "start": 1.0, "end": 3.0}, {"speaker": "customer", "start": 2.0, "end": 4.0}]
    assert kept([(16000, 32000)], truth, "agent", 80000) == (0.5, 0.0)
    assert kept([(16000, 64000)], truth, "agent", 80000) == (1.0, 1.0)  # both at once is no leak
    assert kept([], truth, "customer", 80000) == (0.0, 0.0)
