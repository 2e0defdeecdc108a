"""转写稿入库: a transcript without its recording becomes a conversation like any other, labelled by who wrote it down.

It is written in our style like what an engine heard (asr/finish.py), with what the source wrote kept beside it, and
masked; sentences whose speaker nobody tells are kept, grey, and make no tags.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from asr import transcripts
from asr.cleanup import safe
from asr.finish import finish, masked
from asr.repository import StoreResult, store_conversation
from asr.transcriber import Transcript
from asr.transcripts import Imported, Voices
from asr.utterances import to_utterances
from dongke.errors import BadInput
from dongke.types import Channel, Conversation, Speaker


@dataclass(frozen=True, slots=True)
class TranscriptMeta:
    """What the source knows of the call that a transcript is of. `id` is the source's call id."""

    customer_id: str
    advisor_id: str
    started_at: datetime
    id: str | None = None  #: without one a corrected transcript would be another call
    direction: str = "out"  #: in, out
    answered: bool = True
    advisor_channel: int | None = None  #: told: the call had two channels, and the file's numbers are channels
    speakers: Mapping[str, Speaker] = field(default_factory=dict)  #: the file's own names or numbers of speakers

    @property
    def voices(self) -> Voices:
        told = self.advisor_channel is not None
        return Voices(self.advisor_channel or 0, 2 if told else None, self.speakers)


def read(given: Any, voices: Voices, folder: Path | None = None) -> Imported:
    """The transcript from a file within `folder`, or as the request brought it: JSON, or the text of SRT or WebVTT.

    Raises BadInput `path-forbidden`, `transcript-missing`, `transcript-forbidden`, `transcript-invalid` with the place
    of the fault.
    """
    if folder is not None:
        return transcripts.read_file(_inside(folder, str(given)), voices)
    return transcripts.read_text(given, voices) if isinstance(given, str) else transcripts.read_json(given, voices)


def take(session: Session, imported: Imported, meta: TranscriptMeta) -> StoreResult:
    """Stores it as a conversation; flushes. Raises what `store_conversation` raises."""
    transcript = masked(finish(Transcript(imported.turns, imported.form)))
    utterances = to_utterances(transcript.turns)
    ident = meta.id or _ident(imported, meta)
    return store_conversation(
        session,
        Conversation(ident, Channel.CALL, meta.started_at, utterances),
        customer_id=meta.customer_id,
        advisor_id=meta.advisor_id,
        direction=meta.direction,
        answered=meta.answered and bool(utterances),
        source=imported.form,
        words=[turn.words for turn in transcript.turns],
        edits=[turn.edits for turn in transcript.turns],
    )


def speakers_of(given: Any) -> dict[str, Speaker]:
    """Who the file's names are: {"1": "advisor"} or 1=advisor;2=customer. Raises BadInput `speakers-invalid`."""
    pairs = given.items() if isinstance(given, Mapping) else _pairs(given)
    try:
        return {str(name).strip(): Speaker(str(role).strip()) for name, role in pairs}
    except ValueError:
        raise BadInput("speakers-invalid", "speakers 要写成 1=advisor;2=customer") from None


def _pairs(given: Any) -> list[list[str]]:
    if given in (None, ""):
        return []
    pairs = [part.split("=", 1) for part in str(given).split(";") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise BadInput("speakers-invalid", "speakers 要写成 1=advisor;2=customer")
    return pairs


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve() if "\0" not in name else folder.parent
    if not path.is_relative_to(folder.resolve()):
        raise BadInput("path-forbidden", f"文件不在文件夹里: {safe(name)[:80]}")
    return path


def _ident(imported: Imported, meta: TranscriptMeta) -> str:
    said = [[t.speaker, t.text, t.start_ms, t.end_ms] for t in imported.turns]
    text = json.dumps([meta.customer_id, meta.started_at.isoformat(), said], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
