"""录音解码: what a file is, how long, how loud; its channels at 16 kHz; the cross-talk gate. PyAV does the decoding.

The content decides, not the file's extension. Only formats of sound and film are opened: a playlist that points to
other files of the machine is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.transcriber import SAMPLE_RATE
from dongke.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from asr.transcriber import Samples

FORMATS = "wav,w64,mp3,mov,ogg,flac,amr,amrnb,amrwb,aac,matroska,asf,au,aiff,caf,gsm,avi,mpegts,mpeg,flv"
MIN_RATE = 8000  #: Hz, the telephone
SILENT_DB = -70.0  #: dBFS; a channel that never gets louder carries nothing
GATE_DB = 12.0  #: a channel this much weaker than the other one hears only its echo
GATE_FLOOR = 0.05  #: −26 dB: softened, not cut, so that word starts survive
GATE_WIDEN_BLOCKS = 10  #: of 20 ms: the gate opens 0.2 s early and closes 0.2 s late
BLOCK = SAMPLE_RATE // 50  #: 20 ms


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sound file is, after all of it has been decoded once."""

    duration_ms: int
    channels: int
    rate: int  #: Hz
    codec: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded recording: 16-bit samples at 16 kHz, shape (samples, channels), one or two channels."""

    pcm: "NDArray[np.int16]"

    @property
    def channels(self) -> int:
        return int(self.pcm.shape[1])

    @property
    def duration_ms(self) -> int:
        return round(len(self.pcm) * 1000 / SAMPLE_RATE)

    def channel(self, number: int) -> "Samples":
        """One channel as floats within ±1."""
        import numpy as np

        return self.pcm[:, number].astype(np.float32) / np.float32(32768)

    def mono(self) -> "Samples":
        """All channels mixed into one."""
        import numpy as np

        mixed: Samples = self.pcm.mean(axis=1, dtype=np.float32) / np.float32(32768)
        return mixed


def probe(path: Path, max_seconds: int) -> Probe:
    """Decodes the whole file once and tells what it is. Raises BadInput with a code of its own for each fault:

    `audio-missing`, `audio-empty`, `audio-unreadable` (no sound file, whatever it is called), `audio-no-sound` (film
    or container without a sound track), `audio-truncated`, `audio-broken`, `audio-too-long`, `audio-rate`.
    """
    _check_file(path)
    _check_riff(path)
    with _open(path) as container:
        stream = _stream(container)
        context = stream.codec_context
        _check_length((container.duration or 0) / 1e6, max_seconds)
        samples = 0
        for frame in _frames(container):
            samples += frame.samples
            _check_length(samples / stream.rate, max_seconds)
        seconds = samples / stream.rate
        _check_whole(seconds, (container.duration or 0) / 1e6)
        return Probe(round(seconds * 1000), int(stream.channels), int(stream.rate), str(context.name))


def decode(path: Path, max_seconds: int) -> Sound:
    """The samples at 16 kHz, one channel or two (more are mixed to two). Raises as `probe` does."""
    import av
    import numpy as np

    _check_file(path)
    parts: list[NDArray[np.int16]] = []
    with _open(path) as container:
        stream = _stream(container)
        _check_length((container.duration or 0) / 1e6, max_seconds)
        channels = 1 if stream.channels == 1 else 2
        resampler = av.AudioResampler(format="s16", layout="mono" if channels == 1 else "stereo", rate=SAMPLE_RATE)
        total = 0
        for frame in _resampled(_frames(container), resampler):
            parts.append(frame.to_ndarray().reshape(-1, channels))
            total += frame.samples
            _check_length(total / SAMPLE_RATE, max_seconds)
    return Sound(np.concatenate(parts))


def loudness_db(samples: "Samples", percentile: float = 100.0) -> float:
    """The loudest 20 ms (or that percentile of them) in dBFS; −90 and less where there is nothing at all."""
    import numpy as np

    energy = _energy(samples)
    return float(20 * np.log10(np.percentile(energy, percentile))) if len(energy) else -120.0


def is_dual_mono(sound: Sound) -> bool:
    """Whether both channels carry the same mix, or one is dead: then a channel does not tell who speaks."""
    import numpy as np

    if sound.channels == 1:
        return True
    left, right = sound.channel(0), sound.channel(1)
    if not left.any() or not right.any():
        return True
    difference, both = float(np.mean((left - right) ** 2)), float(np.mean(left**2) + np.mean(right**2))
    return difference < both * 1e-3


def gate(own: "Samples", other: "Samples") -> "Samples":
    """The channel with the other party's cross-talk (串音) lowered by 26 dB where the other is 12 dB louder."""
    import numpy as np

    blocks = len(own) // BLOCK
    if not blocks:
        return own
    smooth = np.ones(10) / 10
    mine = np.convolve(_energy(own), smooth, "same")[:blocks]
    theirs = np.convolve(_energy(other), smooth, "same")[:blocks]
    is_open = (mine * 10 ** (GATE_DB / 20) > theirs).astype(np.float32)
    near = np.convolve(is_open, np.ones(2 * GATE_WIDEN_BLOCKS + 1), "same")[:blocks]
    gain = np.where(near > 0.5, 1.0, GATE_FLOOR).astype(np.float32)
    return own * np.pad(np.repeat(gain, BLOCK), (0, len(own) - blocks * BLOCK), constant_values=1.0)


def _energy(samples: "Samples") -> "NDArray[np.float64]":
    import numpy as np

    blocks = len(samples) // BLOCK
    mean: NDArray[np.float64] = (samples[: blocks * BLOCK].reshape(blocks, BLOCK).astype(np.float64) ** 2).mean(axis=1)
    return np.sqrt(mean + 1e-9) if len(mean) else mean


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput("audio-missing", f"没有这个录音文件: {path.name}")
    if path.stat().st_size == 0:
        raise BadInput("audio-empty", f"录音文件是空的 (0 字节): {path.name}")


def _check_riff(path: Path) -> None:
    """A WAV tells its length in its header; FFmpeg overlooks that the end is missing."""
    with path.open("rb") as file:
        head = file.read(12)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE" or size in (0, 0xFFFFFFFF):  # streamed: length unknown
        return
    if path.stat().st_size + 1024 < size + 8:
        raise BadInput("audio-truncated", f"录音不完整: 文件头说 {size + 8} 字节, 实际 {path.stat().st_size} 字节")


def _open(path: Path) -> Any:
    import av

    try:
        return av.open(str(path), metadata_errors="ignore", options={"format_whitelist": FORMATS})
    except (av.FFmpegError, ValueError) as fault:
        raise BadInput("audio-unreadable", f"不是能识别的录音格式: {path.name}") from fault


def _stream(container: Any) -> Any:
    if not container.streams.audio:
        raise BadInput("audio-no-sound", "文件里没有声音轨道")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise BadInput("audio-broken", "声音的编码不认识")
    if not stream.rate or stream.rate < MIN_RATE:
        raise BadInput("audio-rate", f"采样率 {stream.rate} Hz 低于 {MIN_RATE} Hz")
    return stream


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


def _resampled(frames: Iterator[Any], resampler: Any) -> Iterator[Any]:
    import av

    try:
        for frame in frames:
            yield from resampler.resample(frame)
        yield from resampler.resample(None)
    except (av.FFmpegError, ValueError) as fault:  # the layout changes in the middle of the file
        raise BadInput("audio-broken", f"录音中途改变格式: {fault}") from fault


def _check_length(seconds: float, max_seconds: int) -> None:
    if seconds > max_seconds:
        raise BadInput("audio-too-long", f"录音超过 {max_seconds // 60} 分钟")


def _check_whole(seconds: float, promised: float) -> None:
    if seconds < promised * 0.95 - 1:
        raise BadInput("audio-truncated", f"录音不完整: 应有 {promised:.0f} 秒, 只能解码 {seconds:.0f} 秒")
