"""承诺的期限: by which day the advisor promised something."""

import re
from datetime import date

from nlp import dates, windows
from nlp.document import Document

_TODAY = re.compile(
    r"今晚|今天|今日|今儿|马上|立刻|立马|这就|等下|等会|待会|一会|下班前|下班之前|稍后|晚点|晚些|现在|半小时|半个小时|个钟"
    r"|(?<!明天)(?<!后天)(?<![一二三四五六日天号])(下午|晚上|中午|傍晚)"
)


def of(document: Document, number: int) -> date | None:
    """The day named in the advisor's turn of that number, or None."""
    text = document.turns[number].text
    reference = document.started_at
    for found in reversed(windows.find_times(text, reference)):
        if found.on is not None:
            return found.on
    for named in reversed(dates.find_dates(text, reference)):
        if named.on is not None:
            return named.on
    return reference.date() if _TODAY.search(text) else None
