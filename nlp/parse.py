"""数值解析: the shapes of the evaluation suites on top of amounts, dates and windows."""

from datetime import datetime
from typing import Any, Literal

from dongke.errors import BadInput
from nlp.amounts import find_amounts
from nlp.dates import find_dates
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
