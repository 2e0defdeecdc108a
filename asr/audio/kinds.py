"""录音是什么文件: what its first bytes and its name say, before any decoder touches it.

The content decides, not the extension. Only where a file has no header of any kind – a-law, µ-law and PCM as they
come from the line – the manifest's column `encoding`, or else the extension, says how it is to be read.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from dongke.errors import BadInput

HEAD_BYTES = 4096
_TEXT_LETTERS = 8  #: so many different characters make a text; silence in µ-law is one byte over and over

#: names of the encodings, ours and those of SDP (RFC 3551), and FFmpeg's name of the format
_NAMES = {"alaw": "alaw", "pcma": "alaw", "mulaw": "mulaw", "ulaw": "mulaw", "pcmu": "mulaw", "s16le": "s16le"}
_BYTES = {"alaw": 1, "mulaw": 1, "s16le": 2}  #: of a sample


@dataclass(frozen=True, slots=True)
class Encoding:
    """无头文件的读法: how the samples of a file without header are coded."""

    name: str  #: alaw, mulaw, s16le
    rate: int = 8000  #: Hz
    channels: int = 1

    @classmethod
    def parse(cls, text: str) -> "Encoding":
        """`alaw`, `mulaw`, `s16le`, also with rate and channels as SDP writes it: `PCMA/8000/2`.

        Raises BadInput `encoding-unknown`.
        """
        found = re.fullmatch(r"([a-z0-9]+)(?:/(\d{4,5})(?:/([12]))?)?", text.strip().lower(), re.ASCII)
        if found is None or found[1] not in _NAMES or not 8000 <= int(found[2] or 8000) <= 48_000:
            raise BadInput("encoding-unknown", f"encoding 要写成 alaw, mulaw, s16le 或 alaw/8000/2: {text[:40]}")
        return cls(_NAMES[found[1]], int(found[2] or 8000), int(found[3] or 1))

    def __str__(self) -> str:
        return f"{self.name}/{self.rate}/{self.channels}"

    def seconds(self, size: int) -> float:
        """How long a file of that many bytes lasts."""
        return size / (_BYTES[self.name] * self.rate * self.channels)


RAW_SUFFIXES = {
    **dict.fromkeys((".al", ".alaw"), Encoding("alaw")),
    **dict.fromkeys((".ul", ".ulaw", ".mulaw"), Encoding("mulaw")),
}

#: what a file with a header begins with, and where
_HEADERS: tuple[tuple[int, bytes], ...] = (
    *((0, mark) for mark in (b"RIFF", b"RIFX", b"RF64", b"riff", b"ID3", b"OggS", b"fLaC", b"#!AMR", b"FORM", b".snd")),
    *((0, mark) for mark in (b"caff", b"\x1aE\xdf\xa3", b"0&\xb2u\x8ef\xcf\x11", b"FLV\x01", b"wvpk", b"MAC ")),
    (4, b"ftyp"),
)
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\x00",
    b"BZh",
    b"\x28\xb5\x2f\xfd",  # zstd
    b"\x04\x22\x4d\x18",  # lz4
)
_TAR = (257, b"ustar")
_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  #: Word, Excel; also an encrypted docx
_JPEG = (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb")
#: what is surely no sound, whatever the extension says
_OTHERS = (b"%PDF-", b"\x89PNG\r\n", b"GIF8", b"\x7fELF", b"{\\rtf", _OFFICE, *_JPEG)
_ENCRYPTED = (b"Salted__", b"-----BEGIN PGP MESSAGE", b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED")
#: OpenPGP: a session key by public key (tag 1, version 3) or by password (tag 3, version 4 to 6)
_PGP = re.compile(rb"(?s)(?:[\x84]..?|\x85..|\xc1.|\xc1[\xc0-\xdf].)\x03|(?:\x8c.|\xc3.)[\x04-\x06]")
_SILK = (b"#!SILK", b"\x02#!SILK", b"\x03#!SILK")


def look(path: Path) -> bytes:
    """The first bytes of a sound file that may be opened. Raises BadInput:

    `audio-missing`, `audio-directory`, `audio-special` (a pipe, a device), `audio-forbidden` (no right to read it),
    `audio-empty`, `audio-silk`, `audio-encrypted`, `audio-archive` (to be unpacked first).
    """
    try:
        found = path.stat()
        _check_sort(path, found)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except PermissionError:
        raise BadInput("audio-forbidden", f"没有权限读这个录音文件: {path.name}") from None
    except (OSError, ValueError):
        raise BadInput("audio-missing", f"没有这个录音文件: {path.name}") from None
    _check_head(path, head)
    return head


def encoding_of(path: Path, head: bytes, told: Encoding | None = None) -> Encoding | None:
    """How a file without header is read; None where it has one. `told` goes before the extension.

    Raises BadInput `audio-unreadable` where it is text, a picture or a document, whatever it is called.
    """
    if any(head.startswith(mark, place) for place, mark in _HEADERS):
        return None
    found = told or RAW_SUFFIXES.get(path.suffix.lower())
    if found is not None and (head.startswith(_OTHERS) or _is_text(head)):
        raise BadInput("audio-unreadable", f"这是文字, 图片或文档, 不是录音: {path.name}")
    return found


def is_pgp(head: bytes) -> bool:
    """Whether it may be an OpenPGP message; a weak sign, for what no decoder could read."""
    return _PGP.match(head) is not None


def _check_sort(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise BadInput("audio-directory", f"这是文件夹, 不是录音文件: {path.name}")
    if not stat.S_ISREG(found.st_mode):
        raise BadInput("audio-special", f"这是管道或设备, 不是录音文件: {path.name}")
    if found.st_size == 0:
        raise BadInput("audio-empty", f"录音文件是空的 (0 字节): {path.name}")


def _check_head(path: Path, head: bytes) -> None:
    if head.startswith(_SILK):
        raise BadInput(
            "audio-silk",
            "这是 SILK 语音 (微信语音), 不能直接转写: 请先用 silk-v3-decoder 等工具转成 wav, mp3 或 amr;"
            " 企业微信会话存档下载的语音是 AMR, 可以直接接入",
        )
    locked_zip = head.startswith(b"PK\x03\x04") and len(head) > 6 and head[6] & 1
    locked_office = head.startswith(_OFFICE) and "EncryptedPackage".encode("utf-16-le") in _some(path)
    if head.startswith(_ENCRYPTED) or locked_zip or locked_office:
        raise BadInput("audio-encrypted", f"文件是加密的, 请先解密: {path.name}")
    if head.startswith(_ARCHIVES) or head.startswith(_TAR[1], _TAR[0]):
        raise BadInput("audio-archive", f"这是压缩包或 Office 文件, 请先解开: {path.name}")


def _some(path: Path) -> bytes:
    """Where the directory of a small compound file lies; the first and the last 64 kB."""
    with path.open("rb") as file:
        first = file.read(1 << 16)
        file.seek(max(path.stat().st_size - (1 << 16), 0))
        return first + file.read(1 << 16)


def _is_text(head: bytes) -> bool:
    for cut in range(4):  # the block may end in the middle of a character
        try:
            return len(set(head[: len(head) - cut].decode())) >= _TEXT_LETTERS
        except UnicodeDecodeError:
            continue
    return False
