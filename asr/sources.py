"""录音来源: recordings that lie at a URL – S3 and what else fsspec knows, HTTP – are fetched into the data folder.

Only URLs below the prefixes of the setting `recording_sources` are fetched, redirects are not followed, and neither
log-ins nor queries (they may hold signatures) are kept or shown. Log-ins come from the environment of the process.
"""

import hashlib
import os
import posixpath
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import unquote, urlsplit

import structlog

from asr.manifest import MANIFEST, MAX_MANIFEST_BYTES, ManifestFault, RecordingMeta, manifest_at, redacted
from asr.transcripts import SUFFIXES
from dongke.errors import BadInput, DongkeError, NotFound, NotReady, TooLarge
from dongke.settings import Settings

BLOCK = 1 << 20
PAUSES = (0.5, 2.0, 8.0)  #: seconds before each further attempt
TIMEOUT_SECONDS = 30.0  #: without a byte
Result = TypeVar("Result")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the data folder, under the hash of its content."""

    folder: Path
    name: str  #: within the folder
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        return self.folder / self.name


def fetch(url: str, settings: Settings, sha256: str | None = None) -> Kept:
    """Fetches one recording into the data folder; `sha256` is what its hash must be.

    Raises BadInput `source-invalid`, `source-forbidden` (not below a prefix that is allowed), `source-denied` (the
    store refuses us), `source-corrupt`; NotFound `source-missing`; TooLarge `source-too-large`; NotReady
    `source-unreachable` (after retries), `source-extra-missing`.
    """
    check(url, settings)
    suffix = posixpath.splitext(urlsplit(url).path)[1].lower()
    suffix = suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ".bin"
    return _tried(url, lambda: _once(url, settings, suffix, sha256))


def fetch_transcript(url: str, sound: Path, settings: Settings) -> None:
    """Fetches the transcript of a recording that was fetched, and lays it beside it. Raises as `fetch`; BadInput
    `transcript-invalid` where it is no transcript by its name."""
    suffix = posixpath.splitext(urlsplit(url).path)[1].lower()
    if suffix not in SUFFIXES:
        raise BadInput("transcript-invalid", f"文字稿要是 {', '.join(SUFFIXES)}: {redacted(url)[:200]}")
    os.replace(fetch(url, settings).path, sound.with_suffix(suffix))


def manifest_of(url: str, settings: Settings) -> list[RecordingMeta | ManifestFault]:
    """The recordings that the manifest at the URL names, or `manifest.csv` below it; relative files become URLs.

    Raises what `fetch` raises, and BadInput `csv-columns`, `encoding`.
    """
    address = url if url.endswith(".csv") else f"{url.rstrip('/')}/{MANIFEST}"
    check(address, settings)
    raw = _tried(address, lambda: b"".join(_limited(address, MAX_MANIFEST_BYTES)))
    return manifest_at(posixpath.dirname(address), raw)


def keep(blocks: Iterator[bytes], folder: Path, suffix: str, sha256: str | None = None) -> Kept:
    """Writes what comes to the folder, under its hash: the name from outside never becomes a path.

    Raises BadInput `source-corrupt` where the hash is not the one that was told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with _temporary(folder) as target:
        for block in blocks:
            digest.update(block)
            size += target.write(block)
        target.flush()
        found = digest.hexdigest()
        if sha256 is not None and found != sha256:
            raise BadInput("source-corrupt", f"内容和所给的 sha256 不符: 应为 {sha256[:12]}…, 实为 {found[:12]}…")
        name = f"{found[:2]}/{found}{suffix}"
        (folder / found[:2]).mkdir(exist_ok=True)
        os.replace(target.name, folder / name)
    return Kept(folder, name, found, size)


def check(url: str, settings: Settings) -> None:
    """Whether that URL may be fetched. Raises BadInput `source-invalid`, `source-forbidden`."""
    parts = urlsplit(url)
    if not parts.scheme or "::" in url or "\\" in url or not url.isprintable() or _leads_up(parts.path):
        raise BadInput("source-invalid", f"这个地址不能用: {redacted(url)[:200]}")
    if "@" in parts.netloc:
        raise BadInput("source-invalid", f"地址里不能带账号密码, 请用环境变量: {redacted(url)[:200]}")
    if not any(_is_below(url, prefix) for prefix in settings.recording_sources):
        raise BadInput("source-forbidden", f"DONGKE_RECORDING_SOURCES 不允许从这里取录音: {redacted(url)[:200]}")


def _leads_up(path: str) -> bool:
    """Whether some server may read `..` in it: stores behind proxies unquote it twice, or drop what follows a `;`."""
    while (plain := unquote(path)) != path:
        path = plain
    return "\\" in path or any(part.partition(";")[0] == ".." for part in path.split("/"))


def _is_below(url: str, prefix: str) -> bool:
    if prefix.startswith("file://") and url.startswith("file://"):
        return Path(unquote(url[7:])).resolve().is_relative_to(Path(unquote(prefix[7:])).resolve())
    return url.startswith(prefix if prefix.endswith("/") else prefix + "/")


def _once(url: str, settings: Settings, suffix: str, sha256: str | None) -> Kept:
    folder = settings.data_dir.resolve() / "recordings"
    return keep(_limited(url, settings.max_upload_bytes), folder, suffix, sha256)


def _tried(url: str, work: Callable[[], Result]) -> Result:
    """What `work` gives, tried again after a pause where the store cannot be reached or broke off."""
    for pause in (*PAUSES, None):
        try:
            return work()
        except DongkeError:
            raise
        except Exception as fault:
            known = _known(url, fault)
            if known is not None:
                raise known from None  # the library's own words may hold the URL with its signature
            _log.warning("source not reached", url=redacted(url), fault=type(fault).__name__, last=pause is None)
        if pause is not None:
            time.sleep(pause)
    raise NotReady("source-unreachable", f"取不到录音, 请稍后重试: {redacted(url)}")


def _known(url: str, fault: Exception) -> DongkeError | None:
    """What trying again would not change."""
    shown = redacted(url)
    if isinstance(fault, FileNotFoundError | IsADirectoryError):
        return NotFound("source-missing", f"那里没有这个文件: {shown}")
    if isinstance(fault, PermissionError) or type(fault).__name__ == "NoCredentialsError":  # botocore's
        return BadInput("source-denied", f"没有权限取这个文件: {shown}")
    if isinstance(fault, ImportError):
        return NotReady("source-extra-missing", f"没有装读 {urlsplit(url).scheme} 的组件: pip install 'dongke[s3]'")
    if isinstance(fault, ValueError) and "rotocol not known" in str(fault):
        return BadInput("source-invalid", f"不认识这种地址: {shown}")
    return None


def _limited(url: str, limit: int) -> Iterator[bytes]:
    """The content block by block. Raises TooLarge `source-too-large`; OSError where it breaks off."""
    seen = 0
    opened = _over_http(url) if urlsplit(url).scheme in ("http", "https") else _by_fsspec(url)
    with opened as (size, blocks):
        if size is not None and size > limit:
            raise TooLarge("source-too-large", f"文件超过 {limit >> 20} MB: {redacted(url)}")
        for block in blocks:
            seen += len(block)
            if seen > limit:
                raise TooLarge("source-too-large", f"文件超过 {limit >> 20} MB: {redacted(url)}")
            yield block
    if size is not None and seen != size:
        raise OSError("broke off")


@contextmanager
def _by_fsspec(url: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    import fsspec

    files, path = fsspec.core.url_to_fs(url)
    size = files.info(path).get("size")
    with files.open(path, "rb", block_size=8 * BLOCK) as file:
        yield size, blocks_of(file)


@contextmanager
def _over_http(url: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    import httpx2

    headers = {"Accept-Encoding": "identity"}
    with httpx2.stream("GET", url, headers=headers, follow_redirects=False, timeout=TIMEOUT_SECONDS) as answer:
        _check_status(url, answer.status_code)
        told = answer.headers.get("content-length", "")
        yield int(told) if told.isdigit() else None, answer.iter_raw(BLOCK)


def _check_status(url: str, status: int) -> None:
    if status == 200:
        return
    if status in (404, 410):
        raise FileNotFoundError
    if status in (401, 403):
        raise PermissionError
    if status < 500 and status not in (408, 429):
        raise BadInput("source-invalid", f"取不到录音 (HTTP {status}, 不跟随转向): {redacted(url)}")
    raise OSError(f"HTTP {status}")


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    """An open file, a megabyte at a time."""
    while block := file.read(BLOCK):
        yield block


@contextmanager
def _temporary(folder: Path) -> Iterator[Any]:
    """A file that is gone afterwards, unless it was given a name."""
    target = tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-", delete=False)
    try:
        with target:
            yield target
    finally:
        Path(target.name).unlink(missing_ok=True)
