"""转写稿导入导出: one file a format; docs/transcripts.md lists them.

In: our JSON, Whisper's, 阿里云, 腾讯云, 讯飞, other lists, SRT, WebVTT. Out: JSON with words, WebVTT, SRT, TXT.

A sentence whose speaker the file does not tell is kept with a guessed speaker and doubted: it makes no tags.
"""

from collections.abc import Callable, Sequence

from asr.transcriber import DEMO, DEMO_MODEL, Turn
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
from dongke.types import Conversation

__all__ = [
    "LABELS",
    "MARKED",
    "MAX_SIDECAR_BYTES",
    "SUFFIXES",
    "UNKNOWN_SPEAKER",
    "WRITERS",
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
    "write",
]

#: forms of export by name
WRITERS: dict[str, Callable[..., str]] = {
    "json": to_json,
    "vtt": to_webvtt,
    "srt": to_srt,
    "txt": to_text,
}


def write(form: str, conversation: Conversation, turns: Sequence[Turn] = (), source: str = "") -> str:
    """The conversation in one of the forms of WRITERS; JSON with the words, doubts and edits of its turns.

    What the demo's model heard (`source`) names it: each form where it has room for what nobody said.
    """
    mark = DEMO_MODEL if source.startswith(DEMO) else ""
    return to_json(conversation, turns, mark) if form == "json" else WRITERS[form](conversation, mark)
