import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from asr.models import Recording, RecordingState, Waveform
from asr.recordings import ManifestFault, RecordingMeta, find_sidecar, manifest, measure, register
from dongke import clock
from dongke.errors import BadInput, Conflict
from dongke.settings import Settings
from tests.asr.conftest import STARTED, noise, write_wav

HEAD = "file,customer_id,advisor_id,started_at,direction,answered,id,advisor_channel,transcript\n"


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "call.wav", noise(1.5).repeat(2).reshape(-1, 2))


def test_register(people: Session, call: Path, meta: RecordingMeta, config: Settings) -> None:
    found = register(people, call, replace(meta, direction="in", advisor_channel=1), config)
    assert found.id == found.sha256[:16]
    assert (found.duration_ms, found.channels, found.advisor_channel) == (1500, 2, 1)
    assert (found.state, found.direction, found.sidecar) == (RecordingState.REGISTERED, "in", None)
    assert found.path == str(call.resolve())


def test_same_sound_is_one_recording(people: Session, call: Path, meta: RecordingMeta, config: Settings) -> None:
    first = register(people, call, meta, config)
    copy = Path(shutil.copy(call, call.with_name("copy.wav")))
    assert register(people, copy, replace(meta, id="other"), config).id == first.id
    assert len(people.exec(select(Recording)).all()) == 1
    assert first.path == str(call.resolve())
    call.unlink()
    assert register(people, copy, meta, config).path == str(copy.resolve())  # the first file is gone


def test_sidecar_that_comes_later_is_found(people: Session, call: Path, meta: RecordingMeta, config: Settings) -> None:
    assert register(people, call, meta, config).sidecar is None
    call.with_suffix(".srt").touch()
    assert register(people, call, meta, config).sidecar == str(call.with_suffix(".srt").resolve())


def test_sound_and_id_belong_to_one_customer(
    people: Session, call: Path, meta: RecordingMeta, config: Settings
) -> None:
    register(people, call, replace(meta, id="R1"), config)
    with pytest.raises(Conflict, match="另一位客户"):
        register(people, call, replace(meta, customer_id="C2"), config)
    other = write_wav(call.with_name("other.wav"), noise(1, seed=7))
    with pytest.raises(Conflict, match="另一段声音"):
        register(people, other, replace(meta, id="R1"), config)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer_id": "C9"}, "customer-unknown"),
        ({"advisor_id": "A9"}, "advisor-unknown"),
        ({"advisor_id": "A\x009"}, "advisor-unknown"),
        ({"direction": "up"}, "recording-invalid"),
        ({"advisor_channel": 2}, "recording-invalid"),
        ({"id": " "}, "recording-invalid"),
        ({"started_at": clock.now() + timedelta(hours=1)}, "time-future"),
        ({"started_at": STARTED.replace(tzinfo=None)}, "time-naive"),
    ],
)
def test_what_cannot_be_registered_says_why(
    people: Session, call: Path, meta: RecordingMeta, config: Settings, change: dict, code: str
) -> None:
    with pytest.raises(BadInput) as fault:
        register(people, call, replace(meta, **change), config)
    assert fault.value.code == code


def test_bad_sound_leaves_no_row(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> None:
    path = tmp_path / "call.wav"
    path.write_text("这不是录音" * 20)
    with pytest.raises(BadInput) as fault:
        register(people, path, meta, config)
    assert fault.value.code == "audio-unreadable"
    short = config.model_copy(update={"max_recording_seconds": 1})
    with pytest.raises(BadInput) as fault:
        register(people, write_wav(path, noise(1.5)), meta, short)
    assert fault.value.code == "audio-too-long"
    assert people.exec(select(Recording)).all() == []


@pytest.mark.parametrize("name", ["call.json", "call.srt", "call.vtt", "call.wav.json", "call.wav.vtt"])
def test_sidecar_beside_the_recording(call: Path, name: str) -> None:
    for stranger in ("call2.json", "other.srt", "call.txt"):
        call.with_name(stranger).touch()
    assert find_sidecar(call) is None
    call.with_name(name).touch()
    assert find_sidecar(call) == call.with_name(name)


def _folder(tmp_path: Path, rows: str, head: str = HEAD, encoding: str = "utf-8-sig") -> Path:
    folder = tmp_path / "archive"
    (folder / "nov").mkdir(parents=True)
    for name in ("a.wav", "b.wav", "nov/c.wav", "nov/c-text.srt"):
        (folder / name).touch()
    (folder / "manifest.csv").write_bytes((head + rows).encode(encoding))
    return folder


def test_manifest_lines_and_faults(tmp_path: Path) -> None:
    found = manifest(
        _folder(
            tmp_path,
            "a.wav,C1,A1,2026-11-02T10:00:00+08:00,in,否,R1,1,\n"
            "nov/c.wav,C2,A1,2026-11-02T11:00:00+08:00,,,,,nov/c-text.srt\n"
            "a.wav,C1,A1,2026-11-02T10:00:00,,,,,\n"
            "gone.wav,C1,A1,2026-11-02T10:00:00+08:00,,,,,\n"
            "../manifest.csv,C1,A1,2026-11-02T10:00:00+08:00,,,,,\n"
            "a.wav,,A1,2026-11-02T10:00:00+08:00,,,,,\n"
            "a.wav,C1,A1,2026-11-02T10:00:00+08:00,,maybe,,,\n"
            "a.wav,C1,A1,2026-11-02T10:00:00+08:00,,,,7,\n"
            "short\n",
        )
    )
    good = [m for m in found if isinstance(m, RecordingMeta)]
    assert good[0] == RecordingMeta("C1", "A1", STARTED, "in", False, "R1", 1, "a.wav")
    assert (good[1].direction, good[1].answered, good[1].transcript) == ("out", True, "nov/c-text.srt")
    assert len(good) == 2
    faults = [(f.line, f.error.code) for f in found if isinstance(f, ManifestFault)]
    assert faults == [
        (4, "time-naive"),
        (5, "audio-missing"),
        (6, "path-forbidden"),
        (7, "manifest-line"),
        (8, "manifest-line"),
        (9, "manifest-line"),
        (10, "manifest-line"),
        (0, "manifest-unnamed"),  # b.wav: a recording that no line names is not lost
    ]


def test_manifest_may_name_encodings_hashes_and_urls(tmp_path: Path) -> None:
    head = "file,customer_id,advisor_id,started_at,encoding,sha256\n"
    when = "C1,A1,2026-11-02T10:00:00+08:00"
    found = manifest(
        _folder(
            tmp_path,
            f"a.wav,{when},pcma/8000/2,{'AB' * 32}\n"
            f"s3://calls/b.wav,{when},,\n"
            f"https://u:geheim@store/c.wav?sig=geheim,{when},g729,\n"
            f"b.wav,{when},,abc\n"
            f"nov/c.wav,{when},,\n",
            head,
        )
    )
    first, second, third, fourth, last = found
    assert isinstance(first, RecordingMeta)
    assert (first.encoding, first.sha256) == ("alaw/8000/2", "ab" * 32)
    assert isinstance(second, RecordingMeta)
    assert (second.file, second.encoding) == ("s3://calls/b.wav", None)
    assert isinstance(third, ManifestFault)
    assert third.error.code == "encoding-unknown"
    assert "geheim" not in third.text
    assert isinstance(fourth, ManifestFault)
    assert fourth.error.code == "manifest-line"
    assert isinstance(last, RecordingMeta)


def test_a_raw_file_that_no_line_names_is_not_lost(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "")
    for name in ("d.al", "e.GSM", "f.slk", "notes.txt"):
        (folder / name).touch()
    unnamed = [f.text for f in manifest(folder) if isinstance(f, ManifestFault) and f.line == 0]
    assert unnamed == ["a.wav", "b.wav", "d.al", "e.GSM", "f.slk", "nov/c.wav"]


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "out.wav,C1,A1,2026-11-02T10:00:00+08:00,,,,,\n")
    write_wav(tmp_path / "secret.wav", noise(1))
    (folder / "out.wav").symlink_to(tmp_path / "secret.wav")
    assert next(f.error.code for f in manifest(folder) if isinstance(f, ManifestFault)) == "path-forbidden"


def test_what_is_known_of_the_sound(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> None:
    path = tmp_path / "call.raw"
    path.write_bytes(random.Random(1).randbytes(32_000))
    found = register(people, path, replace(meta, encoding="PCMA/8000/2"), config)
    assert (found.codec, found.container, found.rate, found.encoding) == ("pcm_alaw", "alaw", 8000, "alaw/8000/2")
    assert (found.duration_ms, found.size_bytes, found.is_dual_mono) == (2000, 32_000, False)
    assert [sorted(level) for level in found.levels] == [["lufs", "peak_db", "rms_db"]] * 2
    assert len(people.get_one(Waveform, found.id).peaks) == 2
    first = people.get_one(Waveform, found.id).peaks
    found.levels = []
    assert measure(people, found, config).peaks == first  # as it was registered: the encoding is remembered
    assert len(found.levels) == 2


def test_manifest_of_the_samples_is_whole() -> None:
    found = manifest(Path(__file__).parents[2] / "samples" / "recordings")
    assert [m.id for m in found if isinstance(m, RecordingMeta)] == ["R4001", "R4002", "R4003", "R4004"]
    assert not [f for f in found if isinstance(f, ManifestFault)]


def test_gb18030_manifest(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a.wav,客户一,A1,2026-11-02T10:00:00+08:00,,,,,\n", encoding="gb18030")
    assert manifest(folder)[0].customer_id == "客户一"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "manifest-missing"),
        (b"file,customer_id\n", "csv-columns"),
        (b"", "csv-columns"),
        (b"\xff\xff,", "encoding"),
    ],
)
def test_unusable_manifest(tmp_path: Path, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(BadInput) as fault:
        manifest(tmp_path)
    assert fault.value.code == code


def test_transcript_named_by_the_manifest(people: Session, call: Path, meta: RecordingMeta, config: Settings) -> None:
    folder = call.parent / "nov"
    folder.mkdir()
    moved = Path(shutil.move(call, folder / "call.wav"))
    (call.parent / "texts.json").touch()
    found = register(people, moved, replace(meta, file="nov/call.wav", transcript="texts.json"), config)
    assert found.sidecar == str((call.parent / "texts.json").resolve())


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("texts.json", "texts.json"),
        ("nov/../texts.json", "texts.json"),
        ("../outside.json", None),
        ("x://../../../outside.json", None),
        ("https://store.example/texts.json?sign=1", None),
    ],
)
def test_a_transcript_lies_in_the_folder_of_the_manifest(
    people: Session, call: Path, meta: RecordingMeta, config: Settings, named: str, found: str | None
) -> None:
    """What looks like a URL is a path as well: it leads out of no folder."""
    folder = call.parent / "in"
    (folder / "nov").mkdir(parents=True)
    moved = call.rename(folder / "nov" / "call.wav")
    for file in ("texts.json", "../outside.json"):
        (folder / file).write_text("[]")
    told = replace(meta, file="nov/call.wav", transcript=named)
    if found is not None:
        assert register(people, moved, told, config).sidecar == str((folder / found).resolve())
        return
    with pytest.raises(BadInput) as fault:
        register(people, moved, told, config)
    assert fault.value.code == "path-forbidden"
    assert "sign=1" not in fault.value.detail


def test_a_way_around_in_a_name_leads_to_the_same_folder(
    people: Session, call: Path, meta: RecordingMeta, config: Settings
) -> None:
    (call.parent / "texts.json").write_text("[]")
    told = replace(meta, file="/".join(["a/.."] * 40 + ["call.wav"]), transcript="texts.json")
    assert register(people, call, told, config).sidecar == str((call.parent / "texts.json").resolve())
