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
from nlp.times.calendar import WEEKDAYS
from nlp.times.expressions import HABIT, TimeExpr, find_times
from nlp.times.wishes import Clause, clauses, words

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


_EXCEPT = re.compile(r"除了?(?:开|去)?(?P<what>[^,。;!?]{1,10}?)(?:以外|之外|外)?[,]?(?:其他|其它|别的|其余)?(?:时间|时候|日子|天)?(?:我|你)?(?P<ok>都|随|什么时候|哪天|均|全)")
_EVERY_SUCH = re.compile(r"每(?:天|周|个?(?:星期|礼拜))[^,。;!?]{0,4}那[天时会]")
_CORRECTION = re.compile(r"(?:^|[,。;!? ])[哦噢啊呃哎诶欸]?(?:不是|不对|不不|不(?=,)|算了|说错了?|错了|等等|改成|改到|还是)")


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
        if on is None and not expr.vague:
            on = _next_day(expr, reference)
    return Window(chosen, days, on, expr.from_, expr.to, polarity, expr.start, expr.end, expr.text)


def _weekday_of(expr: TimeExpr) -> tuple[str, ...] | None:
    return (expr.weekday,) if expr.weekday else None


def _next_day(expr: TimeExpr, reference: datetime) -> date:
    """Today if the time is still to come, else tomorrow."""
    now = reference.strftime("%H:%M")
    limit = expr.to or (None if expr.edge == "after" else expr.from_)
    over = limit is not None and limit != "00:00" and limit <= now
    return reference.date() + timedelta(1 if over else 0)


def find_windows(text: str, reference: datetime) -> list[Window]:
    """The contact windows that one utterance states, affirmed or negated."""
    t = fold(text)
    parts = clauses(t)
    if not any(p.mood for p in parts):
        return []
    exprs = find_times(text, reference)
    excepted = _excepted(t, text, exprs, reference)
    if excepted:
        return excepted
    found = list(_stated(t, exprs, parts, reference))
    found += _any_time(text, t, parts, found)
    return _standing(t, found)


def _stated(
    t: str, exprs: list[TimeExpr], parts: list[Clause], reference: datetime
) -> Iterator[Window]:
    for n, expr in enumerate(exprs):
        clause = _about(exprs, n, parts)
        if clause is None or expr.past:
            continue
        polarity: WindowPolarity = "affirmed" if clause.positive else "negated"
        if words()["complaint"].search(t, clause.end):
            polarity = "negated"
        yield to_window(expr, reference, polarity, _kind(t, expr, clause))


def _about(exprs: list[TimeExpr], n: int, parts: list[Clause]) -> Clause | None:
    """The clause that says what the expression is for: its own, the next without a time, or the one before."""
    expr = exprs[n]
    own = next((i for i, p in enumerate(parts) if p.start < expr.end <= p.end), None)
    if own is None:
        return None
    clause = parts[own]
    if clause.vetoed:
        return None
    if clause.mood in ("call", "stay_away"):
        return clause
    for p in parts[own + 1 : own + 3]:
        if _has_time(p, exprs):
            break
        if p.mood in ("call", "stay_away"):
            return None if p.vetoed else p
    if clause.mood:
        return clause
    after = parts[own + 1] if own + 1 < len(parts) else None
    if after and after.mood and not after.vetoed and not _has_time(after, exprs):
        return after
    before = parts[own - 1] if own else None
    if before and before.mood in ("call", "stay_away") and not before.vetoed:
        return None if _has_time(before, exprs) else before
    return None


def _has_time(clause: Clause, exprs: list[TimeExpr]) -> bool:
    return any(clause.start <= e.start < clause.end for e in exprs)


def _kind(t: str, expr: TimeExpr, clause: Clause) -> WindowKind:
    """once: a named day, a request (再打给我); recurring: a habit, what always holds, what is forbidden in general."""
    if expr.recurring or HABIT.search(t, clause.start, clause.end) and expr.on is None or (_EVERY_SUCH.search(t) and not (expr.on and not expr.weekday)):
        return "recurring"
    if expr.on is not None or expr.vague or expr.today:
        return "once"
    if words()["now"].search(t):
        return "once"
    if words()["standing"].search(t) or clause.mood == "stay_away":
        return "recurring"
    return "recurring" if clause.mood == "busy" and expr.part else "once"


def _excepted(
    t: str, text: str, exprs: list[TimeExpr], reference: datetime
) -> list[Window]:
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


def _any_time(
    text: str, t: str, parts: list[Clause], found: list[Window]
) -> list[Window]:
    m = words()["any"].search(t)
    if not m or found or any(p.vetoed and p.start <= m.start() < p.end for p in parts):
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


