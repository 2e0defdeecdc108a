"""闲置资金的数额与时间: the sum of an episode of free money, and the day from which it is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp import values
from nlp.amounts import Amount
from nlp.document import Answer, Document, Mark, Mention, Turn

LEAST = 3500  #: yuan; less is no investment
_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|方便(讲|说)|对吧|是有|左右|万")
_LURED = re.compile(r"起|门槛|新客|送|中签|缴款|限额|日均|活动|利率|收益")
SHRUNK = re.compile(r"投了|进去|亏|跌|套|赔|剩.{0,3}十|买的|万块钱，")
_COUNTED = re.compile(r"[\d一二三四五六七八九十百千]个")
_CHOSEN = re.compile(
    r"能动|剩下?|就拿|拿出|其实|净|到手|一共|总共|加起来|凑|算|不对|不是|应该是|哦不|说错|留.{0,8}，|我那份|分到|我个人|就是|就算?$|能有个$|二十那"
)
_NOT_SUM = re.compile(
    r"(亏|赔|赚|挣|跌|涨|套|房贷还?剩?|贷款还?剩?|欠|车贷|贷款|学费|工资|月供|首付|留|一年|每年|每月|一个?月|借走|花|要交|还差|门槛|起投|那八|抽走|扣掉|余额宝里那)[^，。]{0,6}$"
)
_AFTER_NOT = re.compile(
    r"^[^，。]{0,4}(学费|房贷|利息|起投|起步|门槛|一个月|一年|给我弟|给他|借走|是后来|不动|一平|一克|一股|一手|一个人|不能动|应急|兜底|还贷|存着图)"
)
_SET_ASIDE = re.compile(
    r"留|扣|得给|要给|拿去|交(首付|学费|税)|还(房|车)?贷|(先|得|要)还|不能动|不能全|首付|学费|装修|看病|买药|他那一?份|她那一?份|是(我|他)(弟|哥|姐|妹|爸|妈)|其中|里头|一部分|除(掉|去)|刨|抛开|剩"
)
_LEFT = re.compile(
    r"(剩|余)(下|的|个|着|下来|下的)?(还有|大概|差不多|就是|也就|这|那|个|的|有){0,2}$|(能动|可以动|可动|自由支配|闲着|富余)的?(就是|就|也就|有|是|大概|差不多|这|那){0,3}$"
)
_MOVABLE = re.compile(
    r"^(左右|块钱?|多)?[^，。？！]{0,2}(能动|可以动|可动|是自由的|自由支配|没处放|闲着|要打理|给我想办法)"
)
_LATER_USE = re.compile(r"用钱|要用|才用|开学|上学|结婚|装修|交首付|买房|退休|毕业|生效|开户|学费")
_COMPANY = re.compile(r"公司(账|的|户|现在|里)|公账|单位(的|账)|厂里|店里(的)?(流水|货款)")
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
    part = _free_part(document, episode)
    if part is not None:
        return part[0], Mark(part[1], part[0].start, part[0].end), False
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


def _free_part(document: Document, episode: Episode) -> tuple[Amount, int] | None:
    """剩下一百五, 三百六能动: the last part said to be free, where some of it has been set aside; in his words, or
    in the advisor's that he confirms."""
    spoken = document.turns[max(episode.first - 2, 0) : episode.last + 6]
    if not any(_SET_ASIDE.search(t.text) for t in spoken):
        return None
    chosen: tuple[Amount, int] | None = None
    for turn in spoken:
        if turn.suspect or not (turn.by_customer or _is_confirmed(document, turn)):
            continue
        for money in values.amounts(turn.text, True):
            before, after = turn.text[max(money.start - 7, 0) : money.start], turn.text[money.end : money.end + 8]
            free = _LEFT.search(before) or _MOVABLE.match(after)
            if free and max(money.low or 0, money.high or 0) >= LEAST and not SHRUNK.search(turn.text[: money.start]):
                chosen = (money, turn.index)
    return chosen


def _is_confirmed(document: Document, turn: Turn) -> bool:
    reply = document.reply(turn.index)
    return reply is not None and reply.answer in (Answer.YES, Answer.NOD)


def _may_be(text: str, money: Amount) -> bool:
    """Not a debt, a premium, a price: and more than pocket money."""
    if max(money.low or 0, money.high or 0) < LEAST:
        return False
    before = text[max(money.start - 10, 0) : money.start]
    if _COMPANY.search(text[max(money.start - 16, 0) : money.start]):
        return False
    if before.endswith("剩") or before.endswith("就剩"):
        if SHRUNK.search(text[: money.start]):
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
            if day.on is None or day.on <= document.started_at.date() or _LATER_USE.search(near):
                continue
            if _COMING.search(near):
                return values.iso(day.on)
    return None
