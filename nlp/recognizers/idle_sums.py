"""闲置资金的数额与时间: the sum of an episode of free money, and the day from which it is there.

Every sum that is spoken of around the episode is weighed: where it stands, what is said before and after it, whether
the advisor sums up with it and the customer agrees. The heaviest is the sum; of a sum from which something is set
aside the free part.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from nlp import holdings, values
from nlp.amounts import Amount
from nlp.document import Answer, Document, Mark, Mention, Turn

LEAST = 3500  #: yuan; less is no investment
_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|方便(讲|说)|对吧|是有|左右|万")
_LURED = re.compile(r"起|门槛|新客|送|中签|缴款|限额|日均|活动|利率|收益")
SHRUNK = re.compile(r"投了|进去|亏|跌|套|赔|剩.{0,3}十|买的|万块钱，")
_LOST = re.compile(r"投了|亏|跌|套[着牢住了在]|赔")
_COUNTED = re.compile(r"[\d一二三四五六七八九十百千]个")
_CHOSEN = re.compile(
    r"能动|剩下?|就拿|拿出|其实|净|到手|一共|总共|加起来|凑|算|不对|不是|应该是|哦不|说错|留.{0,8}，|我那份|分到|我个人|就是|就算?$|能有个$|二十那|落|我这[张笔个]是?|卡里，$|你?(先|就)(写|按)$"
)
_NOT_SUM = re.compile(
    r"(亏|赔|赚|挣|跌|涨|套|房贷还?剩?|贷款还?剩?|欠(?!我)|车贷|贷款|学费|工资(?!卡)|少了|多了|月供|首付|留|一年|每年|每月|一个?月|一天|借走|花|要交|还差|门槛|起投|那八|抽走|扣掉|余额宝里那|红包|手术要?)[^，。]{0,6}$"
)
_AFTER_NOT = re.compile(
    r"^[^，。]{0,4}(学费|房贷|利息|起投|起步|门槛|一个月|一年|给我弟|给他|借走|是后来|不动|一平|一克|一股|一手|一个人|不能动|应急|兜底|还贷|存着图|规模|的货|要还|岁)"
)
#: a part that goes elsewhere
_SPARED = re.compile(
    r"^(块钱?|多)?[^，。]{0,3}((要|得)[^，。]{0,3}给|给(?!你|您|恁|我)|(要|得)(修|还|交|付|拿去|留)|是(我|他|她)?(弟|哥|姐|妹|爸|妈|儿子|女儿|婆婆)|不能动|我老婆讲|我?(儿子|女儿)要|备着|原来)"
)
_TAKEN_BACK = re.compile(r"^[，吧啊呀]*(不对|说错|记错|哦不)")
_DENIED = re.compile(r"(哪有|哪来|哪里有|不是|没有|什么)$")
_SET_ASIDE = re.compile(
    r"留|扣|得给|要给|拿去|交(首付|学费|税)|还(房|车)?贷|(先|得|要)还|不能动|不能全|首付|学费|装修|看病|买药|他那一?份|她那一?份|是(我|他)(弟|哥|姐|妹|爸|妈)|其中|里头|一部分|除(掉|去|开)|刨|抛开|剩|垫|缴"
)
_LEFT = re.compile(
    r"(剩|余)(下|的|个|着|下来|下的)?(还有|大概|差不多|就是|也就|这|那|个|的|有){0,2}$|(能动|可以动|可动|自由支配|闲着|富余|能拿出来)的?(是|就|也就|有|大概|差不多|这|那){0,3}$|(挪|拿出|拨|匀|抽|腾)(个|出|了){0,2}$"
)
_MOVABLE = re.compile(
    r"^(左右|块钱?|多)?[^，。？！]{0,2}(能动|可以动|可动|可以|是自由的|自由支配|没处放|闲着|要打理|给我想办法|你给我|活的|挪过来|过来|做这个|才是|算)"
)
_HALF = re.compile(r"(挪|动|拿|取|放|转|先放|赎)(出|个)?一半")
_SUMS_UP = re.compile(
    r"^(哦|嗯|好|行|明白|那|对)*[，]?(那|就是|也就是|一共|合计|您?这)|能动|可以动|左右|大概|对吧|是吧|^[^，。]{0,10}$|剩"
)
_AGREES = re.compile(r"^[嗯对哦啊是，。]*(现成|有|在|差不多|就那样|可以|行|好|对|嗯|是|没错)")
#: the money is here by now
HERE = re.compile(
    r"(已经|都|刚|昨天|前天|上周|上个?礼拜|上个?月)[^，。]{0,8}(到|发|打|进|分|兑|收|赎|卖)|(到账|到手|到位|下来)了|趴着|躺着|闲着|晒太阳|(卡|账户|手|存折)(上|里)"
)
_PAST = re.compile(
    r"◇[^，。]{0,8}(就)?(到账了|到了|到的|到我个人|进的|结的|发的|兑的|赎了|卖了|收了|到手了|打的|已经|刚|昨天)|(收了|赎了|卖了|上个?月|去年)[^，。]{0,4}◇"
)
_LATER_USE = re.compile(
    r"(要|得|等着|准备|打算)(用|付|交|给(?!我)|还(?!我)|提|抓|买|垫|做|去|打给)|得用|用钱|要?拿回来|才用|开学|上学|读研|留学|结婚|装修|首付|买房|看房|退休|毕业|生效|开户|学费|满月|进货|垫|酒|办事|◇[^，。]{0,4}(都行|找我|放到(?!我)|抓|之?前[^，。后]{0,8}(要|得|拿(?!到)|用|还))|(放|留|锁|用|等)到◇|增资|还有[^，。]{0,2}年|再(联系|打电话|来找)|体检|手术|支架|不能动"
)
_COMPANY = re.compile(r"公司(账|的|户|现在|里)|公账|单位(的|账)|厂里|店里(的)?(流水|货款)")
_COMING = re.compile(
    r"到账|到期|到手|到[^，。]{0,3}卡|到(?=，|。|$|的|了|嘛|呀|啊|日子)|下来|打(给|到|过来|我|进|(?=，|。|$|钱))|发(下来|给我|工资|奖|钱|(?=，|。|$|的|了|吧|到))|放款|放到我|结(?!婚|构)|还(我|给我|回来)|返|回(来|款|拢|笼)|批|分(红|给我|到)|拿(到|回)|给我|出来|收(齐|到|回)|赎|兑|满|解禁|解锁|出栏|奖|花红|绩效|尾款|能动|开放|付款|汇|到位|年金|领"
)
_ARRIVES = re.compile(r"到|打|发|放|结|还|返|回|批|拿|收|赎|兑|满|解|出|领|给我")
KEPT = {True: 1.2, False: 3.0}  #: what speaks against a sum that lies with an institution
_ASKS_WHEN = re.compile(r"什么时候|啥时候|几时|哪天|几号|几月|到期了?(没|吗)|快到")
FAR = 240  #: days to a bare month or day from which the one just gone is meant


@dataclass(frozen=True, slots=True)
class Episode:
    """一段: signs of free money in neighbouring turns. `sure`: known to be one, so that bare numbers are 万."""

    signs: tuple[Mention, ...]
    sure: bool = False

    @property
    def first(self) -> int:
        return self.signs[0].turn

    @property
    def last(self) -> int:
        return self.signs[-1].turn

    @property
    def keys(self) -> set[str]:
        return {s.key for s in self.signs}

    @property
    def turns(self) -> set[int]:
        return {s.turn for s in self.signs}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sum that was spoken of, how much speaks for it, and whether it lies with an institution."""

    money: Amount
    turn: int
    weight: float
    kept: bool


def total(document: Document, turns: Sequence[Turn], episode: Episode) -> tuple[Amount | None, Mark | None, bool]:
    """The episode's sum, its place, and whether it lies with an institution."""
    found = list(_weighed(document, turns, episode))
    best = max(found or _asked_about(document, episode), key=lambda w: w.weight, default=None)
    if best is None:
        return None, None, False
    money = _half(best.money) if _takes_half(document, episode, best) else best.money
    return money, Mark(best.turn, best.money.start, best.money.end), best.kept


def _weighed(document: Document, turns: Sequence[Turn], episode: Episode) -> Iterator[Weighed]:
    for turn in turns:
        if not turn.by_customer or turn.suspect:
            continue
        for money in _amounts(document, turn, episode):
            kept = _is_kept(document, turn, money)
            weight = _weight(document, turn, money, episode)
            yield Weighed(
                money, turn.index, weight - (KEPT[episode.sure] if kept and not _free(turn.text, money) else 0.0), kept
            )
    for turn in document.turns[max(episode.first - 1, 0) : episode.last + 3]:
        if turn.by_customer or _LURED.search(turn.text) or not _agreed(document, turn):
            continue
        for money in values.amounts(turn.text, episode.sure):
            if _may_be(turn.text, money):
                weight = _standing(turn.index, episode) + (1.6 if _SUMS_UP.search(turn.text) else 0.0)
                weight += 0.8 if turn.index + 1 in episode.turns else 0.0
                yield Weighed(money, turn.index, weight + _free(turn.text, money), False)


def _asked_about(document: Document, episode: Episode) -> list[Weighed]:
    """您账上的三十万打算怎么用: the sum stands in the question alone."""
    prompts = (document.prompt(number) for number in sorted(episode.turns))
    asked = {p.index: p for p in prompts if p is not None and not _LURED.search(p.text)}
    return [
        Weighed(money, number, 0.0, False)
        for number, turn in asked.items()
        for money in values.amounts(turn.text)
        if _may_be(turn.text, money)
    ][:1]


def _agreed(document: Document, turn: Turn) -> bool:
    """He says yes to the advisor's sum and names none himself."""
    reply = document.reply(turn.index)
    if reply is None:
        return False
    answer = document.turns[reply.turn].text
    yes = reply.answer in (Answer.YES, Answer.NOD) or bool(_AGREES.match(answer))
    return yes and not any(_may_be(answer, a) for a in values.amounts(answer, len(answer) <= 16))


def _standing(turn: int, episode: Episode) -> float:
    """How near the turn is to the signs."""
    if turn in episode.turns:
        return 3.0
    if turn > episode.last:
        return 2.2 - 0.3 * (turn - episode.last)
    if turn > episode.first:
        return 2.4
    return 1.8 - 0.3 * (episode.first - turn)


def _weight(document: Document, turn: Turn, money: Amount, episode: Episode) -> float:
    before = turn.text[max(money.start - 10, 0) : money.start]
    weight = _standing(turn.index, episode) + (0.2 if money.kind == "money" else 0.0)
    weight += 0.1 if money.low == money.high else 0.0
    free = _free(turn.text, money)
    weight += free + 0.05 * (turn.index - episode.first) if turn.index >= episode.first else 0.3 * free
    weight += 1.0 if _CHOSEN.search(before) else 0.0
    if _SPARED.match(turn.text[money.end :]) or _TAKEN_BACK.match(turn.text[money.end :]):
        weight -= 3.0
    prompt = document.prompt(turn.index)
    if prompt is not None and prompt.index == turn.index - 1 and values.amounts(prompt.text, True):
        # he puts the advisor's sum right, or says it after him
        weight += 1.8 if _SUMS_UP.search(prompt.text) else 0.8
    if _DENIED.search(before):
        weight -= 2.5
    return weight - 0.001 * money.start


def _free(text: str, money: Amount) -> float:
    """What speaks for the free part: 剩下一百五, 三百六能动."""
    before, after = text[max(money.start - 7, 0) : money.start], text[money.end : money.end + 8]
    if _LOST.search(text[max(money.start - 20, 0) : money.start]):
        return 0.0
    return 2.0 if _LEFT.search(before) or _MOVABLE.match(after) else 0.0


def _takes_half(document: Document, episode: Episode, best: Weighed) -> bool:
    """动一半, where no sum stands for the half."""
    spoken = [t for t in document.turns[best.turn : episode.last + 1] if t.by_customer]
    after = (t.text[best.money.end :] if t.index == best.turn else t.text for t in spoken)
    return document.turns[best.turn].by_customer and any(_HALF.search(text) for text in after)


def _half(money: Amount) -> Amount:
    low, high = (None if end is None else end / 2 for end in (money.low, money.high))
    return replace(money, low=low, high=high)


def _may_be(text: str, money: Amount, sure: bool = False, least: int = LEAST) -> bool:
    """Not a debt, a premium, a price: and more than pocket money."""
    if max(money.low or 0, money.high or 0) < least:
        return False
    before = text[max(money.start - 10, 0) : money.start]
    if not sure and _COMPANY.search(text[max(money.start - 16, 0) : money.start]):
        return False
    if before.endswith("剩") and _LOST.search(text[: money.start]):
        return False
    if money.kind == "ellipsis" and max(money.low or 0, money.high or 0) in (10_000, 20_000):
        return False  # 一 and 两 count things
    if money.kind == "ellipsis" and re.search(r"[个这本]月$", before):
        return False  # 下个月21到期
    if _LEFT.search(before):
        return True
    return not (_NOT_SUM.search(before) or _AFTER_NOT.search(text[money.end : money.end + 7]))


def _amounts(document: Document, turn: Turn, episode: Episode) -> list[Amount]:
    """The sums of the turn; bare numbers count as 万 after 多少, beside a sign, or where money is known to be meant."""
    prompt = document.prompt(turn.index)
    asked = prompt is not None and prompt.index == turn.index - 1 and _HOW_MUCH.search(prompt.text)
    corrected = turn.text.startswith(("不对", "不是", "说错", "不止"))
    signed = turn.index in episode.turns
    bare = ((asked or corrected) and len(turn.text) <= 24) or (signed and _COUNTED.search(turn.text))
    parts = _SET_ASIDE.search(turn.text) or (prompt is not None and _SET_ASIDE.search(prompt.text))
    if episode.sure and (signed or (asked and len(turn.text) <= 24)):
        found = values.amounts(turn.text, True)
    else:
        found = values.amounts(turn.text)
        if bare and not found:
            found = values.amounts(turn.text, True)
        elif parts:
            found = values.amounts(turn.text, True)
            found = tuple(a for a in found if a.kind == "money" or _free(turn.text, a))
    kept = [a for a in found if _may_be(turn.text, a, episode.sure)]
    if not kept and episode.sure and signed:
        kept = [a for a in found if a.kind == "money" and _may_be(turn.text, a, True, 100)]
    return kept


def _is_kept(document: Document, turn: Turn, found: Amount) -> bool:
    """A sum that lies with a named institution, in the same breath."""
    low = max(found.start - 24, 0)
    return any(low <= m.start <= found.end + 10 for m in document.of("institution", turn=turn.index))


def available_from(
    document: Document, episode: Episode, turns: Sequence[Turn], place: Mark | None = None
) -> str | None:
    """From when the money is there: the day said with its coming, in the episode's words, else close by."""
    told = place.turn if place is not None else episode.first
    near = [t for t in turns if episode.first - 3 <= t.index <= episode.last + 2]
    own = [t for t in near if t.index in episode.turns or t.index == told]
    beside = [t for t in near if t not in own and not _of_another(document, t)]
    told_by_him = [p for t in own if (p := document.prompt(t.index)) is not None and _agreed(document, p)]
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
        comes = _COMING.search(around) or asked
        if comes or day.on in due:
            plain = 2.0 if _ARRIVES.search(after[:6]) else 1.0
            yield plain + (0.5 if "到账" in after else 0.0) - 0.001 * day.start, day.on
