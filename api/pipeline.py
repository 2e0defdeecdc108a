"""全部环节, in order. Read this file first.

    receive 接收 → transcribe 转写 → read 阅读 → believe 成为画像 → follow 跟进

*Receive* is `api/doors.py`: bodies and files become stored facts, what cannot be used stays in the quarantine.
The other four stand below, each one call into its package. `process_conversation`, `process_recording` and
`process_note` string them together in one transaction of the caller's, so that a killed process loses nothing and
doubles nothing: either all of a piece's results are there, or none and the piece still waits.

The engines of speech and language are imported when a stage runs, never with this file: the API process imports it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text
from sqlmodel import Session

from dongke.errors import DongkeError, NotFound
from dongke.settings import Settings, settings
from dongke.standing import PROFILE, Purpose, is_processable
from dongke.types import Conversation, Reading, Speaker

if TYPE_CHECKING:
    from asr.models import Recording, StoredConversation
    from asr.transcriber import Transcriber
    from followup.models import Note

_log = structlog.get_logger(__name__)

REFUSED = "客户不同意分析或画像, 或数据限制处理: 只保存, 不阅读"  #: taken up again when the refusal ends
STAGES = ("receive", "transcribe", "read", "believe", "follow")


@dataclass(frozen=True, slots=True)
class Done:
    """What processing one piece came to."""

    id: str
    customer_id: str
    assertions: int = 0
    already: bool = False  #: this content was read by this engine before; nothing was changed
    waiting: str | None = None  #: why the piece still waits or failed, Chinese; None when it is through
    failed: bool = False  #: it will not get through by waiting


def process_conversation(session: Session, conversation_id: str) -> Done:
    """会话: read → believe → follow. A conversation that this engine has read already is left alone."""
    from asr.repository import load_conversation, mark_read
    from followup.webhooks.profiles import tell_contradictions

    one_at_a_time(session, f"conversation:{conversation_id}")
    stored, conversation = load_conversation(session, conversation_id)
    one_at_a_time(session, f"customer:{stored.customer_id}")
    if not is_processable(session, stored.customer_id, *PROFILE):
        return Done(stored.id, stored.customer_id, waiting=REFUSED)
    settle(session, [stored.id])
    if is_read(stored):
        return Done(stored.id, stored.customer_id, already=True)
    count = believe(session, stored, read(conversation))
    mark_read(session, stored.id, engine_version())
    follow(session, stored.customer_id)
    tell_contradictions(session, stored.customer_id, stored.id)
    return Done(stored.id, stored.customer_id, assertions=count)


def process_recording(session: Session, recording_id: str, config: Settings | None = None) -> Done:
    """录音: transcribe → read → believe → follow. Without a speech model it waits, visibly, and nothing fails."""
    from asr.models import RecordingState

    config = config or settings()
    one_at_a_time(session, f"recording:{recording_id}")
    who = customer_of(session, recording_id)
    if who is not None and not is_processable(session, who, Purpose.ANALYSIS):
        return Done(recording_id, who, waiting=REFUSED)
    recording = transcribe(session, recording_id, config)
    conversation_id = conversation_of(session, recording_id)
    if conversation_id is None:
        failed = recording.state is RecordingState.FAILED
        return Done(recording.id, recording.customer_id, waiting=recording.reason or "等待转写", failed=failed)
    done = process_conversation(session, conversation_id)
    return Done(recording.id, done.customer_id, done.assertions, done.already, done.waiting)


def process_note(session: Session, note_id: str) -> Done:
    """拜访记录: read → follow. A note makes no tags; it can discharge what the advisor promised."""
    from followup.models import Note

    note = session.get(Note, note_id)
    if note is None:
        raise NotFound("note-unknown", f"没有拜访记录 {note_id}")
    one_at_a_time(session, f"customer:{note.customer_id}")
    if not is_processable(session, note.customer_id, *PROFILE):
        return Done(note.id, note.customer_id, waiting=REFUSED)
    read_note(note)
    session.add(note)
    session.flush()
    follow(session, note.customer_id)
    return Done(note.id, note.customer_id)


def refresh_customer(session: Session, customer_id: str) -> Done:
    """客户: follow alone – after new events, attempts, owners, feedback or links."""
    one_at_a_time(session, f"customer:{customer_id}")
    follow(session, customer_id)
    return Done(customer_id, customer_id)


def transcribe(session: Session, recording_id: str, config: Settings) -> "Recording":
    """转写: sound (or the transcript beside it) → a stored conversation."""
    from asr.archive import transcribe as transcribe_one

    return transcribe_one(session, recording_id, transcriber(), config)


def read(conversation: Conversation) -> Reading:
    """阅读: words → tag assertions with evidence, and the topics that were spoken of."""
    from nlp.classifier import load
    from nlp.pipeline import read as read_words

    return read_words(conversation, load(settings().classifier_dir))


def read_note(note: "Note") -> None:
    """阅读 a note: only the topics, in the advisor's words."""
    from nlp.pipeline import read_text

    note.mentions = [m.to_json() for m in read_text(note.text, Speaker.ADVISOR)]


def believe(session: Session, stored: "StoredConversation", reading: Reading) -> int:
    """成为画像: assertions become facts of the profile; an older reading of the same talk is superseded."""
    from profiles.tagging import store_reading

    return len(store_reading(session, stored, reading))


def settle(session: Session, conversation_ids: list[str]) -> None:
    """锚定: where a talk was written down anew, the words that prove its tags are found in it again, or suspended."""
    from profiles.anchoring import settle as settle_all

    settle_all(session, conversation_ids)


def follow(session: Session, customer_id: str) -> None:
    """跟进: the customer's opportunities are computed anew from all facts."""
    from followup.service import refresh

    refresh(session, customer_id)


def engine_version() -> str:
    """The version of the language engine: with the content it decides whether a conversation is read."""
    from nlp import pipeline
    from nlp.classifier import load

    return pipeline.engine_version(load(settings().classifier_dir))


@lru_cache(maxsize=1)
def transcriber() -> "Transcriber | None":
    """The speech model of this process, loaded once. None where there is none that may be used: recordings without a
    transcript beside them then wait, visibly."""
    from asr.whisper import load

    try:
        return load(settings())
    except DongkeError as fault:
        _log.warning("no speech model", code=fault.code, detail=fault.detail)
        return None


def is_read(stored: "StoredConversation") -> bool:
    """Whether this engine has read this content already."""
    return stored.read_hash == f"{stored.content_hash}:{engine_version()}"


def conversation_of(session: Session, recording_id: str) -> str | None:
    """The conversation that was heard in the recording, if there is one."""
    from sqlmodel import select

    from asr.models import StoredConversation

    return session.exec(select(StoredConversation.id).where(StoredConversation.recording_id == recording_id)).first()


def will_hear(session: Session, recording_id: str) -> bool:
    """Whether the recording waits and can be transcribed now: there is a model or a transcript, and nobody refuses."""
    from asr.models import Recording, RecordingState
    from asr.recordings import sidecar_of

    recording = session.get(Recording, recording_id)
    if recording is None or recording.state in (RecordingState.DONE, RecordingState.SUSPECT):
        return False
    if not is_processable(session, recording.customer_id, Purpose.ANALYSIS):
        return False
    return sidecar_of(recording) is not None or transcriber() is not None


def customer_of(session: Session, recording_id: str) -> str | None:
    """Whose recording it is; None where there is no such recording."""
    from sqlmodel import select

    from asr.models import Recording

    return session.exec(select(Recording.customer_id).where(Recording.id == recording_id)).first()


def one_at_a_time(session: Session, name: str) -> None:
    """Holds other transactions on the same piece until this one ends; a killed process lets go by itself."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
