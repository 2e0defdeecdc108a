"""读转写稿: which format a file has, and its turns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.transcriber import Transcript, Turn
from asr.transcripts import aliyun, ours, sentences, srt, tencent, webvtt, whisper_json, xfyun
from asr.transcripts.core import Sentence, Voices, bad, by_time, turns
from dongke.errors import BadInput

SUFFIXES = (".json", ".srt", ".vtt")  #: sidecars that are looked for, in this order
MAX_SIDECAR_BYTES = 20_000_000
_JSON = (whisper_json, aliyun, xfyun)


@dataclass(frozen=True, slots=True)
class Imported:
    """读入的转写稿: its turns, and where they come from: dongke, whisper, vendor:aliyun, …, srt, vtt."""

    form: str
    turns: tuple[Turn, ...]


def read_sidecar(path: Path, advisor_channel: int = 0, channels: int | None = None) -> Transcript:
    """The transcript beside a recording of so many channels. Raises BadInput `transcript-missing`,
    `transcript-forbidden` (no right to read it), or `transcript-invalid` with the place of the fault."""
    return Transcript(read_file(path, Voices(advisor_channel, channels)).turns, "sidecar")


def read_file(path: Path, voices: Voices | None = None) -> Imported:
    """A transcript by itself. Raises as `read_sidecar`."""
    return read_text(_decode(_bytes(path), path.name), voices)


def read_text(text: str, voices: Voices | None = None) -> Imported:
    """The same from its text: JSON, WebVTT or SRT, by what it looks like."""
    head = text.lstrip("\ufeff \t\r\n")
    voices = voices or Voices()
    if tencent.is_lines(head):
        return read_json({"Result": head}, voices)
    if head.startswith(("{", "[")):
        try:
            data = json.loads(head)
        except (ValueError, RecursionError):
            raise bad("不是 JSON") from None
        return read_json(data, voices)
    reader = webvtt if head.startswith("WEBVTT") else srt
    return Imported(reader.FORM, tuple(turns(by_time(reader.read(head)), voices)))


def read_json(data: Any, voices: Voices | None = None) -> Imported:
    """The same from JSON that is read already."""
    voices = voices or Voices()
    form, found = _form(data, voices)
    listed = list(found) if form == ours.FORM else by_time(found)
    return Imported(form, tuple(turns(listed, voices)))


def _form(data: Any, voices: Voices) -> tuple[str, Iterator[Sentence]]:
    if ours.fits(data):
        return ours.FORM, ours.read(data)
    if tencent.fits(data):
        return tencent.FORM, tencent.read(data, voices)
    for reader in _JSON:
        if reader.fits(data):
            return reader.FORM, reader.read(data)
    return sentences.FORM, sentences.read(data)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BadInput("transcript-missing", f"没有转写稿 {path.name}")
        if path.stat().st_size > MAX_SIDECAR_BYTES:
            raise bad(f"{path.name} 超过 {MAX_SIDECAR_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError:
        raise BadInput("transcript-forbidden", f"没有权限读这份转写稿: {path.name}") from None


def _decode(raw: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise bad(f"{name} 既不是 UTF-8 也不是 GB18030")
