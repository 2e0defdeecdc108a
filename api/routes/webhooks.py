"""网钩: who is told what happens, and the log of what was sent. For administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from sqlmodel import col, select

from api import paging
from api import schemas_webhooks as shapes
from api.deps import SessionDep, needs
from api.paging import Cursor, Limit
from api.problems import responses
from dongke import audit
from dongke.errors import BadInput
from dongke.scope import Principal, Role
from followup.webhooks import receivers
from followup.webhooks.catalogue import FIELDS, LABELS
from followup.webhooks.delivery import log_of
from followup.webhooks.models import WebhookDelivery, WebhookEvent, WebhookReceiver

router = APIRouter(tags=["网钩"])
Admin = Annotated[Principal, Depends(needs(Role.ADMIN), scope="function")]
_MAX_ID = 2**63 - 1
DeliveryId = Annotated[int, Path(ge=1, le=_MAX_ID)]


@router.get("/v1/webhooks/catalogue", response_model=shapes.CatalogueOut, responses=responses(401, 403))
def get_catalogue(principal: Admin) -> Any:
    """事件目录."""
    return {"types": [{"type": kind, "label": name} for kind, name in LABELS.items()], "fields": dict(FIELDS)}


@router.get("/v1/webhooks", response_model=shapes.ReceiverList, responses=responses(401, 403))
def get_webhooks(session: SessionDep, principal: Admin) -> Any:
    """全部接收方."""
    return {"items": session.exec(select(WebhookReceiver).order_by(col(WebhookReceiver.made_at))).all()}


@router.post(
    "/v1/webhooks", status_code=201, response_model=shapes.ReceiverSecret, responses=responses(401, 403, 409, 422)
)
def post_webhook(session: SessionDep, principal: Admin, given: shapes.ReceiverIn) -> Any:
    """新的接收方; 密钥只在这里显示一次."""
    row, secret = receivers.add(session, given.url, given.types, given.description, by=principal.subject)
    audit.record(session, principal.subject, "webhook.add", row.id, url=row.url, types=row.types)
    return row.model_dump() | {"secret": secret}


@router.patch("/v1/webhooks/{webhook_id}", response_model=shapes.ReceiverOut, responses=responses(401, 403, 404, 422))
def patch_webhook(session: SessionDep, principal: Admin, webhook_id: str, given: shapes.ReceiverPatch) -> Any:
    """停用或启用, 换要听的事件."""
    row = receivers.one(session, webhook_id)
    if given.types is not None:
        row.types = receivers.known_types(given.types)
    if given.description is not None:
        row.description = given.description
    if given.is_enabled:
        receivers.enable(session, row.id)
    elif given.is_enabled is False:
        receivers.disable(session, row.id, f"{principal.subject} 停用")
    session.flush()
    audit.record(session, principal.subject, "webhook.change", row.id, **given.model_dump(exclude_none=True))
    return row


@router.delete("/v1/webhooks/{webhook_id}", status_code=204, responses=responses(401, 403, 404))
def delete_webhook(session: SessionDep, principal: Admin, webhook_id: str) -> Response:
    """删除接收方, 连同它的投递."""
    receivers.remove(session, webhook_id)
    audit.record(session, principal.subject, "webhook.remove", webhook_id)
    return Response(status_code=204)


@router.post(
    "/v1/webhooks/{webhook_id}/rotate", response_model=shapes.ReceiverSecret, responses=responses(401, 403, 404)
)
def post_rotate(session: SessionDep, principal: Admin, webhook_id: str) -> Any:
    """换密钥: 24 小时内新旧两个都签名."""
    row, secret = receivers.rotate(session, webhook_id)
    audit.record(session, principal.subject, "webhook.rotate", row.id)
    return row.model_dump() | {"secret": secret}


@router.post("/v1/webhooks/{webhook_id}/test", response_model=shapes.TestOut, responses=responses(401, 403, 404, 409))
def post_test(session: SessionDep, principal: Admin, webhook_id: str) -> Any:
    """发一个测试事件."""
    event = receivers.send_test(session, webhook_id)
    audit.record(session, principal.subject, "webhook.test", webhook_id, event=event.id)
    return {"event_id": event.id}


@router.post(
    "/v1/webhooks/{webhook_id}/replay", response_model=shapes.ReplayOut, responses=responses(401, 403, 404, 422)
)
def post_replay(session: SessionDep, principal: Admin, webhook_id: str, given: shapes.ReplayIn) -> Any:
    """从那时起的事件 (保留 30 天) 重发一遍."""
    count = receivers.replay(session, webhook_id, given.since)
    audit.record(session, principal.subject, "webhook.replay", webhook_id, since=given.since.isoformat(), count=count)
    return {"deliveries": count}


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries", response_model=shapes.DeliveryPage, responses=responses(401, 403, 404, 422)
)
def get_deliveries(
    session: SessionDep, principal: Admin, webhook_id: str, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """投递日志, 新的在前."""
    receivers.one(session, webhook_id)
    d, e = WebhookDelivery, WebhookEvent
    query = select(d, e).join(e, col(e.number) == col(d.event_number)).where(col(d.receiver_id) == webhook_id)
    place = paging.decode("deliveries", cursor, 1)
    if place:
        query = query.where(col(d.id) < _number(place[0]))
    rows, last = paging.page(session.exec(query.order_by(col(d.id).desc()).limit(limit + 1)).all(), limit)
    logs = log_of(session, [delivery.id for delivery, _ in rows if delivery.id is not None])
    items = [_delivery(delivery, event, logs.get(delivery.id or 0, [])) for delivery, event in rows]
    return {"items": items, "next_cursor": paging.encode("deliveries", str(last[0].id)) if last else None}


@router.post(
    "/v1/webhooks/deliveries/{delivery_id}/redeliver",
    response_model=shapes.DeliveryOut,
    responses=responses(401, 403, 404, 422),
)
def post_redeliver(session: SessionDep, principal: Admin, delivery_id: DeliveryId) -> Any:
    """这一次投递再发一遍."""
    row = receivers.redeliver(session, delivery_id)
    audit.record(session, principal.subject, "webhook.redeliver", str(delivery_id))
    event = session.get_one(WebhookEvent, row.event_number)
    return _delivery(row, event, log_of(session, [delivery_id])[delivery_id])


def _delivery(row: WebhookDelivery, event: WebhookEvent, log: Any) -> dict[str, Any]:
    told = {"event_id": event.id, **event.model_dump(include={"type", "subject", "at", "data"})}
    return row.model_dump() | told | {"log": log}


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_ID:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    return int(text)
