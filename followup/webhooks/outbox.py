"""发件箱: events written in the transaction of the fact, with a delivery for every receiver that asked for them.

So an event exists exactly when its fact does. Where nobody receives, nothing is written.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, any_, delete, exists, func, literal, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import now
from followup.webhooks.catalogue import Fact
from followup.webhooks.models import DeliveryState, WebhookDelivery, WebhookEvent, WebhookReceiver

KEEP_DAYS = 30  #: events are kept so long, for redelivery and replay
_CHUNK = 2_000


def has_receivers(session: Session) -> bool:
    """Whether anybody wants to hear anything: if not, nobody need look for what happened."""
    return bool(session.execute(select(exists(select(WebhookReceiver.id)))).scalar_one())


def emit(session: Session, facts: Sequence[Fact]) -> int:
    """Writes the facts; one that was told before is left alone. How many are new."""
    if not facts or not has_receivers(session):
        return 0
    made = now()
    new = 0
    for start in range(0, len(facts), _CHUNK):
        rows = {f.id: _row(f, made) for f in facts[start : start + _CHUNK]}
        query = insert(WebhookEvent).values(list(rows.values())).on_conflict_do_nothing(index_elements=["id"])
        numbers = session.execute(query.returning(col(WebhookEvent.number))).scalars().all()
        deliver(session, numbers, made)
        new += len(numbers)
    return new


def _row(fact: Fact, made: datetime) -> dict[str, Any]:
    return {
        "id": fact.id,
        "type": fact.type.value,
        "subject": fact.subject,
        "customer_id": fact.customer_id,
        "at": fact.at,
        "data": fact.payload,
        "made_at": made,
    }


def deliver(session: Session, numbers: Sequence[int], moment: datetime, receiver_id: str | None = None) -> int:
    """Lays these events before every receiver that asked for their kind (or that one); once each."""
    e, r = WebhookEvent, WebhookReceiver
    asked = or_(func.cardinality(col(r.types)) == 0, col(e.type) == any_(col(r.types)))
    wants = col(r.id) == receiver_id if receiver_id else and_(asked, col(r.is_enabled))
    state: Any = literal(DeliveryState.WAITING.value)
    row: tuple[Any, ...] = (e.number, r.id, state, literal(0), literal(moment))
    waiting = select(*row).select_from(e).join(r, wants).where(col(e.number).in_(numbers))
    columns = ["event_number", "receiver_id", "state", "attempts", "next_at"]
    query = insert(WebhookDelivery).from_select(columns, waiting).on_conflict_do_nothing()
    return len(session.execute(query.returning(col(WebhookDelivery.id))).all())


def forget(session: Session, moment: datetime) -> int:
    """Drops what is older than KEEP_DAYS, delivered or not, with its log. How many events."""
    old = delete(WebhookEvent).where(col(WebhookEvent.made_at) < moment - timedelta(days=KEEP_DAYS))
    return len(session.execute(old.returning(col(WebhookEvent.number))).all())
