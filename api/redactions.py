"""录音脱敏: who hears the sound as it is, and the copy without personal numbers that everybody else hears.

A copy is made once for each state of the transcript, by another process, and lies in the data folder.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from asr import redaction
from asr.models import Recording, StoredConversation, StoredUtterance
from dongke.errors import Conflict
from dongke.scope import Principal
from dongke.settings import Settings


def heard(
    session: Session, principal: Principal, recording: Recording, raw: Path, config: Settings, wanted: bool
) -> Path:
    """The file that this principal is given: the raw one, or the redacted one where that is wanted, or all he may hear.

    Raises Conflict `audio-not-transcribed`, `redaction-no-times`; what the decoder says of the file.
    """
    if not wanted and str(principal.role) in config.raw_audio_roles:
        return raw
    return redacted(session, recording, raw, config)


def redacted(session: Session, recording: Recording, raw: Path, config: Settings) -> Path:
    """A file without personal numbers: the raw one itself where there are none. Raises as `heard` does."""
    from api import apart

    covered = spans(session, recording)
    if not covered:
        return raw
    path = _place(recording, covered, config)
    if not path.is_file():
        fault = apart.fault_of(apart.redact(recording.id))
        if fault is not None:
            raise fault
    return path


def make(session: Session, recording: Recording, config: Settings) -> Path:
    """Makes the redacted copy; older ones of this recording go. Opens the sound: not for the API process."""
    from asr import audio

    covered = spans(session, recording)
    told = audio.Encoding.parse(recording.encoding) if recording.encoding else None
    path = _place(recording, covered, config)
    sound = audio.decode(Path(recording.path), config.max_recording_seconds, told)
    redaction.write(redaction.cover(sound, covered), path)
    for old in path.parent.glob(f"{_stem(recording)}-*.wav"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def export(session: Session, recording: Recording, output: Path, config: Settings, *, redact: bool) -> int:
    """Writes the sound to a file, for whoever works on the server; gives how many stretches are covered."""
    covered = spans(session, recording) if redact else ()
    source = make(session, recording, config) if covered else Path(recording.path)
    shutil.copyfile(source, output)
    return len(covered)


def spans(session: Session, recording: Recording) -> tuple[tuple[int, int], ...]:
    """Where personal numbers are said. Raises Conflict `audio-not-transcribed`, `redaction-no-times`."""
    query = select(StoredConversation.id).where(StoredConversation.recording_id == recording.id)
    talks = list(session.exec(query))
    if not talks:
        raise Conflict("audio-not-transcribed", "录音还没有转写, 不知道哪里有个人号码, 不能脱敏")
    rows: Any = session.exec(
        select(StoredUtterance.text, StoredUtterance.start_ms, StoredUtterance.end_ms, StoredUtterance.words).where(
            col(StoredUtterance.conversation_id).in_(talks), col(StoredUtterance.text).contains(redaction.MASK)
        )
    )
    return redaction.spans(redaction.Line(*row) for row in rows)


def _place(recording: Recording, covered: tuple[tuple[int, int], ...], config: Settings) -> Path:
    told = hashlib.sha256(json.dumps(covered).encode()).hexdigest()[:12]
    return config.data_dir.resolve() / "redacted" / f"{_stem(recording)}-{told}.wav"


def _stem(recording: Recording) -> str:
    return recording.sha256[:32]
