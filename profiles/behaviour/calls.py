"""触达记录: the calls of a customer, answered or not, and his chats – read where they are, stored nowhere twice.

A recording, a call's transcript without a recording, and an attempt are one call each. They become the events
`call_answered` and `call_unanswered` when facts are loaded, so that best contact time is learned from all of them;
a chat in which he wrote something becomes `chat_answered`, and keeps the promise of a call whatever was read in it.
They say when the customer can be reached, not what he did: `CONTACTS` are left out wherever deeds are counted.
"""

from collections.abc import Collection

from sqlalchemy import ARRAY, String, bindparam, text
from sqlmodel import Session

from profiles.behaviour.deeds import ANSWERED, CHATTED, UNANSWERED
from profiles.facts import Event

CONTACTS = frozenset({ANSWERED, UNANSWERED, CHATTED})
#: every contact; a recording is known from the moment it was registered, before anybody has heard it
CALLS = """
    select 'recording' as kind, id, customer_id, advisor_id, direction, answered, started_at as at,
           received_at as known_at
    from recording
    union all
    select 'conversation', id, customer_id, advisor_id, direction, answered, started_at, known_at
    from conversation where channel = 'call' and recording_id is null
    union all
    select 'chat', id, customer_id, advisor_id, direction, answered, started_at, known_at
    from conversation c where channel = 'chat'
        and exists (select from utterance u where u.conversation_id = c.id and u.speaker = 'customer')
    union all
    select 'attempt', id, customer_id, advisor_id, 'out', false, at, known_at from attempt"""
_OF = text(f"select * from ({CALLS}) x where customer_id = any(:ids)").bindparams(bindparam("ids", type_=ARRAY(String)))


def calls_of(session: Session, customer_ids: Collection[str]) -> tuple[Event, ...]:
    """Every call and chat of these customers."""
    return tuple(
        Event(
            id=f"call:{r.kind}:{r.id}",
            customer_id=r.customer_id,
            event=contact_name(r.kind, r.answered),
            at=r.at,
            known_at=r.known_at,
            properties={"advisor": r.advisor_id, "direction": r.direction},
        )
        for r in session.execute(_OF, {"ids": sorted(customer_ids)})
    )


def contact_name(kind: str, answered: bool) -> str:
    """The event that a contact becomes."""
    return CHATTED if kind == "chat" else ANSWERED if answered else UNANSWERED
