"""承诺的期限: by which day the advisor promised something."""

import re
from datetime import date

from nlp import dates, windows
from nlp.document import Document

_TODAY = re.compile(
    r"今晚|今天|今日|今儿|马上|立刻|立马|这就|等下|等会|待会|一会|下班前|下班之前|稍后|晚点|晚些|现在|挂了(电话)?，?就|半小时|半个小时|个钟"
    r"|(?<!明天)(?<!后天)(?<![一二三四五六日天号])(下午|晚上|中午|傍晚)"
)


def of(document: Document, number: int, near: int | None = None) -> date | None:
    """The day named in the advisor's turn of that number: the last before `near`, else the last, or None."""
    text = document.turns[number].text
    reference = document.started_at
    named = [(t.start, t.on) for t in windows.find_times(text, reference) if t.on is not None]
    named = named or [(d.start, d.on) for d in dates.find_dates(text, reference) if d.on is not None]
    before = [day for start, day in named if near is not None and start < near]
    if before or named:
        return before[-1] if before else named[-1][1]
    return reference.date() if _TODAY.search(text) else None
