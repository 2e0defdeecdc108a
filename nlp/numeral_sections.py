"""数词的一节: a numeral below 万 – Chinese, Arabic or mixed – read from folded text by a small state machine."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

DIGITS = {c: Decimal(n) for n, c in enumerate("零一二三四五六七八九")} | {"两": Decimal(2)}
UNITS = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000)}
WAN, YI = Decimal(10_000), Decimal(100_000_000)
ONE, TEN = Decimal(1), Decimal(10)

_ARABIC = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_SEVERAL = re.compile(r"(?:好|大|小|老)?几(?!乎|时)|数(?=[十百千万亿])")
_SEVERAL_VALUES = {"大几": (5, 9), "小几": (2, 4)}
_POINT = re.compile(
    r"点(?:(?P<several>几)|(?P<digits>[零一二三四五六七八九0-9]+))"
    r"(?=(?P<unit>个?[万亿w]|[k%成倍]|个百?分?点|块|个多点)?)(?![十百千])"
)
_CAME = re.compile(r"来(?=[万亿w块元个千百毛年天岁分人]|[一二三四五六七八九两]十)")
_MORE = re.compile(r"[多余](?![少久谢额钱半数次])")
#: what may not follow a digit for it to be a shorthand digit: 三万五|月份, 两百万|一年, 十万|三个点
COUNTED = re.compile(
    r"[年月天日号周个只手股点倍次位人份笔张条分户家种期套起下直样些定般共旦边辈会季%.:岁度楼层遍趟折码支把口段级"
    r"名代件星室刻折截半]"
    r"|礼拜|季度|成(?!本)"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """一个数词: the interval it means, in ones, and how it was said.

    `step` is the size of the last digit said (1000 in 一万六千); `great` is the 万 or 亿 that was said, else None;
    `bare`: it
    begins with a unit (百万, 千万); `code`: a string of digits (六零一三一八), which stands for no quantity.
    """

    low: Decimal
    high: Decimal
    start: int
    end: int
    step: Decimal = ONE
    great: Decimal | None = None
    bare: bool = False
    fuzzy: bool = False
    code: bool = False
    decimal: bool = False

    def times(self, factor: Decimal, end: int | None = None) -> "Numeral":
        """The same numeral in units of `factor`: 五十 with 万 said or understood."""
        return replace(
            self,
            low=self.low * factor,
            high=self.high * factor,
            step=self.step * factor,
            great=factor if factor >= WAN else self.great,
            end=self.end if end is None else end,
        )

    def more(self, end: int) -> "Numeral":
        """多: up to the next step of the last digit said."""
        return replace(self, high=self.high + self.step, fuzzy=True, end=end)

    def plus(self, other: "Numeral") -> "Numeral":
        """The higher part with the lower part that follows it."""
        return replace(
            self,
            low=self.low + other.low,
            high=self.high + other.high,
            end=other.end,
            step=other.step,
            fuzzy=self.fuzzy or other.fuzzy,
        )


def read_section(t: str, i: int) -> Numeral | None:
    """The numeral below 万 that begins at `i`: 三千五, 一百二三十, 十几, 3千5, 50多, 九点四, 1,200."""
    reader = _Reader(t, i)
    while reader.part():
        pass
    return reader.result()


def after_unit(n: Numeral, place: Decimal) -> Numeral:
    """几 below a unit that was said: 十几 is 11–19, but 一万几 and 一千几, as 一万多 and 一千多, reach the next
    step."""
    low, high = _below_unit(n.low, n.high, place)
    return replace(n, low=low, high=high)


def _below_unit(low: Decimal, high: Decimal, place: Decimal) -> tuple[Decimal, Decimal]:
    if low != 2 or high != 9:
        return low, high
    return (ONE, high) if place == ONE else (Decimal(0), TEN)


def fuzz(t: str, n: Numeral) -> Numeral:
    """Takes a 多, 余 or 来 that follows the numeral."""
    if n.fuzzy and n.low != n.high:
        came = _CAME.match(t, n.end)
        return replace(n, end=came.end()) if came else n
    if _MORE.match(t, n.end):
        return n.more(n.end + 1)
    if _CAME.match(t, n.end):
        return replace(n, end=n.end + 1, fuzzy=True)
    return n


def read_item(t: str, i: int) -> tuple[Decimal, Decimal, int] | None:
    """One digit place: (low, high, end) of 五, 两三, 三五, 几, 好几, 大几 or an Arabic number; an implied 一 has no
    width."""
    c = t[i : i + 1]
    if c in DIGITS and (c != "零" or t[i + 1 : i + 2] == "点"):
        return _digits(t, i)
    if c.isdigit():
        m = _ARABIC.match(t, i)
        if m:
            value = Decimal(m.group().replace(",", ""))
            return value, value, m.end()
    m = _SEVERAL.match(t, i)
    if m:
        low, high = _SEVERAL_VALUES.get(m.group(), (2, 9))
        return Decimal(low), Decimal(high), m.end()
    if c in UNITS and c:
        return ONE, ONE, i
    return None


_SCORES = {"廿": Decimal(20), "卅": Decimal(30)}


def _digits(t: str, i: int) -> tuple[Decimal, Decimal, int]:
    low = DIGITS[t[i]]
    high = DIGITS.get(t[i + 1 : i + 2])
    if t.startswith("三两", i):
        return Decimal(2), low, i + 2
    if high and high > low and (high - low == 1 or (low == 3 and high == 5)):
        return low, high, i + 2
    return low, low, i + 1


class _Reader:
    """Reads place after place, from the thousands down."""

    __slots__ = ("bare", "decimal", "fuzzy", "high", "i", "last", "low", "start", "step", "t")

    def __init__(self, t: str, i: int) -> None:
        self.t, self.i, self.start = t, i, i
        self.low = self.high = Decimal(0)
        self.step, self.last = ONE, WAN
        self.bare = self.fuzzy = self.decimal = False

    def part(self) -> bool:
        """Takes one place; False when the numeral is over."""
        score = _SCORES.get(self.t[self.i : self.i + 1])
        if score and self.last > TEN:
            self._add(score, score, self.i + 1)
            self.step = self.last = TEN
            return not self._more()
        zero = self.i > self.start and self.t[self.i : self.i + 1] == "零"
        item = read_item(self.t, self.i + zero)
        if item is None:
            return False
        low, high, j = item
        unit = UNITS.get(self.t[j : j + 1])
        if unit is not None and not self._stutters(j):
            return self._with_unit(low, high, j, unit)
        if j > self.i + zero:
            self._without_unit(low, high, j, zero)
        return False

    def _stutters(self, j: int) -> bool:
        """十七|十七万 and not 十|七十七万."""
        said = self.t[self.start : j]
        return j - self.start > 1 and self.i > self.start and self.t.startswith(said, j)

    def _with_unit(self, low: Decimal, high: Decimal, j: int, unit: Decimal) -> bool:
        if unit >= self.last or (self.i > self.start and low >= TEN):
            return False
        self.bare = self.bare or (j == self.start and unit > TEN)
        self._add(low * unit, high * unit, j + 1)
        self.step = self.last = unit
        return not self._more()

    def _without_unit(self, low: Decimal, high: Decimal, j: int, zero: bool) -> None:
        place = ONE if zero or self.last == TEN else self.last / 10
        if self.i == self.start:
            self.step, self.decimal = _last_step(low), low != int(low)
            self._add(low, high, j)
            self._more()
        elif low < TEN and low == int(low) and self._is_place(j, place):
            self.step = place
            low, high = _below_unit(low, high, place)
            self._add(low * place, high * place, j)

    def _is_place(self, j: int, place: Decimal) -> bool:
        """Whether the digit before `j` belongs here: in 三百二 it does, in 三百|两年 and 一千|三个点 it does not."""
        if place == ONE:
            return True
        first = self.t[self.i]
        return first not in "两数" and not COUNTED.match(self.t, j)

    def _add(self, low: Decimal, high: Decimal, end: int) -> None:
        self.low, self.high, self.i = self.low + low, self.high + high, end
        self.fuzzy = self.fuzzy or low != high

    def _more(self) -> bool:
        before = self.result()
        after = fuzz(self.t, before) if before else None
        if before is None or after is None or after.end == before.end:
            return False
        self.high, self.i, self.fuzzy = after.high, after.end, True
        return True

    def result(self) -> Numeral | None:
        if self.i == self.start:
            return None
        number = Numeral(self.low, self.high, self.start, self.i, self.step, None, self.bare, self.fuzzy)
        return number if self.fuzzy else _decimals(self.t, number)


def with_decimals(t: str, n: Numeral) -> Numeral:
    """三点五, 两点几 read as decimals, by one who knows that no time of day is meant."""
    m = _POINT.match(t, n.end)
    return _pointed(n, m) if m and not n.decimal and not n.fuzzy else n


def _decimals(t: str, n: Numeral) -> Numeral:
    """九点四|万, 一点五|个亿, 零点五|%; 三点五|十 stays a time."""
    m = _POINT.match(t, n.end)
    if not m or n.decimal:
        return n
    if m["several"] or (len(m["digits"]) < 2 and n.low != 0):
        return _pointed(n, m) if m["unit"] else n
    return _pointed(n, m)


def _pointed(n: Numeral, m: re.Match[str]) -> Numeral:
    if m["several"]:
        return replace(n, high=n.high + 1, end=m.end(), fuzzy=True, decimal=True)
    digits = "".join(str(DIGITS.get(c, c)) for c in m["digits"])
    part, step = Decimal(f"0.{digits}"), Decimal(1).scaleb(-len(digits))
    return replace(n, low=n.low + part, high=n.high + part, end=m.end(), step=step, decimal=True)


def _last_step(value: Decimal) -> Decimal:
    """The place of the last digit said: 10 of 50, 1 of 58, 0.1 of 1.5."""
    if value != int(value):
        return Decimal(1).scaleb(int(value.normalize().as_tuple().exponent))
    step = ONE
    while value and value % (step * 10) == 0:
        step *= 10
    return step
