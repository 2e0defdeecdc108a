"""Recordings fetched from URLs: a real HTTP server, fsspec's own stores, and what must not be fetched."""

import hashlib
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
import structlog

from asr import sources
from asr.manifest import ManifestFault, RecordingMeta, is_url, redacted
from dongke.errors import BadInput, DongkeError
from dongke.settings import Settings

CONTENT = bytes(range(256)) * 8_000  # two megabytes
HASH = hashlib.sha256(CONTENT).hexdigest()
MANIFEST = (
    "file,customer_id,advisor_id,started_at,transcript,encoding,sha256\n"
    "a.wav,C1,A1,2026-11-02T10:00:00+08:00,a.srt,,\n"
    f"nov/b.al,C1,A1,2026-11-02T11:00:00+08:00,,PCMA/8000,{HASH}\n"
    "s3://other/c.wav?X-Amz-Signature=geheim,C1,A1,2026-11-02T12:00:00,,,\n"
)


class Store(BaseHTTPRequestHandler):
    """A store over HTTP. `asked` counts the requests of each path."""

    asked: dict[str, int]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.asked[path] = self.asked.get(path, 0) + 1
        first = self.asked[path] == 1
        if path in ("/rec/call.wav", "/rec/%E5%BD%95%E9%9F%B3.wav") or (path == "/rec/late.wav" and not first):
            self._send(200, CONTENT)
        elif path == "/rec/late.wav":
            self._send(503, b"busy")
        elif path == "/rec/cut.wav":
            self._send(200, CONTENT if not first else CONTENT[:1000], promised=len(CONTENT))
        elif path == "/rec/manifest.csv":
            self._send(200, MANIFEST.encode())
        elif path == "/rec/away.wav":
            self._send(302, b"", location="/secret.wav")
        elif path == "/rec/down.wav":
            self._send(500, b"")
        else:
            self._send({"/rec/locked.wav": 403}.get(path, 404), b"")

    def _send(self, status: int, body: bytes, promised: int | None = None, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test quiet."""


@pytest.fixture
def store() -> Iterator[str]:
    """The address of a store over HTTP."""
    Store.asked = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/rec"
        server.shutdown()
        serving.join()


@pytest.fixture
def memory() -> Iterator[str]:
    """A folder in fsspec's store in memory, with the manifest and a sound."""
    files = fsspec.filesystem("memory")
    files.pipe("/rec/call.wav", CONTENT)
    files.pipe("/rec/录音 1.wav", CONTENT)
    files.pipe("/rec/manifest.csv", MANIFEST.encode())
    yield "memory://rec"
    files.rm("/rec", recursive=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAUSES", (0.0, 0.0))


def _settings(tmp_path: Path, *prefixes: str, limit: int = 10 << 20) -> Settings:
    return Settings(demo=True, data_dir=tmp_path / "data", recording_sources=prefixes, max_upload_bytes=limit)


def _refused(url: str, config: Settings, sha256: str | None = None) -> str:
    with pytest.raises(DongkeError) as fault:
        sources.fetch(url, config, sha256)
    assert "geheim" not in fault.value.detail
    assert list((config.data_dir / "recordings").glob("**/.upload-*")) == []
    return fault.value.code


def _is_kept(kept: sources.Kept, config: Settings, suffix: str = ".wav") -> bool:
    path = config.data_dir.resolve() / "recordings" / HASH[:2] / f"{HASH}{suffix}"
    return (kept.path, kept.sha256, kept.size) == (path, HASH, len(CONTENT)) and path.read_bytes() == CONTENT


def test_over_http(tmp_path: Path, store: str) -> None:
    config = _settings(tmp_path, store)
    assert _is_kept(sources.fetch(f"{store}/call.wav?X-Amz-Signature=geheim", config), config)
    assert _is_kept(sources.fetch(f"{store}/录音.wav", config, HASH), config)
    assert Store.asked == {"/rec/call.wav": 1, "/rec/%E5%BD%95%E9%9F%B3.wav": 1}


@pytest.mark.parametrize("name", ["late.wav", "cut.wav"])
def test_what_broke_off_is_tried_again(tmp_path: Path, store: str, name: str) -> None:
    config = _settings(tmp_path, store)
    assert _is_kept(sources.fetch(f"{store}/{name}", config), config)
    assert Store.asked == {f"/rec/{name}": 2}


@pytest.mark.parametrize(
    ("name", "code", "asked"),
    [
        ("none.wav", "source-missing", 1),
        ("locked.wav?key=geheim", "source-denied", 1),
        ("away.wav", "source-invalid", 1),  # a redirection could lead anywhere
        ("down.wav?key=geheim", "source-unreachable", 3),
    ],
)
def test_what_cannot_be_had_says_why(tmp_path: Path, store: str, name: str, code: str, asked: int) -> None:
    assert _refused(f"{store}/{name}", _settings(tmp_path, store)) == code
    assert list(Store.asked.values()) == [asked]


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert _refused(f"{address}/a.wav?key=geheim", _settings(tmp_path, address)) == "source-unreachable"


def test_no_key_in_the_log(tmp_path: Path, store: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    config = _settings(tmp_path, store)
    with structlog.testing.capture_logs() as told:
        sources.fetch(f"{store}/late.wav?key=geheim", config)
        _refused(f"{store}/down.wav?key=geheim", config)
    assert "source not reached" in {line["event"] for line in told}
    assert "geheim" not in caplog.text + str(told)


def test_by_fsspec(tmp_path: Path, memory: str) -> None:
    config = _settings(tmp_path, memory)
    assert _is_kept(sources.fetch(f"{memory}/call.wav", config), config)
    assert _is_kept(sources.fetch(f"{memory}/录音 1.wav", config, HASH), config)
    assert _refused(f"{memory}/none.wav", config) == "source-missing"
    assert _refused(f"{memory}/call.wav", config, "0" * 64) == "source-corrupt"
    assert _refused(f"{memory}/call.wav", _settings(tmp_path, memory, limit=1000)) == "source-too-large"


def test_from_a_folder_by_url(tmp_path: Path) -> None:
    inner, outer = tmp_path / "in", tmp_path / "out"
    for folder in (inner, outer):
        folder.mkdir()
        (folder / "call.wav").write_bytes(CONTENT)
    (inner / "way-out.wav").symlink_to(outer / "call.wav")
    config = _settings(tmp_path, f"file://{inner}")
    assert _is_kept(sources.fetch(f"file://{inner}/call.wav", config), config)
    for name in (f"{outer}/call.wav", f"{inner}/way-out.wav", f"{inner}-more/call.wav"):
        assert _refused(f"file://{name}", config) == "source-forbidden"
    assert _refused(f"file://{inner}/../out/call.wav", config) == "source-invalid"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://elsewhere/rec/a.wav", "source-forbidden"),
        ("https://store.example.evil/rec/a.wav", "source-forbidden"),
        ("https://store/recordings/a.wav", "source-forbidden"),
        ("http://store/rec/a.wav", "source-forbidden"),
        ("https://user:geheim@store/rec/a.wav", "source-invalid"),
        ("https://store/rec/../secret/a.wav", "source-invalid"),
        ("https://store/rec/%2e%2e/secret/a.wav", "source-invalid"),
        ("https://store/rec/%252e%252E/secret/a.wav", "source-invalid"),
        ("https://store/rec/..;v=1/secret/a.wav", "source-invalid"),
        ("https://store/rec/..%5csecret/a.wav", "source-invalid"),
        ("simplecache::https://store/rec/a.wav", "source-invalid"),
        ("zip://a.wav::https://store/rec/a.zip", "source-invalid"),
        ("https://store/rec/a\n.wav", "source-invalid"),
        ("/etc/passwd", "source-invalid"),
        ("", "source-invalid"),
    ],
)
def test_what_must_not_be_fetched(tmp_path: Path, url: str, code: str) -> None:
    assert _refused(url, _settings(tmp_path, "https://store/rec")) == code
    assert _refused(url, _settings(tmp_path)) in ("source-forbidden", "source-invalid")


def test_a_store_that_is_not_installed_says_what_to_install(tmp_path: Path) -> None:
    assert _refused("abfs://calls/a.wav", _settings(tmp_path, "abfs://calls")) == "source-extra-missing"
    assert _refused("nothing://calls/a.wav", _settings(tmp_path, "nothing://calls")) == "source-invalid"


@pytest.mark.parametrize("by", ["http", "memory"])
def test_a_manifest_at_a_url(tmp_path: Path, store: str, memory: str, by: str) -> None:
    base = store if by == "http" else memory
    for address in (base, base + "/", base + "/manifest.csv"):
        first, second, fault = sources.manifest_of(address, _settings(tmp_path, base))
        assert isinstance(first, RecordingMeta)
        assert (first.file, first.transcript, first.encoding) == (f"{base}/a.wav", f"{base}/a.srt", None)
        assert isinstance(second, RecordingMeta)
        assert (second.file, second.encoding, second.sha256) == (f"{base}/nov/b.al", "alaw/8000/1", HASH)
        assert isinstance(fault, ManifestFault)
        assert (fault.error.code, fault.text[:18]) == ("time-naive", "s3://other/c.wav,C")
        assert "geheim" not in fault.text


def test_a_manifest_that_is_not_there(tmp_path: Path, store: str) -> None:
    with pytest.raises(DongkeError) as fault:
        sources.manifest_of(f"{store}/nothing", _settings(tmp_path, store))
    assert fault.value.code == "source-missing"


def test_a_transcript_is_laid_beside_the_sound(tmp_path: Path, memory: str) -> None:
    config = _settings(tmp_path, memory)
    fsspec.filesystem("memory").pipe("/rec/a.SRT", b"1\n")
    sound = sources.fetch(f"{memory}/call.wav", config).path
    sources.fetch_transcript(f"{memory}/a.SRT", sound, config)
    assert sound.with_suffix(".srt").read_bytes() == b"1\n"
    with pytest.raises(BadInput) as fault:
        sources.fetch_transcript(f"{memory}/call.wav", sound, config)
    assert fault.value.code == "transcript-invalid"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://calls/a.wav", "s3://calls/a.wav"),
        ("https://u:p@store:8080/a.wav?sig=1#x", "https://store:8080/a.wav"),
        ("https://store/a@b.wav", "https://store/a@b.wav"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert redacted(url) == shown
    assert is_url(url)


@pytest.mark.parametrize("name", ["a.wav", "nov/a.wav", "/data/a.wav", "C:\\calls\\a.wav", "a:b.wav", "x//y.wav"])
def test_a_path_is_no_url(name: str) -> None:
    assert not is_url(name)


@pytest.mark.parametrize("name", ["a..wav", "..a.wav", "...", "100%25.wav", "a;v=..", "录音%201.wav", "%E5%BD%95.wav"])
def test_dots_and_signs_in_a_name_lead_nowhere(tmp_path: Path, name: str) -> None:
    url = f"https://store/rec/{name}"
    sources.check(url, _settings(tmp_path, "https://store/rec"))
    assert _refused(url, _settings(tmp_path, "https://store/other")) == "source-forbidden"  # the name is no fault
