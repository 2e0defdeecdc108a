"""触达记录: the calls of a customer, answered or not, and his chats – read where they are, stored nowhere twice.

A recording, a call's transcript without a recording, and an attempt are one call each. They become the events
`call_answered` and `call_unanswered` when facts are loaded, so that best contact time is learned from all of them;
a chat in which he wrote something becomes `chat_answered`, and keeps the promise of a call whatever was read in it.
They say when the customer can be reached, not what he did: `CONTACTS` are left out wherever deeds are counted.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import column, exists, literal, select, table, true, union_all
from sqlmodel import Session, col

from asr.models import Recording, StoredConversation, StoredUtterance
from dongke.types import Speaker
from profiles.behaviour.deeds import ANSWERED, CHATTED, UNANSWERED
from profiles.facts import Event

CONTACTS = frozenset({ANSWERED, UNANSWERED, CHATTED})
#: `followup` keeps the attempts and depends on this package, so its table is known here by name only
_ATTEMPT = table("attempt", *(column(name) for name in ("id", "customer_id", "advisor_id", "at", "known_at")))


def calls_of(session: Session, customer_ids: Collection[str], known_at: datetime | None = None) -> tuple[Event, ...]:
    """Every call of these customers, known by `known_at` where given."""
    calls = union_all(_recordings(), _conversations(), _chats(), _attempts()).subquery()
    query = select(calls).where(calls.c.customer_id.in_(customer_ids))
    if known_at is not None:
        query = query.where(calls.c.known_at <= known_at)
    return tuple(
        Event(
            id=f"call:{r.kind}:{r.id}",
            customer_id=r.customer_id,
            event=contact_name(r.kind, r.answered),
            at=r.at,
            known_at=r.known_at,
            properties={"advisor": r.advisor_id, "direction": r.direction},
        )
        for r in session.execute(query)
    )


def contact_name(kind: str, answered: bool) -> str:
    """The event that a contact becomes."""
    return CHATTED if kind == "chat" else ANSWERED if answered else UNANSWERED


def _recordings() -> Any:
    """Known from the moment it was registered, before anybody has heard it."""
    r = Recording
    return select(
        literal("recording").label("kind"),
        col(r.id).label("id"),
        col(r.customer_id).label("customer_id"),
        col(r.advisor_id).label("advisor_id"),
        col(r.direction).label("direction"),
        col(r.answered).label("answered"),
        col(r.started_at).label("at"),
        col(r.received_at).label("known_at"),
    )


def _conversations() -> Any:
    c = StoredConversation
    return select(
        literal("conversation"),
        col(c.id),
        col(c.customer_id),
        col(c.advisor_id),
        col(c.direction),
        col(c.answered),
        col(c.started_at),
        col(c.known_at),
    ).where(col(c.channel) == "call", col(c.recording_id).is_(None))


def _chats() -> Any:
    c, u = StoredConversation, StoredUtterance
    written = exists().where(col(u.conversation_id) == col(c.id), col(u.speaker) == Speaker.CUSTOMER.value)
    return select(
        literal("chat"),
        col(c.id),
        col(c.customer_id),
        col(c.advisor_id),
        col(c.direction),
        col(c.answered),
        col(c.started_at),
        col(c.known_at),
    ).where(col(c.channel) == "chat", written)


def _attempts() -> Any:
    a = _ATTEMPT.c
    return select(literal("attempt"), a.id, a.customer_id, a.advisor_id, literal("out"), ~true(), a.at, a.known_at)
