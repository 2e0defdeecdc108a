"""Sounds made on the spot: a rising tone (and a falling one in the second channel), in any format PyAV writes."""

from pathlib import Path

import av
import numpy as np

SECONDS = 2.0
LOW, HIGH = 300.0, 3000.0  #: Hz, within the telephone band
LEVEL = 0.5  #: −6 dBFS; as in tests/asr/data
RMS_DB = -9.0


def chirp(rate: int, channels: int = 1) -> np.ndarray:
    """Two seconds, shape (samples, channels): the first channel rises from 300 to 3,000 Hz, the second falls."""
    at = np.arange(round(SECONDS * rate)) / rate
    growth = np.log(HIGH / LOW) / SECONDS
    rising = LEVEL * np.sin(2 * np.pi * LOW / growth * (np.exp(growth * at) - 1))
    return np.stack([rising, rising[::-1]][:channels], 1)


def encode(
    path: Path, codec: str, rate: int, layout: str = "mono", container: str | None = None, seconds: float = SECONDS
) -> Path:
    """The chirp in that codec; as long as told, by saying it again."""
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})  # vorbis
        channels = len(stream.layout.channels)
        if codec == "wmav2":
            stream.bit_rate = 64_000
        samples = np.tile(chirp(rate, channels), (int(np.ceil(seconds / SECONDS)), 1))[: round(seconds * rate)]
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype("<i2").reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        fifo = av.AudioFifo()
        for ready in resampler.resample(frame):
            fifo.write(ready)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path


def is_rising(samples: np.ndarray, rate: int = 16_000) -> bool:
    """Whether the loudest tone goes the chirp's way, within a tenth, at five moments; also one that began late."""
    moments = (0.4, 0.7, 1.0, 1.3, 1.6)
    found = [_loudest(samples[round((m - 0.05) * rate) : round((m + 0.05) * rate)], rate) for m in moments]
    meant = [LOW * (HIGH / LOW) ** (m / SECONDS) for m in moments]
    return all(abs(f / m - 1) < 0.15 for f, m in zip(found, meant, strict=True))


def is_falling(samples: np.ndarray, rate: int = 16_000) -> bool:
    return is_rising(samples[: round(SECONDS * rate)][::-1], rate)


def film(path: Path, *, with_sound: bool) -> Path:
    """A film of two seconds in black, with the chirp or without any sound track."""
    with av.open(str(path), "w", format="mp4") as file:
        picture = file.add_stream("mpeg4", rate=5)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        sound = file.add_stream("aac", rate=16_000, layout="mono") if with_sound else None
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        if sound is not None:
            floats = chirp(16_000).T.astype(np.float32)
            for start in range(0, floats.shape[1] - 1023, 1024):
                part = np.ascontiguousarray(floats[:, start : start + 1024])
                piece = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
                piece.sample_rate, piece.pts = 16_000, start
                file.mux(sound.encode(piece))
            file.mux(sound.encode(None))
    return path


def _loudest(part: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 14))
    return float(np.argmax(spectrum) * rate / (1 << 14))
