"""转写稿导入导出: one file a format; docs/transcripts.md lists them.

In: our JSON, Whisper's, 阿里云, 腾讯云, 讯飞, other lists, SRT, WebVTT. Out: JSON with words, WebVTT, SRT, TXT.

A sentence whose speaker the file does not tell is kept with a guessed speaker and doubted: it makes no tags.
"""

from asr.transcripts.core import LABELS, MARKED, UNKNOWN_SPEAKER, Voices
from asr.transcripts.ours import write as to_json
from asr.transcripts.plain import write as to_text
from asr.transcripts.reading import (
    MAX_SIDECAR_BYTES,
    SUFFIXES,
    Imported,
    read_file,
    read_json,
    read_sidecar,
    read_text,
)
from asr.transcripts.srt import write as to_srt
from asr.transcripts.webvtt import write as to_webvtt

__all__ = [
    "LABELS",
    "MARKED",
    "MAX_SIDECAR_BYTES",
    "SUFFIXES",
    "UNKNOWN_SPEAKER",
    "Imported",
    "Voices",
    "read_file",
    "read_json",
    "read_sidecar",
    "read_text",
    "to_json",
    "to_srt",
    "to_text",
    "to_webvtt",
]
