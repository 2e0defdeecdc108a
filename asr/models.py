"""Tables of the doors: recordings 录音, conversations 会话 with their utterances, 企业微信 messages."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import BigInteger, Column, FetchedValue, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from dongke.db import AwareDateTime, Json, text_enum

_JsonOrNull = JSONB(none_as_null=True)


class RecordingState(StrEnum):
    """录音的处理状态."""

    REGISTERED = "registered"  #: 已登记, 等待转写
    NEEDS_MODEL = "needs_model"  #: 等待语音模型
    TRANSCRIBING = "transcribing"  #: 转写中
    DONE = "done"  #: 已转写
    SUSPECT = "suspect"  #: 转写可疑: 没有可信的话
    FAILED = "failed"  #: 失败, 见 reason, 可重试


def _of_recording(*, primary_key: bool = False) -> Column[str]:
    """What hangs on a recording and goes with it."""
    key = ForeignKey("recording.id", ondelete="CASCADE")
    return Column(String, key, primary_key=primary_key, nullable=False)


class Recording(SQLModel, table=True):
    """录音. The same sound (sha256) is one recording, whatever its file is called."""

    __table_args__ = (Index("recording_by_arrival", "received_at", "id"),)

    id: str = Field(primary_key=True)  #: the source's call id, or the first 16 hex digits of the sha256
    sha256: str = Field(unique=True)
    path: str  #: where the file lies
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id", index=True)
    direction: str = "out"  #: in, out
    answered: bool = True
    started_at: datetime = Field(sa_type=AwareDateTime)
    duration_ms: int = 0
    channels: int = 1
    advisor_channel: int = 0  #: two channels: which of them is the advisor's
    sidecar: str | None = None  #: path of a transcript beside the recording
    state: RecordingState = Field(
        default=RecordingState.REGISTERED, sa_column=Column(text_enum(RecordingState), index=True, nullable=False)
    )
    reason: str | None = None  #: why it failed or waits, Chinese
    transcript_source: str | None = None  #: sidecar, demo:<model> or the model's name and hash
    received_at: datetime = Field(sa_type=AwareDateTime)
    #: since when it is in this state; a trigger of the database writes it, whoever changes the state
    state_at: datetime | None = Field(
        default=None, sa_column=Column(AwareDateTime, FetchedValue(), server_onupdate=FetchedValue(), nullable=False)
    )
    source_url: str | None = None  #: where it was fetched from, without log-in and query
    size_bytes: int = Field(default=0, sa_type=BigInteger)
    codec: str = ""  #: as FFmpeg calls it: pcm_alaw, mp3, amrnb …
    container: str = ""  #: as FFmpeg calls it: wav, mov, ogg …
    rate: int = 0  #: Hz, of the file
    encoding: str | None = None  #: how a file without header is read, e.g. alaw/8000/2; else the content tells
    levels: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False)
    )  #: a channel each
    is_dual_mono: bool = False  #: two channels that carry the same mix, or one of them nothing


class RecordingStep(SQLModel, table=True):
    """录音的状态历史: every state a recording came to, and when. Written by a trigger of the database."""

    __tablename__ = "recording_step"
    __table_args__ = (Index("recording_step_by_recording", "recording_id", "id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    recording_id: str = Field(sa_column=_of_recording())
    state: RecordingState = Field(sa_column=Column(text_enum(RecordingState), nullable=False))
    reason: str | None = None
    at: datetime = Field(sa_type=AwareDateTime)


class RecordingLease(SQLModel, table=True):
    """转写租约: which worker hears a recording, and until when that holds unless he says again that he lives."""

    __tablename__ = "recording_lease"

    recording_id: str = Field(sa_column=_of_recording(primary_key=True))
    worker: str
    begun_at: datetime = Field(sa_type=AwareDateTime)
    until: datetime = Field(sa_type=AwareDateTime, index=True)


class ArchiveFile(SQLModel, table=True):
    """归档文件: a file of an archive as it was when its recording was registered: found again, it need not be read."""

    __tablename__ = "archive_file"

    recording_id: str = Field(sa_column=_of_recording(primary_key=True))
    path: str = Field(index=True)
    stamp: str  #: size and time of change
    is_backfill: bool = True  #: the recording waits behind what comes in day by day


class Waveform(SQLModel, table=True):
    """波形: how loud a recording is, drawn small: at most 2,000 values from 0 to 1,000 for each channel."""

    recording_id: str = Field(sa_column=_of_recording(primary_key=True))
    peaks: list[list[int]] = Field(sa_column=Column(Json, nullable=False))


class Transcription(SQLModel, table=True):
    """转写记录: exactly once per (sound, stage, model version)."""

    __table_args__ = (UniqueConstraint("sha256", "stage", "model_version"),)

    id: int | None = Field(default=None, primary_key=True)
    sha256: str
    stage: str = "transcribe"
    model_version: str
    recording_id: str = Field(foreign_key="recording.id", index=True)
    made_at: datetime = Field(sa_type=AwareDateTime)
    result: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  #: utterances with words and suspicion


class StoredConversation(SQLModel, table=True):
    """会话 as stored. `content_hash` covers the utterances: the same id with the same content changes nothing."""

    __tablename__ = "conversation"

    id: str = Field(primary_key=True)  #: the source's id
    channel: str
    customer_id: str = Field(foreign_key="customer.id", index=True)
    advisor_id: str = Field(foreign_key="advisor.id", index=True)
    direction: str = "out"
    answered: bool = True
    started_at: datetime = Field(sa_type=AwareDateTime, index=True)
    ended_at: datetime = Field(sa_type=AwareDateTime)
    known_at: datetime = Field(sa_type=AwareDateTime)  #: when Dongke got it
    recording_id: str | None = Field(default=None, foreign_key="recording.id", index=True)
    source: str = "given"  #: given, sidecar, wecom, or the speech model that heard it
    content_hash: str
    read_hash: str | None = Field(default=None, index=True)  #: content_hash + engine version of the last reading
    #: the utterances as tags still quote them, where the talk was written down anew since: see profiles/anchoring.py
    as_quoted: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(_JsonOrNull, nullable=True))


class StoredUtterance(SQLModel, table=True):
    """一句话 of a conversation. Text is masked; `revoked` chats keep the row and lose their voice in the reading."""

    __tablename__ = "utterance"
    __table_args__ = (
        Index("utterance_bigrams", text("dongke_bigrams(text)"), postgresql_using="gin"),
        UniqueConstraint("conversation_id", "uid"),
    )

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    index: int = Field(primary_key=True)
    #: lasts where the talk is written down anew (asr/anchors.py); never given twice in one conversation
    uid: str = Field(default_factory=lambda: f"u{uuid4().hex[:12]}")
    speaker: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    at: datetime | None = Field(default=None, sa_type=AwareDateTime)
    suspect: bool = False
    revoked: bool = False
    #: [from, to, start_ms, end_ms] of stretches of the text, where the source timed its words
    words: list[list[int]] | None = Field(default=None, sa_column=Column(_JsonOrNull, nullable=True))
    #: what the source wrote where the text is another (asr/finish.py): start, end, original, kind
    edits: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(_JsonOrNull, nullable=True))


class ChatMessage(SQLModel, table=True):
    """企业微信会话存档的一条消息, as it came (masked). Unique by msgid."""

    msgid: str = Field(primary_key=True)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", index=True)  #: none for `switch`
    advisor_id: str | None = Field(default=None, foreign_key="advisor.id", index=True)
    sent_at: datetime = Field(sa_type=AwareDateTime, index=True)
    action: str  #: send, recall, switch
    msgtype: str
    speaker: str | None = None  #: advisor, customer; none for events such as agree
    text: str | None = None  #: what the reader sees: text, or a placeholder such as [图片]
    own_words: bool = True  #: false where the text is somebody else's: the title of a link, a forwarded file
    revokes: str | None = Field(default=None, index=True)  #: `revoke` events: the msgid that is taken back
    body: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_type=AwareDateTime)
