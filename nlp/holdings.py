"""持有: what a customer says of one place – the stretch of talk that belongs to it, its amount and maturity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nlp import dialogue, values
from nlp.amounts import Amount
from nlp.document import Document, Mark, Mention, Turn

_ASKS_MORE = re.compile(r"多少|几|大概|规模|量级|什么时候|哪天|到期|几号|剩|吧|对吧|是吗|吗|主要|做什么|都是|？")
_CORRECTED = re.compile(r"不对|不是|不止|说错|应该是|哦不|记错|其实")
_YEARLY = re.compile(
    r"(一年|每年|一个?月|每月|每个月|年|月)[^，。]{0,3}(交|返|存|领|缴|发|还|投|涨|亏|赚)[^，。]{0,2}$|(赚|亏|利息|收益|跌|涨|赔|浮亏|返|送|起|门槛|佣金)了?[^，。]{0,3}$|[起]$"
)
_LESS = re.compile(r"^[^，。]{0,3}(起投|起步|的门槛|门槛|块红利|的利息|利息)|^起")
_MATURES = re.compile(r"到期|到(?!账|位|处|底|时|现|了|手)|才到|的$|满期|期满|出来|解锁|开放")


@dataclass(frozen=True, slots=True)
class Stretch:
    """一段话: the part of one turn that speaks of the place."""

    turn: int
    start: int
    end: int
    text: str

    @property
    def mark(self) -> Mark:
        return Mark(self.turn, self.start, self.end)


def stretches(document: Document, mention: Mention, rivals: Sequence[Mention]) -> list[Stretch]:
    """What belongs to the mention: its own turn up to the next rival, then short answers about it."""
    turn = document.turns[mention.turn]
    found = [_own(turn, mention, rivals)]
    if any(r.turn == mention.turn and r.start > mention.end for r in rivals):
        return found
    return found + following(document, mention, rivals)


def _own(turn: Turn, mention: Mention, rivals: Sequence[Mention]) -> Stretch:
    later = [r.start for r in rivals if r.turn == mention.turn and r.start >= mention.end]
    earlier = [r.end for r in rivals if r.turn == mention.turn and r.end <= mention.start]
    end = min(later, default=len(turn.text))
    if later:  # what stands right before the next place belongs to that one
        low = turn.clauses[turn.clause_at(end)][0]
        end = low if low > mention.end else end
    start = max(turn.clauses[turn.clause_at(mention.start)][0], max(earlier, default=0))
    return Stretch(turn.index, start, end, turn.text[start:end])


def following(document: Document, mention: Mention, rivals: Sequence[Mention]) -> list[Stretch]:
    """The customer's next turns while the advisor asks on about the same thing."""
    found: list[Stretch] = []
    asked = True
    for turn in document.turns[mention.turn + 1 : mention.turn + 6]:
        if any(r.turn == turn.index and r.key != mention.key for r in rivals):
            break
        if not turn.by_customer:
            asked = bool(_ASKS_MORE.search(turn.text)) or len(turn.text) <= 4
            continue
        if not asked or turn.suspect or len(turn.text) > 40:
            break
        if values.amounts(turn.text, True) or values.dates(turn.text, document.started_at):
            found.append(Stretch(turn.index, 0, len(turn.text), turn.text))
    return found[:2]


def amount(parts: Sequence[Stretch], asked: str = "") -> Amount | None:
    """The sum that the stretches state; a later one only where it corrects or answers how much."""
    chosen: Amount | None = None
    for number, part in enumerate(parts):
        bare = number > 0 or bool(re.search(r"多少|几|大概", asked))
        for found in _sums(part.text, bare and chosen is None):
            if chosen is None or _CORRECTED.search(part.text[: found.start]):
                chosen = found
    return chosen


def _sums(text: str, bare: bool) -> list[Amount]:
    sums = [a for a in values.amounts(text) if not _is_flow(text, a)]
    if not sums and bare and dialogue.answer(text) is not None and len(text) <= 12:
        sums = [a for a in values.amounts(text, True) if not _is_flow(text, a)]
    return sums


def _is_flow(text: str, found: Amount) -> bool:
    """Premiums a year, interest, gains and thresholds are no holdings."""
    before, after = text[max(found.start - 8, 0) : found.start], text[found.end : found.end + 6]
    return bool(_YEARLY.search(before) or _LESS.search(after))


def matures(parts: Sequence[Stretch], reference: datetime) -> str | None:
    """The day on which the holding falls due, if a date stands with such a word."""
    for part in parts:
        for day in values.dates(part.text, reference):
            after = part.text[day.end : day.end + 8]
            before = part.text[max(day.start - 6, 0) : day.start]
            if day.on and (_MATURES.search(after) or "到期" in before or part is not parts[0]):
                return values.iso(day.on)
    return None
