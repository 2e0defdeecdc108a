"""Log-mel features as faster-whisper makes them (80 bins, 10 ms, 16 kHz), before and after its normalisation."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

WINDOW, HOP = 400, 160
FLOOR = 8.0  #: decades below the loudest


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, Any]:
    import numpy as np
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor().mel_filters.astype(np.float32), np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples: "Samples") -> "Samples":
    """(80, frames); faster-whisper drops the power of the last frame, so does this."""
    import numpy as np

    filters, window = _tables()
    padded = np.pad(np.pad(samples.astype(np.float32), (0, HOP)), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * window
    power = np.abs(np.fft.rfft(frames, axis=1)[:-1]).astype(np.float32) ** 2
    return np.asarray(np.log10(np.maximum(filters @ power.T, 1e-10)), np.float32)


def normalised(mel: "Samples", loudest: float | None = None) -> "Samples":
    """Clamped to 8 decades below the loudest (of the whole recording, where that is louder), then scaled."""
    import numpy as np

    top = float(mel.max()) if loudest is None else max(float(mel.max()), loudest)
    return np.asarray((np.maximum(mel, top - FLOOR) + 4) / 4, np.float32)
