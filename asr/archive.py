"""录音转写, one recording end to end: sidecar, or speech, or it waits for a model.

The sidecar is the source's own transcript and always goes before speech. Exactly once comes from the database: unique
(sha256, stage, model version), written in the transaction of the conversation.
"""

import hashlib
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr import audio, cleanup, speakers, transcripts
from asr.models import Recording, RecordingState, StoredConversation, Transcription
from asr.recordings import find_sidecar
from asr.repository import store_conversation
from asr.transcriber import SAMPLE_RATE, Transcriber, Transcript, Turn
from asr.utterances import channel_turns, mask_all, mask_turn, merge, to_utterances
from dongke.clock import now
from dongke.errors import DongkeError, NotFound
from dongke.settings import Settings
from dongke.types import Channel, Conversation, Speaker

STAGE = "transcribe"
SIDECAR = "sidecar"
ONE_CHANNEL = "单声道录音, 说话人不确定, 不产生标签"
NOTHING_HEARD = "没有听到说话"
ALL_DOUBTED = "没有可信的话"
ECHO = "串音"
ECHO_LIKENESS = 0.7  #: how alike two turns at one time must be to be one voice in both channels


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


def hear(sound: audio.Sound, transcriber: Transcriber, advisor_channel: int = 0) -> Transcript:
    """What the engine hears: each channel by itself and full length; one channel alone does not tell who speaks."""
    if audio.is_dual_mono(sound):
        return _hear_mono(sound, transcriber)
    left, right = sound.channel(0), sound.channel(1)
    found = []
    for role, own, other in zip(speakers.channel_roles(advisor_channel), (left, right), (right, left), strict=True):
        if audio.loudness_db(own) > audio.SILENT_DB:
            found.append((role, transcriber.segments(audio.gate(own, other))))
    turns = _without_echo(merge(found), sound, advisor_channel)
    return Transcript(turns, transcriber.source)


def _transcribe(session: Session, recording: Recording, transcriber: Transcriber | None, settings: Settings) -> None:
    version = _version(recording, transcriber)
    if version is None:
        if recording.state not in (RecordingState.DONE, RecordingState.SUSPECT):
            recording.state, recording.reason = RecordingState.NEEDS_MODEL, "没有转写稿, 等待语音模型"
        return
    if _is_done(session, recording, version):
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


def _transcript(recording: Recording, transcriber: Transcriber | None, settings: Settings) -> Transcript:
    if recording.sidecar and Path(recording.sidecar).is_file():
        return transcripts.read_sidecar(Path(recording.sidecar), recording.advisor_channel)
    assert transcriber is not None
    sound = audio.decode(Path(recording.path), settings.max_recording_seconds)
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


def _hear_mono(sound: audio.Sound, transcriber: Transcriber) -> Transcript:
    """The roles are guessed for the page; every turn is doubted, so that no tag stands on a guess."""
    mono = sound.mono()
    if audio.loudness_db(mono) <= audio.SILENT_DB:
        return Transcript((), transcriber.source)
    turns: list[Turn] = []
    for turn in channel_turns(Speaker.ADVISOR, transcriber.segments(mono)):
        role = speakers.guess(turn.text, turns[-1].speaker if turns else None)
        turns.append(replace(turn, speaker=role, doubt=turn.doubt or transcripts.UNKNOWN_SPEAKER))
    return Transcript(tuple(turns), transcriber.source, (ONE_CHANNEL,) if turns else ())


def _without_echo(turns: tuple[Turn, ...], sound: audio.Sound, advisor_channel: int) -> tuple[Turn, ...]:
    """Doubts a turn that is heard in the other channel too, and louder there: one voice must not speak for both."""
    roles = speakers.channel_roles(advisor_channel)
    done = []
    for turn in turns:
        own = roles.index(turn.speaker)
        is_echo = any(_is_twin(turn, o) for o in turns) and _level(sound, own, turn) < _level(sound, 1 - own, turn)
        done.append(replace(turn, doubt=turn.doubt or ECHO) if is_echo else turn)
    return tuple(done)


def _is_twin(turn: Turn, other: Turn) -> bool:
    together = (turn.start_ms or 0) < (other.end_ms or 0) and (other.start_ms or 0) < (turn.end_ms or 0)
    if other.speaker == turn.speaker or not together:
        return False
    mine, theirs = cleanup.bare(turn.text), cleanup.bare(other.text)
    if len(mine) < 4:
        return False
    shared = sum(b.size for b in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks())
    return shared >= ECHO_LIKENESS * len(mine)


def _level(sound: audio.Sound, channel: int, turn: Turn) -> float:
    start, end = ((ms or 0) * SAMPLE_RATE // 1000 for ms in (turn.start_ms, turn.end_ms))
    part = sound.pcm[start:end, channel].astype("float64")
    return float((part**2).mean()) if len(part) else 0.0
