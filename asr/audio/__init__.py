"""录音文件: what a file is (kinds), opened and decoded (files), measured (measure), its samples (signals)."""

from asr.audio.files import FORMATS, MIN_RATE
from asr.audio.kinds import RAW_SUFFIXES, Encoding
from asr.audio.measure import MAX_PEAKS, PEAK_MAX, Level, Probe, probe
from asr.audio.signals import (
    BLOCK,
    GATE_DB,
    GATE_FLOOR,
    GATE_WIDEN_BLOCKS,
    SILENT_DB,
    Sound,
    decode,
    gate,
    is_dual_mono,
    loudness_db,
)

__all__ = [
    "BLOCK",
    "FORMATS",
    "GATE_DB",
    "GATE_FLOOR",
    "GATE_WIDEN_BLOCKS",
    "MAX_PEAKS",
    "MIN_RATE",
    "PEAK_MAX",
    "RAW_SUFFIXES",
    "SILENT_DB",
    "Encoding",
    "Level",
    "Probe",
    "Sound",
    "decode",
    "gate",
    "is_dual_mono",
    "loudness_db",
    "probe",
]
