"""联系时间: when a customer wants, or does not want, to be called.

`find_windows` reads one utterance by itself; `find_times`, `combine` and `to_window` are the layer below, for one who
knows more (an advisor proposes a time and the customer agrees; the day is said in one turn, the hour in the next).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from nlp.charforms import fold
from nlp.times.calendar import WEEKDAYS, WEEKEND
from nlp.times.expressions import HABIT, TimeExpr, find_times
from nlp.times.wishes import Clause, Mood, clauses, mood_of, speaks_of_calls, words

__all__ = ["TimeExpr", "Window", "combine", "find_times", "find_windows", "to_window"]

WindowKind = Literal["recurring", "once"]
WindowPolarity = Literal["affirmed", "negated"]


@dataclass(frozen=True, slots=True)
class Window:
    """一个联系时段: `kind` recurring or once, as in the tag `contact.time`."""

    kind: WindowKind
    days: tuple[str, ...] | None
    date: date | None
    from_: str | None
    to: str | None
    polarity: WindowPolarity
    start: int
    end: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """{"kind", "days", "date", "from", "to", "polarity"} as the tag contract writes them."""
        return {
            "kind": self.kind,
            "days": list(self.days) if self.days is not None else None,
            "date": self.date.isoformat() if self.date else None,
            "from": self.from_,
            "to": self.to,
            "polarity": self.polarity,
        }


_EXCEPT = re.compile(
    r"除了?(?:开|去)?(?P<what>[^,。;!?]{1,10}?)(?:以外|之外|外)?[,]?(?:其他|其它|别的|其余)?(?:时间|时候|日子"
    r"|天)?(?:我|你)?(?P<ok>都|随|什么时候|哪天|均|全)"
)
_EVERY_SUCH = re.compile(r"每(?:天|周|个?(?:星期|礼拜))[^,。;!?]{0,4}那[天时会]")
_ANY_CALL = re.compile(r"打(?!款|钱|新|算)|找我|联系|联络|来电|电话|call|接|聊|拨|方便|有空|在线|时间")
_REACH = 120  #: how far the words that decide on a window may stand from its time
_TURN = re.compile(r"[别不没忙。;!?]|或者?|还是|和|跟|要么")
_CORRECTION = re.compile(
    r"(?:^|[,。;!? ])[哦噢啊呃哎诶欸]?(?:不是|不对|不不|不(?=,)|算了|说错了?|错了|等等|改成|改到|还是)"
)


def combine(first: TimeExpr, second: TimeExpr) -> TimeExpr:
    """Two expressions that complete each other (the day in one turn, the hour in the next) as one; `second` wins."""
    day = second if second.has_day else first
    clock = second if second.has_clock else first
    return replace(
        second, on=day.on, days=day.days, vague=day.vague, past=day.past, weekday=day.weekday, today=day.today,
        recurring=first.recurring or second.recurring, from_=clock.from_, to=clock.to, edge=clock.edge, part=clock.part,
    )  # fmt: skip


def to_window(
    expr: TimeExpr,
    reference: datetime,
    polarity: WindowPolarity = "affirmed",
    kind: WindowKind | None = None,
) -> Window:
    """The contact window of an expression once it is known to be about calling. A time without a day in a `once` window
    is today's if still to come, else tomorrow's."""
    chosen: WindowKind = kind or ("recurring" if expr.recurring else "once")
    on, days = expr.on, expr.days
    if chosen == "recurring":
        on, days = None, days or _weekday_of(expr)
    else:
        days = None
        expr = _still_today(expr, reference)
        if on is None and not expr.vague:
            on = _next_day(expr, reference)
    return Window(chosen, days, on, expr.from_, expr.to, polarity, expr.start, expr.end, expr.text)


def _weekday_of(expr: TimeExpr) -> tuple[str, ...] | None:
    return (expr.weekday,) if expr.weekday else None


def _next_day(expr: TimeExpr, reference: datetime) -> date:
    """Today if the time is still to come, else tomorrow."""
    now = reference.strftime("%H:%M")
    limit = expr.to or (None if expr.edge == "after" else expr.from_)
    over = limit is not None and limit != "00:00" and limit < now
    return reference.date() + timedelta(1 if over else 0)


def _still_today(expr: TimeExpr, reference: datetime) -> TimeExpr:
    """九点再打, said in the afternoon, is 21:00; ten and eleven at night are too late for that."""
    now, first = reference.strftime("%H:%M"), expr.from_ or expr.to
    today = expr.on == reference.date() or (expr.on is None and expr.edge == "after")
    if expr.half != "hour" or not today or not first or not "07:00" <= first <= min(now, "09:59"):
        return expr
    return replace(expr, from_=_evening(expr.from_, True), to=_evening(expr.to, True))


def find_windows(text: str, reference: datetime) -> list[Window]:
    """The contact windows that one utterance states, affirmed or negated."""
    t = fold(text)
    if not speaks_of_calls(t):
        return []
    exprs = _refined(t, find_times(text, reference))
    excepted = _excepted(t, text, exprs, reference)
    if excepted:
        return excepted
    parts = clauses(t, exprs)
    found = list(_stated(t, exprs, parts, reference))
    return _standing(t, found + _any_time(text, t, found))


def _refined(t: str, exprs: list[TimeExpr]) -> list[TimeExpr]:
    """你晚上打, 八点以后: the hour makes the part of the day precise."""
    out: list[TimeExpr] = []
    for e in exprs:
        before = out[-1] if out else None
        if before and before.part and before.half and e.half == "hour" and (e.inherited or not e.has_day):
            gap = t[before.end : e.start]
            if len(gap) <= 8 and not _TURN.search(gap):
                out[-1] = _precise(before, e)
                continue
        out.append(e)
    return out


def _precise(part: TimeExpr, hour: TimeExpr) -> TimeExpr:
    night = part.half in ("night", "pm")
    return replace(
        part, from_=_evening(hour.from_, night), to=_evening(hour.to, night), edge=hour.edge, part=None,
    )  # fmt: skip


def _evening(clock: str | None, night: bool) -> str | None:
    if clock is None or clock >= "12:00" or not night:
        return clock
    return f"{int(clock[:2]) + 12:02d}{clock[2:]}"


def _stated(t: str, exprs: list[TimeExpr], parts: list[Clause], reference: datetime) -> Iterator[Window]:
    for n, expr in enumerate(exprs):
        mood = None if expr.past else mood_of(t, exprs, n, parts)
        if mood is None:
            continue
        negated = mood in ("stay_away", "busy") or bool(words()["complaint"].search(t, expr.end, expr.end + _REACH))
        kind = _kind(t, expr, mood, negated)
        if negated and kind == "recurring" and expr.edge == "after" and expr.half == "hour":
            expr = replace(expr, from_=_evening(expr.from_, True))  # 九点以后别打: of the evening
        yield to_window(expr, reference, "negated" if negated else "affirmed", kind)


def _kind(t: str, expr: TimeExpr, mood: Mood, negated: bool) -> WindowKind:
    """once: a named day, a request (再打给我); recurring: a habit, what always holds, what is forbidden in general."""
    t = t[max(0, expr.start - _REACH) : expr.end + _REACH]
    named = expr.on is not None and not expr.weekday
    if expr.recurring or (_EVERY_SUCH.search(t) and not named):
        return "recurring"
    if expr.weekday in WEEKEND and not expr.inherited and mood == "stay_away":
        return "recurring"
    if expr.on is not None or expr.vague or expr.today:
        return "once"
    if HABIT.search(t):
        return "recurring"
    if words()["now_not" if negated else "now"].search(t):
        return "once"
    if words()["standing"].search(t) or mood == "stay_away" or (negated and mood != "busy"):
        return "recurring"
    return "recurring" if mood == "busy" and expr.part else "once"


def _excepted(t: str, text: str, exprs: list[TimeExpr], reference: datetime) -> list[Window]:
    """除了周三都行: the other days; 除了中午都行: not at noon."""
    m = _EXCEPT.search(t)
    if not m:
        return []
    inside = [e for e in exprs if m.start("what") <= e.start < m.end("what") + 1]
    base = next((e.days for e in exprs if e.end <= m.start() and e.days), WEEKDAYS)
    days = {d for e in inside for d in (e.days or ())}
    if not inside:
        return []
    if not days or any(e.has_clock for e in inside):
        return [to_window(e, reference, "negated", None if e.on else "recurring") for e in inside]
    left = tuple(d for d in base if d not in days)
    span = text[m.start() : m.end()]
    return [Window("recurring", left, None, None, None, "affirmed", m.start(), m.end(), span)]


def _any_time(text: str, t: str, found: list[Window]) -> list[Window]:
    m = words()["any"].search(t)
    if not m or found or words()["own"].search(t) or not _ANY_CALL.search(t):
        return []
    span = text[m.start() : m.end()]
    return [Window("recurring", None, None, None, None, "affirmed", m.start(), m.end(), span)]


def _standing(t: str, found: list[Window]) -> list[Window]:
    """What stands after corrections; one window for the same time said twice."""
    for m in _CORRECTION.finditer(t):
        later = [w for w in found if w.start >= m.start()]
        if later and any(w.end <= m.start() + 1 for w in found):
            found = later
    kept: list[Window] = []
    for w in found:
        if any(_covers(v, w) for v in kept):
            continue
        kept = [v for v in kept if not _covers(w, v)]
        kept.append(w)
    return kept


def _covers(a: Window, b: Window) -> bool:
    """Whether `a` says all that `b` says: 后天, 后天下午."""
    if a.days and b.date and len(a.days) == 1 and a.polarity == b.polarity:
        return WEEKDAYS[b.date.weekday()] == a.days[0] and (b.from_, b.to) in ((a.from_, a.to), (None, None))
    same_day = (a.kind, a.days, a.date, a.polarity) == (b.kind, b.days, b.date, b.polarity)
    return same_day and ((b.from_, b.to) in ((a.from_, a.to), (None, None)))
