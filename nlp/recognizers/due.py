"""承诺的期限: by which day the advisor promised something."""

import re
from datetime import date, datetime, timedelta

from nlp import dates, windows
from nlp.document import Document

_TODAY = re.compile(
    r"今晚|今天|今日|今儿|马上|立刻|立马|这就|等下|等会|待会|一会|下班前|下班之前|稍后|晚点|晚些|现在|挂了(电话)?，?(我|俺)?(这|马上)?就|半小时|半个小时|个钟"
    r"|(?<!明天)(?<!后天)(?<![一二三四五六日天号])(下午|晚上|中午|傍晚)"
)


_EARLIER = re.compile(r"提前([一二两三四五六七\d])天")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
#: the day of something else: 节前的安排
_OF_A_THING = re.compile(r"的(?!时候|话|[，。]|$)")
_THEN = re.compile(r"到时候?|届时|到点|那天")
_TAKES = re.compile(r"(好|行|嗯|可以|没问题|成|中|要得|收到|明白|ok)")
_IF = re.compile(r"有(额度|结果|消息|合适|新)|一有|要是|如果|批(好|下来)了|出来了?就")
BACK = 2  #: turns before the promise in which its day may have been said


def of(document: Document, number: int, near: int | None = None) -> date | None:
    """The day named in the advisor's turn of that number: the last before `near`, else the last; in a turn that only
    takes a request, the day of the request. None where there is none."""
    text = document.turns[number].text
    reference = document.started_at
    named = _named(text, reference)
    before = [day for start, day in named if near is not None and start < near]
    if named:
        return _less(text, before[-1] if before else named[-1][1])
    if _TODAY.search(text):
        return reference.date()
    return _told_before(document, number) if _refers(text) else None


def _named(text: str, reference: datetime) -> list[tuple[int, date]]:
    """The days of a text by their place; one that belongs to a thing only where there is no other."""
    found = [(t.start, t.end, t.on) for t in windows.find_times(text, reference) if t.on is not None]
    found = found or [(d.start, d.end, d.on) for d in dates.find_dates(text, reference) if d.on is not None]
    own = [one for one in found if not _OF_A_THING.match(text, one[1])]
    return [(start, day) for start, _, day in own or found]


def _less(text: str, day: date) -> date:
    """四月十号开始, 提前一天打给您."""
    hit = _EARLIER.search(text)
    if hit is None:
        return day
    return day - timedelta(days=_DIGITS.get(hit[1]) or int(hit[1]))


def _refers(text: str) -> bool:
    """到时候我打给您; 好, 发短信给您: the day was said before."""
    return bool(_THEN.search(text) or _TAKES.match(text)) and not _IF.search(text)


def _told_before(document: Document, number: int) -> date | None:
    for turn in reversed(document.turns[max(number - BACK, 0) : number]):
        named = _named(turn.text, document.started_at)
        if named:
            return named[-1][1]
    return None
