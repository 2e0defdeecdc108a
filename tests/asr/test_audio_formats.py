"""Every format that recordings come in: made here, read back; the tone must still be the tone."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from asr import audio
from asr.audio import Encoding
from dongke.errors import BadInput
from tests.asr import sounds
from tests.asr.conftest import write_wav
from tests.asr.sounds import encode, is_falling, is_rising

DATA = Path(__file__).parent / "data"
#: how what one library writes is called where another reads it
READ_AS = {"libmp3lame": "mp3float", "libopus": "opus", "libopencore_amrnb": "amrnb"}


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.wav", "pcm_u8", 8000, "mono"),
        ("a.wav", "pcm_s16le", 8000, "stereo"),
        ("a.wav", "pcm_s16le", 11025, "mono"),
        ("a.wav", "pcm_s16le", 48000, "stereo"),
        ("a.wav", "pcm_s24le", 44100, "mono"),
        ("a.wav", "pcm_f32le", 16000, "stereo"),
        ("a.wav", "pcm_alaw", 8000, "mono"),
        ("a.wav", "pcm_alaw", 8000, "stereo"),
        ("a.wav", "pcm_alaw", 16000, "mono"),
        ("a.wav", "pcm_mulaw", 8000, "mono"),
        ("a.wav", "pcm_mulaw", 8000, "stereo"),
        ("a.wav", "adpcm_ima_wav", 8000, "mono"),
        ("a.mp3", "libmp3lame", 8000, "mono"),
        ("a.mp3", "libmp3lame", 16000, "stereo"),
        ("a.mp3", "libmp3lame", 48000, "stereo"),
        ("a.m4a", "aac", 8000, "mono"),
        ("a.m4a", "aac", 16000, "stereo"),
        ("a.m4a", "aac", 48000, "stereo"),
        ("a.aac", "aac", 16000, "mono"),
        ("a.ogg", "libopus", 48000, "mono"),
        ("a.ogg", "vorbis", 16000, "stereo"),
        ("a.opus", "libopus", 48000, "stereo"),
        ("a.webm", "libopus", 48000, "stereo"),
        ("a.amr", "libopencore_amrnb", 8000, "mono"),
        ("a.3gp", "libopencore_amrnb", 8000, "mono"),
        ("a.flac", "flac", 22050, "stereo"),
        ("a.au", "pcm_mulaw", 8000, "stereo"),
        ("a.wma", "wmav2", 16000, "stereo"),
        ("a.caf", "pcm_s16le", 16000, "mono"),
    ],
)
def test_what_goes_in_comes_out(tmp_path: Path, name: str, codec: str, rate: int, layout: str) -> None:
    path = encode(tmp_path / name, codec, rate, layout)
    probe = audio.probe(path, 60)
    channels = 1 if layout == "mono" else 2
    assert (probe.channels, probe.rate) == (channels, rate)
    assert probe.duration_ms == pytest.approx(2000, abs=130)
    assert probe.codec == READ_AS.get(codec, codec)
    sound = audio.decode(path, 60)
    assert (sound.channels, sound.duration_ms) == (channels, pytest.approx(probe.duration_ms, abs=15))
    assert is_rising(_trimmed(sound.channel(0)))
    assert not is_falling(_trimmed(sound.channel(0)))
    if channels == 2:
        assert is_falling(_trimmed(sound.channel(1)))
        assert not probe.is_dual_mono
    for level in probe.levels:
        assert level.rms_db == pytest.approx(sounds.RMS_DB, abs=2.5)
        assert -8 < level.peak_db <= 0  # coders overshoot


@pytest.mark.parametrize(
    ("name", "container", "codec", "rate"),
    [
        ("chirp.gsm", "gsm", "gsm", 8000),
        ("chirp-gsm.wav", "wav", "gsm_ms", 8000),
        ("chirp.awb", "amr", "amrwb", 16000),
    ],
)
def test_what_only_others_write(tmp_path: Path, name: str, container: str, codec: str, rate: int) -> None:
    for path in (DATA / name, Path(shutil.copy(DATA / name, tmp_path / "call.bin"))):  # the content decides
        probe = audio.probe(path, 60)
        assert (probe.container, probe.codec, probe.rate, probe.channels) == (container, codec, rate, 1)
        assert probe.duration_ms == 2000
        assert is_rising(audio.decode(path, 60).channel(0))


@pytest.mark.parametrize("suffix", [".al", ".alaw", ".ul", ".ulaw", ".mulaw", ".ALAW"])
def test_without_header_the_extension_tells(tmp_path: Path, suffix: str) -> None:
    law = "alaw" if "a" in suffix.lower().removesuffix("law") else "mulaw"
    path = encode(tmp_path / f"call{suffix}", f"pcm_{law}", 8000, container=law)
    assert path.stat().st_size == 16_000
    probe = audio.probe(path, 60)
    assert (probe.codec, probe.rate, probe.channels, probe.duration_ms) == (f"pcm_{law}", 8000, 1, 2000)
    assert is_rising(audio.decode(path, 60).channel(0))


def test_without_header_the_manifest_tells_and_goes_before_the_extension(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.al", "pcm_mulaw", 16_000, "stereo", container="mulaw")
    told = Encoding.parse("PCMU/16000/2")
    probe = audio.probe(path, 60, told)
    assert (probe.codec, probe.rate, probe.channels, probe.duration_ms) == ("pcm_mulaw", 16_000, 2, 2000)
    sound = audio.decode(path, 60, told)
    assert is_rising(sound.channel(0))
    assert is_falling(sound.channel(1))
    pcm = tmp_path / "call.vox"
    pcm.write_bytes((sounds.chirp(8000) * 32767).astype("<i2").tobytes())
    assert is_rising(audio.decode(pcm, 60, Encoding.parse("s16le")).channel(0))


def test_a_header_goes_before_what_is_told(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.al", "pcm_s16le", 16_000, container="wav")
    assert audio.probe(path, 60, Encoding("mulaw")).codec == "pcm_s16le"
    assert audio.probe(path, 60).codec == "pcm_s16le"


def test_silence_without_header_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "call.al"
    path.write_bytes(b"U" * 16_000)  # the smallest value of a-law is a capital U
    probe = audio.probe(path, 60)
    assert (probe.duration_ms, probe.levels[0].lufs) == (2000, None)
    path.write_text("会议纪要: 今天客户来电, 问了几个产品。\n" * 40)
    with pytest.raises(BadInput) as fault:
        audio.probe(path, 60)
    assert fault.value.code == "audio-unreadable"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("alaw", Encoding("alaw", 8000, 1)),
        (" PCMA/8000/2 ", Encoding("alaw", 8000, 2)),
        ("ulaw/16000", Encoding("mulaw", 16_000, 1)),
        ("s16le/8000", Encoding("s16le", 8000, 1)),
    ],
)
def test_an_encoding_is_written_as_sdp_does(text: str, meant: Encoding) -> None:
    assert Encoding.parse(text) == meant
    assert Encoding.parse(str(meant)) == meant


@pytest.mark.parametrize("text", ["", "g729", "alaw/4000", "alaw/8000/3", "alaw/96000", "alaw/8000/2/1", "a law"])
def test_an_encoding_that_is_none(text: str) -> None:
    with pytest.raises(BadInput) as fault:
        Encoding.parse(text)
    assert fault.value.code == "encoding-unknown"


def test_more_than_two_channels_are_mixed_to_two(tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    samples = (np.repeat(sounds.chirp(16_000), 4, 1) * 8000).astype("<i2")
    write_wav(path, samples / 32768, 16_000)
    probe = audio.probe(path, 60)
    assert (probe.channels, len(probe.levels), len(probe.peaks)) == (4, 2, 2)
    assert audio.decode(path, 60).channels == 2


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the silence that a codec puts before the sound."""
    begin = int(np.argmax(np.abs(samples) > sounds.LEVEL / 2))
    return samples[max(begin - 20, 0) :]
