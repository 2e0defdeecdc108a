"""标识导入: rows `customer_id, kind, value, from_at` (and `until`), all at once, a bad row by itself aside."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from dongke.clock import at_beijing
from dongke.errors import BadInput, DongkeError
from dongke.types import aware
from profiles.identity.claims import Claim, Linked, take_claims
from profiles.identity.resolution import existing
from profiles.tables import is_text

COLUMNS = ("customer_id", "kind", "value", "from_at")
MAX_CHARS = 400


def take_rows(session: Session, rows: Iterable[Any], received_at: datetime, *, by: str = "import") -> Linked:
    """Links them. Faults by row: `row-invalid`, `customer-unknown`, `time-naive`, `time-invalid`, `time-future` and
    those of `profiles.identity.claims.take_claims`."""
    result = Linked()
    claims: list[tuple[int, Claim]] = []
    for number, row in enumerate(rows):
        try:
            claims.append((number, _claim(row, received_at)))
        except DongkeError as fault:
            result.faults.append((number, fault))
    known = existing(session, {claim.customer_id for _, claim in claims})
    good = [(number, claim) for number, claim in claims if claim.customer_id in known]
    result.faults += [
        (number, BadInput("customer-unknown", f"没有客户 {claim.customer_id[:40]}"))
        for number, claim in claims
        if claim.customer_id not in known
    ]
    done = take_claims(session, [claim for _, claim in good], by=by, known_at=received_at)
    result.faults += [(good[index][0], fault) for index, fault in done.faults]
    result.faults.sort(key=lambda pair: pair[0])
    result.new, result.customers = done.new, done.customers
    return result


def moment(value: Any, name: str) -> datetime:
    """A time with its offset, or a date: its beginning in Beijing. Raises BadInput `time-naive`, `time-invalid`."""
    try:
        return at_beijing(date.fromisoformat(str(value)), time.min)
    except ValueError:
        return aware(value, name)


def _claim(row: Any, received_at: datetime) -> Claim:
    if not isinstance(row, Mapping):
        raise BadInput("row-invalid", "标识要是一个 JSON 对象")
    from_at = moment(row.get("from_at"), "from_at")
    if from_at > received_at:
        raise BadInput("time-future", f"from_at 在未来: {from_at.isoformat()}")
    until = moment(row["until"], "until") if row.get("until") else None
    kind, value, who = (_text(row, name) for name in ("kind", "value", "customer_id"))
    return Claim(kind, value, who, from_at, until)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not is_text(value, MAX_CHARS):
        raise BadInput("row-invalid", f"{name} 要是 1 到 {MAX_CHARS} 个字符的文字")
    return str(value).strip()
