"""联系时段的说法: the windows that one utterance of the customer states, in the light of what the talk is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from nlp import windows
from nlp.document import Mark
from nlp.times import wishes
from nlp.windows import TimeExpr, Window

#: without one of these no time is looked for
TIME = re.compile(
    r"[点号月节盘市班晚早夜钟饭]|[上下中晌][午昼]|午休|午睡|周|礼拜|星期|[今明后前改隔哪每几两]天|时候|时间|会儿?|等下|随时|白天|傍晚"
    r"|国庆|春节|工作日|双休|完了|回来|以后|之后|过后|[0-9]:|平时|平常|小时|分钟|刻|[0-9]点|早上|年底|月底|月初"
)
ASKS_WHEN = re.compile(
    r"(什么时候|啥时候|啥时间|什么时间|什么时段|哪个时间|哪天|几点|何时|多久|嘛时候|么时候|几时|哪个点)[^。？！]{0,14}"
    r"(方便|打|联系|有空|合适|接|在家|得空|得闲|找|收工|给|聊|通话|听)"
    r"|(方便|联系|打|接|找)[^，。？！]{0,8}(什么时候|啥时候|几点|什么时间|哪个时间|几时)"
    r"|(什么时候|几点|啥时候)[^，。？！]{0,3}(您|你|比较|好|呢|，|。|？|$)|(您|你)(看)?(时间)(呢|，|？)"
)
HABIT = re.compile(
    r"一般|平时|(?<![点分钟盘班饭午课天号半前完之睡])以后(?=[^，。]{0,8}[打找联聊别有你])|通常|往后|今后|平常|平日|有事|有啥|你要(打|找)|要找我|要聊|下回|下次(?!给)|每|都行|都可以|才好|才有空|嘛时候给您打合适"
)
THIS_TIME = re.compile(r"那我(?!以后|平时)[^，。？！]{0,6}(什么时候|几点|啥时候|哪天)|再给您打|再联系您|收工|改天|改约")
OFFERS = re.compile(r"打|电话|联系|方便|通话|聊|找您")
MEETS = re.compile(
    r"见面|拜访|上门|登门|会议|双录|面谈|当面|柜台|营业部|网点|到您(那|公司|家|店|厂)|去您|过来(一趟|办|拜访|村里|找)|来(我|俺)?(公司|家|厂|店)"
    r"|讲座|沙龙|直播|见证|手把手|我(就)?过(来|去)"
)
CALLS = re.compile(
    r"打(?!新|算|款|折|工|牌|开|钱|理|听|针|扫|印|卡|架|仗|底|不开|麻将|球|草|了[一二两三几])|电话|联系|找我|来电|接(?!着|受|近|孩|娃|小)|别发|聊|回我|call|语音|骚扰"
)
_AGREES = re.compile(
    r"^[嗯哦啊唉哎噢，。那]*(好|行|可以|中|要得|得|嗯|ok|没问题|成|对|是|记得|妥|没事|都行|都得|你打|打吧|那天|随你"
    r"|[^，。？！]{0,8}(可以|行|中|要得)(，|。|$))"
)
_NOT_THEN = re.compile(
    r"^[^，。？！；]{0,3}(不行|不得|没空|不方便|不在|上班|不要|别|不成|不中|没人|莫|我?(去|要|得|在)[^，。]{0,8}，?(没人|不在|没空|打了也))"
)
_BUT = re.compile(r"(除了|除开|避开|别|莫|不要|甭)[^，。？！；]{0,6}$")
_PLAIN = (
    ("开市", "开盘"), ("收市", "收盘"), ("点往后", "点以后"), ("晌午", "中午"), ("头晌", "上午"), ("下昼", "下午"), ("上昼", "上午"),
    ("收了盘以后", "收盘了以后"), ("收了盘", "收盘了"), ("晏昼", "中午"), ("夜晚", "晚上"), ("夜头", "晚上"), ("来钟", "左右"), ("开完市", "开盘后"), ("朝早", "早上"),
)  # fmt: skip
_CONTRAST = re.compile(r"白天|上班|平时|平常|平日|工作日|上午|下午|中午|早上|晚上")
_ENGAGED = re.compile(
    r"^[^，。？！；]{0,2}[^。？！；]{0,10}?(没空|没时间|不方便|不便|不好接|接不|不接|开会|上课|上班|干活|在路上|路上|在外|车间|忙|跑|开车|加班|不在|顾不|盯盘|听不|带团|睡|没人|不得)"
)
_THIRD = re.compile(
    r"(银行|工行|招行|建行|别家|人家|他们|人)[^，。？！；]{0,6}(给我)?(打|来)(过)?电话|打搅|打扰(您|你|了|啦)|法院|卡上|账上|到账|打款|万|放假前给我|叫我改天来|天天过"
)
_REASON = re.compile(
    r"我[^，。？！；]{0,6}(在(?!开会|开车|外面|忙|医院)|都|才|睡|上班|下班|收工|有空|得闲|有课|补觉|遛弯|在家)|白天|早上|别|莫|不要|腾不|雷打不动|收摊|下课|就行|娃|孩子|老人"
)
_DOES = re.compile(
    r"^[^，。？！；]{0,4}(自己|就弄|去弄|再弄|弄一下|回你|给你回|给你打|看看|操作|去办|过去|转给|转过|存|到期|到账)"
)
_SOON = re.compile(r"一会|等下|待会|等会|稍后|晚点|今天$")
_TALK_NOT = re.compile(r"^[^，。？！；]{0,3}不(聊|谈|接|办公)")
_PUTS_OFF = re.compile(r"^[^，。？！；]{0,6}(说|聊|讲|打|找|联系|回)|^(吧|咯|啦|，|。|$)")
_LATE = re.compile(r"晚|夜|睡|收工|下班|关门|打烊|散场|吃完饭|收摊")
_AT_WORK = re.compile(
    r"(上班|上课|工作)(的?时间|的?时候|期间)?(，)?(我)?(都|一般|就)?(不接|接不了|不方便接|不好接|不能接|不看手机|(你)?(别|莫|不要|甭)打|你?打来我?[^，。]{0,3}不好接|听不到)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """说到的时段: a window with its proof."""

    window: Window
    turn: int
    marks: tuple[Mark, ...]
    rule: str
    weight: float


def plain(text: str) -> str:
    """The text with dialect words for times as the standard ones, of the same length."""
    for said, meant in _PLAIN:
        if said in text:
            text = text.replace(said, meant)
    return text


def agrees(text: str) -> bool:
    """Whether a turn takes a proposal."""
    return bool(_AGREES.search(text))


def is_fixed(expr: TimeExpr) -> bool:
    """Whether it names an occasion: a date, 过几天, 一会儿; not a bare weekday or hour."""
    return expr.vague or expr.today or (expr.on is not None and expr.weekday is None)


def puts_off(text: str, expr: TimeExpr) -> bool:
    """晚九点后说, 明天下午两点吧: the talk goes on then."""
    return bool(_PUTS_OFF.match(text[expr.end :])) and not _SOON.match(expr.text)


def is_refused(text: str, expr: TimeExpr) -> bool:
    """下午不行, 除了周二."""
    return bool(_NOT_THEN.search(text[expr.end : expr.end + 18]) or _BUT.search(text[: expr.start]))


def joined(text: str, reference: datetime) -> list[TimeExpr]:
    """The times of a text; 明天早上, 八点多 – the day and then the hour – as one."""
    out: list[TimeExpr] = []
    for expr in windows.find_times(text, reference):
        last = out[-1] if out else None
        if last is not None and _completes(text, last, expr):
            out[-1] = _as_one(last, expr, reference)
        else:
            out.append(expr)
    return out


def _completes(text: str, first: TimeExpr, second: TimeExpr) -> bool:
    between = text[first.end : second.start]
    if len(between) > 9 or "别" in between or "莫" in between or second.past or second.has_day:
        return False
    bare = first.today and not first.has_clock
    return second.has_clock and not second.part and bool(bare or first.part or (first.has_day and not first.from_))


def _as_one(first: TimeExpr, second: TimeExpr, reference: datetime) -> TimeExpr:
    """Read again without what stands between them, so that 晚上, 八点 is 20:00."""
    again = windows.find_times(first.text + second.text, reference)
    if len(again) == 1:
        return replace(again[0], start=first.start, end=second.end)
    return replace(windows.combine(first, second), start=first.start)


def own(text: str, reference: datetime, once: bool, asked: bool) -> Iterator[Window]:
    """What he says by himself. `once`: bare hours are meant of this occasion, not of every day; `asked`: the talk is
    of calling, so that 明天没空 says when not to call."""
    if _THIRD.search(text) or not (asked or CALLS.search(text) or wishes.words()["call"].search(text)):
        return
    exprs = joined(text, reference)
    found = [_settled(w, exprs, once, text, reference) for w in windows.find_windows(text, reference)]
    found = [w for w in found if not _is_own_doing(w, text)]
    refused = {(w.days, w.date, w.from_, w.to) for w in found if w.polarity == "negated"}
    found = [w for w in found if w.polarity == "negated" or (w.days, w.date, w.from_, w.to) not in refused]
    yield from found
    yield from _contrasts(text, exprs, found, reference)
    hit = _AT_WORK.search(text)
    if hit and not any(w.polarity == "negated" for w in found):
        yield Window("recurring", None, None, "09:00", "18:00", "negated", hit.start(), hit.end(), hit[0])


def _settled(window: Window, exprs: list[TimeExpr], once: bool, text: str, reference: datetime) -> Window:
    """The window with the whole of its time, and as a habit where nothing ties it to one occasion."""
    expr = next((e for e in exprs if e.start <= window.start < e.end), None)
    if expr is None:
        return window
    kind: windows.WindowKind = window.kind
    polarity: windows.WindowPolarity = "negated" if _TALK_NOT.match(text[expr.end :]) else window.polarity
    if polarity == "negated" and expr.weekday in ("sat", "sun") and not once:
        return windows.to_window(expr, reference, polarity, "recurring")
    if (
        kind == "once"
        and not is_fixed(expr)
        and (polarity == "negated" or (not once and _is_usual(text)))
        and not _is_day_ahead(expr, text)
    ):
        kind = "recurring"
    elif kind == "recurring" and once and not expr.recurring and polarity == "affirmed" and not expr.days:
        kind = "once"
    return evening(windows.to_window(expr, reference, polarity, kind), text, reference)


def _is_own_doing(window: Window, text: str) -> bool:
    """等下我自己弄: what he will do himself; 我一会儿上岗: no time to be called."""
    tail = text[window.end : window.end + 12]
    if _DOES.match(tail):
        return True
    return bool(_SOON.match(window.text)) and not (CALLS.search(tail) or wishes.words()["call"].search(tail))


def _is_usual(text: str) -> bool:
    """Habit words, or a reason that holds every day."""
    return bool(HABIT.search(text) or _REASON.search(text))


def _is_day_ahead(expr: TimeExpr, text: str) -> bool:
    """周六上午打给我: the next one, unless he speaks of habits."""
    return expr.on is not None and not HABIT.search(text)


def evening(window: Window, context: str, reference: datetime) -> Window:
    """九点以后, said of today when nine is past, or of after work: in the evening."""
    start = window.from_
    if not re.search(r"[点:]|\d$", window.text):
        return window
    if start is None or not "05:00" <= start < "12:00" or re.search(r"早|上午|晨", context):
        return window
    today = window.kind == "once" and window.date == reference.date() and start <= reference.strftime("%H:%M")
    if not today and not _LATE.search(context):
        return window
    return replace(
        window, from_=_later(start), to=_later(window.to) if window.to and window.to < "12:01" else window.to
    )


def _later(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{(int(hour) + 12) % 24:02}:{minute}"


def _contrasts(text: str, exprs: list[TimeExpr], found: list[Window], reference: datetime) -> Iterator[Window]:
    """白天我在车间, 你下班后找我: the first part is when not to call."""
    wanted = [w for w in found if w.polarity == "affirmed"]
    if not wanted:
        return
    for expr in exprs:
        taken = any(w.start < expr.end and expr.start < w.end for w in found)
        if taken or expr.past or not _CONTRAST.match(expr.text) or not _ENGAGED.search(text[expr.end : expr.end + 22]):
            continue
        window = windows.to_window(expr, reference, "negated", wanted[0].kind)
        yield replace(window, date=wanted[0].date) if window.kind == "once" else window
    usual = re.search(r"平时|平常|平日", text)
    weekend = any(w.days == ("sat", "sun") for w in wanted)
    if usual and weekend and _ENGAGED.search(text[usual.end() : usual.end() + 22]):
        days = ("mon", "tue", "wed", "thu", "fri")
        yield Window("recurring", days, None, None, None, "negated", usual.start(), usual.end(), usual[0])
