"""行为事件: what customers do, by the Segment specification or as plain rows, each exactly once.

Segment: `track`, `identify`, `page`, `screen`, and `batch` around them. Plain: `message_id, customer_id, event, at,
properties`. The same message id with the same content is a duplicate; with other content it is a fault, never silent.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from dongke.directory import Customer
from dongke.errors import BadInput, Conflict, DongkeError
from dongke.types import aware
from profiles.features import features as features
from profiles.models import BehaviourEvent
from profiles.tables import content, is_text, read_csv, read_jsonl

MAX_AHEAD = timedelta(minutes=5)
MAX_ID_CHARS = 200
MAX_PROPERTIES_BYTES = 32_768
CHUNK = 5_000
_NAMES = {"identify": "identify", "page": "page_view", "screen": "page_view"}
_TYPES = ("track", *_NAMES)
FIRST_YEAR = 1990  #: the exchange opened; an earlier time is a clock that was never set


@dataclass(slots=True)
class EventResult:
    """What became of the events. `faults`: (index after batches are opened, reason)."""

    accepted: int = 0
    duplicates: int = 0
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Checked:
    index: int
    values: dict[str, Any]


def expand(rows: Iterable[Any]) -> list[Any]:
    """The events one by one: `batch` envelopes are opened (their `context` and `sentAt` are not needed)."""
    opened: list[Any] = []
    for row in rows:
        inner = row.get("batch") if isinstance(row, Mapping) else None
        opened.extend(inner if isinstance(inner, list) else [row])
    return opened


def read_events(source: Path | str | bytes, kind: str = "jsonl") -> list[Any]:
    """The rows of an event file, `jsonl` or `csv` (`properties` as a JSON object in its cell).

    Raises BadInput `encoding`, `csv-columns`.
    """
    if kind == "csv":
        return list(read_csv(content(source), ("message_id", "customer_id", "event", "at")))
    return list(read_jsonl(content(source)))


def take_events(session: Session, rows: Iterable[Any], received_at: datetime) -> EventResult:
    """Takes the events in. What cannot be taken is a fault of its own and stops nothing.

    Fault codes: `event-invalid`, `time-naive`, `time-invalid`, `time-future` (over 5 minutes ahead of `received_at`),
    `customer-unknown`, `event-conflict`.
    """
    result = EventResult()
    good: dict[str, _Checked] = {}
    for index, row in enumerate(expand(rows)):
        try:
            checked = _Checked(index, _values(row, received_at))
            same = good.get(checked.values["message_id"])
            if same is None:
                good[checked.values["message_id"]] = checked
            else:
                _same_or_conflict(checked.values, same.values)
                result.duplicates += 1
        except DongkeError as fault:
            result.faults.append((index, fault))
    known = _drop_unknown(session, list(good.values()), result)
    for start in range(0, len(known), CHUNK):
        _insert(session, known[start : start + CHUNK], result)
    result.faults.sort(key=lambda pair: pair[0])
    return result


def _insert(session: Session, chunk: Sequence[_Checked], result: EventResult) -> None:
    """In the order of the ids, so that two writers never wait for each other crosswise."""
    table = BehaviourEvent.__table__  # type: ignore[attr-defined]
    ordered = sorted((c.values for c in chunk), key=lambda v: str(v["message_id"]))
    statement = insert(table).on_conflict_do_nothing().returning(table.c.message_id)
    taken = set(session.execute(statement, ordered).scalars())
    result.accepted += len(taken)
    rest = {c.values["message_id"]: c for c in chunk if c.values["message_id"] not in taken}
    if rest:
        stored = session.execute(select(table).where(table.c.message_id.in_(rest)))
        for row in stored.mappings():
            try:
                _same_or_conflict(rest[row["message_id"]].values, dict(row))
                result.duplicates += 1
            except Conflict as fault:
                result.faults.append((rest[row["message_id"]].index, fault))


def _same_or_conflict(new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    if any(new[name] != old[name] for name in ("customer_id", "event", "at", "properties")):
        raise Conflict("event-conflict", f"消息 {str(new['message_id'])[:40]} 已收过, 内容不同")


def _drop_unknown(session: Session, checked: Sequence[_Checked], result: EventResult) -> list[_Checked]:
    wanted = sorted({c.values["customer_id"] for c in checked})
    known: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        known |= set(session.scalars(select(col(Customer.id)).where(col(Customer.id).in_(part))))
    for c in checked:
        if c.values["customer_id"] not in known:
            fault = BadInput("customer-unknown", f"没有客户 {c.values['customer_id'][:40]}")
            result.faults.append((c.index, fault))
    return [c for c in checked if c.values["customer_id"] in known]


def _values(row: Any, received_at: datetime) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise BadInput("event-invalid", "事件不是一个 JSON 对象")
    kind = row.get("type")
    if kind is not None and kind not in _TYPES:
        raise BadInput("event-invalid", f"type 不认识: {str(kind)[:40]}")
    is_segment = kind is not None or "messageId" in row
    at = aware(row.get("timestamp") if is_segment else row.get("at"), "timestamp" if is_segment else "at")
    if at.year < FIRST_YEAR:
        raise BadInput("time-invalid", f"事件时间早于 {FIRST_YEAR} 年")
    if at > received_at + MAX_AHEAD:
        raise BadInput("time-future", f"事件时间在未来: {at.isoformat()}")
    return {
        "message_id": _text(row, "messageId" if is_segment else "message_id"),
        "customer_id": _text(row, "userId" if is_segment else "customer_id"),
        "event": _NAMES[kind] if kind in _NAMES else _text(row, "event"),
        "at": at,
        "known_at": received_at,
        "properties": _properties(row, kind),
    }


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not is_text(value, MAX_ID_CHARS):
        raise BadInput("event-invalid", f"{name} 要是 1 到 {MAX_ID_CHARS} 个字符的文字")
    return str(value)


def _properties(row: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    given = row.get("traits" if kind == "identify" else "properties") or {}
    if isinstance(given, str):
        given = _parsed(given)
    if not isinstance(given, Mapping):
        raise BadInput("event-invalid", "properties 不是一个 JSON 对象")
    properties = dict(given)
    if kind in ("page", "screen") and row.get("name"):
        properties.setdefault("page", row["name"])
    _check_storable(properties)
    _check_amount(properties.get("amount"))
    return properties


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("event-invalid", "properties 不是 JSON") from None


def _check_storable(properties: Mapping[str, Any]) -> None:
    """PostgreSQL refuses NaN, NUL and half characters in JSON: refuse them here, by name."""
    try:
        raw = json.dumps(properties, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise BadInput("event-invalid", "properties 里有 JSON 存不下的值") from None
    if len(raw) > MAX_PROPERTIES_BYTES or b"\\u0000" in raw:
        raise BadInput("event-invalid", f"properties 超过 {MAX_PROPERTIES_BYTES} 字节, 或有空字符")


def _check_amount(amount: Any) -> None:
    if amount is None:
        return
    try:
        fits = not isinstance(amount, bool) and 0 <= float(amount) < 1e13
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise BadInput("event-invalid", f"amount 要是 0 以上的数 (元): {str(amount)[:40]}")
