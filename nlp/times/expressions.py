"""时间说法: days and clock times that belong together, as one expression – without deciding what they are said of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from nlp.charforms import fold
from nlp.times.calendar import WORKDAYS, small_int
from nlp.times.clock import Clock, find_clocks, hhmm
from nlp.times.day import Day
from nlp.times.days import find_days


@dataclass(frozen=True, slots=True)
class TimeExpr:
    """一处时间说法, before it is known to be a wish to be called.

    `on` is the calendar day it names, `days` the weekdays (mon…sun) of a habit, `from_`/`to` "HH:MM". `recurring`: it
    carries a
    habit word (每天, 一般, 工作日, several weekdays). `vague`: an occasion without a fixed day (过几天, 这两天).
    `today`: it
    runs from the moment of speaking (一会儿, 半小时后). `past`: it lies behind (昨天, 三天前). `weekday`: a single
    weekday said
    without a week. `inherited`: its day was said before. `edge`: after (以后) or before (以前). `part`: the part of
    the day, where
    no hour was said; `half`: the half of the day that it or the hour is of ("hour": a bare hour). `span`: a month or
    longer.
    """

    on: date | None
    days: tuple[str, ...] | None
    from_: str | None
    to: str | None
    recurring: bool
    vague: bool
    start: int
    end: int
    text: str
    today: bool = False
    past: bool = False
    weekday: str | None = None
    inherited: bool = False
    edge: str | None = None
    part: str | None = None
    half: str | None = None
    span: bool = False

    @property
    def has_day(self) -> bool:
        """Whether it says which day."""
        return self.on is not None or self.days is not None or self.vague or self.past

    @property
    def has_clock(self) -> bool:
        """Whether it says which part of the day."""
        return self.from_ is not None or self.to is not None


_COUNT = (
    r"(?P<n{0}>[0-9]{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九两俩半几]|十来|十几|两三|三五"
    r"|[一二三四五六七八]?十?[一二三四五六七八][二三四五六七八九]|个把)"
    r"(?:(?P<ge{0}>个)(?P<half{0}>半)?|多|来)*(?P<unit{0}>小时|钟头|钟(?!头)|分钟|刻钟|min)(?:左右|的样子)?"
)
_OFFSET = re.compile(
    r"(?<![点零一二三四五六七八九十\d])(?:(?:再|等)?(?:过|等|隔)(?:个|上)?"
    + _COUNT.replace("{0}", "")
    + r"(?:以后|之后|后|再)?|"
    + _COUNT.replace("{0}", "2")
    + r"(?:以后|之后|过后|后(?!天)|再(?=打|来|联|拨|找|call)))"
)
_LATER = re.compile(
    r"一会儿?|等一?会儿?|等下(?![次周个半月礼])|等一下|待一?会儿?|呆会儿?|稍后|稍晚"
    r"|晚[一点些]+儿?(?=[再你打来联回找给,。]|$)|晚点|过一?会儿?|过一?下(?=[再你])|等阵|阵间|迟啲|迟点"
    r"|等[一]?哈儿?|过一?哈儿?|一哈儿|等歇|晏点|过一歇|待会|歇会儿?|回头(?=[再你打来])(?!我)"
)
_MINUTES = {"小时": 60, "钟头": 60, "钟": 60, "分钟": 1, "刻钟": 15, "min": 1}
HABIT = re.compile(
    r"每天|天天|每日|日日|每周|每个?(?:星期|礼拜)|每到|每回|每次|一般|平时|平常|平日|通常|正常|经常|总是|老是"
    r"|基本上?|大多|多半|多数|往后|今后|向来|从来|习惯|长期|固定|逢|老规矩|照旧|老时间"
    r"|有急?事[儿情]?(?=[^,。]{0,8}[打找联])|要(?:打|找|聊|联系|说|打电话)|打电话的话|找我的话"
    r"|下[回次](?=[^,。]{0,6}[打找联])|(?:^|[,。你们的])以后(?=[^,。]*[别不打来找联])"
)
_GLUE = re.compile(r"[的在,、 ~那个是就大概差不多左右要到了啊呢吧嘛呃嗯我最好可以或者等]{0,6}")
_SOFT_GAP = re.compile(r"[^,。;!? 打拨联找来call别]{0,5}")
LIST = re.compile(r"[、,和跟或者还是要么以及及也~ 都]{0,4}(?:或者|还是|要么|和|跟)?[、, ]?")


def find_times(text: str, reference: datetime) -> list[TimeExpr]:
    """Every expression of time in `text`, in its order; an hour takes its day from what is said just before it."""
    return list(_read(text, reference))


@lru_cache(maxsize=2048)
def _read(text: str, reference: datetime) -> tuple[TimeExpr, ...]:
    """Read once: windows, promises and slots ask for the times of the same turns."""
    t = fold(text)
    return tuple(_inherit(t, [replace(e, text=text[e.start : e.end]) for e in _found(t, reference)]))


def _found(t: str, reference: datetime) -> list[TimeExpr]:
    today = reference.date()
    offsets = list(_offsets(t, reference))
    taken = [(e.start, e.end) for e in offsets]
    days = [d for d in find_days(t, today) if _free(d.start, d.end, taken)]
    taken += [(d.start, d.end) for d in days]
    clocks = [c for c in find_clocks(_masked(t, days)) if _free(c.start, c.end, taken)]
    habits = [m.start() for m in HABIT.finditer(t)]
    pairs = sorted([*_paired(t, days, clocks), *offsets], key=lambda e: e.start)
    return [replace(e, recurring=e.recurring or _habitual(t, e, habits)) for e in pairs]


def _masked(t: str, days: list[Day]) -> str:
    """`t` without its days, so that 周四|十点 is no 四十点; 今|晚 keeps its 今."""
    for d in days:
        last = t[d.end - 1] if t[d.end - 1] in "今明后听当天日" else "□"
        t = t[: d.start] + "□" * (d.end - d.start - 1) + last + t[d.end :]
    return t


def _free(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return not any(start < b and a < end for a, b in taken)


def _habitual(t: str, e: TimeExpr, habits: list[int]) -> bool:
    """A habit word in the sentence before it; a named day (明天) is none all the same."""
    if (e.on is not None and e.weekday is None) or e.vague or e.today:
        return False
    begin = max((t.rfind(c, 0, e.start) for c in "。;!?"), default=-1)
    return any(begin < h < e.end + 2 for h in habits)


def _offsets(t: str, reference: datetime) -> Iterator[TimeExpr]:
    """半小时后, 过三刻钟; 一会儿, 稍后."""
    end = 0
    for m in _OFFSET.finditer(t):
        moment = _moment(m, reference)
        end = m.end()
        clock = hhmm(moment.hour * 60 + moment.minute) if moment else None
        on = moment.date() if moment else reference.date()
        yield _expr(m.start(), m.end(), on=on, from_=clock, today=True)
    for m in _LATER.finditer(t):
        if m.start() >= end:
            yield _expr(m.start(), m.end(), on=reference.date(), today=True)


def _moment(m: re.Match[str], reference: datetime) -> datetime | None:
    said, unit = m["n"] or m["n2"], m["unit"] or m["unit2"]
    half = bool(m["half"] or m["half2"])
    step = _MINUTES[unit]
    if said == "半":
        count: float | None = 0.5
    elif said in ("个把", "十来"):
        count = {"个把": 1, "十来": 10}[said]
    else:
        count = small_int(said.replace("俩", "两"))
    if count is None:
        return None
    minutes = int(count * step) + (step // 2 if half else 0)
    moment = reference + timedelta(minutes=minutes, seconds=30)
    return moment.replace(second=0, microsecond=0)


def _expr(
    start: int,
    end: int,
    on: date | None = None,
    from_: str | None = None,
    today: bool = False,
) -> TimeExpr:
    return TimeExpr(on, None, from_, None, False, False, start, end, "", today=today)


def _paired(t: str, days: list[Day], clocks: list[Clock]) -> Iterator[TimeExpr]:
    """Each day with the clock times that follow it; clock times without a day by themselves."""
    rest = list(clocks)
    for n, day in enumerate(days):
        limit = days[n + 1].start if n + 1 < len(days) else len(t)
        mine = [c for c in rest if day.end <= c.start < limit]
        first = mine[0] if mine and _belongs(t, day.end, mine[0].start) else None
        before = [c for c in rest if c.end <= day.start and t[c.end : day.start] in ("", "的") and c.part]
        if first:
            rest.remove(first)
        elif before and day.every:
            first = before[-1]
            rest.remove(first)
        yield _joined(day, first)
    for clock in rest:
        yield _alone(clock)


def _belongs(t: str, a: int, b: int) -> bool:
    return bool(_GLUE.fullmatch(t, a, b) or _SOFT_GAP.fullmatch(t, a, b))


def _joined(day: Day, clock: Clock | None) -> TimeExpr:
    start = min(day.start, clock.start) if clock else day.start
    return TimeExpr(
        on=None if day.every else day.on,
        days=day.days if day.every or day.days else None,
        from_=clock.from_ if clock else None,
        to=clock.to if clock else None,
        recurring=day.every,
        vague=day.vague,
        start=start,
        end=max(day.end, clock.end) if clock else day.end,
        text="",
        past=day.past,
        weekday=day.days[0] if day.days and not day.every else None,
        edge=clock.edge if clock else None,
        part=clock.part if clock else None,
        half=clock.half if clock else None,
        span=day.span,
    )


def _alone(clock: Clock) -> TimeExpr:
    days = WORKDAYS if clock.weekdays else None
    return TimeExpr(
        None, days, clock.from_, clock.to, False, False, clock.start, clock.end, "",
        edge=clock.edge, part=clock.part, half=clock.half,
    )  # fmt: skip


def _inherit(t: str, exprs: list[TimeExpr]) -> list[TimeExpr]:
    """上午不行, 下午: the day said before holds on within the sentence; 每 holds for all of a list."""
    out: list[TimeExpr] = []
    for e in exprs:
        before = out[-1] if out else None
        if before:
            gap = t[before.end : e.start]
            if not e.has_day and before.has_day and not before.today and _holds_on(gap, before):
                e = replace(
                    e, on=before.on, days=before.days, recurring=before.recurring,
                    weekday=before.weekday, vague=before.vague, past=before.past, inherited=True,
                )  # fmt: skip
            elif e.weekday and before.weekday and LIST.fullmatch(gap):
                e = replace(e, recurring=True)
                out[-1] = replace(before, recurring=True)
            elif e.weekday and before.recurring and before.days and LIST.fullmatch(gap):
                e = replace(e, recurring=True)
        out.append(e)
    return out


def _holds_on(gap: str, before: TimeExpr) -> bool:
    if re.search(r"[。;!?]", gap) or (before.past and len(gap) > 1):
        return False
    if before.recurring:
        return bool(LIST.fullmatch(gap)) and "也" not in gap
    return before.on is not None and len(gap) <= 14
