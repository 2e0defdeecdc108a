"""百分数: returns as people say them – 三个点, 百分之五, 4%, 三到五个点, 两点几. Values in per cent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nlp.amount_bounds import bounds
from nlp.charforms import fold
from nlp.numeral_sections import DIGITS, ONE, TEN, Numeral, with_decimals
from nlp.numerals import numerals, plain

_MAYBE = re.compile(r"[点%厘成率化息]|百分之")
_UNIT = re.compile(
    r"(?P<more>个[多来半])?\s?(?:个?百分点|个?点(?!钱|子|位|击|评|赞|名|外|开|了)|%|(?P<cheng>成(?!本|立|功|交|了"
    r"|都|人|分))|厘(?P<fen>[一二三四五六七八九])?)"
)
_BEFORE = re.compile(r"(?:百分之|百分)$")
_RATE = re.compile(
    r"(?:(?P<rate>年化|利率|收益率|回报率|票息)|收益|利息|一年)(?:大概|差不多|能|有|到|是|就|也|才|在|做|得|的|都"
    r"|只|个){0,4}$"
)
_NO_RATE = re.compile(r"[年月天个万千百块元号日,点多]")
_BARE_UNIT = re.compile(r"个?(?P<half>半)?")
_COUNTED = re.compile(r"[年月天日号周万千百块元岁次只手股笔倍人位点]|小时|季|星期|礼拜")
_TO = re.compile(r"\s*(?:%|个?点|个半?)?\s*(?:到|至|-{1,2}|~|、)\s*(?:百分之)?")


@dataclass(frozen=True, slots=True)
class Percent:
    """收益率, in per cent: 三到五个点 is 3–5; None where open."""

    low: int | float | None
    high: int | float | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Rate:
    number: Numeral
    end: int
    sure: bool


def find_percents(text: str, assume_rate: bool = False) -> list[Percent]:
    """The returns in `text`, in its order. A rate needs its sign (个点, %, 百分之), a word (年化五), or the form
    两点几;
    `assume_rate` takes a bare number too (五到八吧, 两个半: the answer to a question about returns)."""
    t = fold(text)
    if not (assume_rate or _MAYBE.search(t)):
        return []
    found = []
    for rate in _ranges(t, _rates(t, assume_rate)):
        b = bounds(t, rate.number.low, rate.number.high, rate.number.start, rate.end, False)
        found.append(Percent(plain(b.low), plain(b.high), b.start, b.end, text[b.start : b.end]))
    return found


def _rates(t: str, assume_rate: bool) -> list[_Rate]:
    found: list[_Rate] = []
    for n in numerals(t):
        covered = found and n.start < found[-1].end
        if n.code or n.great or covered or t.startswith("百分之", n.start):
            continue
        rate = _rate(t, n)
        found.append(_assumed(t, n) if assume_rate and not rate.sure else rate)
    return found


def _rate(t: str, n: Numeral) -> _Rate:
    """The numeral as a rate; `sure` is False where only a rate beside it can make it one (三|到五个点)."""
    reach = max(0, n.start - 24)
    hundred, rate = _BEFORE.search(t, reach, n.start), _RATE.search(t, reach, n.start)
    pointed = with_decimals(t, n)
    several = pointed.low != pointed.high and t[pointed.end - 1] == "几"
    if pointed.decimal and (hundred or rate or several):
        n = pointed
    if hundred:
        return _Rate(replace(n, start=hundred.start()), n.end, True)
    m = _UNIT.match(t, n.end)
    if m and not (t[m.start()] == "点" and not n.decimal and not _yearly(t[reach : n.start], n)):
        n = _unit_value(n, m)
        return _Rate(n, m.end(), True)
    if n.decimal and n.high < 100 and (several or rate):
        return _Rate(n, n.end, True)
    plain_rate = bool(rate and rate["rate"] and n.high < 100 and not _NO_RATE.match(t, n.end))
    return _Rate(n, n.end, plain_rate)


def _assumed(t: str, n: Numeral) -> _Rate:
    """两点五, 三个半, 12 said of a return."""
    n = with_decimals(t, n)
    m = _BARE_UNIT.match(t, n.end)
    if m and m["half"]:
        n = n.plus(Numeral(ONE / 2, ONE / 2, n.end, n.end))
    end = m.end() if m else n.end
    return _Rate(n, end, n.high <= 100 and not _COUNTED.match(t, end))


def _yearly(before: str, n: Numeral) -> bool:
    """五六点 is a rate only where a return is spoken of just before."""
    return n.low != n.high and bool(re.search(r"(?:一年|年化|收益|利息).{0,4}$", before))


def _unit_value(n: Numeral, m: re.Match[str]) -> Numeral:
    if m["more"] == "个多":
        n = n.more(n.end)
    elif m["more"] == "个半":
        n = n.plus(Numeral(ONE / 2, ONE / 2, n.end, n.end))
    if m["fen"]:
        tenth = DIGITS[m["fen"]] / 10
        n = n.plus(Numeral(tenth, tenth, n.end, n.end))
    return n.times(TEN) if m["cheng"] else n


def _ranges(t: str, rates: list[_Rate]) -> Iterator[_Rate]:
    """三到五个点, 5-8%, 百分之五到八 as one; the rest where it is a rate by itself."""
    i = 0
    while i < len(rates):
        a = rates[i]
        b = rates[i + 1] if i + 1 < len(rates) else None
        if b and (a.sure or b.sure) and _TO.fullmatch(t, a.number.end, _first(t, b)):
            if a.number.low <= b.number.high:
                number = replace(b.number, low=a.number.low, start=a.number.start)
                yield _Rate(number, b.end, True)
                i += 2
                continue
        if a.sure:
            yield a
        i += 1


def _first(t: str, rate: _Rate) -> int:
    start = rate.number.start
    return start + 3 if t.startswith("百分之", start) else start
