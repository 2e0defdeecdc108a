"""会话, 原话依据, 标签断言: the frozen values that every package shares.

The JSON shapes are those of the tag contract (docs/tags.md): `Conversation.from_json` reads a line of
`conversations.jsonl`, `TagAssertion.to_json` writes an entry of `tags`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from dongke.errors import BadInput

MAX_UTTERANCES = 20_000
MAX_UTTERANCE_CHARS = 20_000


class Speaker(StrEnum):
    """说话人."""

    ADVISOR = "advisor"  #: 投资顾问
    CUSTOMER = "customer"  #: 客户


class Channel(StrEnum):
    """会话渠道."""

    CALL = "call"  #: 电话录音
    CHAT = "chat"  #: 企业微信会话


class Polarity(StrEnum):
    """标签的肯定与否定."""

    AFFIRMED = "affirmed"  #: 客户这样说
    NEGATED = "negated"  #: 客户明确否认或拒绝


@dataclass(frozen=True, slots=True)
class Utterance:
    """一个人一口气说的话 (one speaker's turn). Times are milliseconds from the start of the call."""

    speaker: Speaker
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    at: datetime | None = None  #: chats: when the message was sent (aware)
    suspect: bool = False  #: the recogniser may have made it up: shown grey, makes no tags


@dataclass(frozen=True, slots=True)
class Conversation:
    """一次会话: a call or a chat session between one advisor and one customer, as it was transcribed."""

    id: str
    channel: Channel
    started_at: datetime
    utterances: tuple[Utterance, ...]

    @classmethod
    def from_json(cls, row: Any) -> "Conversation":
        """Reads one line of the contract. Raises BadInput `conversation-invalid` with the place of the fault."""
        if not isinstance(row, Mapping):
            _bad("会话必须是一个 JSON 对象")
        ident, channel = row.get("id"), row.get("channel")
        if not isinstance(ident, str) or not ident:
            _bad("缺少 id, 或 id 不是文字")
        if channel not in ("call", "chat"):
            _bad(f"channel 必须是 call 或 chat, 不是 {channel!r}")
        turns = row.get("utterances")
        if not isinstance(turns, list):
            _bad("缺少 utterances 列表")
        if len(turns) > MAX_UTTERANCES:
            _bad(f"utterances 超过 {MAX_UTTERANCES} 句")
        return cls(
            id=ident,
            channel=Channel(channel),
            started_at=aware(row.get("started_at"), "started_at"),
            utterances=tuple(_utterance(n, u) for n, u in enumerate(turns)),
        )

    def to_json(self) -> dict[str, Any]:
        """The line of the contract that `from_json` reads back."""
        return {
            "id": self.id,
            "channel": self.channel.value,
            "started_at": self.started_at.isoformat(),
            "utterances": [_utterance_json(u) for u in self.utterances],
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """原话依据: the words that prove a tag. `start` and `end` are character offsets into the utterance as stored."""

    utterance: int
    start: int
    end: int
    speaker: Speaker
    quote: str
    start_ms: int | None = None
    end_ms: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "utterance": self.utterance,
            "start": self.start,
            "end": self.end,
            "speaker": self.speaker.value,
            "quote": self.quote,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """为什么有这个标签: the recognizer and rule that said so, the context that was weighed, what was overruled."""

    recognizer: str
    version: str
    rule: str
    steps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "recognizer": self.recognizer,
            "version": self.version,
            "rule": self.rule,
            "steps": list(self.steps),
        }


@dataclass(frozen=True, slots=True)
class TagAssertion:
    """标签断言: one tag that one conversation asserts. `value` holds the slots of the contract."""

    tag: str
    polarity: Polarity
    value: Mapping[str, Any]
    evidence: tuple[Evidence, ...]
    confidence: float
    explanation: Explanation
    holder: str = "customer"  #: whose it is: customer, household
    certainty: str = "stated"  #: stated, confirmed (the advisor asked), inferred

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.tag}: no tag without evidence")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"{self.tag}: confidence {self.confidence} is not within 0–1")

    @property
    def indexes(self) -> list[int]:
        """Utterance indexes of the evidence, each once, in order."""
        return sorted({e.utterance for e in self.evidence})

    def to_json(self, *, explain: bool = False) -> dict[str, Any]:
        """An entry of `tags` in the contract; `explain` adds confidence, spans and the explanation."""
        row: dict[str, Any] = {
            "tag": self.tag,
            "polarity": self.polarity.value,
            "value": dict(self.value),
            "evidence": self.indexes,
        }
        if explain:
            row["confidence"] = round(self.confidence, 3)
            row["certainty"] = self.certainty
            row["holder"] = self.holder
            row["spans"] = [e.to_json() for e in self.evidence]
            row["explanation"] = self.explanation.to_json()
        return row


@dataclass(frozen=True, slots=True)
class TopicMention:
    """话题提及: that a subject was spoken of, believed or not – what "a contact about the topic" is decided on.

    `kind` and `key`: money (None), product (code), permission (code), institution (short name or type),
    feedback (topic), churn (action), promise (action), identity (who is on the line: relative).
    """

    kind: str
    key: str | None
    utterance: int
    start: int
    end: int
    speaker: Speaker
    quote: str
    flags: tuple[str, ...] = ()  #: negated, hypothetical, past, question, other_holder, refused …

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "key": self.key,
            "utterance": self.utterance,
            "start": self.start,
            "end": self.end,
            "speaker": self.speaker.value,
            "quote": self.quote,
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """读后所得: everything the tagger found in one conversation."""

    assertions: tuple[TagAssertion, ...] = ()
    mentions: tuple[TopicMention, ...] = ()
    engine_version: str = ""
    notes: tuple[str, ...] = field(default=())  #: what was overruled for the whole talk, e.g. 接听人不是客户


def aware(value: Any, name: str) -> datetime:
    """An aware datetime from ISO 8601 text. Raises BadInput `time-naive` or `time-invalid`."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput("time-invalid", f"{name} 不是 ISO 8601 时间: {str(value)[:40]}") from None
    if moment.utcoffset() is None:
        raise BadInput("time-naive", f"{name} 没有时区: {str(value)[:40]}")
    return moment


def _bad(detail: str) -> NoReturn:
    raise BadInput("conversation-invalid", detail)


def _utterance(number: int, row: Any) -> Utterance:
    if not isinstance(row, Mapping) or row.get("speaker") not in ("advisor", "customer"):
        _bad(f"第 {number} 句: speaker 必须是 advisor 或 customer")
    text = row.get("text")
    if not isinstance(text, str):
        _bad(f"第 {number} 句: text 不是文字")
    if len(text) > MAX_UTTERANCE_CHARS:
        _bad(f"第 {number} 句: 超过 {MAX_UTTERANCE_CHARS} 字")
    return Utterance(
        speaker=Speaker(row["speaker"]),
        text=text,
        start_ms=_milliseconds(number, row.get("start")),
        end_ms=_milliseconds(number, row.get("end")),
        at=aware(row["at"], f"第 {number} 句 at") if row.get("at") else None,
        suspect=bool(row.get("suspect", False)),
    )


def _milliseconds(number: int, seconds: Any) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e6:
        _bad(f"第 {number} 句: start/end 必须是 0 以上的秒数")
    return round(seconds * 1000)


def _utterance_json(u: Utterance) -> dict[str, Any]:
    row: dict[str, Any] = {"speaker": u.speaker.value, "text": u.text}
    if u.start_ms is not None:
        row["start"] = u.start_ms / 1000
    if u.end_ms is not None:
        row["end"] = u.end_ms / 1000
    if u.at is not None:
        row["at"] = u.at.isoformat()
    if u.suspect:
        row["suspect"] = True
    return row
