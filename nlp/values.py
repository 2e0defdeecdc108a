"""取值: amounts, percents and dates of one text, read once (texts repeat between recognizers)."""

from datetime import date, datetime
from functools import lru_cache

from nlp.amounts import Amount, Percent, find_amounts, find_percents
from nlp.dates import DateRef, find_dates

Range = tuple[float | None, float | None]


@lru_cache(maxsize=2048)
def amounts(text: str, assume_wan: bool = False) -> tuple[Amount, ...]:
    """The sums of money in the text."""
    return tuple(find_amounts(text, assume_wan=assume_wan))


@lru_cache(maxsize=2048)
def percents(text: str, assume_rate: bool = False) -> tuple[Percent, ...]:
    """The rates of return in the text; `assume_rate`: bare numbers too."""
    return tuple(find_percents(text, assume_rate))


@lru_cache(maxsize=2048)
def dates(text: str, reference: datetime) -> tuple[DateRef, ...]:
    """The dates to come in the text."""
    return tuple(find_dates(text, reference))


def number(value: float | None) -> float | int | None:
    """2.0 as 2: the contract writes whole numbers without a point."""
    return int(value) if value is not None and float(value).is_integer() else value


def iso(day: date | None) -> str | None:
    """The date as the contract writes it."""
    return None if day is None else day.isoformat()
