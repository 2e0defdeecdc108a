"""投递: sends what waits, signed; tries again with growing pauses from 5 seconds to 24 hours; keeps a log.

A delivery is claimed by moving its next time forward (a lease), so that two senders do not send one twice and a killed
one is taken over. At least once: the receiver knows a repetition by its `webhook-id`.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from dongke import db
from dongke.clock import now
from dongke.errors import DongkeError
from dongke.standing import PROFILE, processable
from followup.webhooks import receivers
from followup.webhooks.catalogue import CONTENT_TYPE, body
from followup.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookReceiver

#: how long to wait after the first, second … failure
PAUSES = tuple(
    timedelta(seconds=s) for s in (5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 18 * 3600, 24 * 3600)
)
JITTER = 0.2  #: a pause is up to so much shorter or longer: receivers that come back are not met by all at once
LEASE = timedelta(seconds=60)
TIMEOUT_SECONDS = 15.0
GONE = 410


@dataclass(frozen=True, slots=True)
class Letter:
    """一次投递: what is sent where."""

    delivery_id: int
    receiver_id: str
    attempt: int  #: the first is 1
    url: str
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """答复. `status` None: there was none."""

    status: int | None
    error: str = ""
    took_ms: int = 0
    retry_after: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Post: TypeAlias = Callable[[Letter], Answer]


def signed(ident: str, content: bytes, secrets: list[str], moment: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: one `v1` signature for each secret, apart by a space."""
    from standardwebhooks import Webhook

    text = content.decode()
    signatures = [Webhook(secret).sign(ident, moment, text) for secret in secrets]
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": CONTENT_TYPE,
        "user-agent": "dongke",
    }


def pause_after(attempts: int, chance: Callable[[], float] = random.random) -> timedelta | None:
    """How long to wait after that many failures; None where it is given up."""
    if attempts > len(PAUSES):
        return None
    return PAUSES[attempts - 1] * (1 + JITTER * (2 * chance() - 1))


def send_waiting(post: Post | None = None, *, most: int = 100) -> int:
    """Sends up to `most` deliveries that are due, each in its own transactions. How many were tried."""
    tried = 0
    while tried < most and (letter := _claim()) is not None:
        _settle(letter, (post or post_over_http)(letter))
        tried += 1
    return tried


def _claim() -> Letter | None:
    """The next delivery that is due, leased to this process; None where nothing is."""
    while True:
        with db.session_scope() as session:
            found = session.execute(_due(now())).first()
            if found is None:
                return None
            letter = _letter(*found)
        if letter is not None:
            return letter


def _letter(delivery: WebhookDelivery, event: WebhookEvent, receiver: WebhookReceiver) -> Letter | None:
    """A receiver whose secret cannot be opened any more is disabled: nothing goes out unsigned."""
    moment = now()
    try:
        secrets = receivers.signing_secrets(receiver, moment)
    except DongkeError as fault:
        receiver.is_enabled, receiver.disabled_reason = False, fault.detail
        return None
    delivery.attempts += 1
    delivery.next_at = moment + LEASE
    document = body(event.id, event.type, event.subject, event.at, event.data)
    content = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert delivery.id is not None
    headers = signed(event.id, content, secrets, moment)
    return Letter(delivery.id, receiver.id, delivery.attempts, receiver.url, content, headers)


def _due(moment: datetime) -> Any:
    """Not to a disabled receiver; not of a customer whose data may no longer be processed."""
    d, e, r = WebhookDelivery, WebhookEvent, WebhookReceiver
    return (
        select(d, e, r)
        .join(e, col(e.number) == col(d.event_number))
        .join(r, col(r.id) == col(d.receiver_id))
        .where(col(d.state) == DeliveryState.WAITING, col(d.next_at) <= moment, col(r.is_enabled))
        .where(or_(col(e.customer_id).is_(None), processable(e.customer_id, *PROFILE)))
        .order_by(col(d.next_at), col(d.id))
        .limit(1)
        .with_for_update(of=d, skip_locked=True)
    )


def _settle(letter: Letter, answer: Answer) -> None:
    with db.session_scope() as session:
        moment = now()
        session.add(
            WebhookAttempt(
                delivery_id=letter.delivery_id,
                at=moment,
                status=answer.status,
                error=answer.error[:200],
                took_ms=answer.took_ms,
            )
        )
        if answer.status == GONE:
            receivers.disable(session, letter.receiver_id, "接收方答复 410: 不再接收")
        mine = update(WebhookDelivery).where(
            col(WebhookDelivery.id) == letter.delivery_id, col(WebhookDelivery.attempts) == letter.attempt
        )
        session.execute(mine.values(**_outcome(letter, answer, moment)))


def _outcome(letter: Letter, answer: Answer, moment: datetime) -> dict[str, Any]:
    if answer.is_taken:
        return {"state": DeliveryState.DELIVERED, "delivered_at": moment}
    pause = pause_after(letter.attempt)
    if pause is None:
        return {"state": DeliveryState.FAILED}
    return {"next_at": moment + max(pause, answer.retry_after or timedelta(0))}


def post_over_http(letter: Letter) -> Answer:
    """Posts the letter. No redirect is followed: it could lead out of the network. Nothing of the answer is kept."""
    import httpx2

    if not receivers.is_allowed(httpx2.URL(letter.url).host):
        return Answer(None, "主机不在 DONGKE_WEBHOOK_HOSTS 里")
    began = time.monotonic()
    try:
        with httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            told = client.post(letter.url, content=letter.content, headers=dict(letter.headers))
    except httpx2.HTTPError as fault:
        return Answer(None, type(fault).__name__, _since(began))
    return Answer(told.status_code, "", _since(began), _retry_after(told.headers.get("retry-after")))


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _retry_after(text: str | None) -> timedelta | None:
    """Seconds, or a date; at most a day."""
    if not text:
        return None
    try:
        asked = timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text) - now()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(0), min(asked, PAUSES[-1]))


def log_of(session: Session, delivery_ids: list[int]) -> dict[int, list[WebhookAttempt]]:
    """投递日志: the attempts of these deliveries, the oldest first."""
    found: dict[int, list[WebhookAttempt]] = {ident: [] for ident in delivery_ids}
    rows = select(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(delivery_ids))
    for row in session.exec(rows.order_by(col(WebhookAttempt.id))):
        found[row.delivery_id].append(row)
    return found
