"""会话仓库: stores and loads conversations. The same id with the same content changes nothing."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ARRAY, String, any_, delete, literal
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from asr.anchors import Alignment, Line
from asr.cleanup import safe
from asr.masking import mask_all
from asr.models import StoredConversation, StoredUtterance
from asr.transcriber import DEMO, Edit, Word
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput, Conflict, NotFound
from dongke.standing import PROFILE, processable
from dongke.types import Channel, Conversation, Speaker, Utterance, aware

LEEWAY = timedelta(minutes=5)  #: how far the source's clock may run ahead of ours
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
MAX_ID_CHARS = 200
_NO_CONTENT = frozenset({"conversation_id", "edits"})
_NO_WORDS = {"words": None}  #: no part of the content: talks without word times keep the hash that they had before


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What became of it: new, changed (its readings are out of date), or unchanged (nothing was written)."""

    id: str
    state: Literal["new", "unchanged", "changed"]


def store_conversation(
    session: Session,
    conversation: Conversation,
    *,
    customer_id: str,
    advisor_id: str,
    direction: str = "out",
    answered: bool = True,
    known_at: datetime | None = None,
    recording_id: str | None = None,
    source: str = "given",
    revoked: Collection[int] = (),
    words: Sequence[Sequence[Word]] = (),
    edits: Sequence[Sequence[Edit]] = (),
    clock: datetime | None = None,
) -> StoreResult:
    """Stores a conversation with masked text. `known_at` is the end of the talk unless given; `revoked` are indexes.

    `words`: those of each utterance, where the source timed them; `edits`: where we write it otherwise than the source,
    which is no part of the content. Where the same talk is written down anew its
    utterances keep their ids (asr/anchors.py); what tags quote is to be found again (profiles/anchoring.py).

    `clock` stands in for the present where a life is replayed. Raises BadInput `customer-unknown`, `advisor-unknown`,
    `time-future`, `time-naive`, `time-invalid`, `conversation-invalid`; Conflict `conversation-conflict` where the id
    belongs to another customer.
    """
    _check_parties(session, customer_id, advisor_id)
    _check(conversation, direction, clock or now())
    utterances = _rows(conversation, frozenset(revoked), words, edits)
    ended_at = _ended_at(conversation)
    values: dict[str, Any] = {
        "channel": conversation.channel.value,
        "customer_id": customer_id,
        "advisor_id": advisor_id,
        "direction": direction,
        "answered": answered,
        "started_at": conversation.started_at,
        "ended_at": ended_at,
        "known_at": aware(known_at, "known_at") if known_at else ended_at,
        "recording_id": recording_id,
        "source": source,
    }
    values["content_hash"] = _digest(values, utterances)
    made = session.execute(
        insert(StoredConversation)
        .values(id=conversation.id, **values)
        .on_conflict_do_nothing()
        .returning(col(StoredConversation.id))
    ).first()
    former = [] if made is not None else _replace(session, conversation.id, values)
    if former is None:
        return StoreResult(conversation.id, "unchanged")
    _give_ids(utterances, former, values["content_hash"])
    if utterances:
        session.execute(insert(StoredUtterance), utterances)
    return StoreResult(conversation.id, "changed" if made is None else "new")


def heard_by_demo(session: Session, idents: Collection[str]) -> frozenset[str]:
    """Those of these conversations that the demo's model heard: their words are shown with its name, wherever."""
    if not idents:
        return frozenset()
    c = StoredConversation
    asked = any_(literal(sorted(idents), ARRAY(String)))  # one parameter, however many they are
    return frozenset(session.exec(select(c.id).where(col(c.id) == asked, col(c.source).startswith(DEMO))))


def load_conversation(session: Session, ident: str) -> tuple[StoredConversation, Conversation]:
    """The stored row and the talk. Revoked utterances have no text; all indexes stay. Raises NotFound."""
    stored = session.get(StoredConversation, ident)
    if stored is None:
        raise NotFound("conversation-unknown", f"没有会话 {ident}")
    return stored, Conversation(
        id=stored.id,
        channel=Channel(stored.channel),
        started_at=stored.started_at,
        utterances=tuple(_utterance(row) for row in _utterances(session, ident)),
    )


def unread(session: Session, engine_version: str, limit: int = 100) -> list[str]:
    """Ids of conversations that this engine version has not read as they are now, oldest first.

    Those of customers who refuse it (画像, 会话分析) are stored and wait: they come up as soon as the refusal ends.
    """
    read = col(StoredConversation.read_hash)
    return list(
        session.exec(
            select(StoredConversation.id)
            .where(
                or_(read.is_(None), read != col(StoredConversation.content_hash) + f":{engine_version}"),
                processable(StoredConversation.customer_id, *PROFILE),
            )
            .order_by(col(StoredConversation.started_at), col(StoredConversation.id))
            .limit(limit)
        )
    )


def mark_read(session: Session, ident: str, engine_version: str) -> None:
    """Notes that this engine version has read the conversation as this session loaded it. Raises NotFound."""
    stored = session.get(StoredConversation, ident)
    if stored is None:
        raise NotFound("conversation-unknown", f"没有会话 {ident}")
    stored.read_hash = f"{stored.content_hash}:{engine_version}"
    session.flush()


def check_time(moment: datetime, name: str, clock: datetime) -> datetime:
    """The same moment, if it is aware, after 1990 and not ahead of the clock. Raises BadInput."""
    aware(moment, name)
    if moment.year < EARLIEST.year:
        raise BadInput("time-invalid", f"{name} 太早: {moment.isoformat()}")
    if moment > clock + LEEWAY:
        raise BadInput("time-future", f"{name} 在未来: {moment.isoformat()}")
    return moment


def _check_parties(session: Session, customer_id: str, advisor_id: str) -> None:
    for table, ident, code, word in (
        (Customer, customer_id, "customer-unknown", "客户"),
        (Advisor, advisor_id, "advisor-unknown", "投资顾问"),
    ):
        if "\0" in ident or session.get(table, ident) is None:
            raise BadInput(code, f"没有{word} {safe(ident)[:80]}")


def _check(conversation: Conversation, direction: str, clock: datetime) -> None:
    ident = conversation.id
    if not ident.strip() or len(ident) > MAX_ID_CHARS or ident != safe(ident):
        raise BadInput("conversation-invalid", f"会话 id 为空, 过长或含有控制字符: {safe(ident)[:80]!r}")
    if direction not in ("in", "out"):
        raise BadInput("conversation-invalid", f"direction 必须是 in 或 out, 不是 {direction!r}")
    check_time(conversation.started_at, "started_at", clock)
    for number, utterance in enumerate(conversation.utterances):
        if utterance.at is not None:
            check_time(utterance.at, f"第 {number} 句 at", clock)


def lines_of(session: Session, ident: str) -> dict[int, Line]:
    """The utterances of a conversation by index, as anchors see them; a revoked one has no words."""
    return {row.index: line_of(row.model_dump()) for row in _utterances(session, ident)}


def line_of(row: Mapping[str, Any]) -> Line:
    """An utterance, from its row or as `as_quoted` keeps it."""
    return Line(
        speaker=row["speaker"],
        text="" if row["revoked"] else row["text"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        at=datetime.fromisoformat(row["at"]) if isinstance(row["at"], str) else row["at"],
        words=tuple((a, b, c, d) for a, b, c, d in row["words"] or ()),
    )


def _utterances(session: Session, ident: str) -> list[StoredUtterance]:
    query = select(StoredUtterance).where(StoredUtterance.conversation_id == ident)
    rows = session.exec(query.order_by(col(StoredUtterance.index)).execution_options(populate_existing=True))
    return list(rows)


def _replace(session: Session, ident: str, values: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Gives the known row these values, and gives the utterances that go; None where its content is the same."""
    stored = session.get(StoredConversation, ident, with_for_update=True, populate_existing=True)
    if stored is None:
        raise Conflict("conversation-conflict", f"会话 {ident} 刚被删除, 请重试")
    if stored.customer_id != values["customer_id"]:
        raise Conflict("conversation-conflict", f"会话 {ident} 已属于另一位客户")
    if stored.content_hash == values["content_hash"]:
        return None
    former = [row.model_dump(exclude={"edits"}) for row in _utterances(session, ident)]
    if stored.read_hash is not None and stored.as_quoted is None:
        stored.as_quoted = [row | {"at": _plain(row["at"])} for row in former]
    for name, value in values.items():
        setattr(stored, name, value)
    session.flush()
    session.execute(delete(StoredUtterance).where(col(StoredUtterance.conversation_id) == ident))
    return former


def _give_ids(rows: list[dict[str, Any]], former: list[dict[str, Any]], content_hash: str) -> None:
    """Each new utterance keeps the id of the one that it was; a new one is named by this content and its place."""
    was = Alignment([line_of(f) for f in former], [line_of(r) for r in rows]).inherited()
    for row, before in zip(rows, was, strict=True):
        fresh = hashlib.sha256(f"{row['conversation_id']}\0{content_hash}\0{row['index']}".encode()).hexdigest()
        row["uid"] = former[before]["uid"] if before is not None else f"u{fresh[:12]}"


def _rows(
    conversation: Conversation,
    revoked: frozenset[int],
    words: Sequence[Sequence[Word]],
    edits: Sequence[Sequence[Edit]],
) -> list[dict[str, Any]]:
    texts = mask_all([(u.speaker.value, u.text) for u in conversation.utterances])
    return [
        {
            "conversation_id": conversation.id,
            "index": number,
            "speaker": u.speaker.value,
            "text": text,
            "start_ms": u.start_ms,
            "end_ms": u.end_ms if u.end_ms is None else max(u.end_ms, u.start_ms or 0),
            "at": u.at,
            "suspect": u.suspect,
            "revoked": number in revoked,
            "words": _word_times(u.text, words[number]) if number < len(words) else None,
            "edits": ([edit.to_json() for edit in edits[number]] or None) if number < len(edits) else None,
        }
        for number, (u, text) in enumerate(zip(conversation.utterances, texts, strict=True))
    ]


def _word_times(text: str, words: Sequence[Word]) -> list[list[int]] | None:
    """[from, to, start_ms, end_ms] of each word; None where they are not the text. Masks keep every offset true."""
    joined = "".join(w.text for w in words)
    lead = len(joined) - len(joined.lstrip())
    if not words or joined.strip() != text.strip():
        return None
    found, place = [], len(text) - len(text.lstrip()) - lead
    for word in words:
        start, place = max(place, 0), place + len(word.text)
        if start < min(place, len(text)):
            found.append([start, min(place, len(text)), word.start_ms, word.end_ms])
    return found


def _ended_at(conversation: Conversation) -> datetime:
    spoken = max((u.end_ms or u.start_ms or 0 for u in conversation.utterances), default=0)
    written = [u.at for u in conversation.utterances if u.at is not None]
    return max(conversation.started_at + timedelta(milliseconds=spoken), *written, conversation.started_at)


def _digest(values: dict[str, Any], utterances: list[dict[str, Any]]) -> str:
    head = [values[k] for k in ("channel", "customer_id", "advisor_id", "direction", "answered", "source")]
    body = [
        [_plain(v) for k, v in row.items() if k not in _NO_CONTENT and v != _NO_WORDS.get(k, ...)] for row in utterances
    ]
    text = json.dumps([head, _plain(values["started_at"]), body], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _utterance(row: StoredUtterance) -> Utterance:
    return Utterance(
        speaker=Speaker(row.speaker),
        text="" if row.revoked else row.text,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        at=row.at,
        suspect=row.suspect,
    )
