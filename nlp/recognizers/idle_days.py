"""闲置资金的时间: the day from which free money is there."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from nlp import holdings, values
from nlp.document import Document, Mark, Turn
from nlp.recognizers.idle_sums import COMING, Episode, agreed

_PAST = re.compile(
    r"◇[^，。]{0,8}(就)?(到账了|到了|到的|到我个人|进的|结的|发的|兑的|赎了|卖了|收了|到手了|打的|已经|刚|昨天)|(收了|赎了|卖了|上个?月|去年)[^，。]{0,4}◇"
)
_LATER_USE = re.compile(
    r"(要|得|等着|准备|打算)(用|付|交|给(?!我)|还(?!我)|提|抓|买|垫|做|去|打给)|得用|用钱|要?拿回来|才用|开学|上学|读研|留学|结婚|装修|首付|买房|看房|退休|毕业|生效|开户|学费|满月|进货|垫|酒|办事|◇[^，。]{0,4}(都行|找我|放到(?!我)|抓|之?前[^，。后]{0,8}(要|得|拿(?!到)|用|还))|(放|留|锁|用|等)到◇|增资|还有[^，。]{0,2}年|再(联系|打电话|来找)|体检|手术|支架|不能动"
)
_ARRIVES = re.compile(r"到|打|发|放|结|还|返|回|批|拿|收|赎|兑|满|解|出|领|给我")
#: what speaks against a sum that lies with an institution
_ASKS_WHEN = re.compile(r"什么时候|啥时候|几时|哪天|几号|几月|到期了?(没|吗)|快到")
FAR = 240  #: days to a bare month or day from which the one just gone is meant


def available_from(
    document: Document, episode: Episode, turns: Sequence[Turn], place: Mark | None = None
) -> str | None:
    """From when the money is there: the day said with its coming, in the episode's words, else close by."""
    told = place.turn if place is not None else episode.first
    near = [t for t in turns if episode.first - 3 <= t.index <= episode.last + 2]
    own = [t for t in near if t.index in episode.turns or t.index == told]
    beside = [t for t in near if t not in own and not _of_another(document, t)]
    told_by_him = [p for t in own if (p := document.prompt(t.index)) is not None and agreed(document, p)]
    for group in (own, told_by_him, beside):
        found = [day for turn in group for day in _days(document, turn, turn in own)]
        if found:
            return values.iso(max(found, key=lambda one: one[0])[1])
    return None


def _of_another(document: Document, turn: Turn) -> bool:
    """It speaks of other money: of an institution, or of one more sum."""
    return any(document.of("institution", "place_type", turn=turn.index)) or bool(re.match("还有|另外", turn.text))


def _days(document: Document, turn: Turn, own: bool) -> Iterator[tuple[float, date]]:
    """Days on which money comes, and how plainly that is said."""
    due = {day for day, _ in holdings.dues(turn.text, document.started_at)} if own else set()
    prompt = document.prompt(turn.index)
    asked = own and prompt is not None and bool(_ASKS_WHEN.search(prompt.text))
    for day in values.dates(turn.text, document.started_at):
        low, high = turn.clauses[turn.clause_at(day.start)]
        before = turn.text[max(day.start - 12, low) : day.start]
        after = turn.text[day.end : min(day.end + 14, max(high, day.end + 6))]
        around = f"{before}◇{after}"
        ahead = (day.on - document.started_at.date()).days if day.on is not None else 0
        if day.on is None or ahead <= 0 or _LATER_USE.search(around) or _PAST.search(around):
            continue
        if "上半年" in day.text or (ahead > FAR and not re.search(r"[明后来]年|年底|\d{4}", day.text)):
            continue
        comes = COMING.search(around) or asked
        if comes or day.on in due:
            plain = 2.0 if _ARRIVES.search(after[:6]) else 1.0
            yield plain + (0.5 if "到账" in after else 0.0) - 0.001 * day.start, day.on
