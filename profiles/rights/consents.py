"""同意与拒绝 in bulk: many customers' words on a purpose at once, from a file, a body or 企业微信."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from dongke import audit
from dongke.clock import now
from dongke.errors import BadInput, DongkeError
from dongke.standing import Purpose
from dongke.types import aware
from profiles.rights.fold import STATUSES, Kind
from profiles.rights.models import StoredRight
from profiles.rights.store import LEEWAY, MAX_TEXT_CHARS, settle
from profiles.snapshots import known_customers
from profiles.tables import is_text

CHUNK = 1_000


@dataclass(slots=True)
class ConsentResult:
    """What became of the rows. `faults`: (row number from 0, reason)."""

    accepted: int = 0
    unchanged: int = 0
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)  #: of whom something new is known


def take_consents(session: Session, rows: Iterable[Any], *, by: str) -> ConsentResult:
    """Rows of `customer_id, purpose, status (granted, denied, revoked), at`, optional `source`. Told again: unchanged.

    A bad row is a fault (`right-invalid`, `customer-unknown`, `time-naive`, `time-future`) and stops no other.
    """
    moment, result = now(), ConsentResult()
    good: list[tuple[int, dict[str, Any]]] = []
    for number, row in enumerate(rows):
        try:
            good.append((number, _read(row, moment, by)))
        except DongkeError as fault:
            result.faults.append((number, fault))
    known = known_customers(session, sorted({row["customer_id"] for _, row in good}))
    for number, row in good:
        if row["customer_id"] not in known:
            result.faults.append((number, BadInput("customer-unknown", f"没有客户 {row['customer_id'][:40]}")))
    fresh = _insert(session, [row for _, row in good if row["customer_id"] in known])
    result.customers = {who for _, who in fresh}
    result.accepted = len(fresh)
    result.unchanged = sum(row["customer_id"] in known for _, row in good) - len(fresh)
    result.faults.sort(key=lambda pair: pair[0])
    if fresh:
        settle(session, result.customers)
        audit.record(session, by, "rights.consents", f"{len(fresh)}", customers=sorted(result.customers)[:CHUNK])
    return result


def _read(row: Any, moment: datetime, by: str) -> dict[str, Any]:
    if not isinstance(row, Mapping) or not is_text(row.get("customer_id"), 64):
        raise BadInput("right-invalid", "缺少 customer_id")
    purpose, status = str(row.get("purpose") or "").strip(), str(row.get("status") or "").strip().lower()
    if purpose not in list(Purpose):
        raise BadInput("right-invalid", f"purpose 只能是 {', '.join(Purpose)}")
    if status not in STATUSES[Kind.CONSENT]:
        raise BadInput("right-invalid", f"status 只能是 {', '.join(STATUSES[Kind.CONSENT])}")
    at = aware(row.get("at"), "at")
    if at > moment + LEEWAY:
        raise BadInput("time-future", "at 在未来")
    source = str(row.get("source") or "").strip()
    if source and not is_text(source, MAX_TEXT_CHARS):
        raise BadInput("right-invalid", f"source 最多 {MAX_TEXT_CHARS} 个字符")
    who = str(row["customer_id"]).strip()
    ident = hashlib.sha256("|".join([who, purpose, status, str(at.timestamp())]).encode()).hexdigest()[:32]
    return {
        "id": ident,
        "customer_id": who,
        "kind": Kind.CONSENT.value,
        "subject": purpose,
        "status": status,
        "at": at,
        "known_at": moment,
        "source": source,
        "by": by,
        "reason": "",
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The (id, customer) of those that were not told before."""
    fresh: list[tuple[str, str]] = []
    unique = list({row["id"]: row for row in rows}.values())
    for start in range(0, len(unique), CHUNK):
        told = insert(StoredRight).values(unique[start : start + CHUNK]).on_conflict_do_nothing()
        made = session.execute(told.returning(col(StoredRight.id), col(StoredRight.customer_id)))
        fresh += [(ident, who) for ident, who in made]
    return fresh
