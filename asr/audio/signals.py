"""声音: the samples of a recording at 16 kHz, how loud they are, and the cross-talk gate between two channels."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asr.audio.files import opened
from asr.audio.kinds import Encoding
from asr.transcriber import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from asr.transcriber import Samples

SILENT_DB = -70.0  #: dBFS; a channel that never gets louder carries nothing
GATE_DB = 12.0  #: a channel this much weaker than the other one hears only its echo
GATE_FLOOR = 0.05  #: −26 dB: softened, not cut, so that word starts survive
GATE_WIDEN_BLOCKS = 3  #: of 20 ms: the gate opens 60 ms early and closes 60 ms late
BLOCK = SAMPLE_RATE // 50  #: 20 ms


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


def decode(path: Path, max_seconds: int, told: Encoding | None = None) -> Sound:
    """The samples at 16 kHz, one channel or two (more are mixed to two). Raises as `probe` does."""
    import numpy as np

    pcm = bytearray()  # grows in place: two hours of two channels are 460 MB, and must not be there twice
    with opened(path, max_seconds, told) as file:
        for frame in file.resampled(SAMPLE_RATE):
            pcm += frame.to_ndarray().tobytes()
        channels = min(file.channels, 2)
    return Sound(np.frombuffer(pcm, np.int16).reshape(-1, channels))


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
