"""接收方的管理: who may be told, at which address inside the firm's network, and the secret that signs.

An address must be of a host that the operator named (`DONGKE_WEBHOOK_HOSTS`); without one, nothing is sent anywhere.
"""

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from sqlmodel import Session, col, select

from dongke.clock import now
from dongke.errors import BadInput, Conflict, NotFound
from dongke.settings import settings
from followup.webhooks import outbox
from followup.webhooks.catalogue import EventType, Fact
from followup.webhooks.models import DeliveryState, WebhookDelivery, WebhookEvent, WebhookReceiver
from profiles.identity.sealing import seal, unseal

SECRET_BYTES = 32
BOTH_SIGN = timedelta(hours=24)  #: how long an old secret signs beside the new one
MAX_RECEIVERS = 50
_SEALED = "webhook"


def check_url(url: str) -> None:
    """Raises BadInput `webhook-url-invalid`, `webhook-host-refused`."""
    try:
        told = urlsplit(url)
        host, _ = told.hostname or "", told.port
    except ValueError:
        host, told = "", urlsplit("")
    if told.scheme not in ("http", "https") or not host or told.username or told.fragment or len(url) > 500:
        raise BadInput("webhook-url-invalid", "地址要是 http(s)://主机/路径, 不带用户名和 #")
    if not is_allowed(host):
        raise BadInput("webhook-host-refused", f"主机 {host[:100]} 不在 DONGKE_WEBHOOK_HOSTS 里 (公司内网的主机)")


def is_allowed(host: str) -> bool:
    """Whether the operator named the host, or a domain above it (`*.example.internal`)."""
    host = host.lower().rstrip(".")
    return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in _hosts())


def _hosts() -> Iterable[str]:
    return (name.lower().rstrip(".") for name in settings().webhook_hosts)


def add(
    session: Session, url: str, types: Sequence[str] = (), description: str = "", *, by: str
) -> tuple[WebhookReceiver, str]:
    """A new receiver, and its secret, which is shown this once.

    Raises BadInput `webhook-url-invalid`, `webhook-host-refused`, `event-type-unknown`; Conflict `webhook-limit`.
    """
    check_url(url)
    if len(session.exec(select(WebhookReceiver.id)).all()) >= MAX_RECEIVERS:
        raise Conflict("webhook-limit", f"最多 {MAX_RECEIVERS} 个接收方")
    secret = new_secret()
    row = WebhookReceiver(
        id=f"wh_{uuid4().hex[:16]}",
        url=url,
        description=description[:200],
        types=known_types(types),
        secret=seal(_SEALED, secret),
        made_at=now(),
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row, secret


def known_types(types: Sequence[str]) -> list[str]:
    """Those kinds, in order. Raises BadInput `event-type-unknown`."""
    wanted = {kind.value for kind in EventType if kind is not EventType.TEST}
    unknown = sorted(set(types) - wanted)
    if unknown:
        raise BadInput("event-type-unknown", f"不认识事件 {unknown[0][:60]}: 要 {', '.join(sorted(wanted))}")
    return sorted(set(types))


def new_secret() -> str:
    """`whsec_` and 32 random bytes, as Standard Webhooks say."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def one(session: Session, receiver_id: str) -> WebhookReceiver:
    """That receiver. Raises NotFound `webhook-unknown`."""
    row = session.get(WebhookReceiver, receiver_id)
    if row is None:
        raise NotFound("webhook-unknown", f"没有接收方 {receiver_id[:80]}")
    return row


def rotate(session: Session, receiver_id: str) -> tuple[WebhookReceiver, str]:
    """A new secret, shown this once; for 24 hours the old one signs beside it. Raises NotFound `webhook-unknown`."""
    row, secret = one(session, receiver_id), new_secret()
    row.old_secret, row.old_until = row.secret, now() + BOTH_SIGN
    row.secret = seal(_SEALED, secret)
    session.flush()
    return row, secret


def signing_secrets(row: WebhookReceiver, moment: datetime) -> list[str]:
    """The secrets that sign now, the new one first."""
    sealed = [row.secret]
    if row.old_secret is not None and row.old_until is not None and moment < row.old_until:
        sealed.append(row.old_secret)
    return [unseal(_SEALED, one_) for one_ in sealed]


def enable(session: Session, receiver_id: str) -> WebhookReceiver:
    """Takes deliveries up again: what waits is tried at once. Raises NotFound, BadInput as `add`."""
    row = one(session, receiver_id)
    check_url(row.url)
    row.is_enabled, row.disabled_reason = True, ""
    session.flush()
    return row


def disable(session: Session, receiver_id: str, reason: str) -> WebhookReceiver:
    """Nothing is sent any more until it is enabled; what waits goes on waiting. Raises NotFound `webhook-unknown`."""
    row = one(session, receiver_id)
    row.is_enabled, row.disabled_reason = False, reason[:200]
    session.flush()
    return row


def remove(session: Session, receiver_id: str) -> None:
    """With its deliveries and their log. Raises NotFound `webhook-unknown`."""
    session.delete(one(session, receiver_id))
    session.flush()


def send_test(session: Session, receiver_id: str) -> WebhookEvent:
    """A `test` event to that receiver alone. Raises NotFound `webhook-unknown`, Conflict `webhook-disabled`."""
    row = one(session, receiver_id)
    if not row.is_enabled:
        raise Conflict("webhook-disabled", "接收方已停用")
    moment = now()
    fact = Fact(EventType.TEST, row.id, moment, {}, mark=uuid4().hex)
    event = WebhookEvent(id=fact.id, type=fact.type, subject=fact.subject, at=moment, data={}, made_at=moment)
    session.add(event)
    session.flush()
    assert event.number is not None
    outbox.deliver(session, [event.number], moment, row.id)
    return event


def redeliver(session: Session, delivery_id: int) -> WebhookDelivery:
    """That delivery once more, at once, delivered before or not. Raises NotFound `delivery-unknown`."""
    row = session.get(WebhookDelivery, delivery_id)
    if row is None:
        raise NotFound("delivery-unknown", f"没有投递 {delivery_id}")
    row.state, row.attempts, row.next_at, row.delivered_at = DeliveryState.WAITING, 0, now(), None
    session.flush()
    return row


def replay(session: Session, receiver_id: str, since: datetime) -> int:
    """Everything since then that it asks for, in order and also what it has had. How many deliveries.

    Raises NotFound `webhook-unknown`.
    """
    row = one(session, receiver_id)
    query = select(WebhookEvent.number).where(col(WebhookEvent.made_at) >= since, WebhookEvent.type != EventType.TEST)
    if row.types:
        query = query.where(col(WebhookEvent.type).in_(row.types))
    numbers = [n for n in session.exec(query.order_by(col(WebhookEvent.number))) if n is not None]
    outbox.deliver(session, numbers, now(), row.id)
    again = select(WebhookDelivery.id).where(
        col(WebhookDelivery.receiver_id) == row.id, col(WebhookDelivery.event_number).in_(numbers)
    )
    return len([redeliver(session, ident) for ident in session.exec(again).all() if ident is not None])
