"""是不是钱: whether a numeral with its unit is a sum of money, and which unit was left out."""

import re
from dataclasses import dataclass
from decimal import Decimal

from nlp.amount_context import REACH, before, clause, cues
from nlp.amount_units import Counted
from nlp.numeral_sections import WAN, YI, Numeral

_BARE_BEFORE = re.compile(
    r"(?:上|过|近|快|小|达|超|破|到|有|满|差不多|不足|没|几乎|至少|最少|起码|不止|了|个|是|身家|资产|大概|约|好"
    r"|存款|还要|赚|亏|赔|花|存|少说)$"
)
_BARE_AFTER = re.compile(
    r"块|元|以上|以下|以内|左右|上下|出头|多|资产|身家|级|本金|现金|资金|存款|吧|起|的?(?:资金|资产|钱|本金|存款"
    r"|仓位|货|单子|理财|产品|门槛|量|额度|以上)"
)
_BEFORE_YUAN = re.compile(r"(?:¥|人民币|rmb|cny)\s*$")
_END = re.compile(
    r"(?:左右|上下|出头|挂零|的?样子|这样|以上|以内|之内|以下|往上|打底|不到|吧|了|呢|啊|吗|嘛|呗|咯|喽|的|也|都"
    r"|就|行|够|或|还是|到|那|给|来|可以|能|已经|我|你|是|在|不|要|想|出|进|过|还|没|买|做|炒|搁|趴|躺|挂|闲|全|转"
    r"|放|存|拿|先|[,、.。;!?…~]|\s|$)"
)
#: what may follow besides where money is known to be meant: 两百大额存单, 八十下个月到, 留二十备着
_MEANT_END = re.compile(
    r"大额|存单|定期|活期|理财|信托|基金|股票|国债|年金|私募|货基|市值|现金|[上下]个?(?:月|周|礼拜|星期)"
    r"|[这明后今]|年底|月底|春节|国庆|[她他才做备打再另留两一算]"
)
_PLAIN_END = re.compile(
    r"(?:左右|上下|出头|以上|以内|往上|打底|不到|吧|了|呢|啊|吗|嘛|呗|的|也|都|就|行|够|或|还是|[,、.。;!?…]|\s|$)"
)
_DIVIDED = re.compile(r"[这那分成切每第几另]$")
_PER = re.compile(r"[一每](?:股|张|克|手|份|瓶|个月|年|天|平|斤|次|位|月)")
_PAID = re.compile(
    r"(?:投|存|转|赚|亏|取|花|扣|交|发|借|还|退|充|付|打|汇|剩|留|凑|攒|拿|收|给|补)(?:个|了|过|我|你|他|您|进去?"
    r"|出来?|来|满)*$"
)
_YUAN_THINGS = re.compile(r"利息|红利|分红|费|工资|每个?月|一个?月|税")
_MOVED = re.compile(r"(?:转|还|交|赚|亏|花|到|剩|取|放|过去|过来|挪|补|拿)$")
_AGED = re.compile(r"(?:等到|活到|满|过了|虚岁|今年|都|快|他们|我爸|我妈|老人|岁数)$")
_STOP = re.compile(r"[。!?;]")


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum before the words around it were heard. `kind`: money or ellipsis; `marked`: 块 or 元 was said."""

    number: Numeral
    end: int
    kind: str = "money"
    marked: bool = False


def judge(t: str, c: Counted, assume_wan: bool) -> Sum | None:
    """The sum that `c` stands for, or None."""
    if c.number.code or c.kind in ("foreign", "counted") or _foreign_before(t, c):
        return None
    if c.kind == "yuan":
        return _yuan(t, c)
    if c.kind == "ge":
        return _ge(t, c, assume_wan)
    if c.number.great:
        return _great(t, c)
    return _plain(t, c, assume_wan)


def _foreign_before(t: str, c: Counted) -> bool:
    return bool(re.search(r"(?:港[币元]|美[元金]|欧元|日元|英镑|澳元|加元|\$)\s*$", before(t, c.number.start)))


def _yuan(t: str, c: Counted) -> Sum | None:
    n = c.number
    if n.low < 10 and t[n.end : c.end] == "块" and n.low == n.high and not n.decimal:
        left, right = clause(t, n.start, c.end)
        if _DIVIDED.search(before(t, n.start)) or not cues()["money"].search(t[left:right]):
            return None
    return Sum(n, c.end, marked=True)


def _great(t: str, c: Counted) -> Sum | None:
    n = c.number
    if cues()["name_before"].search(before(t, n.start)) and not before(t, n.start).endswith("转"):
        return None
    left, _ = clause(t, n.start, c.end)
    if cues()["not_money_before"].search(t[left : n.start]):
        return None
    if n.bare and not n.fuzzy and not (_BARE_BEFORE.search(before(t, n.start)) or _BARE_AFTER.match(t, n.end)):
        return None
    return Sum(n, c.end)


def _ge(t: str, c: Counted, assume_wan: bool) -> Sum | None:
    """五十个: 万 is meant where money is spoken of and nothing else is named."""
    n = c.number
    after = t[c.end : c.end + 6]
    if n.great or n.bare or n.high >= 10_000 or not _END.match(after):
        return None
    if cues()["name_before"].search(before(t, n.start)) or _DIVIDED.search(before(t, n.start)):
        return None
    if assume_wan or _wan_meant(t, c):
        return Sum(n.times(WAN), c.end, "ellipsis")
    return None


def _wan_meant(t: str, c: Counted) -> bool:
    left, right = clause(t, c.number.start, c.end)
    if cues()["counted_things"].search(t, left, right):
        return False
    if c.number.high < 10 and not c.number.fuzzy:
        strong = t[left : c.number.start] + "," + t[c.end : right]
        return c.number.low > 2 and bool(cues()["wan_meant_strong"].search(strong))
    other = t[max(0, c.number.start - REACH) : c.number.start] + "," + t[c.end : c.end + REACH]
    return bool(cues()["wan_meant"].search(other))


def _plain(t: str, c: Counted, assume_wan: bool) -> Sum | None:
    """A number with neither 万 nor 块: 三千五, 四百二, 8k, 成本二十三."""
    n = c.number
    words = before(t, n.start)
    if _BEFORE_YUAN.search(words):
        return Sum(n, c.end, marked=True)
    left, right = clause(t, n.start, c.end)
    if cues()["price"].search(words) and _PLAIN_END.match(t, c.end):
        return Sum(n, c.end, "ellipsis")
    if words.endswith(("万", "千", "点")) or cues()["name_before"].search(words):
        return None  # 万三 is a commission rate
    if cues()["reading"].search(t, left, right):
        return None
    if n.bare and not n.fuzzy:
        return None
    if assume_wan and n.low < 10_000 and not n.decimal and n.step < 1000 and _ends(t, c):
        return Sum(n.times(WAN), c.end, "ellipsis")
    if not _big_enough(t, n):
        return None
    if _PER.match(t, c.end):
        return Sum(n, c.end, "ellipsis")
    if _PAID.search(words) and not said_in_digits(t, n):
        meant = assume_wan and 100 <= n.low < 10_000 and n.step < 1000
        return Sum(n.times(WAN) if meant else n, c.end, "ellipsis")
    if not _END.match(t, c.end):
        return None
    sure = assume_wan or cues()["money"].search(t, left, right)
    return Sum(n, c.end, "ellipsis") if sure else None


def _ends(t: str, c: Counted) -> bool:
    """Whether the number stands alone; one of two digits and more also where a thing, a time or a verb follows."""
    return bool(_END.match(t, c.end) or (c.number.low >= 10 and _MEANT_END.match(t, c.end)))


def _big_enough(t: str, n: Numeral) -> bool:
    """Said in hundreds or thousands, or a round Arabic number that is no code and no year."""
    said = t[n.start : n.end]
    if not said[0].isdigit() or not said.isdigit():
        return n.low >= 100 and not n.decimal
    return n.low >= 1000 and n.low % 100 == 0 and (len(said) != 6 or said.endswith("000"))


def said_in_digits(t: str, n: Numeral) -> bool:
    return t[n.start : n.end].isdigit()


def elliptic(t: str, c: Counted, own: Sum | None, neighbours: list[Sum]) -> Sum | None:
    """A number that takes its 万 or 块 from the sum beside it: 三十万不够, 得八十. `own` is what it is by itself."""
    n = c.number
    if c.kind != "none" or n.great or n.code or n.bare or n.decimal or n.high >= 1000 or n.high < 3:
        return own
    if own and (n.low < 100 or _YUAN_THINGS.search(t, max(0, n.start - 8), n.start)):
        return own
    if not _PLAIN_END.match(t, c.end) or _is_age(t, c) or _named(t, n):
        return own
    near = [s for s in neighbours if _near(t, s, n)]
    nearest = min(near, key=lambda s: _distance(s, n), default=None)
    factor = nearest and _factor(nearest)
    if not nearest or not factor or not _alike(n, nearest, factor):
        return own
    return Sum(n.times(factor), c.end, "ellipsis")


def _named(t: str, n: Numeral) -> bool:
    words = before(t, n.start)
    return bool(cues()["name_before"].search(words)) or words[-1:] in tuple("月年号点分:.几第万千")


def _is_age(t: str, c: Counted) -> bool:
    """80多了, 等到七十."""
    if not 40 <= c.number.low <= 100:
        return False
    after = t[c.end : c.end + 1] == "了" and not _MOVED.search(before(t, c.number.start))
    return after or bool(_AGED.search(before(t, c.number.start)))


def _near(t: str, s: Sum, n: Numeral) -> bool:
    gap = t[min(s.end, n.end) : max(s.number.start, n.start)]
    return len(gap) <= 14 and not _STOP.search(gap)


def _alike(n: Numeral, s: Sum, factor: Decimal) -> bool:
    """Of one size: 三百万, 现在剩两百一; not 十万送一百."""
    ratio = n.high * factor / max(s.number.high, Decimal(1))
    return Decimal("0.2") <= ratio <= 5 if n.low >= 100 else ratio <= 30


def _distance(s: Sum, n: Numeral) -> int:
    return max(s.number.start - n.end, n.start - s.end)


def _factor(s: Sum) -> Decimal | None:
    if s.number.great in (WAN, YI):
        return s.number.great
    return Decimal(1) if s.marked and s.number.high < 10_000 else None
