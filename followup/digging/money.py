"""钱: outside money as intervals, and what is known of but untouched before it matures (pure).

Each asset is counted once, by its newest telling: told twice, it is no more money. An open end stays open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dongke.clock import TradingCalendar
from followup.digging.ladder import Ladder, Rung
from profiles.labels import amount_text, label, yuan_text

#: what to ask next, by the rung that is missing
QUESTIONS: dict[Rung, str] = {
    Rung.INSTITUTION: "问在哪一家: 您说的那笔钱放在哪家?",
    Rung.KIND: "问买的什么: {place}那边买的是存款, 理财还是股票基金?",
    Rung.AMOUNT: "问多少: {place}那边大概有多少?",
    Rung.MATURITY: "问到期: {place}那笔什么时候到期?",
    Rung.PLAN: "给方案: {place}那笔{due}怎么接, 把方案讲给客户",
    Rung.TRANSFER: "办转入: 方案已讲, 约时间办理",
}


@dataclass(frozen=True, slots=True)
class Money:
    """金额区间 in yuan. `high` None: no upper end; `unknown`: assets whose amount nobody told."""

    low: float = 0.0
    high: float | None = 0.0
    unknown: int = 0

    def __add__(self, other: "Money") -> "Money":
        high = None if self.high is None or other.high is None else self.high + other.high
        return Money(self.low + other.low, high, self.unknown + other.unknown)

    @property
    def text(self) -> str:
        if self.high == self.low:
            told = yuan_text(self.low)
        else:
            told = amount_text(self.low, self.high)
        return f"{told} (另 {self.unknown} 笔金额未知)" if self.unknown else told

    def to_json(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "unknown": self.unknown, "text": self.text}


def money_of(ladder: Ladder) -> Money:
    """The money of one asset."""
    low, high = ladder.value.get("low"), ladder.value.get("high")
    if low is None and high is None:
        return Money(0.0, 0.0, 1)
    return Money(float(low or 0), None if high is None else float(high))


def total(ladders: Iterable[Ladder]) -> Money:
    """The money of these assets together."""
    return sum((money_of(one) for one in ladders), Money())


def moved_yuan(ladders: Iterable[Ladder]) -> float:
    """What came in of them."""
    return sum(m.yuan for one in ladders for m in one.moved)


@dataclass(frozen=True, slots=True)
class Untouched:
    """已知未动的钱: no plan was told to the customer, nothing has moved, and it matures in so many trading days."""

    ladder: Ladder
    money: Money
    matures_on: date | None
    trading_days: int | None  #: None where nobody knows when it matures

    @property
    def text(self) -> str:
        when = "到期日未知" if self.matures_on is None else f"{self.matures_on} 到期, 还有 {self.trading_days} 个交易日"
        return f"{place_text(self.ladder)} {self.money.text}, {when}"


def untouched(
    ladders: Iterable[Ladder], calendar: TradingCalendar, today: date, *, within: int | None = None
) -> tuple[Untouched, ...]:
    """Known but untouched, the earliest maturity first, undated ones last; `within` so many trading days only."""
    found = [_untouched(one, calendar, today) for one in ladders if is_untouched(one, today)]
    if within is not None:
        found = [u for u in found if u.trading_days is not None and u.trading_days <= within]
    return tuple(sorted(found, key=lambda u: (u.matures_on or date.max, -u.money.low, u.ladder.id)))


def is_untouched(one: Ladder, today: date) -> bool:
    """An amount is known, it is there and not matured, and nobody has told the customer of a plan for it."""
    is_due = one.matures_on is not None and one.matures_on < today
    return one.is_open and one.has(Rung.AMOUNT) and not one.has(Rung.PLAN) and not is_due


def _untouched(one: Ladder, calendar: TradingCalendar, today: date) -> Untouched:
    on = one.matures_on
    return Untouched(one, money_of(one), on, calendar.days_between(today, on) if on else None)


def place_text(one: Ladder) -> str:
    """招商银行 存款."""
    place = one.value.get("institution") or label("institution_type", one.value.get("institution_type"), "别处")
    product = one.value.get("product")
    return f"{place} {label('product', product)}" if product else str(place)


def next_question(one: Ladder) -> str:
    """What to ask next, Chinese; empty where nothing is left."""
    rung = one.missing
    if rung is None or rung is Rung.MENTION:
        return ""
    due = f"{one.matures_on}到期后" if one.matures_on else ""
    return QUESTIONS[rung].format(place=one.value.get("institution") or "", due=due)
