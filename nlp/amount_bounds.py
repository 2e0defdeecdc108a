"""金额的界: words before and after a sum that open, close or shift it – 不到, 至少, 将近, 出头, 以内, 以上."""

import re
from dataclasses import dataclass
from decimal import Decimal

_FILL = r"[^,.。;!?、\s0-9零一二三四五六七八九十百千万亿两几]{0,6}"
_TIGHT = r"(?:[了个这那也]|有|大概|差不多){0,2}"
_LEFT = re.compile(
    rf"(?P<upper>(?:(?:至多|最多|最高|顶多|顶天|顶格|撑死|充其量|上限|控制在|限额|不超过?|没超过?|别超过?|不能超过?"
    rf"|不要超过?|不会超过?|不高于|不多于|不大于){_FILL}"
    rf"|(?:不到|没到|没有到|到不了|达不到|未到|不足|不够|没够|未满|不满|没满|低于|少于|小于|没过){_TIGHT}))$"
    rf"|(?P<lower>(?:(?:至少|起码|最少|最低|最起码|少说|少说也有|少讲|少不了|怎么(?:也|着|着也|说也)|保底|下限){_FILL}"
    rf"|(?:超过|超出|超|多于|高于|大于|不止|不只|不低于|不少于|不下于?|不小于|突破|越过|过了){_TIGHT}))$"
    rf"|(?P<minus>(?:将近|将进|接近|逼近|临近|几近|快要?到?有?|快[够凑]|近|小|差点儿?(?:就|到|有)?|差一点儿?(?:就"
    rf"|到|有)?|几乎有?|眼看(?:就|要|就要)?|奔着?)(?:了|个)?)$"
)
_NOT_MINUS = re.compile(
    r"(?:[赶尽很太挺凉痛最越加不块更飞勤爽愉欢外]快|[最附靠远亲新走贴]近|[大最缩减渺弱胆从较太很变细狭微家越再]小"
    r"|投奔)$"
)
_BARE_LOWER = re.compile(r"(?<![账卡手身线网以之晚早马车加还交凑补再搭算押楼])(?:上|过|达|破|好)$")
_RIGHT = re.compile(
    r"(?:的(?=样子|以))?\s?(?:(?P<plus>出头|挂点?个?零头?|带点?儿?零头?|带零|带点零|冒头|冒个?尖|冒点?儿?尖?|有零"
    r"|零头|带拐弯|拐弯|刚过|刚出头|多一点点?(?!都)|多点)"
    r"|(?P<upper>以内|之内|以下|之下|往下|朝下|内(?!部|地|容|资|盘|在|卷|幕)|封顶|顶天|到顶|到头|为限"
    r"|都?(?:还)?[不没]到(?![账期手位款家\d一二三四五六七八九十两几百])|(?:顶多|最多|撑死|至多)了?(?=[吧啊呗,.。\s]|$)|为上限|不能再多)"
    r"|(?P<lower>(?:或|及|和|朝)?(?:以上|之上|往上|朝上|向上)|开外|打底|都?不止|还(?:要)?多(?!少)|有余|保底"
    r"|(?:起码|至少)了?(?=[吧啊呗,.。\s]|$)|\+))"
)
_APPROX = re.compile(r"左右|上下|的样子|这样子?|光景|差不多")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The interval after the words around it were heard, and the span with those words."""

    low: Decimal | None
    high: Decimal | None
    start: int
    end: int


def bounds(t: str, low: Decimal, high: Decimal, start: int, end: int, bare: bool) -> Bounds:
    """`low`–`high`, said at `start`–`end`, with what stands around it. `bare`: begins with a unit (上百万)."""
    right = _RIGHT.match(t, end)
    left = _left(t, start, bare)
    new_start = left[1] if left else start
    new_end = right.end() if right else end
    approx = None if right else _APPROX.match(t, end)
    new_end = approx.end() if approx else new_end
    side = (right.lastgroup if right else None) or (left[0] if left else None)
    return Bounds(*_moved(low, high, side, left), new_start, new_end)


def _moved(
    low: Decimal, high: Decimal, side: str | None, left: tuple[str, int] | None
) -> tuple[Decimal | None, Decimal | None]:
    if side == "upper":
        return None, high
    if side == "lower":
        return low, None
    if side == "plus":
        return low, max(high, low * Decimal("1.1"))
    if side == "minus":
        return low * Decimal("0.9"), high
    return low, high


def _left(t: str, start: int, bare: bool) -> tuple[str, int] | None:
    window = t[max(0, start - 14) : start]
    m = _LEFT.search(window)
    shift = start - len(window)
    if m and m.lastgroup and not (m.lastgroup == "minus" and _NOT_MINUS.search(window)):
        return m.lastgroup, shift + m.start()
    over = _BARE_LOWER.search(window) if bare else None
    return ("lower", shift + over.start()) if over else None
