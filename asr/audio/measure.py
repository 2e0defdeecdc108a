"""录音量度: one pass over a file tells all that is known of its sound – length, loudness, waveform, who is where.

Memory does not grow with the length: a second is held at a time, and one peak for each 10 ms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.audio.files import Opened, opened
from asr.audio.kinds import Encoding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_PEAKS = 2000  #: values of a waveform
PEAK_MAX = 1000  #: full scale in a waveform
FLOOR_DB = -120.0  #: what nothing at all is called
QUIET_LUFS = -70.0  #: the absolute gate of EBU R128: nothing below counts
ALIKE = 1e-3  #: two channels whose difference holds less than this share of the energy are one mix
_PEAKS_A_SECOND = 100


@dataclass(frozen=True, slots=True)
class Level:
    """响度 of one channel."""

    lufs: float | None  #: EBU R128, integrated; None where nothing is loud enough to count
    rms_db: float  #: dBFS over the whole length
    peak_db: float  #: dBFS, the loudest sample

    def to_json(self) -> dict[str, Any]:
        return {"lufs": self.lufs, "rms_db": self.rms_db, "peak_db": self.peak_db}


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sound file is, after all of it has been decoded once."""

    duration_ms: int
    channels: int
    rate: int  #: Hz
    codec: str
    container: str
    levels: tuple[Level, ...]  #: of each channel; of the two they are mixed to where there are more
    peaks: tuple[tuple[int, ...], ...]  #: of each channel: at most MAX_PEAKS loudest samples, 0 to PEAK_MAX
    is_dual_mono: bool  #: two channels that carry the same mix, or one of them nothing


def probe(path: Path, max_seconds: int, told: Encoding | None = None) -> Probe:
    """Decodes the whole file once and tells what it is. Raises BadInput with a code of its own for each fault:

    those of `kinds.look`, `audio-unreadable` (no sound file, whatever it is called), `audio-no-sound` (film or
    container without a sound track), `audio-truncated`, `audio-broken`, `audio-too-long`, `audio-rate`.
    """
    with opened(path, max_seconds, told) as file:
        meter = _Meter(file.rate, min(file.channels, 2))
        for second in _seconds(file):
            meter.add(second)
        return Probe(
            duration_ms=round(meter.samples * 1000 / file.rate),
            channels=file.channels,
            rate=file.rate,
            codec=file.codec,
            container=str(file.container.format.name).split(",")[0],
            levels=meter.levels(),
            peaks=meter.peaks(),
            is_dual_mono=meter.is_dual_mono(),
        )


def _seconds(file: Opened) -> "Iterator[NDArray[np.int16]]":
    """The samples a second at a time, shape (samples, channels)."""
    import av

    fifo = av.AudioFifo()
    for frame in file.resampled():
        frame.pts = None
        fifo.write(frame)
        while (full := fifo.read(file.rate)) is not None:
            yield _samples(full)
    if (rest := fifo.read(0, partial=True)) is not None:
        yield _samples(rest)


def _samples(frame: Any) -> "NDArray[np.int16]":
    samples: NDArray[np.int16] = frame.to_ndarray().reshape(frame.samples, -1)
    return samples


class _Meter:
    """Adds up what is asked of a sound, second by second."""

    def __init__(self, rate: int, channels: int) -> None:
        import numpy as np

        self.samples = 0
        self._rate = rate
        self._squares = np.zeros(channels)
        self._apart = 0.0  #: energy of the difference of two channels
        self._tops: list[NDArray[np.int32]] = []
        self._r128 = [_Loudness(rate) for _ in range(channels)]

    def add(self, second: "NDArray[np.int16]") -> None:
        import numpy as np

        wide = second.astype(np.int32)
        self.samples += len(wide)
        self._squares += (wide.astype(np.float64) ** 2).sum(axis=0)
        self._tops.append(np.maximum.reduceat(np.abs(wide), range(0, len(wide), -(-self._rate // _PEAKS_A_SECOND))))
        if wide.shape[1] == 2:
            self._apart += float(((wide[:, 0] - wide[:, 1]).astype(np.float64) ** 2).sum())
        for number, meter in enumerate(self._r128):
            meter.add(second[:, number])

    def levels(self) -> tuple[Level, ...]:
        import numpy as np

        rms = np.sqrt(self._squares / max(self.samples, 1)) / 32768
        tops = np.concatenate(self._tops).max(axis=0) / 32768
        return tuple(Level(meter.lufs(), _db(r), _db(t)) for meter, r, t in zip(self._r128, rms, tops, strict=True))

    def peaks(self) -> tuple[tuple[int, ...], ...]:
        import numpy as np

        tops = np.concatenate(self._tops)
        count = min(len(tops), MAX_PEAKS)
        small = np.maximum.reduceat(tops, np.arange(count) * len(tops) // count)
        scaled = np.minimum(np.round(small * (PEAK_MAX / 32768)), PEAK_MAX).astype(int)
        return tuple(tuple(channel) for channel in scaled.T.tolist())

    def is_dual_mono(self) -> bool:
        if len(self._squares) < 2:
            return False
        return bool(self._squares.min() == 0 or self._apart < self._squares.sum() * ALIKE)


class _Loudness:
    """EBU R128 of one channel, as FFmpeg measures it."""

    def __init__(self, rate: int) -> None:
        import av.filter

        self._rate = rate
        self._lufs = QUIET_LUFS
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(format="s16", sample_rate=rate, layout="mono", time_base=f"1/{rate}")
        meter = self._graph.add("ebur128", "metadata=1:framelog=quiet")
        sink = self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()

    def add(self, samples: "NDArray[np.int16]") -> None:
        import av
        import numpy as np

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None, :], format="s16", layout="mono")
        frame.sample_rate = self._rate
        self._graph.push(frame)
        self._pull()

    def lufs(self) -> float | None:
        """Of everything that was added; nothing can be added afterwards."""
        self._graph.push(None)
        self._pull()
        return round(self._lufs, 1) if self._lufs > QUIET_LUFS else None

    def _pull(self) -> None:
        import av

        while True:
            try:
                told = self._graph.pull().metadata.get("lavfi.r128.I")
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if told is not None:  # a last piece under 100 ms tells nothing
                self._lufs = float(told)


def _db(amplitude: float) -> float:
    import numpy as np

    return round(max(float(20 * np.log10(amplitude)), FLOOR_DB), 1) if amplitude > 0 else FLOOR_DB
