import random
from pathlib import Path

import av
import numpy as np
import pytest

from asr import audio
from dongke.errors import BadInput
from tests.asr.conftest import noise, tone, write_wav


def _encode(path: Path, codec: str, rate: int, layout: str = "mono", container: str | None = None) -> Path:
    """Two seconds of a hum in that codec."""
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        channels = len(stream.layout.channels)
        samples = (tone(2, rate) * 32767).astype("<i2")
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[None, :], format="s16", layout=layout)
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for ready in resampler.resample(frame):
            fifo.write(ready)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.wav", "pcm_s16le", 8000, "mono"),
        ("a.wav", "pcm_s16le", 16000, "stereo"),
        ("a.wav", "pcm_alaw", 8000, "stereo"),
        ("a.wav", "pcm_mulaw", 8000, "mono"),
        ("a.wav", "pcm_s16le", 48000, "stereo"),
        ("a.mp3", "libmp3lame", 16000, "mono"),
        ("a.m4a", "aac", 44100, "stereo"),
        ("a.flac", "flac", 22050, "mono"),
        ("a.ogg", "libopus", 48000, "mono"),
    ],
)
def test_common_formats(tmp_path: Path, name: str, codec: str, rate: int, layout: str) -> None:
    path = _encode(tmp_path / name, codec, rate, layout)
    probe = audio.probe(path, 60)
    assert (probe.channels, probe.rate) == (1 if layout == "mono" else 2, rate)
    assert probe.duration_ms == pytest.approx(2000, abs=120)
    sound = audio.decode(path, 60)
    assert sound.channels == probe.channels
    assert sound.duration_ms == pytest.approx(2000, abs=120)
    assert audio.loudness_db(sound.channel(0)) == pytest.approx(-17, abs=3)


def test_content_decides_not_the_extension(tmp_path: Path) -> None:
    path = _encode(tmp_path / "really_flac.wav", "flac", 16000, container="flac")
    assert audio.probe(path, 60).codec == "flac"


def _cut(path: Path, share: float) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    return path


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _long_header(path: Path) -> Path:
    """A file of 8-bit 8 kHz that really is two hours and one minute long, but sparse."""
    size = 8000 * 60 * 121
    head = b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") * 2 + (1).to_bytes(2, "little")
    head += (8).to_bytes(2, "little") + b"data" + size.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    return path


def _film(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


BAD = {
    "audio-missing": lambda p: p,
    "audio-empty": lambda p: _written(p, b""),
    "audio-unreadable": lambda p: _written(p, "这不是录音\n".encode() * 50),
    "audio-truncated": lambda p: _cut(write_wav(p, tone(4)), 0.5),
    "audio-too-long": _long_header,
    "audio-no-sound": _film,
    "audio-rate": lambda p: write_wav(p, tone(2, 4000), 4000),
    "audio-broken": lambda p: _cut(write_wav(p, tone(0.001)), 44 / 60),
}


@pytest.mark.parametrize("code", BAD)
def test_each_bad_file_has_its_reason(tmp_path: Path, code: str) -> None:
    path = BAD[code](tmp_path / "call.wav")
    with pytest.raises(BadInput) as fault:
        audio.probe(path, 7200)
    assert fault.value.code == code
    assert fault.value.detail


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
    whole = _encode(tmp_path / name, codec, 16000).read_bytes()
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
