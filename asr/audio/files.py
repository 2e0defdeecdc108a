"""录音解码: one file opened by PyAV, its frames, and one reason for each way in which it can be bad.

Only formats of sound and film are opened: a playlist that points to other files of the machine is not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.audio import kinds
from asr.audio.kinds import Encoding
from dongke.errors import BadInput

FORMATS = "wav,w64,mp3,mov,ogg,flac,amr,amrnb,amrwb,aac,matroska,asf,au,aiff,caf,gsm,avi,mpegts,mpeg,flv"
RAW = "alaw,mulaw,s16le"
MIN_RATE, MAX_RATE = 8000, 384_000  #: Hz: the telephone; more than any recorder writes
PATIENCE_SECONDS = 20.0  #: for the header, and for each piece: a hole of gigabytes is not searched for sound
#: formats whose header promises a length; that of the others is guessed from the bit rate
_PROMISING = ("wav", "w64", "mov", "flac", "matroska", "asf", "aiff", "caf", "avi")
_AMR_BYTES, _AMR_WB_BYTES, _GSM_BYTES = 32 * 50, 61 * 50, 33 * 50  #: a second at the highest rate
_LOCKED = ("enca", "drms")  #: what MP4 calls an encrypted sound track (ISO 14496-12; Apple's)
_MP3_LENGTHS = (b"Xing", b"Info", b"VBRI")


@dataclass(frozen=True, slots=True)
class Opened:
    """An open sound file: its frames come once, with one rate, at most `max_seconds` long."""

    container: Any
    codec: str
    rate: int  #: Hz
    channels: int  #: as the header says; damage in the middle may tell the decoder another number
    promised: float  #: seconds; 0 where the header promises nothing
    max_seconds: int

    def frames(self) -> Iterator[Any]:
        """All frames. Raises BadInput `audio-broken`, `audio-truncated`, `audio-too-long`."""
        samples = 0
        for frame in _frames(self.container):
            samples += frame.samples
            check_length(samples / self.rate, self.max_seconds)
            yield frame
        seconds = samples / self.rate
        if seconds < self.promised * 0.98 - 0.5:
            raise BadInput("audio-truncated", f"录音不完整: 应有 {self.promised:.0f} 秒, 只能解码 {seconds:.0f} 秒")

    def resampled(self, rate: int | None = None) -> Iterator[Any]:
        """All frames as 16-bit samples, one channel or two (more are mixed to two), at that rate or the file's."""
        import av

        layout = "mono" if self.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="s16", layout=layout, rate=rate or self.rate)
        try:
            for frame in self.frames():
                yield from resampler.resample(frame)
            yield from resampler.resample(None)
        except (av.FFmpegError, ValueError) as fault:  # the layout changes in the middle of the file
            raise BadInput("audio-broken", f"录音中途改变格式: {fault}") from fault


@contextmanager
def opened(path: Path, max_seconds: int, told: Encoding | None = None) -> Iterator[Opened]:
    """The sound file, open. `told`: how it is read if it has no header. Raises BadInput as `probe` tells."""
    import av

    head = kinds.look(path)
    encoding = kinds.encoding_of(path, head, told)
    size = path.stat().st_size
    if encoding is not None:
        check_length(encoding.seconds(size), max_seconds)
    _check_riff(head, size)
    with _open(path, head, encoding) as container:
        stream = _stream(container)
        promised = _promised(container, head)
        check_length(max(promised, _at_least(container, head, size)), max_seconds)
        codec = str(stream.codec_context.name)
        try:
            yield Opened(container, codec, int(stream.rate), int(stream.channels), promised, max_seconds)
        except av.FFmpegError as fault:  # of whatever is done with the sound
            raise BadInput("audio-broken", f"录音解码失败: {fault.strerror}") from fault


def check_length(seconds: float, max_seconds: int) -> None:
    """Raises BadInput `audio-too-long`."""
    if seconds > max_seconds:
        raise BadInput("audio-too-long", f"录音超过 {max_seconds // 60} 分钟")


def _check_riff(head: bytes, real: int) -> None:
    """A WAV tells its length in its header; FFmpeg overlooks that the end is missing."""
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE" or size in (0, 0xFFFFFFFF):  # streamed: length unknown
        return
    if real + 1024 < size + 8:
        raise BadInput("audio-truncated", f"录音不完整: 文件头说 {size + 8} 字节, 实际 {real} 字节")


def _open(path: Path, head: bytes, encoding: Encoding | None) -> Any:
    import av

    options, form = {"format_whitelist": FORMATS}, None
    if encoding is not None:
        layout = "mono" if encoding.channels == 1 else "stereo"
        form, options = encoding.name, {"format_whitelist": RAW, "sample_rate": str(encoding.rate), "ch_layout": layout}
    try:
        return av.open(
            f"file:{path.resolve()}", format=form, metadata_errors="ignore", options=options, timeout=PATIENCE_SECONDS
        )
    except (av.FFmpegError, ValueError) as fault:
        raise _unopened(path, head) from fault


def _unopened(path: Path, head: bytes) -> BadInput:
    if head.startswith(b"ftyp", 4):
        return BadInput("audio-truncated", f"录音不完整: MP4/M4A 缺少结尾的索引: {path.name}")
    if kinds.is_pgp(head):
        return BadInput("audio-encrypted", f"文件是加密的, 请先解密: {path.name}")
    return BadInput("audio-unreadable", f"不是能识别的录音格式: {path.name}")


def _stream(container: Any) -> Any:
    if not container.streams.audio:
        raise BadInput("audio-no-sound", "文件里没有声音轨道")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise BadInput("audio-broken", "声音的编码不认识")
    if str(stream.codec_context.codec_tag).lower() in _LOCKED:
        raise BadInput("audio-encrypted", "声音有版权保护 (DRM), 不能解码: 请给没有加密的录音")
    if not stream.rate:
        raise BadInput("audio-unreadable", "不是能识别的录音格式: 没有采样率")
    if not MIN_RATE <= stream.rate <= MAX_RATE:
        raise BadInput("audio-rate", f"采样率 {stream.rate} Hz 不在 {MIN_RATE} 至 {MAX_RATE} Hz 之间")
    return stream


def _promised(container: Any, head: bytes) -> float:
    """The length in seconds that the header gives; 0 where FFmpeg only guesses it from the bit rate."""
    names = container.format.name.split(",")
    told = "mp3" in names and any(mark in head for mark in _MP3_LENGTHS)
    return (container.duration or 0) / 1e6 if told or any(name in _PROMISING for name in names) else 0.0


def _at_least(container: Any, head: bytes, size: int) -> float:
    """How many seconds there are at the least: hours of AMR are refused without decoding them."""
    if head.startswith(b"#!AMR"):
        return size / (_AMR_WB_BYTES if head.startswith(b"#!AMR-WB") else _AMR_BYTES)
    if container.format.name == "gsm":
        return size / _GSM_BYTES
    return (container.duration or 0) / 1e6 if container.format.name == "ogg" else 0.0  # told by its last page


def _frames(container: Any) -> Iterator[Any]:
    """The decoded frames. A damaged packet here and there is passed over; nothing but damage is `audio-broken`."""
    import av

    frames, count = container.decode(audio=0), 0
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            break
        except av.error.InvalidDataError:
            continue
        except av.FFmpegError as fault:
            raise BadInput("audio-broken", f"录音解码失败: {fault.strerror}") from fault
        frame.pts = None
        count += 1
        yield frame
    if not count:
        raise BadInput("audio-broken", "录音里没有能解码的声音")
