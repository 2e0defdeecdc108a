"""规则: which events can be kept (pure). profiles/behaviour/bulk.py writes the same rules in SQL."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dongke.errors import BadInput
from profiles.behaviour.days import amount_of
from profiles.behaviour.dialects import Incoming

MAX_AHEAD = timedelta(minutes=5)  #: of a clock
MAX_PROPERTIES_BYTES = 32_768
FIRST_YEAR = 1990  #: the exchange opened; an earlier time is a clock that was never set


def check(event: Incoming, received_at: datetime) -> Incoming:
    """The event, if its time is possible and its properties can be stored.

    Raises BadInput `time-invalid`, `time-future`, `event-invalid`.
    """
    if event.at.year < FIRST_YEAR:
        raise BadInput("time-invalid", f"事件时间早于 {FIRST_YEAR} 年")
    if event.at > received_at + MAX_AHEAD:
        raise BadInput("time-future", f"事件时间在未来: {event.at.isoformat()}")
    amount = event.properties.get("amount")
    if amount is not None and amount_of(event.properties) is None:
        raise BadInput("event-invalid", f"amount 要是 0 以上的数 (元): {str(amount)[:40]}")
    return event


def storable(properties: Mapping[str, Any]) -> str:
    """The properties as JSON text that can be stored. Raises BadInput `event-invalid`."""
    try:
        text = json.dumps(properties, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise BadInput("event-invalid", "properties 里有 JSON 存不下的值") from None
    if size > MAX_PROPERTIES_BYTES or "\\u0000" in text:
        raise BadInput("event-invalid", f"properties 超过 {MAX_PROPERTIES_BYTES} 字节, 或有空字符")
    return text
