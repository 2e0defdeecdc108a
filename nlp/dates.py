"""日期: the days to come that people name (月底, 下周三, 春节后), resolved against the start of the conversation."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DateRef:
    """一个将来的日期. `on` is None where a time to come is named that fixes no day (过几天, 到期)."""

    on: date | None
    start: int
    end: int
    text: str


def find_dates(text: str, reference: datetime) -> list[DateRef]:
    """The dates to come in `text`, in its order; past dates, tenures and product terms are left out."""
    return []
