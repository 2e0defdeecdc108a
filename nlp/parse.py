"""数值解析: the shapes of the evaluation suites on top of amounts, dates and windows."""

from datetime import datetime
from typing import Any, Literal

from dongke.errors import BadInput
from nlp.amounts import find_amounts
from nlp.dates import find_dates
from nlp.general.datetimes import find_datetimes
from nlp.general.money import find_money
from nlp.general.numbers import find_numbers
from nlp.windows import find_windows

Kind = Literal["amounts", "windows", "dates"]


def parse(kind: Kind, text: str, reference: datetime | None = None) -> list[Any]:
    """What `found` holds: amounts {"low", "high"}, windows as contact.time with polarity, dates as ISO text or None.

    Raises BadInput `reference-missing` or `kind-unknown`.
    """
    if kind == "amounts":
        return [a.to_json() for a in find_amounts(text)]
    if reference is None:
        raise BadInput("reference-missing", "日期和联系时间要有参照时间")
    if kind == "windows":
        return [w.to_json() for w in find_windows(text, reference)]
    if kind == "dates":
        return [d.on.isoformat() if d.on else None for d in find_dates(text, reference)]
    raise BadInput("kind-unknown", f"不认识的种类: {kind}")


def public_numbers(text: str, reference: datetime | None = None, **options: Any) -> list[dict[str, Any]]:
    """Numbers of any written form, in the shape of the public suites: {start, end, low, high, unit}."""
    return [n.to_json() for n in find_numbers(text)]


def public_amounts(text: str, reference: datetime | None = None, **options: Any) -> list[dict[str, Any]]:
    """Sums of any currency, in the shape of the public suites: {start, end, low, high, unit}."""
    return [m.to_json() for m in find_money(text)]


def public_datetimes(text: str, reference: datetime | None, **options: Any) -> list[dict[str, Any]]:
    """Times of written Chinese, in the shape of the public suites (half-open intervals, durations in seconds, sets)."""
    if reference is None:
        raise BadInput("reference-missing", "日期和联系时间要有参照时间")
    return find_datetimes(text, reference, str(options.get("prefer") or ""))
