"""最佳联系时间 (contact.time): when to call him, and when not.

Three ways: he says it (nlp.windows reads one utterance); he answers a question or a proposal with a bare time; the
advisor proposes a time to call and he agrees. Of several appointments the last one stands; habits add up.
Words: nlp/lexicon/cues/contact_time.yaml.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dongke.types import Polarity
from nlp import windows
from nlp.document import Answer, Candidate, Document, Mark, Turn
from nlp.recognizers import spoken_times as spoken
from nlp.recognizers.spoken_times import Found
from nlp.windows import TimeExpr, Window

VERSION = "4"
TAG = "contact.time"
SHORT = 16  #: an answer of so many characters is nothing but the time
BUSY_NEAR = 4  #: so many turns after he was busy, a bare hour is of today and not of every day


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per window that stands."""
    found: list[Found] = []
    for turn in document.turns:
        if turn.suspect or not spoken.words("time").search(turn.text):
            continue
        if turn.by_customer:
            found += _said(document, turn, found)
        else:
            found += _proposed(document, turn, found)
    for item in _standing(found):
        yield _candidate(item)


def _said(document: Document, turn: Turn, before: list[Found]) -> Iterator[Found]:
    """His own words, or the bare time with which he answers."""
    prompt = document.prompt(turn.index)
    if _meets(document, turn, prompt) or (_has_habit(before) and _only_agrees(document, turn, prompt)):
        return
    text = spoken.plain(turn.text)
    asked = prompt is not None and bool(
        spoken.words("asks_when").search(prompt.text) or _calls_proposed(document, prompt)
    )
    slot = prompt.text if prompt is not None and _calls_proposed(document, prompt) else ""
    own = list(spoken.own(text, document.started_at, _once_meant(document, turn, prompt), asked, slot))
    own = [w for w in own if not _is_mere_choice(w, own, turn, prompt)]
    if own:
        for window in own:
            yield Found(
                _with_day(document, turn, window, prompt), turn.index, (_mark(turn, window),), "time.said", 0.88
            )
        return
    if prompt is None:
        return
    marks = (Mark(prompt.index, 0, len(prompt.text)),)
    if _asks_when(prompt) or _breaks_off(document, turn):
        for window in _answers(document, turn, prompt):
            yield Found(window, turn.index, (*marks, _mark(turn, window)), "time.answered", 0.82)
    elif _calls_proposed(document, prompt):
        for window in _refined(document, turn, prompt):
            yield Found(window, turn.index, (*marks, _mark(turn, window)), "time.refined", 0.8)


def _is_mere_choice(window: Window, own: list[Window], turn: Turn, prompt: Turn | None) -> bool:
    """上午不行, 下午吧: of the offered slots he takes another, and gives no reason."""
    if window.polarity == "affirmed" or prompt is None or window.text not in prompt.text:
        return False
    tail = turn.text[window.end : window.end + 6]
    return tail.startswith(("不行", "不得", "不成", "不方便")) and any(w.polarity == "affirmed" for w in own)


def _asks_when(prompt: Turn) -> bool:
    """Whether the advisor asks when to call; not when money comes, or when to meet."""
    if not spoken.words("asks_when").search(prompt.text) or spoken.words("asks_else").search(prompt.text):
        return False
    return bool(spoken.words("offers").search(prompt.text))


def _answers(document: Document, turn: Turn, prompt: Turn) -> Iterator[Window]:
    text, reference = spoken.plain(turn.text), document.started_at
    once = _once_meant(document, turn, prompt)
    asked = _asks_when(prompt)
    for expr in spoken.joined(text, reference):
        if expr.past or not (asked or spoken.puts_off(text, expr)):
            continue
        habit = expr.recurring or (not once and not spoken.is_fixed(expr))
        negated = spoken.is_refused(text, expr)
        polarity: windows.WindowPolarity = "negated" if negated else "affirmed"
        window = windows.to_window(expr, reference, polarity, "recurring" if habit else "once")
        yield spoken.evening(window, text + prompt.text, reference)


def _refined(document: Document, turn: Turn, prompt: Turn) -> Iterator[Window]:
    """下午吧, after the advisor has proposed a day to call."""
    reference = document.started_at
    day = [e for e in spoken.joined(spoken.plain(prompt.text), reference) if e.on is not None and not e.past]
    if any(_is_limit(spoken.plain(prompt.text), e) for e in day):
        return
    for expr in spoken.joined(spoken.plain(turn.text), reference)[:1]:
        if expr.past or expr.recurring or spoken.is_refused(turn.text, expr):
            continue
        if expr.has_day:
            yield windows.to_window(expr, reference, "affirmed", "once")
        elif day and expr.has_clock:
            window = windows.to_window(expr, reference, "affirmed", "once")
            yield replace(window, date=day[-1].on)


def _with_day(document: Document, turn: Turn, window: Window, prompt: Turn | None) -> Window:
    """下午三点以后打吧, after the advisor has said 明天: tomorrow; 上午没空: that morning, but 别上午打 is for good."""
    if prompt is None or not _calls_proposed(document, prompt):
        return window
    refuses = window.polarity == "negated" and not (window.days or window.date)
    if window.kind != "once" and (not refuses or spoken.words("forbids").search(turn.text)):
        return window
    reference = document.started_at
    if any(e.has_day or e.today for e in windows.find_times(window.text, reference)):
        return window
    days = [e for e in windows.find_times(prompt.text, reference) if e.on is not None and not e.past]
    return replace(window, kind="once", date=days[-1].on) if days else window


def _proposed(document: Document, turn: Turn, before: list[Found]) -> Iterator[Found]:
    """The advisor names a time to call; the customer agrees, or had just named it himself."""
    text, reference = spoken.plain(turn.text), document.started_at
    if not _calls_proposed(document, turn) or _has_habit(before):
        return
    exprs = [e for e in spoken.joined(text, reference) if not e.past and not e.recurring and not _is_limit(text, e)]
    offered = _offered(document, turn)
    if not exprs or not (offered or _accepted(document, turn)) or _refused(document, turn):
        return
    window = _merged(windows.to_window(exprs[-1], reference, "affirmed", "once"), before)
    reply = document.reply(turn.index)
    marks = [_mark(turn, window)]
    if offered is not None:
        marks.append(Mark(offered.index, 0, len(offered.text)))
    if reply is not None:
        marks.append(Mark(reply.turn, 0, 2))
    yield Found(window, turn.index, tuple(marks), "time.proposed", 0.8)


def _is_limit(text: str, expr: TimeExpr) -> bool:
    """下周三之前给您回电话 is a promise, no hour to call."""
    return expr.edge == "before" or text[expr.end :].startswith(("之前", "以前", "前", "内", "之内"))


def _offered(document: Document, turn: Turn) -> Turn | None:
    """The customer's turn just before, where it names a time."""
    before = document.prompt(turn.index)
    if before is None or _meets(document, before, document.prompt(before.index)):
        return None
    asked = document.prompt(before.index)
    if not (
        spoken.words("calls").search(before.text)
        or (asked and spoken.words("offers").search(asked.text))
        or len(before.text) < SHORT
    ):
        return None
    exprs = spoken.joined(spoken.plain(before.text), document.started_at)
    said = [e for e in exprs if not e.past and not e.recurring and (e.has_clock or e.has_day)]
    return before if said else None


def _merged(window: Window, before: list[Found]) -> Window:
    """The proposal that repeats his own time keeps the hours that he said."""
    for item in reversed(before):
        own = item.window
        if own.kind == "once" and own.polarity == "affirmed" and own.date == window.date and (own.from_ or own.to):
            return replace(window, from_=own.from_, to=own.to)
    return window


def _calls_proposed(document: Document, turn: Turn) -> bool:
    return any(
        m.key == "call_back" and m.rule.startswith("pledge.call") for m in document.of("pledge", turn=turn.index)
    )


def _accepted(document: Document, turn: Turn) -> bool:
    reply = document.reply(turn.index)
    return reply is not None and reply.answer is not Answer.NO and spoken.agrees(document.turns[reply.turn].text)


def _refused(document: Document, turn: Turn) -> bool:
    reply = document.reply(turn.index)
    if reply is None:
        return False
    text = document.turns[reply.turn].text
    return reply.answer is Answer.NO or text.startswith(("不要", "别", "莫", "不用", "甭"))


def _only_agrees(document: Document, turn: Turn, prompt: Turn | None) -> bool:
    return prompt is not None and _calls_proposed(document, prompt) and spoken.agrees(turn.text)


def _has_habit(found: list[Found]) -> bool:
    return any(f.window.kind == "recurring" and f.window.polarity == "affirmed" for f in found)


def _once_meant(document: Document, turn: Turn, prompt: Turn | None) -> bool:
    """Whether a bare hour is meant of this occasion: he was busy just now, or a call is being arranged."""
    if spoken.words("habit").search(turn.text) or (prompt is not None and spoken.words("habit").search(prompt.text)):
        return False
    if prompt is not None and (_calls_proposed(document, prompt) or spoken.words("this_time").search(prompt.text)):
        return True
    near = range(turn.index - BUSY_NEAR, turn.index + 1)
    return any(m.turn in near for m in document.of("busy_reason", "busy_let_go"))


def _breaks_off(document: Document, turn: Turn) -> bool:
    """晚九点后说: he leaves, and says when to go on."""
    return any(True for _ in document.of("busy_leave", turn=turn.index))


def _meets(document: Document, turn: Turn, prompt: Turn | None) -> bool:
    """The talk is of a visit, not of a call."""
    if spoken.words("calls").search(turn.text):
        return False
    if prompt is not None and spoken.words("calls").search(prompt.text):
        return False
    return any(spoken.words("meets").search(t.text) for t in document.turns[max(turn.index - 3, 0) : turn.index + 2])


def _standing(found: list[Found]) -> Iterator[Found]:
    """Every habit and every refusal; of the appointments the last one."""
    found = [f for f in found if not any(_is_vaguer(f, other) for other in found)]
    appointments = [f for f in found if f.window.kind == "once" and f.window.polarity == "affirmed"]
    last = max((f.turn for f in appointments), default=-1)
    for item in found:
        if item not in appointments:
            yield item
        elif item.turn == last:
            yield _with_proof(item, appointments)


def _is_vaguer(item: Found, other: Found) -> bool:
    """后天吧, 后天中午十二点半以后: the bare day of the same words adds nothing."""
    one, two = item.window, other.window
    if item.turn != other.turn or (one.kind, one.polarity, one.date) != (two.kind, two.polarity, two.date):
        return False
    return one.date is not None and not (one.from_ or one.to) and bool(two.from_ or two.to)


def _with_proof(item: Found, appointments: list[Found]) -> Found:
    """The same day said in earlier turns is proof of the last word."""
    same = [f for f in appointments if f.window.date == item.window.date]
    marks = tuple(dict.fromkeys(mark for f in [*same, item] for mark in f.marks))
    return replace(item, marks=marks)


def _mark(turn: Turn, window: Window) -> Mark:
    return Mark(turn.index, window.start, window.end)


def value_at(document: Document, said: Sequence[Turn], kind: str, affirmed: bool) -> dict[str, Any] | None:
    """The window that these turns of his are known to name; None where no time is named in them or in what they
    answer."""
    reference = document.started_at
    polarity: windows.WindowPolarity = "affirmed" if affirmed else "negated"
    meant: windows.WindowKind = "once" if kind == "once" else "recurring"
    prompts = [p for t in said if (p := document.prompt(t.index)) is not None]
    for turn in [*reversed(said), *reversed(prompts)]:
        text = spoken.plain(turn.text)
        exprs = [e for e in spoken.joined(text, reference) if not e.past]
        fitting = [e for e in exprs if spoken.is_refused(text, e) is not affirmed] or exprs
        if not fitting:
            continue
        around = _beside(document, turn) if meant == "once" else []
        expr = _completed(fitting[-1], around)
        context = text + "".join(t.text for t in _answered(document, turn))
        value = spoken.evening(windows.to_window(expr, reference, polarity, meant), context, reference).to_json()
        value.pop("polarity")
        return value
    return None


def _answered(document: Document, turn: Turn) -> list[Turn]:
    """What the turn answers, and the answer to it."""
    before, reply = document.prompt(turn.index), document.reply(turn.index)
    return [t for t in (before, document.turns[reply.turn] if reply is not None else None) if t is not None]


def _beside(document: Document, turn: Turn) -> list[TimeExpr]:
    """The times in what the turn answers, and in the answer to it."""
    found = (spoken.joined(spoken.plain(t.text), document.started_at) for t in _answered(document, turn))
    return [e for exprs in found for e in exprs if not e.past and not e.recurring]


def _completed(expr: TimeExpr, others: Sequence[TimeExpr]) -> TimeExpr:
    """下午吧, after 明天我打给您: of tomorrow; 二十九号行, after 二十九号晚上七点半: at that hour."""
    if not expr.has_clock:
        same = [e for e in others if e.has_clock and (e.on == expr.on or not e.has_day)]
        return windows.combine(same[0], expr) if same and expr.has_day else expr
    if expr.has_day or expr.today or expr.vague:
        return expr
    days = [e for e in others if e.on is not None]
    return windows.combine(days[0], expr) if days else expr


def _candidate(item: Found) -> Candidate:
    value = item.window.to_json()
    polarity = Polarity(value.pop("polarity"))
    return Candidate(
        tag=TAG,
        value=value,
        marks=item.marks,
        rule=item.rule,
        polarity=polarity,
        confidence=item.weight,
        certainty="confirmed" if item.rule == "time.proposed" else "stated",
        steps=(f"时间说法「{item.window.text}」",),
    )
