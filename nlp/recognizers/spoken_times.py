"""联系时段的说法: the windows that one utterance of the customer states, in the light of what the talk is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from nlp import vocabulary, windows
from nlp.document import Mark
from nlp.times import wishes
from nlp.windows import TimeExpr, Window


@cache
def words(name: str) -> re.Pattern[str]:
    """The pattern of that name in nlp/lexicon/cues/contact_time.yaml."""
    return re.compile(vocabulary.load("cues/contact_time")[name])


@cache
def _plain_words() -> tuple[tuple[str, str], ...]:
    return tuple(vocabulary.load("cues/contact_time")["plain"].items())


@dataclass(frozen=True, slots=True)
class Found:
    """说到的时段: a window with its proof."""

    window: Window
    turn: int
    marks: tuple[Mark, ...]
    rule: str
    weight: float


def plain(text: str) -> str:
    """The text with dialect words for times as the standard ones, of the same length."""
    for said, meant in _plain_words():
        if said in text:
            text = text.replace(said, meant)
    return text


def agrees(text: str) -> bool:
    """Whether a turn takes a proposal."""
    return bool(words("agrees").search(text))


def is_fixed(expr: TimeExpr) -> bool:
    """Whether it names an occasion: a date, 过几天, 一会儿; not a bare weekday or hour."""
    return expr.vague or expr.today or (expr.on is not None and expr.weekday is None)


def puts_off(text: str, expr: TimeExpr) -> bool:
    """晚九点后说, 明天下午两点吧: the talk goes on then."""
    return bool(words("puts_off").match(text[expr.end :])) and not words("soon").match(expr.text)


def is_refused(text: str, expr: TimeExpr) -> bool:
    """下午不行, 除了周二."""
    return bool(words("not_then").search(text[expr.end : expr.end + 18]) or words("but").search(text[: expr.start]))


def joined(text: str, reference: datetime) -> list[TimeExpr]:
    """The times of a text; 明天早上, 八点多 – the day and then the hour – as one."""
    out: list[TimeExpr] = []
    for expr in windows.find_times(text, reference):
        last = out[-1] if out else None
        if last is not None and _completes(text, last, expr):
            out[-1] = _as_one(last, expr, reference)
        else:
            out.append(expr)
    return out


def _completes(text: str, first: TimeExpr, second: TimeExpr) -> bool:
    between = text[first.end : second.start]
    if len(between) > 9 or "别" in between or "莫" in between or second.past or second.has_day:
        return False
    bare = first.today and not first.has_clock
    return second.has_clock and not second.part and bool(bare or first.part or (first.has_day and not first.from_))


def _as_one(first: TimeExpr, second: TimeExpr, reference: datetime) -> TimeExpr:
    """Read again without what stands between them, so that 晚上, 八点 is 20:00."""
    again = windows.find_times(first.text + second.text, reference)
    if len(again) == 1:
        return replace(again[0], start=first.start, end=second.end)
    return replace(windows.combine(first, second), start=first.start)


def own(text: str, reference: datetime, once: bool, asked: bool, slot: str) -> Iterator[Window]:
    """What he says by himself. `once`: bare hours are meant of this occasion, not of every day; `asked`: the talk is
    of calling, so that 明天没空 says when not to call; `slot`: the advisor's words where he proposes a call."""
    if words("third").search(text) or not (asked or words("calls").search(text) or wishes.words()["call"].search(text)):
        return
    exprs = joined(text, reference)
    found = [_settled(w, exprs, once, text, reference) for w in windows.find_windows(text, reference)]
    found = [w for w in found if not _is_own_doing(w, text)]
    refused = {(w.days, w.date, w.from_, w.to) for w in found if w.polarity == "negated"}
    found = [w for w in found if w.polarity == "negated" or (w.days, w.date, w.from_, w.to) not in refused]
    yield from found
    yield from _contrasts(text, exprs, found, reference, slot)
    hit = words("at_work").search(text)
    if hit and not any(w.polarity == "negated" for w in found):
        yield Window("recurring", None, None, "09:00", "18:00", "negated", hit.start(), hit.end(), hit[0])


def _settled(window: Window, exprs: list[TimeExpr], once: bool, text: str, reference: datetime) -> Window:
    """The window with the whole of its time, and as a habit where nothing ties it to one occasion."""
    expr = next((e for e in exprs if e.start <= window.start < e.end), None)
    if expr is None:
        return window
    kind: windows.WindowKind = window.kind
    polarity: windows.WindowPolarity = "negated" if words("talk_not").match(text[expr.end :]) else window.polarity
    if polarity == "negated" and expr.weekday in ("sat", "sun") and not once:
        return windows.to_window(expr, reference, polarity, "recurring")
    if (
        kind == "once"
        and not is_fixed(expr)
        and (polarity == "negated" or (not once and _is_usual(text)))
        and not _is_day_ahead(expr, text)
    ):
        kind = "recurring"
    elif kind == "recurring" and once and not expr.recurring and polarity == "affirmed" and not expr.days:
        kind = "once"
    return evening(windows.to_window(expr, reference, polarity, kind), text, reference)


def _is_own_doing(window: Window, text: str) -> bool:
    """等下我自己弄: what he will do himself; 我一会儿上岗: no time to be called."""
    tail = text[window.end : window.end + 12]
    if words("does").match(tail):
        return True
    return bool(words("soon").match(window.text)) and not (
        words("calls").search(tail) or wishes.words()["call"].search(tail)
    )


def _is_usual(text: str) -> bool:
    """Habit words, or a reason that holds every day."""
    return bool(words("habit").search(text) or words("reason").search(text))


def _is_day_ahead(expr: TimeExpr, text: str) -> bool:
    """周六上午打给我: the next one, unless he speaks of habits."""
    return expr.on is not None and not words("habit").search(text)


def evening(window: Window, context: str, reference: datetime) -> Window:
    """九点以后, said of today when nine is past, or of after work: in the evening."""
    start = window.from_
    if not re.search(r"[点:]|\d$", window.text):
        return window
    if start is None or not "05:00" <= start < "12:00" or re.search(r"早|上午|晨", context):
        return window
    today = window.kind == "once" and window.date == reference.date() and start <= reference.strftime("%H:%M")
    if not today and not words("late").search(context):
        return window
    return replace(
        window, from_=_later(start), to=_later(window.to) if window.to and window.to < "12:01" else window.to
    )


def _later(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{(int(hour) + 12) % 24:02}:{minute}"


def _is_said_again(expr: TimeExpr, found: list[Window]) -> bool:
    """上午别打, 上午我要睡: once is enough; 下周三我出门, 晚上打: the day of the appointment itself."""
    return any(
        expr.text in w.text or w.text in expr.text or (expr.on is not None and expr.on == w.date and not expr.has_clock)
        for w in found
    )


def _contrasts(
    text: str, exprs: list[TimeExpr], found: list[Window], reference: datetime, slot: str
) -> Iterator[Window]:
    """白天我在车间, 你下班后找我; 明天上午我要开会: a time with a reason why not."""
    wanted = [w for w in found if w.polarity == "affirmed"]
    if not wanted and not slot:
        return
    for expr in exprs:
        taken = any(w.start < expr.end and expr.start < w.end for w in found)
        if (
            taken
            or expr.past
            or _is_said_again(expr, found)
            or not (wanted or expr.text[-2:] in slot)
            or not (words("contrast").search(expr.text) or expr.on is not None)
            or not words("engaged").search(text[expr.end : expr.end + 22])
        ):
            continue
        kind: windows.WindowKind = "once" if is_fixed(expr) or not wanted else wanted[0].kind
        window = windows.to_window(expr, reference, "negated", kind)
        bare = kind == "once" and not is_fixed(expr) and bool(wanted)
        yield replace(window, date=wanted[0].date) if bare else window
    usual = re.search(r"平时|平常|平日", text)
    weekend = any(w.days == ("sat", "sun") for w in wanted)
    if usual and weekend and words("engaged").search(text[usual.end() : usual.end() + 22]):
        days = ("mon", "tue", "wed", "thu", "fri")
        yield Window("recurring", days, None, None, None, "negated", usual.start(), usual.end(), usual[0])
