"""录音转写, one recording end to end: sidecar, or speech, or it waits for a model.

`plan` and `store` keep the books in the database; `hear_piece` between them is pure and may run anywhere.

The sidecar is the source's own transcript and always goes before speech. Exactly once comes from the database: unique
(sha256, stage, model version), written in the transaction of the conversation.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr import audio, transcripts
from asr.finish import finish, masked
from asr.hearing import hear
from asr.models import Recording, RecordingState, StoredConversation, StoredUtterance, Transcription
from asr.recordings import find_sidecar, sha256_of
from asr.repository import store_conversation
from asr.transcriber import Transcriber, Transcript
from asr.utterances import to_utterances
from dongke.clock import now
from dongke.errors import DongkeError, NotFound
from dongke.settings import Settings
from dongke.types import Channel, Conversation

STAGE = "transcribe"
SIDECAR = "sidecar"
NOTHING_HEARD = "没有听到说话"
ALL_DOUBTED = "没有可信的话"
_HEARD = (RecordingState.DONE, RecordingState.SUSPECT)


@dataclass(frozen=True, slots=True)
class Piece:
    """一件听写: all that must be known to hear one recording, wherever it is done; no database is needed."""

    recording_id: str
    path: str
    sidecar: str | None
    advisor_channel: int
    encoding: str | None  #: how a file without header is read
    channels: int | None = None  #: that carry voices of their own; a transcript's channels tell the roles only of two


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard, masked, and the version of what heard it."""

    version: str
    transcript: Transcript


def transcribe(session: Session, recording_id: str, transcriber: Transcriber | None, settings: Settings) -> Recording:
    """Makes the recording's conversation and gives the recording with its new state; flushes, never commits.

    A fault of the recording leaves it FAILED with the reason; it can be tried again. Without sidecar and model it is
    NEEDS_MODEL. Raises NotFound `recording-unknown` only.
    """
    piece = plan(session, recording_id, transcriber.version if transcriber else None)
    if piece is None:
        return locked(session, recording_id)
    try:
        return store(session, recording_id, hear_piece(piece, transcriber, settings))
    except DongkeError as fault:
        return fail(session, recording_id, fault)


def plan(session: Session, recording_id: str, model_version: str | None) -> Piece | None:
    """What has to be heard. None where there is nothing: it is done by this version, or it waits for a model.

    Raises NotFound `recording-unknown`.
    """
    recording = locked(session, recording_id)
    version = _version(recording, model_version)
    if version is None:
        if recording.state not in _HEARD:
            recording.state, recording.reason = RecordingState.NEEDS_MODEL, "没有转写稿, 等待语音模型"
    elif _is_done(session, recording, version):
        _settle(session, recording)
    else:
        sidecar = recording.sidecar if _has_sidecar(recording) else None
        channels = 1 if recording.is_dual_mono else recording.channels
        return Piece(recording.id, recording.path, sidecar, recording.advisor_channel, recording.encoding, channels)
    session.flush()
    return None


def hear_piece(piece: Piece, transcriber: Transcriber | None, settings: Settings) -> Heard:
    """Hears it, or reads the transcript beside it. Raises DongkeError, whatever is wrong with the recording."""
    if piece.sidecar is not None:
        transcript = transcripts.read_sidecar(Path(piece.sidecar), piece.advisor_channel, piece.channels)
        return Heard(_sidecar_version(Path(piece.sidecar)), masked(finish(transcript)))
    assert transcriber is not None
    told = audio.Encoding.parse(piece.encoding) if piece.encoding else None
    sound = audio.decode(Path(piece.path), settings.max_recording_seconds, told)
    return Heard(transcriber.version, masked(hear(sound, transcriber, piece.advisor_channel)))


def store(session: Session, recording_id: str, heard: Heard) -> Recording:
    """Keeps what was heard, once for each (sha256, stage, version), with its conversation. A fault leaves it FAILED."""
    recording = locked(session, recording_id)
    try:
        with session.begin_nested():
            _keep(session, recording, heard)
    except DongkeError as fault:
        return fail(session, recording_id, fault)
    session.flush()
    return recording


def fail(session: Session, recording_id: str, fault: DongkeError) -> Recording:
    """Notes why the recording could not be heard; it can be tried again."""
    recording = locked(session, recording_id)
    recording.state, recording.reason = RecordingState.FAILED, f"{fault.detail} ({fault.code})"
    session.flush()
    return recording


def locked(session: Session, recording_id: str) -> Recording:
    """The recording as it is now, held until the transaction ends. Raises NotFound `recording-unknown`."""
    recording = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
    if recording is None:
        raise NotFound("recording-unknown", f"没有录音 {recording_id}")
    return recording


def _keep(session: Session, recording: Recording, heard: Heard) -> None:
    session.execute(
        insert(Transcription)
        .values(
            sha256=recording.sha256,
            stage=STAGE,
            model_version=heard.version,
            recording_id=recording.id,
            made_at=now(),
            result=heard.transcript.to_json(),
        )
        .on_conflict_do_nothing()
    )
    _store(session, recording, heard.transcript)


def _version(recording: Recording, model_version: str | None) -> str | None:
    """What will make the transcript: the sidecar by its content, else the model; None where there is neither."""
    if recording.sidecar is None:  # it may have come after the sound
        found = find_sidecar(Path(recording.path))
        recording.sidecar = str(found) if found else None
    if recording.sidecar and _has_sidecar(recording):
        return _sidecar_version(Path(recording.sidecar))
    return model_version


def _has_sidecar(recording: Recording) -> bool:
    return recording.sidecar is not None and os.path.isfile(recording.sidecar)  # Path's raises where it may not look


def _sidecar_version(path: Path) -> str:
    """By its content. One that may not be read has a version too: the reason is told where it is read."""
    try:
        return f"{SIDECAR}@{sha256_of(path)[:8]}"
    except OSError:
        return f"{SIDECAR}@unread"


def _is_done(session: Session, recording: Recording, version: str) -> bool:
    """Whether this version has been there. An older model again changes nothing; an older sidecar put back counts."""
    versions = session.exec(
        select(Transcription.model_version)
        .where(col(Transcription.sha256) == recording.sha256, col(Transcription.stage) == STAGE)
        .order_by(col(Transcription.id))
    ).all()
    if session.get(StoredConversation, recording.id) is None or version not in versions:
        return False
    return not version.startswith(SIDECAR) or version == versions[-1]


def _settle(session: Session, recording: Recording) -> None:
    """What has its transcript is done, or suspect, whatever happened to it since: a retry, a sidecar that went."""
    if recording.state in (RecordingState.DONE, RecordingState.SUSPECT):
        return
    query = select(StoredUtterance.suspect).where(StoredUtterance.conversation_id == recording.id)
    doubts = session.exec(query).all()
    recording.state = RecordingState.SUSPECT if all(doubts) else RecordingState.DONE
    recording.reason = (ALL_DOUBTED if doubts else NOTHING_HEARD) if all(doubts) else None


def _store(session: Session, recording: Recording, transcript: Transcript) -> None:
    store_conversation(
        session,
        Conversation(recording.id, Channel.CALL, recording.started_at, to_utterances(transcript.turns)),
        customer_id=recording.customer_id,
        advisor_id=recording.advisor_id,
        direction=recording.direction,
        answered=recording.answered and bool(transcript.turns),
        recording_id=recording.id,
        source=transcript.source,
        words=[turn.words for turn in transcript.turns],
        edits=[turn.edits for turn in transcript.turns],
    )
    recording.transcript_source = transcript.source
    believed = any(turn.doubt is None for turn in transcript.turns)
    recording.state = RecordingState.DONE if believed else RecordingState.SUSPECT
    empty = ALL_DOUBTED if transcript.turns else NOTHING_HEARD
    recording.reason = "; ".join(transcript.notes) or (None if believed else empty)
