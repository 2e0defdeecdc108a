import random
from pathlib import Path

import numpy as np
import pytest

from asr import audio
from dongke.errors import BadInput
from tests.asr.conftest import noise, tone, write_wav
from tests.asr.sounds import chirp, encode


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile 'other.wav'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.wav\n#EXT-X-ENDLIST\n",
        "1\n00:00:01,000 --> 00:00:02,000\n你好\n",
    ],
    ids=["concat", "playlist", "subtitles"],
)
def test_file_that_points_to_others_is_not_opened(tmp_path: Path, content: str) -> None:
    write_wav(tmp_path / "other.wav", tone(2))
    with pytest.raises(BadInput) as fault:
        audio.decode(_written(tmp_path / "call.wav", content.encode()), 60)
    assert fault.value.code == "audio-unreadable"


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_alaw"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac")])
def test_damaged_bytes_give_a_reason_or_a_sound(tmp_path: Path, name: str, codec: str) -> None:
    whole = encode(tmp_path / name, codec, 16000).read_bytes()
    dice, outcomes = random.Random(3), set()
    for _ in range(60):
        raw = bytearray(whole)
        for _ in range(dice.choice([1, 5, 100])):
            raw[dice.randrange(dice.choice([60, len(raw)]))] = dice.randrange(256)
        try:
            audio.decode(_written(tmp_path / "damaged.wav", bytes(raw)), 60)
            outcomes.add("sound")
        except BadInput as fault:
            outcomes.add(fault.code)
    assert "sound" in outcomes
    assert len(outcomes) > 1


def test_cut_end_of_a_stream_without_length_is_accepted(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", tone(2))
    raw = bytearray(path.read_bytes())
    raw[4:8] = raw[40:44] = b"\xff\xff\xff\xff"  # a recorder that never came back to write the length
    path.write_bytes(bytes(raw))
    assert audio.probe(path, 60).duration_ms == pytest.approx(2000, abs=10)


def test_gate_lowers_cross_talk_and_keeps_speech() -> None:
    own = noise(4, 16000, 0.001).astype(np.float32)
    other = noise(4, 16000, 0.001, seed=1).astype(np.float32)
    own[:16000] += tone(1, 16000).astype(np.float32)
    other[32000:48000] += tone(1, 16000).astype(np.float32)
    own[32000:48000] += 0.03 * tone(1, 16000).astype(np.float32)  # the other party, 30 dB down
    gated = audio.gate(own, other)
    assert np.array_equal(gated[:16000], own[:16000])
    echo = slice(36000, 44000)
    assert audio.loudness_db(gated[echo]) < audio.loudness_db(own[echo]) - 20
    assert len(gated) == len(own)


def test_gate_of_next_to_nothing() -> None:
    bit = np.zeros(100, np.float32)
    assert len(audio.gate(bit, bit)) == 100


def _sound(left: np.ndarray, right: np.ndarray) -> audio.Sound:
    return audio.Sound((np.stack([left, right], 1) * 32767).astype(np.int16))


def test_two_channels_that_do_not_tell_who_speaks() -> None:
    hum, hiss = tone(1, 16000), noise(1, 16000, 0.05)
    assert audio.is_dual_mono(_sound(hum, hum))
    assert audio.is_dual_mono(_sound(hum, np.zeros(16000)))
    assert audio.is_dual_mono(audio.Sound(np.zeros((16000, 1), np.int16)))
    assert not audio.is_dual_mono(_sound(hum, hiss))
    assert not audio.is_dual_mono(_sound(hum, noise(1, 16000, 0.002)))


def _levels(path: Path) -> list[tuple[float | None, float, float]]:
    return [(level.lufs, level.rms_db, level.peak_db) for level in audio.probe(path, 60).levels]


def test_loudness_of_each_channel(tmp_path: Path) -> None:
    """A tone of 997 Hz at −20 dBFS is −23.0 LUFS in one channel (ITU-R BS.1770)."""
    at = np.arange(8000 * 5) / 8000
    known = np.sqrt(2) * 10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * at)
    path = write_wav(tmp_path / "call.wav", np.stack([known, known / 10], 1))
    (loud, faint) = _levels(path)
    assert loud == (pytest.approx(-23, abs=0.3), pytest.approx(-23, abs=0.1), pytest.approx(-20, abs=0.1))
    assert faint == (pytest.approx(-43, abs=0.3), pytest.approx(-43, abs=0.1), pytest.approx(-40, abs=0.1))


def test_nothing_at_all_is_not_loud(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", np.zeros(8000))
    assert _levels(path) == [(None, -120, -120)]
    assert set(audio.probe(path, 60).peaks[0]) == {0}
    short = write_wav(tmp_path / "short.wav", tone(0.05))
    assert _levels(short)[0][0] is None  # too short for EBU R128
    assert audio.probe(short, 60).duration_ms == 50


def test_peaks_follow_the_sound(tmp_path: Path) -> None:
    quiet, loud = np.zeros(40_000), tone(5, 8000, 0.5)
    path = write_wav(tmp_path / "call.wav", np.stack([np.r_[quiet, loud], np.r_[loud, quiet]], 1))
    first, second = audio.probe(path, 60).peaks
    assert len(first) == len(second) == 1000  # one for every 10 ms
    assert (max(first[:499]), min(first[501:])) == (0, pytest.approx(500, abs=3))
    assert (min(second[:499]), max(second[501:])) == (pytest.approx(500, abs=3), 0)


def test_peaks_are_never_more_than_two_thousand_and_miss_no_click(tmp_path: Path) -> None:
    samples = np.zeros(8000 * 50)
    samples[8000 * 30] = 1.0
    peaks = audio.probe(write_wav(tmp_path / "call.wav", samples), 60).peaks[0]
    assert len(peaks) == audio.MAX_PEAKS
    assert [n for n, value in enumerate(peaks) if value] == [1200]
    assert max(peaks) == audio.PEAK_MAX


def test_probe_notices_two_channels_of_one_mix(tmp_path: Path) -> None:
    both = chirp(8000, 2)
    assert not audio.probe(write_wav(tmp_path / "two.wav", both), 60).is_dual_mono
    assert audio.probe(write_wav(tmp_path / "one.wav", both[:, [0, 0]]), 60).is_dual_mono
    dead = both * [1, 0]
    assert audio.probe(write_wav(tmp_path / "dead.wav", dead), 60).is_dual_mono
    assert not audio.probe(write_wav(tmp_path / "mono.wav", both[:, 0]), 60).is_dual_mono
