"""Idempotency-Key: the same write sent twice is done once, also when both arrive at the same moment."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy import text
from sqlmodel import Session

from api.models import IdempotentReply
from dongke.clock import now
from dongke.errors import BadInput, Conflict
from dongke.scope import Principal

IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="同一个键重发, 只做一次, 答复相同")
]


def once(
    session: Session, principal: Principal, key: str | None, request: list[Any], work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of `work`, or the one kept under the key. `request` is what identifies the write: path and body.

    Raises BadInput `idempotency-key-invalid`; Conflict `idempotency-key-reused` where the request differs.
    """
    if key is None:
        return work()
    if not key.strip() or not key.isprintable():
        raise BadInput("idempotency-key-invalid", "Idempotency-Key 不能用")
    mark = hashlib.sha256(json.dumps(request, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    lock = f"idempotency:{principal.subject}:{key}"
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock})
    kept = session.get(IdempotentReply, (principal.subject, key))
    if kept is not None:
        if kept.fingerprint != mark:
            raise Conflict("idempotency-key-reused", "这个 Idempotency-Key 已经用于另一个请求")
        return kept.body
    answer = work()
    session.add(
        IdempotentReply(login=principal.subject, key=key, fingerprint=mark, status=200, body=answer, made_at=now())
    )
    session.flush()
    return answer
