"""闲置资金的数额与时间: the sum of an episode of free money, and the day from which it is there.

Every sum that is spoken of around the episode is weighed: where it stands, what is said before and after it, whether
the advisor sums up with it and the customer agrees. The heaviest is the sum; of a sum from which something is set
aside the free part.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nlp.amounts import Amount
from nlp.document import Answer, Document, Mark, Mention, Turn
from nlp.recognizers.ledger import Ledger, Spoken, equal, ledger

_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|方便(讲|说)|对吧|是有|左右|万")
_LURED = re.compile(r"起|门槛|新客|送|中签|缴款|限额|日均|活动|利率|收益")
SHRUNK = re.compile(r"投了|进去|亏|跌|套|赔|剩.{0,3}十|买的|万块钱，")
_LOST = re.compile(r"投了|亏|跌|套[着牢住了在]|赔")
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
_COMPANY = re.compile(r"公司(账|的|户|现在|里)|公账|单位(的|账)|厂里|店里(的)?(流水|货款)")
COMING = re.compile(
    r"到账|到期|到手|到[^，。]{0,3}卡|到(?=，|。|$|的|了|嘛|呀|啊|日子)|下来|打(给|到|过来|我|进|(?=，|。|$|钱))|发(下来|给我|工资|奖|钱|(?=，|。|$|的|了|吧|到))|放款|放到我|结(?!婚|构)|还(我|给我|回来)|返|回(来|款|拢|笼)|批|分(红|给我|到)|拿(到|回)|给我|出来|收(齐|到|回)|赎|兑|满|解禁|解锁|出栏|奖|花红|绩效|尾款|能动|开放|付款|汇|到位|年金|领|退(回|给|下来|了)|清算|过户|付(清|款)|落袋|尾款|拿钱"
)

_OWED = re.compile(r"(欠(?!我)|房贷|车贷|月供)(还|了|着|剩|有|差|大概){0,4}$")
_ASKS = re.compile(r"[吗呢？?]|打算|怎么|想")
_SPENT = re.compile(
    r"还(了|掉|给|他|她|债|贷|银行|欠)|给(?!我|你|您|咱)[^，。]{0,4}$|给(儿|女|我[爸妈弟哥姐妹儿女老婆爱]|他|她|孩|孙|家)|交|首付|要用|学费|彩礼|嫁|陪嫁|装修|扣|税|垫|修|发工资|看病"
)
_INVESTS = re.compile(r"(拿|转|放|投|买|做|配|加|打|挪|划|匀|抽|拨|取|存|搞|弄)(个|了|出来?|过来|进去?|它|先|上|到)?$")
_INTO = re.compile(
    r"^(左右|块钱?|多)?(全)?(转|放|投|买|做|进|过来|拿|挪|打进|给你|交给|帮我|随便|你帮|你给|替我|都|全)"
)
_OPENED = re.compile(r"起(投|点|步)?|门槛|够|差|日均|额度|五十万|资产")
_THING = re.compile(r"一手|一股|一份|一只|手机|车$|房子|一套|一平")
_REST_WORD = re.compile(r"剩|余下|其余|能动|富余|另外那|净|到手|落袋|真正")
#: what is to be seen of a sum: name, pattern, where
_SEEN = (
    ("left", _LEFT, "before"),
    ("movable", _MOVABLE, "after"),
    ("chosen", _CHOSEN, "before"),
    ("no sum before", _NOT_SUM, "before"),
    ("no sum after", _AFTER_NOT, "after"),
    ("spared", _SPARED, "after"),
    ("denied", _DENIED, "before"),
    ("spent", _SPENT, "clause"),
    ("spent before", _SPENT, "before"),
    ("invests", _INVESTS, "before"),
    ("into", _INTO, "after"),
    ("threshold", _OPENED, "clause"),
    ("thing", _THING, "before"),
    ("rest word", _REST_WORD, "clause"),
    ("comes", COMING, "clause"),
    ("here", HERE, "clause"),
)
BEFORE, AFTER = 5, 5  #: turns around the episode
NEAR = 5  #: turns from a sign to a plain sum
SMALL = 3500  #: yuan; less is seldom an investment
WEIGHTS: Mapping[str, float] = {
    "movable": 2.1,
    "echoed": 2.0,
    "left": 1.8,
    "agreed": 1.5,
    "asked how much": 1.3,
    "chosen": 1.2,
    "size": 1.2,
    "last": 1.2,
    "here": 1.0,
    "role rest": 1.0,
    "his between": 1.0,
    "spent": 0.8,
    "his inside": 0.8,
    "role taken": 0.7,
    "sums up": 0.6,
    "counted": 0.6,
    "refines": 0.5,
    "into": 0.4,
    "advisor's after": 0.4,
    "kept free": 0.3,
    "spared": 0.2,
    "spent before": -0.3,
    "invests": -0.4,
    "company": -0.5,
    "role whole": -0.6,
    "denied": -0.7,
    "again": -0.7,
    "thing": -0.7,
    "threshold": -0.7,
    "comes": -0.7,
    "distance": -0.7,
    "lured": -0.7,
    "advisor's before": -0.8,
    "his after": -0.8,
    "asked about": -0.9,
    "rest word": -1.0,
    "no sum before": -1.4,
    "refined": -1.5,
    "bare": -1.6,
    "role part": -1.6,
    "no sum after": -1.9,
}


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
    """A sum that was spoken of, what is to be seen of it, and whether it lies with an institution."""

    spoken: Spoken
    signs: Mapping[str, float]

    @property
    def weight(self) -> float:
        return sum(WEIGHTS.get(name, 0.0) * value for name, value in self.signs.items())

    @property
    def kept(self) -> bool:
        """Whether it lies with an institution."""
        return "kept" in self.signs

    @property
    def is_plain(self) -> bool:
        """Whether it is said so that it can hardly be anything but a sum of his."""
        seen = self.signs.keys()
        if self.spoken.size < SMALL or not seen.isdisjoint({"company", "lost"}):
            return False
        if not seen.isdisjoint({"no sum before", "no sum after"}) and "left" not in seen:
            return False
        if self.spoken.turn.by_customer:
            answers = {"asked how much", "short answer"} <= seen
            return "bare" not in seen or answers or not seen.isdisjoint({"left", "counted"})
        return "agreed" in seen and "lured" not in seen


def total(document: Document, episode: Episode) -> tuple[Amount | None, Mark | None, bool]:
    """The episode's sum, its place, and whether it lies with an institution. Where it is not known that free money is
    meant, one of the sums must be plainly such."""
    found = list(weighed(document, episode))
    plain = [w for w in found if w.is_plain and w.signs["distance"] <= NEAR]
    best = max(found, key=_rank, default=None)
    if best is None or not (plain or episode.sure):
        return None, None, False
    one = best.spoken
    money = _half(one.money) if _takes_half(document, episode, one) else one.money
    kept = all(w.kept for w in plain or [best])
    return money, Mark(one.turn.index, one.money.start, one.money.end), kept


def _rank(one: Weighed) -> tuple[float, int]:
    return one.weight, -one.spoken.turn.index


def weighed(document: Document, episode: Episode) -> Iterator[Weighed]:
    """Every sum in and around the episode that may be the free one."""
    turns = document.turns[max(episode.first - BEFORE, 0) : episode.last + AFTER + 1]
    sign = episode.signs[0]
    spoken = ledger(turns, (sign.turn, sign.start))
    latest = max((s.place for s in spoken.sums), default=(0, 0))
    largest = max((s.size for s in spoken.sums), default=1.0)
    for one in spoken.sums:
        if _OWED.search(one.turn.text[: one.money.start]):
            continue
        signs = dict.fromkeys(_signs(document, one, episode, spoken), 1.0)
        signs["size"] = math.log10(one.size / largest)
        signs["distance"] = float(_distance(one.turn.index, episode))
        signs["last"] = float(one.place == latest)
        yield Weighed(one, signs)


def _distance(turn: int, episode: Episode) -> int:
    return min(abs(turn - number) for number in episode.turns)


def _signs(document: Document, one: Spoken, episode: Episode, spoken: Ledger) -> Iterator[str]:
    turn, money = one.turn, one.money
    yield from _where(document, one, episode)
    yield from (f"role {role}" for role in sorted(set(spoken.roles(one))))
    own, other = spoken.echoes(one)
    yield from [name for name, true in (("again", own), ("echoed", other)) if true]
    if one.bare:
        yield "bare"
        if money.text.endswith("个") or turn.text.startswith("个", money.end):
            yield "counted"
    text = turn.text
    before, after = text[max(money.start - 10, 0) : money.start], text[money.end : money.end + 8]
    own_clause = turn.clauses[turn.clause_at(money.start)]
    clause = text[own_clause[0] : own_clause[1]]
    for name, pattern, where in _SEEN:
        if pattern.search({"before": before, "after": after, "clause": clause, "text": text}[where]):
            yield name
    if _COMPANY.search(text[max(money.start - 16, 0) : money.start]):
        yield "company"
    if before.endswith("剩") and _LOST.search(text[: money.start]):
        yield "lost"
    yield from _beside(one, spoken)
    if _is_kept(document, turn, money):
        yield "kept"
        if _LEFT.search(before) or _MOVABLE.search(after):
            yield "kept free"


def _beside(one: Spoken, spoken: Ledger) -> Iterator[str]:
    """十来万吧, 十一二万: the second makes the first precise, or puts it right."""
    for other in spoken.sums:
        if other.turn is not one.turn or other is one or not 0.6 < other.size / one.size < 1.7:
            continue
        if equal(one.size, other.size):
            continue
        gap = one.turn.text[min(one.money.end, other.money.end) : max(one.money.start, other.money.start)]
        if len(gap) <= 6 and not re.search(r"剩|能|加|还|给|留|到手|净", gap):
            yield "refines" if other.place < one.place else "refined"


def _where(document: Document, one: Spoken, episode: Episode) -> Iterator[str]:
    """Who said it, where, and in answer to what."""
    number, turn = one.turn.index, one.turn
    side = "his" if turn.by_customer else "advisor's"
    if number in episode.turns:
        yield f"{side} inside"
    elif number > episode.last:
        yield f"{side} after"
    elif number > episode.first:
        yield f"{side} between"
    else:
        yield f"{side} before"
    prompt = document.prompt(number)
    if turn.by_customer:
        if prompt is not None and prompt.index == number - 1 and _HOW_MUCH.search(prompt.text):
            yield "asked how much"
            if len(turn.text) <= 24:
                yield "short answer"
        return
    if agreed(document, turn):
        yield "agreed"
    if _LURED.search(turn.text):
        yield "lured"
    if _SUMS_UP.search(turn.text):
        yield "sums up"
    if _ASKS.search(turn.text[one.money.end :]):
        yield "asked about"


def agreed(document: Document, turn: Turn) -> bool:
    """He says yes to the advisor's words."""
    reply = document.reply(turn.index)
    if reply is None:
        return False
    return reply.answer in (Answer.YES, Answer.NOD) or bool(_AGREES.match(document.turns[reply.turn].text))


def _takes_half(document: Document, episode: Episode, best: Spoken) -> bool:
    """动一半, where no sum stands for the half."""
    spoken = [t for t in document.turns[best.turn.index : episode.last + 1] if t.by_customer]
    after = (t.text[best.money.end :] if t is best.turn else t.text for t in spoken)
    return best.turn.by_customer and any(_HALF.search(text) for text in after)


def _half(money: Amount) -> Amount:
    low, high = (None if end is None else end / 2 for end in (money.low, money.high))
    return replace(money, low=low, high=high)


def _is_kept(document: Document, turn: Turn, found: Amount) -> bool:
    """A sum that lies with a named institution, in the same breath."""
    low = max(found.start - 24, 0)
    return any(low <= m.start <= found.end + 10 for m in document.of("institution", turn=turn.index))
