"""聊天记录, the second door: 企业微信 archive messages become conversations.

Every message is kept once by its msgid, whatever the order in which batches arrive; a message that comes again
changes nothing. A pair's messages not more than 60 minutes apart are one conversation. A revoked message keeps its
copy for the audit and its place in the conversation, and loses its voice: the conversation is to be read again.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from asr import wecom
from asr.models import ChatMessage
from asr.parties import Party as Party
from asr.parties import People
from asr.repository import check_time, store_conversation
from dongke.clock import now
from dongke.errors import BadInput, DongkeError
from dongke.privacy import mask
from dongke.types import Channel, Conversation, Speaker, Utterance

SAME_TALK = timedelta(minutes=60)  #: a longer silence ends the conversation
_CHUNK = 1000  #: rows a statement


@dataclass(frozen=True, slots=True)
class Consent:
    """存档同意: the customer agreed, or did not, that this advisor's chats with him are archived."""

    customer_id: str
    advisor_id: str
    agreed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ChatResult:
    """What became of a batch. `conversations` are those with new content: to be read (again)."""

    accepted: int
    duplicates: int
    conversations: set[str]
    consents: list[Consent]
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)  #: index in the batch, and why


@dataclass(frozen=True, slots=True)
class _Placed:
    message: wecom.Message
    customer_id: str | None
    advisor_id: str | None
    speaker: str | None


_Pair = tuple[str, str]  # customer, advisor


def take_messages(
    session: Session,
    messages: Iterable[dict[str, Any]],
    resolve: Callable[[str], Party | None],
    *,
    clock: datetime | None = None,
) -> ChatResult:
    """Takes in a batch. A bad message is a fault of the batch and stops nothing; flushes, never commits."""
    people = People(session, resolve)
    placed, faults = _placed(people, messages, clock or now())
    placed.sort(key=lambda p: (p.message.sent_at, p.message.msgid))
    pairs = sorted({(p.customer_id, p.advisor_id) for p in placed if p.customer_id and p.advisor_id})
    _lock(session, pairs)
    fresh = _insert(session, placed)
    touched = {p.message.msgid for p in placed if p.message.msgid in fresh and p.message.text is not None}
    touched |= _revoke(session, fresh)
    changed: set[str] = set()
    for pair in pairs:
        changed |= _regroup(session, pair, touched, clock)
    return ChatResult(
        accepted=len(fresh),
        duplicates=len(placed) - len(fresh),
        conversations=changed,
        consents=_consents(placed, fresh, people),
        faults=faults,
    )


def _placed(
    people: People, messages: Iterable[Any], clock: datetime
) -> tuple[list[_Placed], list[tuple[int, DongkeError]]]:
    placed: list[_Placed] = []
    faults: list[tuple[int, DongkeError]] = []
    for number, row in enumerate(messages):
        try:
            message = wecom.parse(row)
            check_time(message.sent_at, f"消息 {message.msgid} 的时间", clock)
            placed.append(_place(people, message))
        except DongkeError as fault:
            faults.append((number, fault))
    return placed, faults


def _place(people: People, message: wecom.Message) -> _Placed:
    """Whose conversation a message belongs to. Raises BadInput `party-unknown`, `chat-internal`, `chat-group`."""
    sender = people.find(message.sender)
    if message.action == "switch":
        return _Placed(message, None, sender.id if sender and sender.role == "advisor" else None, None)
    if sender is None:
        raise BadInput("party-unknown", f"消息 {message.msgid}: 不认识发送人")
    others = [party for ident in message.receivers for party in [people.find(ident)] if party]
    customers = sorted({p.id for p in (sender, *others) if p.role == "customer"})
    advisors = sorted({p.id for p in (sender, *others) if p.role == "advisor"})
    if not customers:
        unknown = len(others) < len(message.receivers)
        code, words = ("party-unknown", "不认识接收人") if unknown else ("chat-internal", "没有客户参与")
        raise BadInput(code, f"消息 {message.msgid}: {words}")
    if len(customers) > 1:
        raise BadInput("chat-group", f"消息 {message.msgid}: 群里有 {len(customers)} 位客户, 不能归到一位")
    if not advisors:
        raise BadInput("party-unknown", f"消息 {message.msgid}: 没有认识的投资顾问")
    return _Placed(message, customers[0], people.advisor_of(customers[0], advisors), sender.role)


def _lock(session: Session, pairs: Sequence[_Pair]) -> None:
    """One batch at a time for each pair; in order, so that two batches cannot block each other."""
    for pair in pairs:
        key = int.from_bytes(hashlib.sha256("\0".join(pair).encode()).digest()[:8], "big", signed=True)
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


def _insert(session: Session, placed: list[_Placed]) -> set[str]:
    """Writes what is not known yet; gives the msgids that are new."""
    fresh: set[str] = set()
    for start in range(0, len(placed), _CHUNK):
        rows = [_row(p) for p in placed[start : start + _CHUNK]]
        made = insert(ChatMessage).on_conflict_do_nothing().returning(col(ChatMessage.msgid))
        fresh.update(session.execute(made, rows).scalars())
    return fresh


def _row(placed: _Placed) -> dict[str, Any]:
    message = placed.message
    return {
        "msgid": message.msgid,
        "customer_id": placed.customer_id,
        "advisor_id": placed.advisor_id,
        "sent_at": message.sent_at,
        "action": message.action,
        "msgtype": message.msgtype,
        "speaker": placed.speaker if message.text is not None else None,
        "text": None if message.text is None else mask(message.text),
        "own_words": message.own_words,
        "revokes": message.revokes,
        "body": dict(message.body),
    }


def _revoke(session: Session, fresh: set[str]) -> set[str]:
    """Marks the messages that were taken back, whichever of the two came first; gives their msgids."""
    if not fresh:
        return set()
    event = aliased(ChatMessage)
    statement = (
        update(ChatMessage)
        .values(revoked_at=event.sent_at)
        .where(
            col(ChatMessage.msgid) == event.revokes,
            col(ChatMessage.customer_id) == event.customer_id,
            col(ChatMessage.advisor_id) == event.advisor_id,
            col(ChatMessage.revoked_at).is_(None),
            or_(col(ChatMessage.msgid).in_(fresh), col(event.msgid).in_(fresh)),
        )
        .returning(col(ChatMessage.msgid))
        .execution_options(synchronize_session=False)
    )
    return set(session.execute(statement).scalars())


def _regroup(session: Session, pair: _Pair, touched: set[str], clock: datetime | None) -> set[str]:
    """Cuts the pair's messages into conversations again and stores those that hold a touched message."""
    light = session.execute(
        select(col(ChatMessage.msgid), col(ChatMessage.sent_at), col(ChatMessage.conversation_id))
        .where(tuple_(col(ChatMessage.customer_id), col(ChatMessage.advisor_id)) == pair)
        .where(col(ChatMessage.text).is_not(None))
        .order_by(col(ChatMessage.sent_at), col(ChatMessage.msgid))
    ).all()
    changed: set[str] = set()
    for group in _groups(light):
        if touched.isdisjoint(row.msgid for row in group):
            continue
        known = list(dict.fromkeys(row.conversation_id for row in group if row.conversation_id))
        ident = known[0] if known else _conversation_id(group[0].msgid)
        changed |= _store(session, pair, ident, [row.msgid for row in group], clock)
        for emptied in known[1:]:  # a late message has joined two talks: the earlier one keeps its name
            changed |= _store(session, pair, emptied, [], clock, group[0].sent_at)
    return changed


def _groups(rows: Sequence[Any]) -> list[list[Any]]:
    groups: list[list[Any]] = []
    for row in rows:
        if not groups or row.sent_at - groups[-1][-1].sent_at > SAME_TALK:
            groups.append([])
        groups[-1].append(row)
    return groups


def _conversation_id(msgid: str) -> str:
    return "wx-" + hashlib.sha256(msgid.encode()).hexdigest()[:16]


def _store(
    session: Session,
    pair: _Pair,
    ident: str,
    msgids: list[str],
    clock: datetime | None,
    started_at: datetime | None = None,
) -> set[str]:
    rows = session.exec(
        select(ChatMessage)
        .where(col(ChatMessage.msgid).in_(msgids))
        .order_by(col(ChatMessage.sent_at), col(ChatMessage.msgid))
        .execution_options(populate_existing=True)
    ).all()
    utterances = tuple(
        Utterance(Speaker(row.speaker or ""), row.text or "", at=row.sent_at, suspect=_is_foreign(row)) for row in rows
    )
    begun = rows[0].sent_at if rows else started_at
    assert begun is not None
    result = store_conversation(
        session,
        Conversation(ident, Channel.CHAT, begun, utterances),
        customer_id=pair[0],
        advisor_id=pair[1],
        direction="in" if rows and rows[0].speaker == "customer" else "out",
        source="wecom",
        revoked=[n for n, row in enumerate(rows) if row.revoked_at is not None],
        clock=clock,
    )
    if msgids:
        session.execute(
            update(ChatMessage)
            .where(col(ChatMessage.msgid).in_(msgids))
            .values(conversation_id=ident)
            .execution_options(synchronize_session=False)
        )
    return set() if result.state == "unchanged" else {ident}


def _is_foreign(row: ChatMessage) -> bool:
    """Whether the text must not speak for the customer: the title of a link or file that he passed on."""
    return row.speaker == Speaker.CUSTOMER and not row.own_words


def _consents(placed: list[_Placed], fresh: set[str], people: People) -> list[Consent]:
    found: list[Consent] = []
    for p in placed:
        mark = p.message.consent
        if mark is None or p.message.msgid not in fresh or p.advisor_id is None or p.customer_id is None:
            continue
        who = people.find(mark.userid)
        customer_id = who.id if who and who.role == "customer" else p.customer_id
        found.append(Consent(customer_id, p.advisor_id, mark.agreed, mark.at))
    return sorted(found, key=lambda c: c.at)
