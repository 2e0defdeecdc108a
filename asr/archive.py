"""录音转写, one recording end to end: sidecar, or speech, or it waits for a model.

The sidecar is the source's own transcript and always goes before speech. Exactly once comes from the database: unique
(sha256, stage, model version), written in the transaction of the conversation.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr import audio, transcripts
from asr.hearing import hear
from asr.models import Recording, RecordingState, StoredConversation, StoredUtterance, Transcription
from asr.recordings import find_sidecar
from asr.repository import store_conversation
from asr.transcriber import Transcriber, Transcript
from asr.utterances import mask_all, mask_turn, to_utterances
from dongke.clock import now
from dongke.errors import DongkeError, NotFound
from dongke.settings import Settings
from dongke.types import Channel, Conversation

STAGE = "transcribe"
SIDECAR = "sidecar"
NOTHING_HEARD = "没有听到说话"
ALL_DOUBTED = "没有可信的话"


def transcribe(session: Session, recording_id: str, transcriber: Transcriber | None, settings: Settings) -> Recording:
    """Makes the recording's conversation and gives the recording with its new state; flushes, never commits.

    A fault of the recording leaves it FAILED with the reason; it can be tried again. Without sidecar and model it is
    NEEDS_MODEL. Raises NotFound `recording-unknown` only.
    """
    recording = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
    if recording is None:
        raise NotFound("recording-unknown", f"没有录音 {recording_id}")
    try:
        with session.begin_nested():
            _transcribe(session, recording, transcriber, settings)
    except DongkeError as fault:
        recording.state, recording.reason = RecordingState.FAILED, f"{fault.detail} ({fault.code})"
    session.flush()
    return recording


def _transcribe(session: Session, recording: Recording, transcriber: Transcriber | None, settings: Settings) -> None:
    version = _version(recording, transcriber)
    if version is None:
        if recording.state not in (RecordingState.DONE, RecordingState.SUSPECT):
            recording.state, recording.reason = RecordingState.NEEDS_MODEL, "没有转写稿, 等待语音模型"
        return
    if _is_done(session, recording, version):
        _settle(session, recording)
        return
    transcript = _masked(_transcript(recording, transcriber, settings))
    session.execute(
        insert(Transcription)
        .values(
            sha256=recording.sha256,
            stage=STAGE,
            model_version=version,
            recording_id=recording.id,
            made_at=now(),
            result=transcript.to_json(),
        )
        .on_conflict_do_nothing()
    )
    _store(session, recording, transcript)


def _version(recording: Recording, transcriber: Transcriber | None) -> str | None:
    """What will make the transcript: the sidecar by its content, else the model; None where there is neither."""
    if recording.sidecar is None:  # it may have come after the sound
        found = find_sidecar(Path(recording.path))
        recording.sidecar = str(found) if found else None
    if recording.sidecar and Path(recording.sidecar).is_file():
        return SIDECAR + "@" + hashlib.sha256(Path(recording.sidecar).read_bytes()).hexdigest()[:8]
    return transcriber.version if transcriber else None


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


def _transcript(recording: Recording, transcriber: Transcriber | None, settings: Settings) -> Transcript:
    if recording.sidecar and Path(recording.sidecar).is_file():
        return transcripts.read_sidecar(Path(recording.sidecar), recording.advisor_channel)
    assert transcriber is not None
    told = audio.Encoding.parse(recording.encoding) if recording.encoding else None
    sound = audio.decode(Path(recording.path), settings.max_recording_seconds, told)
    return hear(sound, transcriber, recording.advisor_channel)


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
    )
    recording.transcript_source = transcript.source
    believed = any(turn.doubt is None for turn in transcript.turns)
    recording.state = RecordingState.DONE if believed else RecordingState.SUSPECT
    empty = ALL_DOUBTED if transcript.turns else NOTHING_HEARD
    recording.reason = "; ".join(transcript.notes) or (None if believed else empty)


def _masked(transcript: Transcript) -> Transcript:
    texts = mask_all([(turn.speaker.value, turn.text) for turn in transcript.turns])
    turns = tuple(mask_turn(turn, text) for turn, text in zip(transcript.turns, texts, strict=True))
    return replace(transcript, turns=turns)
