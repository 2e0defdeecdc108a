"""金额: sums of money and returns as people say them to a broker. Values in yuan, offsets into the text given.

The conventions are those of the tag contract: 五十来万 is 500000, 五十多万 500000–600000, 小一百万 900000–1000000,
上百万 from 1000000. What only looks like money (三千股, 一万点, 万三, 沪深三百, a code, a telephone number) is left
out.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nlp.amount_bounds import bounds
from nlp.amount_context import name_spans
from nlp.amount_judge import Sum, elliptic, judge
from nlp.amount_ranges import merged
from nlp.amount_units import Counted, unit_after
from nlp.charforms import fold
from nlp.numerals import numerals, plain
from nlp.percents import Percent, find_percents

__all__ = ["Amount", "Percent", "bare_number", "find_amounts", "find_percents"]

_MAYBE = re.compile(r"[0-9一二三四五六七八九十百千万亿两几半数块钱廿卅]")
_IDIOM = re.compile(r"(?<![0-9一二三四五六七八九十两几百千万])(?P<kuai>块儿?八毛)|(?P<ba>块把钱?)")
_VAGUE = re.compile(
    r"(?:一点点|一丢丢|一丁点儿?|一星半点|仨瓜俩枣)(?:的)?(?:闲|小|活|余|零)?(?:钱|存款|资金|积蓄|家底|余额)"
    r"|(?:钱|存款|资金|积蓄|家底|余额|本金)(?:真的?|也|都|其实|就|实在|并)?(?:不多|没多少|没几个|一点点|就一点点"
    r"|不太多|有限)"
    r"|(?:没多少|没几个|不多的)(?:闲|活|余)?(?:钱|存款|资金|积蓄)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """一笔金额. `low`/`high` in yuan, None where open. `kind`: "money"; "ellipsis" where 万 or 块 was left out;
    "vague" for
    一点点钱 and 钱不多, both ends open."""

    low: int | float | None
    high: int | float | None
    start: int
    end: int
    text: str
    kind: str = "money"

    def to_json(self) -> dict[str, Any]:
        """{"low", "high"} as the tag contract writes them."""
        return {"low": self.low, "high": self.high}


def find_amounts(text: str, assume_wan: bool = False) -> list[Amount]:
    """The sums of money in `text`, in its order. `assume_wan` reads a number without unit as 万 (an answer to
    多少钱)."""
    t = fold(text)
    if not _MAYBE.search(t):
        return []
    amounts = [_amount(text, t, s) for s in _sums(t, assume_wan)]
    return sorted(amounts + _others(text, t), key=lambda a: a.start)


def bare_number(text: str) -> Amount | None:
    """The one number of a short answer (五十多), read as 万; None if there is none, or more than one."""
    found = find_amounts(text, assume_wan=True)
    return found[0] if len(found) == 1 else None


def _sums(t: str, assume_wan: bool) -> list[Sum]:
    items = merged(t, _items(t))
    judged = [(c, judge(t, c, assume_wan)) for c in items]
    if len(items) == 1 or not any(s for _, s in judged):
        return [s for _, s in judged if s]
    every = (elliptic(t, c, s, _around(judged, i)) for i, (c, s) in enumerate(judged))
    return [s for s in every if s]


def _around(judged: list[tuple[Counted, Sum | None]], i: int) -> list[Sum]:
    """The sums just before and after the i-th number."""
    return [s for j, (_, s) in enumerate(judged[max(0, i - 4) : i + 5], max(0, i - 4)) if s and j != i]


def _items(t: str) -> list[Counted]:
    names = name_spans(t) + [m.span() for m in _IDIOM.finditer(t)]
    items: list[Counted] = []
    for n in numerals(t):
        inside_name = any(a < n.end and n.start < b for a, b in names)
        if not inside_name and not (items and n.start < items[-1].end):
            items.append(unit_after(t, n))
    return items


def _amount(text: str, t: str, s: Sum) -> Amount:
    n = s.number
    b = bounds(t, n.low, n.high, n.start, s.end, n.bare or t[n.start] == "十")
    low, high = b.low, b.high
    if low is not None and high is not None and low > high:
        low, high = high, low  # 一块二一: whichever way it was said
    return Amount(plain(low), plain(high), b.start, b.end, text[b.start : b.end], s.kind)


def _others(text: str, t: str) -> list[Amount]:
    """块八毛, and sums of which only is said that they are small."""
    found = []
    for m in _IDIOM.finditer(t):
        low, high = (Decimal("0.8"), 1) if m["kuai"] else (Decimal(1), 1)
        found.append(Amount(plain(low), high, m.start(), m.end(), text[m.start() : m.end()]))
    for m in _VAGUE.finditer(t):
        found.append(Amount(None, None, m.start(), m.end(), text[m.start() : m.end()], "vague"))
    return found
