"""闲置资金的数额与时间: the sum of an episode of free money, and the day from which it is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp import values
from nlp.amounts import Amount
from nlp.document import Document, Mark, Mention, Turn

LEAST = 3500  #: yuan; less is no investment
_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|方便(讲|说)|对吧|是有|左右|万")
_LURED = re.compile(r"起|门槛|新客|送|中签|缴款|限额|日均|活动|利率|收益")
_SHRUNK = re.compile(r"投了|进去|亏|跌|套|赔|剩.{0,3}十|买的|万块钱，")
_COUNTED = re.compile(r"[\d一二三四五六七八九十百千]个")
_CHOSEN = re.compile(
    r"能动|剩下?|就拿|拿出|其实|净|到手|一共|总共|加起来|凑|算|不对|不是|应该是|哦不|说错|留.{0,8}，|我那份|分到|我个人|就是|就算?$|能有个$|二十那"
)
_NOT_SUM = re.compile(
    r"(亏|赔|赚|挣|跌|涨|套|房贷|车贷|贷款|学费|工资|月供|首付|留|一年|每年|每月|一个?月|借走|花|要交|还差|门槛|起投|那八|抽走|扣掉|余额宝里那)[^，。]{0,6}$"
)
_AFTER_NOT = re.compile(
    r"^[^，。]{0,4}(学费|房贷|利息|起投|起步|门槛|一个月|一年|给我弟|给他|借走|是后来|不动|一平|一克|一股|一手|一个人|不能动|应急|兜底|还贷|存着图)"
)
_COMING = re.compile(r"到|发|下来|打|付|放款|结|还|返|批|提|分|给|能拿|出来")


@dataclass(frozen=True, slots=True)
class Episode:
    """一段: signs of free money in neighbouring turns."""

    signs: tuple[Mention, ...]

    @property
    def first(self) -> int:
        return self.signs[0].turn

    @property
    def last(self) -> int:
        return self.signs[-1].turn

    @property
    def keys(self) -> set[str]:
        return {s.key for s in self.signs}


def total(document: Document, turns: Sequence[Turn], episode: Episode) -> tuple[Amount | None, Mark | None, bool]:
    """The episode's sum: the last one said with a word of choosing or correcting, else the first;
    and whether it lies with an institution."""
    signed = {s.turn for s in episode.signs}
    told = [document.turns[s.turn] for s in episode.signs if s.rule == "idle.told"]
    turns = sorted([*turns, *told], key=lambda t: t.index)
    found = [
        (money, turn.index, _is_kept(document, turn, money))
        for turn in turns
        for money in _amounts(document, turn, turn.index in signed)
        if _may_be(turn.text, money)
    ]
    if not found:  # the sum stands in the question
        asked = {p.index: p for t in turns if t.index in signed and (p := document.prompt(t.index)) is not None}
        found = [
            (money, number, False)
            for number, turn in sorted(asked.items())
            for money in values.amounts(turn.text)
            if _may_be(turn.text, money) and not _LURED.search(turn.text)
        ]
    free = [one for one in found if not one[2]] or found
    near = [one for one in free if episode.first - 1 <= one[1] <= episode.last + 2] or free
    if not near:
        return None, None, False
    chosen = near[0]
    for one in near[1:]:
        text = document.turns[one[1]].text
        if _CHOSEN.search(text[max(one[0].start - 10, 0) : one[0].start]):
            chosen = one
    money, turn_number, kept = chosen
    return money, Mark(turn_number, money.start, money.end), kept


def _may_be(text: str, money: Amount) -> bool:
    """Not a debt, a premium, a price: and more than pocket money."""
    if max(money.low or 0, money.high or 0) < LEAST:
        return False
    before = text[max(money.start - 10, 0) : money.start]
    if before.endswith("剩") or before.endswith("就剩"):
        if _SHRUNK.search(text[: money.start]):
            return False
    return not (_NOT_SUM.search(before) or _AFTER_NOT.search(text[money.end : money.end + 7]))


def _amounts(document: Document, turn: Turn, signed: bool) -> tuple[Amount, ...]:
    """The sums of the turn; bare numbers count as 万 after 多少, or beside a sign (剩下24个)."""
    found = values.amounts(turn.text)
    prompt = document.prompt(turn.index)
    asked = prompt is not None and prompt.index == turn.index - 1 and _HOW_MUCH.search(prompt.text)
    corrected = turn.text.startswith(("不对", "不是", "说错", "不止"))
    if not found and (((asked or corrected) and len(turn.text) <= 24) or (signed and _COUNTED.search(turn.text))):
        found = values.amounts(turn.text, True)
    return found


def _is_kept(document: Document, turn: Turn, found: Amount) -> bool:
    """A sum that lies with a named institution, in the same breath."""
    low = max(found.start - 24, 0)
    return any(low <= m.start <= found.end + 10 for m in document.of("institution", turn=turn.index))


def available_from(document: Document, episode: Episode, turns: Sequence[Turn]) -> str | None:
    """From when the money is there: the day said with its coming."""
    for turn in turns:
        if not episode.first - 1 <= turn.index <= episode.last + 2:
            continue
        for day in values.dates(turn.text, document.started_at):
            _, high = turn.clauses[turn.clause_at(day.start)]
            near = turn.text[max(day.start - 12, 0) : high + 10]
            if day.on is not None and _COMING.search(near):
                return values.iso(day.on)
    return None
