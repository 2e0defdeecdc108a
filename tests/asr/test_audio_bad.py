"""Every way a recording can be bad has a reason of its own, and none takes the machine down."""

import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asr import audio
from asr.audio import files
from dongke.errors import BadInput
from tests.asr.conftest import ROOT, tone, write_wav
from tests.asr.sounds import encode, film, is_rising

HOURS = 10
DATA = Path(__file__).parent / "data"
NOISE = random.Random(1).randbytes(50_000)
NO_SOUND = (
    b"%PDF-1.7\n",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"\x7fELF\x02",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _cut(path: Path, share: float) -> Path:
    return _written(path, path.read_bytes()[: int(path.stat().st_size * share)])


def _hours_of_wav(path: Path) -> Path:
    """A WAV of 8 kHz and 16 bits that really is ten hours long, but sparse."""
    write_wav(path, tone(1))
    size, raw = 16_000 * 3600 * HOURS, bytearray(path.read_bytes()[:44])
    raw[4:8], raw[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    return _sparse(_written(path, bytes(raw)), size + 44)


def _sparse(path: Path, size: int) -> Path:
    with path.open("ab") as file:
        file.truncate(size)
    return path


def _repeated(path: Path, one: Path, times: int) -> Path:
    return _written(path, one.read_bytes() * times)


def _locked_zip(path: Path) -> Path:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        packed.writestr("call.wav", b"RIFF")
    content = bytearray(raw.getvalue())
    content[6] |= 1  # what a program that encrypts sets
    return _written(path, bytes(content))


def _locked_track(path: Path, kind: bytes) -> Path:
    raw = encode(path, "aac", 16_000, container="mp4").read_bytes()
    return _written(path, raw.replace(b"mp4a", kind))


def _with_rate(path: Path, rate: int) -> Path:
    raw = bytearray(path.read_bytes())
    raw[24:28] = rate.to_bytes(4, "little")
    return _written(path, bytes(raw))


def _zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("call.wav", b"RIFF")
    return path


def _office(path: Path, *, locked: bool) -> Path:
    names = "EncryptedPackage" if locked else "WordDocument"
    return _written(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + names.encode("utf-16-le") + bytes(9000))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


BAD: list[tuple[str, Callable[[Path], Path]]] = [
    ("audio-missing", lambda p: p),
    ("audio-missing", _loop),
    ("audio-directory", _folder),
    ("audio-special", _fifo),
    ("audio-special", lambda p: Path("/dev/zero")),
    ("audio-empty", lambda p: _written(p, b"")),
    ("audio-silk", lambda p: _written(p, b"#!SILK_V3" + bytes(100))),
    ("audio-silk", lambda p: _written(p, b"\x02#!SILK_V3" + bytes(100))),
    ("audio-silk", lambda p: _written(p.with_suffix(".amr"), b"\x02#!SILK_V3" + bytes(100))),
    ("audio-encrypted", lambda p: _written(p, b"Salted__" + bytes(range(256)) * 40)),  # openssl enc
    ("audio-encrypted", lambda p: _written(p, bytes.fromhex("8c0d0409030281c7") + bytes(range(256)) * 40)),  # gpg -c
    ("audio-encrypted", lambda p: _written(p, bytes.fromhex("85010c03f1d2a0b4") + bytes(range(256)) * 40)),  # gpg -e
    ("audio-encrypted", lambda p: _written(p, bytes.fromhex("845e03a1b2c3d4e5") + bytes(range(256)) * 40)),
    ("audio-encrypted", lambda p: _written(p, b"-----BEGIN PGP MESSAGE-----\n\njA0E" + b"AbC9" * 100)),
    ("audio-encrypted", lambda p: _written(p, b"age-encryption.org/v1\n-> X25519 " + b"AbC9" * 100)),
    ("audio-encrypted", _locked_zip),
    ("audio-encrypted", lambda p: _locked_track(p, b"enca")),
    ("audio-encrypted", lambda p: _locked_track(p, b"drms")),
    ("audio-encrypted", lambda p: _office(p, locked=True)),
    ("audio-encrypted", lambda p: _written(p.with_suffix(".al"), b"Salted__" + bytes(range(256)) * 40)),
    ("audio-unreadable", lambda p: _office(p, locked=False)),
    ("audio-archive", _zip),
    ("audio-archive", lambda p: _written(p, b"\x1f\x8b\x08" + bytes(100))),
    ("audio-archive", lambda p: _written(p, b"\x28\xb5\x2f\xfd" + bytes(100))),
    ("audio-archive", lambda p: _written(p, b"call.wav" + bytes(249) + b"ustar" + bytes(300))),
    ("audio-unreadable", lambda p: _written(p, "这不是录音\n".encode() * 50)),
    ("audio-unreadable", lambda p: _written(p, b"\x89PNG\r\n\x1a\n" + bytes(100))),
    ("audio-unreadable", lambda p: _written(p.with_suffix(".raw"), bytes(range(256)) * 60)),  # nobody says how
    *(("audio-unreadable", lambda p, head=head: _written(p.with_suffix(".al"), head + NOISE)) for head in NO_SOUND),
    ("audio-unreadable", lambda p: _written(p.with_suffix(".mp3"), NOISE)),
    ("audio-no-sound", lambda p: film(p, with_sound=False)),
    ("audio-rate", lambda p: write_wav(p, tone(2, 4000), 4000)),
    ("audio-rate", lambda p: _with_rate(write_wav(p, tone(2)), 2_000_000_000)),
    ("audio-broken", lambda p: _cut(write_wav(p, tone(0.001)), 44 / 60)),
    ("audio-truncated", lambda p: _cut(write_wav(p, tone(4)), 0.5)),
    ("audio-truncated", lambda p: _cut(encode(p, "libmp3lame", 16_000, container="mp3", seconds=20), 0.8)),
    ("audio-truncated", lambda p: _cut(encode(p, "aac", 16_000, container="mp4", seconds=20), 0.8)),
    ("audio-truncated", lambda p: _cut(encode(p, "flac", 16_000, container="flac", seconds=20), 0.8)),
    ("audio-too-long", _hours_of_wav),
    ("audio-too-long", lambda p: _sparse(p.with_suffix(".ul"), 8000 * 3600 * HOURS)),
    ("audio-too-long", lambda p: _sparse(_written(p, b"#!AMR\n"), 13 * 50 * 3600 * HOURS)),
    ("audio-too-long", lambda p: _sparse(_written(p, b"#!AMR-WB\n"), 18 * 50 * 3600 * HOURS)),
    ("audio-too-long", lambda p: _repeated(p, DATA / "chirp.gsm", 1800 * HOURS)),
]


@pytest.mark.parametrize(("code", "make"), BAD, ids=[f"{n}-{code}" for n, (code, _) in enumerate(BAD)])
def test_each_bad_file_has_its_reason(tmp_path: Path, code: str, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "call.wav")
    for read in (audio.probe, audio.decode):
        with pytest.raises(BadInput) as fault:
            read(path, 7200)
        assert fault.value.code == code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.value.detail)


def test_a_hole_of_gigabytes_is_not_searched_for_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE_SECONDS", 0.2)
    head = write_wav(tmp_path / "whole.wav", tone(1)).read_bytes()[:36]  # no samples follow, only zeros
    with pytest.raises(BadInput) as fault:
        audio.probe(_sparse(_written(tmp_path / "call.wav", head), 4 << 30), 7200)
    assert fault.value.code in ("audio-unreadable", "audio-truncated")


def test_silk_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"silk-v3-decoder.*AMR"):
        audio.probe(_written(tmp_path / "v.slk", b"\x02#!SILK_V3" + bytes(100)), 60)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A file that the test may not read: root, who may read everything, becomes nobody for its time."""
    path = write_wav(tmp_path / "call.wav", tone(1))
    path.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(os.getuid())


def test_no_right_to_read(locked: Path) -> None:
    with pytest.raises(BadInput) as fault:
        audio.probe(locked, 60)
    assert fault.value.code == "audio-forbidden"


def test_a_film_with_sound_is_heard(tmp_path: Path) -> None:
    path = film(tmp_path / "meeting.mp4", with_sound=True)
    assert audio.probe(path, 60).codec == "aac"
    assert is_rising(audio.decode(path, 60).channel(0))


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    for name in ("call.wav", "call.mp3", "call.al", "call.txt", "call"):
        path = encode(tmp_path / name, "flac", 16_000, container="flac")
        assert audio.probe(path, 60).codec == "flac"


def test_the_cut_end_of_what_promises_no_length_is_taken_as_it_is(tmp_path: Path) -> None:
    amr = _cut(encode(tmp_path / "a.amr", "libopencore_amrnb", 8000, seconds=4), 0.5)
    assert audio.probe(amr, 60).duration_ms == pytest.approx(2000, abs=100)
    opus = _cut(encode(tmp_path / "a.opus", "libopus", 48_000, seconds=4), 0.5)
    assert 500 < audio.probe(opus, 60).duration_ms < 3500


def test_a_bit_rate_that_varies_promises_nothing(tmp_path: Path) -> None:
    """An MP3 without the frame that tells its length: what FFmpeg guesses from the first frames is no promise."""
    whole = encode(tmp_path / "a.mp3", "libmp3lame", 16_000, seconds=20).read_bytes()
    second = whole.index(b"\xff", whole.index(b"Info") + 40) if b"Info" in whole else whole.index(b"\xff", 600)
    assert b"Info" not in whole[second:]
    path = _written(tmp_path / "b.mp3", whole[second:])
    assert audio.probe(path, 60).duration_ms == pytest.approx(20_000, abs=300)


def test_a_length_just_allowed_and_one_just_not(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", tone(3))
    assert audio.probe(path, 3).duration_ms == 3000
    with pytest.raises(BadInput) as fault:
        audio.probe(path, 2)
    assert fault.value.code == "audio-too-long"


_MEMORY = """
import resource, sys
from pathlib import Path
from asr import audio
from asr.audio import files
audio.probe(Path(sys.argv[1]), 100_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = audio.probe(Path(sys.argv[2]), 100_000)
print(found.duration_ms, len(found.peaks[0]), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_measuring_a_long_recording_takes_no_more_memory(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", tone(10))
    size = 8000 * 3600
    long = _sparse(tmp_path / "long.ul", size)  # an hour
    asked = [sys.executable, "-c", _MEMORY, str(short), str(long)]
    told = subprocess.run(asked, capture_output=True, check=True, text=True, cwd=ROOT).stdout.split()
    assert told[:2] == ["3600000", "2000"]
    assert int(told[2]) < 40  # MB; the samples alone would be 58 at 16 bits
