"""日期: the days to come that people name (月底, 下周三, 春节后), resolved against the start of the conversation.

Past dates, tenures (锁定五年) and product terms (十四天的回购) are no dates to come and are left out.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from nlp.charforms import fold
from nlp.times.day import Day
from nlp.times.days import find_days
from nlp.times.expressions import find_times


@dataclass(frozen=True, slots=True)
class DateRef:
    """一个将来的日期. `on` is None where a time to come is named that fixes no day (过几天, 到期)."""

    on: date | None
    start: int
    end: int
    text: str


_CLAUSE_END = re.compile(r"[,.;!?。]|$")
_DONE_AFTER = re.compile(
    r"(?:就|才|刚|都|我|那)?[^,。;!?]{0,4}?(?:买|进|开|存|办|投|做|入|签|交|卖|续|赎|认购|申购|套|建仓|入手|转|拿"
    r"|取|还|借|退|发|分|配|炒|换)(?:的(?!话)|过|了(?!再|就|给|找|才))"
    r"|[^,。;!?]{0,3}(?:早就?|已经?)[^,。;!?]{0,6}(?:了|过)|[^,。;!?]{0,8}(?:早续了|续过了|到过了|的时候买)"
)
_NOW = re.compile(
    r"等下(?!次|周|个|半|月|礼)|等会儿?|待会儿?|一会儿?|过会儿?|稍后|晚点儿?|马上(?!到期|就到期|要到期|就要)|立马"
    r"|立刻|这就|回头就|下班前|收盘前|(?<![签般期账款那到])当[天晚]"
)
_PROMISES = re.compile(
    r"[^,。;!?]{0,16}?(?:给[您你]|发[您你给到]|打给|打过去|回[您你]|联系[您你]|通知[您你]|提醒[您你]|报给|送|(?:就"
    r"|再|抽空|赶紧|把).{0,8}(?:给|发|转|打|办|弄|提|回|送))(?!过|的(?!话))"
)
_NOT = re.compile(r"(?:不是|哪是|不能说|并非)$")
_MATURES = re.compile(
    r"(?:等|到|马上就?要?|快要?|就快|就要)[^,。;!?]{0,6}(?:到期|期满|满期)|(?:到期|期满|满期)(?:之后|以后|后|了?再"
    r"|就|时|的时候|那天|呗|再说)"
)
_NOT_MATURES = re.compile(
    r"到期(?:收益|日|率)|什么时候|啥时候|几号|几时|哪天|没到期|刚到期|(?:早|已经?|都)到期|昨"
    r"|(?<![快要就])到期了(?!再|就)"
)
_LATER = re.compile(r"(?:再)?(?:到时候?(?:再)?|有消息(?:再)?|以后再说|等有钱|等有了)")
_CORRECTED = re.compile(r"不是|不对|说错|记错|搞错|错了|哦不|噢不|应该是|改(?:成|到)|还是")
_SAME_AGAIN = re.compile(r"[,.。、\s呃嗯啊哦额那个就是]*")


def find_dates(text: str, reference: datetime) -> list[DateRef]:
    """The dates to come in `text`, in its order."""
    t = fold(text)
    found = [(d.start, d.end, d.on) for d in find_days(t, reference.date()) if _to_come(t, d)]
    if not found:
        found = [(m.start(), m.end(), reference.date()) for m in _NOW.finditer(t)]
    if not found:
        found = _promised_today(t, reference)
    if not found and (m := _MATURES.search(t)) and not _NOT_MATURES.search(t):
        found = [(m.start(), m.end(), None)]
    return [DateRef(on, a, b, text[a:b]) for a, b, on in _settled(t, found)]


def _promised_today(t: str, reference: datetime) -> list[tuple[int, int, date | None]]:
    """我下午三点前发给您: a time of the day in a promise is today's."""
    times = [e for e in find_times(t, reference) if e.on is None or e.today]
    return [
        (e.start, e.end, e.on or reference.date())
        for e in times[:1]
        if not (e.recurring or e.past) and _PROMISES.match(t, e.end)
    ]


def _to_come(t: str, d: Day) -> bool:
    if d.past or (d.every and len(d.days or ()) != 2):
        return False
    end = _CLAUSE_END.search(t, d.end)
    rest = t[d.end : end.start() if end else len(t)]
    return not (d.soft and _DONE_AFTER.match(rest))


def _settled(t: str, found: list[tuple[int, int, date | None]]) -> list[tuple[int, int, date | None]]:
    """After a correction only the last; the same day said twice in a row once."""
    kept: list[tuple[int, int, date | None]] = []
    for one in found:
        if kept:
            gap = t[kept[-1][1] : one[0]]
            if _CORRECTED.search(gap) or _NOT.search(t[: kept[-1][0]]):
                kept = [one]
                continue
            if one[2] == kept[-1][2] and _SAME_AGAIN.fullmatch(gap):
                continue
        kept.append(one)
    return kept
