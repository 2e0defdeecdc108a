"""持有: what a customer says of one place – the words that belong to it, its sum and the day on which it falls due.

The words of a place are its *territory*: from its name to the next place's, the words right before it that no other
place claims, and the next turns while the talk stays with it. The sum and the day are chosen among all that stand
there; numbers without 万 count as 万, since money is known to be meant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from nlp import values
from nlp.amounts import Amount
from nlp.document import Answer, Document, Mark, Mention, Turn

_ASKS_SUM = re.compile(r"多少|几|大概|规模|量级|多大|额度|什么数|[\d一二两三四五六七八九十百]+来?[万个]")
_ASKS_DUE = re.compile(r"到期|快到|几月|几号|哪天|什么时候|啥时候|到了没|日子")
_ASKS_PLAN = re.compile(
    r"赎|(一年|年化|收益|利率)[^，。]{0,8}(多少|几)|打算|想(怎么|放|投|做|买|拿|要)|准备|配置|要求|收益|风险|推荐|安排|想法|这边|我们"
)
_US = re.compile(
    r"(?<!不在)(?<!不是)([你您恁咱](们)?(这|那)?(边|儿|里|家|头)"
    r"|[你您恁咱](们)?(这|那)(?!个|种|些|样|么|只|款)|咱们)"
)
#: he turns from what he holds to what he wants
_TURNS = re.compile(
    r"(?<![跟和])[你您恁](们)?(就)?(帮|给|替|看|要是|要有|有没有|说|先|别)|我?(想|打算|准备|寻思)(?!着)[^，。]{0,4}(买|换|转|拿|做|搞|配|投|开|挪|搬)|给[^，。]{0,6}(预备|准备)|(挪|搬|转)(到|过来)"
)
_NOW = re.compile(
    r"(剩(?!下的)|现在|目前|如今|这会子|就是|也就|合着|合计|合起来|一共|总共|加起来|拢共|只有|[成到剩]了?|还有|约|值)(下|了|的|大概|差不多|怕是|是|个|只|人民币){0,3}$"
)
_THEN = re.compile(r"(当初|当时|原来|原先|本来|买的时候|以前|去年|前年)[^，。]{0,6}$")
_CORRECTED = re.compile(r"(不对|不是|不止|说错了?|应该是|哦不|记错了?|其实|哪有[^，。]{0,4}|我这[张笔个])[，。是]*$")
#: 剩下的一千八才是要打理的: what is left is elsewhere
_FREED = re.compile(r"^[^，。]{0,3}(可以|拿来|你|才是|能动|要投)")
_TAKEN_BACK = re.compile(r"^[，吧啊呀]*(不对|说错|记错|哦不)")
_PIECE = re.compile(r"(一|另一?)[张笔份只]$")
#: what is paid in or out, gained, lost, or asked as a threshold
_FLOW = re.compile(
    r"(一年|每年|一个?月|每月|每个月|每季|一天|每天|年年|月月|净值|成本)[^，。]{0,4}(交|返|存|领|缴|发|还|投|涨|亏|赚|给|花)?[^，。]{0,3}$|(每[年月天]|一天|利息|收益|分红|亏了|赚了?|挣|跌了?|涨了?|赔了?|浮亏|返|送|门槛|佣金|学费|房贷|贷款|欠|要花|手术|额度)[^，。]{0,3}$|(拿出|取|赎|领|掏出?|贴|补|转走|等到|活到)(了|个|来|出)?$|返，$|[个这本]月$"
)
_AFTER_FLOW = re.compile(
    r"^[^，。]{0,3}(起投|起步|的门槛|门槛|块红利|的利息|利息|一年|一个月|每年|一天)|^起|^(进的|克|岁|就能领|才能领|才能取|打[^，。]{0,2}折)|^那(笔|个)要|^(是|那是)[^，。]{0,3}(你婶|他的|她的)"
)
_DUE = re.compile(
    r"到(?!账|位|处|底|时|现|了手|手|家|哪|没|[一二三四五六七八九十\d]+(岁|号|月|点))|满|结(?!构|果|婚)|解锁|解付|解禁|开放|清盘|清算|兑|赎|出来|能领|可以领|能取|取(?!现)|日子|延期|打(到|给|进)?我"
)
_HELD = re.compile(r"存单|定期|大额|理财|信托|那?[笔张份]")
_USED = re.compile(
    r"要用|用掉|用钱|之前|以前|前要|开学|结婚|装修|首付|买房|看房|退休|毕业|增资|办(酒|喜事|满月)|给你一年|岁|再来找|打电话|联系|寄|发给|利率|交满|交完|◇[^，。]{0,2}前|◇[^，。]{0,3}[买存投开办签配][的了过]"
)
SMALLEST = 300  #: yuan; less is a price
WITHIN = 400  #: characters of one turn to either side that can belong to a place
NEAR = 6  #: turns between two mentions of one holding


@dataclass(frozen=True, slots=True)
class Stretch:
    """一段话: the part of one turn that speaks of the place. `rank`: how closely it belongs to it; `asked`: it
    answers how much, `due`: until when."""

    turn: int
    start: int
    end: int
    text: str
    rank: float = 3.0
    asked: bool = False
    due: bool = False

    @property
    def mark(self) -> Mark:
        return Mark(self.turn, self.start, self.end)


def stretches(document: Document, mention: Mention, rivals: Sequence[Mention]) -> list[Stretch]:
    """What belongs to the mention: its own turn up to the next rival, then the next turns about it."""
    turn = document.turns[mention.turn]
    found = [_own(turn, mention, rivals)]
    if any(r.turn == mention.turn and r.start > mention.end for r in rivals):
        return found
    return found + following(document, mention, rivals)


def lead(document: Document, mention: Mention, rivals: Sequence[Mention]) -> Stretch | None:
    """七十来万, 搁工行活期里: the words of the turn before the place, where no other place claims them."""
    turn = document.turns[mention.turn]
    if not mention.by_customer or any(r.turn == mention.turn and r.end <= mention.start for r in rivals):
        return None
    own = turn.clauses[turn.clause_at(mention.start)][0]
    low = max(own - WITHIN, 0)
    start = max((low + m.end() for m in re.finditer(r"[。？！；]|…", turn.text[low:own])), default=low)
    start = max([start, *(m.end() for m in _US.finditer(turn.text, start, own))])
    starts = {a for a, _ in turn.clauses}
    while start > 0 and start < own and turn.text[start] not in "，。" and start not in starts:
        start += 1
    text = turn.text[start : mention.start]
    return Stretch(turn.index, start, mention.start, text, 2.0) if text else None


def _own(turn: Turn, mention: Mention, rivals: Sequence[Mention]) -> Stretch:
    later = [r.start for r in rivals if r.turn == mention.turn and r.start >= mention.end]
    earlier = [r.end for r in rivals if r.turn == mention.turn and r.end <= mention.start]
    end = min([len(turn.text), mention.end + WITHIN, *later])
    if end in later:  # what stands right before the next place belongs to that one
        low = turn.clauses[turn.clause_at(end)][0]
        end = low if low > mention.end else end
    start = max(turn.clauses[turn.clause_at(mention.start)][0], max(earlier, default=0))
    return Stretch(turn.index, start, end, turn.text[start:end])


def following(document: Document, mention: Mention, rivals: Sequence[Mention]) -> list[Stretch]:
    """The next turns while the talk stays with the place: his own, and the advisor's sum that he confirms."""
    found: list[Stretch] = []
    asked = due = False
    for turn in document.turns[mention.turn + 1 : mention.turn + 6]:
        if any(r.turn == turn.index for r in rivals) or turn.suspect:
            break
        if not turn.by_customer:
            due = bool(_ASKS_DUE.search(turn.text))
            if asks_plan(turn.text):
                break
            asked = bool(_ASKS_SUM.search(turn.text))
            if asked and confirmed(document, turn):
                found.append(Stretch(turn.index, 0, len(turn.text), turn.text, 1.5, asked=True))
            continue
        text = turn.text
        if len(text) > 60 or re.match(r"(另外|还有|再一个|对了|那我)", text):
            break
        near = turn.index <= mention.turn + 2
        if asked or due or near:
            found.append(Stretch(turn.index, 0, len(text), text, 2.5 if asked else 1.0, asked, due))
    return found[:4]


def asks_plan(text: str) -> bool:
    """Whether the advisor asks what to do with money, rather than what lies where."""
    return bool(_ASKS_PLAN.search(text)) and not _ASKS_DUE.search(text)


def confirmed(document: Document, turn: Turn) -> bool:
    """Whether the customer says yes to the turn, and names no sum of his own."""
    reply = document.reply(turn.index)
    said_yes = reply is not None and reply.answer in (Answer.YES, Answer.NOD)
    return said_yes and reply is not None and not sums(document.turns[reply.turn].text)


def with_others(text: str, first: Amount) -> Amount:
    """一张三十, 一张二十: the pieces of one holding together, where they fall due together."""
    if not _is_piece(text, first):
        return first
    pieces = [a for a in sums(text) if _is_piece(text, a)]
    if first not in pieces or len(pieces) < 2 or re.search("[月号]", text[first.end : pieces[1].start]):
        return first
    low, high = (sum(filter(None, (getattr(p, end) for p in pieces))) for end in ("low", "high"))
    return replace(first, low=low, high=high)


def _is_piece(text: str, found: Amount) -> bool:
    return bool(_PIECE.search(text[max(found.start - 3, 0) : found.start]))


def signs(text: str, found: Amount) -> Iterator[str]:
    """What stands beside a sum: that it is there now, that it was once, that it flows in or out."""
    before, after = text[max(found.start - 12, 0) : found.start], text[found.end : found.end + 8]
    for name, hit in (
        ("now", _NOW.search(before)),
        ("then", _THEN.search(before)),
        ("taken back", _TAKEN_BACK.match(after)),
        ("corrected", _CORRECTED.search(before)),
        ("freed", re.search(r"[剩余]下?的?$", before) and _FREED.match(after)),
        ("flow", _is_flow(text, found)),
        ("no sum", not _is_sum(found)),
    ):
        if hit:
            yield name


def sums(text: str, bare: bool = True) -> list[Amount]:
    """The sums in the text that may be a holding; `bare`: numbers count as 万."""
    return [a for a in values.amounts(text, bare) if _is_sum(a) and not _is_flow(text, a)]


def _is_sum(found: Amount) -> bool:
    largest = max(found.low or 0, found.high or 0)
    counts = found.kind == "ellipsis" and largest in (10_000, 20_000)
    return found.kind == "vague" or (largest >= SMALLEST and not counts)


def _is_flow(text: str, found: Amount) -> bool:
    """Premiums a year, interest, gains and thresholds are no holdings."""
    before, after = text[max(found.start - 9, 0) : found.start], text[found.end : found.end + 8]
    if found.kind == "ellipsis" and re.search(r"岁[^。]{0,8}$", before):
        return True
    return bool(_FLOW.search(before) or _AFTER_FLOW.search(after))


def matures(parts: Sequence[Stretch], reference: datetime) -> str | None:
    """The day on which the holding falls due: the date that stands with such a word; the most exact one."""
    found: list[tuple[date, bool]] = []
    for number, part in enumerate(parts):
        after = parts[number + 1] if number + 1 < len(parts) else None
        text = part.text
        if after is not None and after.turn == part.turn and after.start <= part.end <= after.end:
            text += after.text[part.end - after.start :]
        found += dues(text, reference, part.due, part.rank >= 2)
    exact = [day for day, exactly in found if exactly]
    days = exact or [day for day, _ in found]
    return values.iso(days[0]) if days else None


def dues(text: str, reference: datetime, asked: bool = False, own: bool = False) -> Iterator[tuple[date, bool]]:
    """Days that stand with a word of falling due, and whether the day itself was said. `asked`: the question was
    when; `own`: the words speak of the holding, so that a date by itself is enough."""
    falls = asked or bool(re.search(r"到期|快到|到日子|[^，。]到，|期满|满期", text))
    for day in values.dates(text, reference):
        if day.on is None or day.on < reference.date() or (day.on == reference.date() and "今" not in day.text):
            continue
        start = max((text.rfind(c, 0, day.start) for c in "，。？！；"), default=-1) + 1
        end = min((p for c in "，。？！；" if (p := text.find(c, day.end)) >= 0), default=len(text))
        around = text[start : day.start] + "◇" + text[day.end : end]
        if _USED.search(around):
            continue
        alone = len(around) <= 6
        held = falls and bool(_HELD.search(around))
        if _DUE.search(around) or held or (alone and (falls or (own and around in ("◇", "◇的")))):
            yield day.on, bool(re.search(r"[号日]|[\d一二三四五六七八九十]$|周.|礼拜.|星期.|元旦", day.text))


def turns_to_wishes(text: str) -> int | None:
    """Where he turns from what he holds to what he wants."""
    turn = _TURNS.search(text)
    return turn.start() if turn is not None else None


def tail_cut(text: str) -> str:
    """The words up to where he turns to what he wants."""
    return text[: turns_to_wishes(text)]
