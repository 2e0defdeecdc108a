"""翻页: opaque cursors. A cursor says after which row the next page begins; what is in it is nobody's business."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query
from sqlalchemy import ColumnElement, and_, or_

from dongke.errors import BadInput

T = TypeVar("T")
MAX_LIMIT = 200

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="一页多少条, 最多 200")]
Cursor = Annotated[str | None, Query(max_length=500, description="上一页给的 next_cursor; 不给则第一页")]


def encode(noun: str, *place: str) -> str:
    """The cursor of that place in the list of `noun`."""
    text = json.dumps([noun, *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(noun: str, cursor: str | None, parts: int) -> list[str] | None:
    """What `encode` was given. Raises BadInput `cursor-invalid` for anything else, also a cursor of another list."""
    if cursor is None:
        return None
    try:
        row = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        row = None
    if not isinstance(row, list) or len(row) != parts + 1 or row[0] != noun or not all(isinstance(p, str) for p in row):
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    if any("\0" in p for p in row):
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    return row[1:]


def after(columns: Sequence[Any], place: Sequence[Any], *, descending: bool = False) -> ColumnElement[bool]:
    """The rows behind `place` in the order of `columns` (all ascending, or all descending)."""
    alternatives = []
    for n, (column, value) in enumerate(zip(columns, place, strict=True)):
        equal = [c == v for c, v in zip(columns[:n], place[:n], strict=True)]
        alternatives.append(and_(*equal, column < value if descending else column > value))
    return or_(*alternatives)


def page(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Splits `limit + 1` fetched rows into the page and its last row (None where nothing follows)."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], rows[limit - 1]
