"""投资期限 (expectation.horizon): how long he is ready to leave the money: short, medium, long.

From a span of time beside words of leaving it (五年不动), from the answer to 能放多久 (a span or a date), or from words
alone (随时要用, 长期拿着; nlp/lexicon/frames/horizon.yaml).
"""

import re
from collections.abc import Iterator

from nlp import values
from nlp.document import Candidate, Document, Mark, Turn
from nlp.durations import find_durations
from nlp.recognizers.common import candidate, stated

VERSION = "1"
TAG = "expectation.horizon"
_ASKED = re.compile(
    r"(放|投|搁|锁|存|用|拿|不用|规划|安排|封闭)[^，。]{0,6}(多久|多长|几年|多少年|到什么时候|什么时候)"
    r"|(多久|多长时间)[^，。]{0,4}(不用|用|能放|可以放)|(?<!有效)期限|年限|时间上|那时间|打算长|年期的可以|个月的可以|期的能接受|短期有要用|舍得|锁定期|放.{1,3}年"
    r"|什么时候[^，。]{0,3}(用|换)|有三个月|半年的|一年的|是吧$|那.{0,4}[年月]左右|封闭期|长拿"
)
_HELD = re.compile(r"存了|买了|做了|已经|炒了|开了|工作|开户")
_KEEP = re.compile(
    r"放|搁|存|锁|拿|不动|不用|用不着|用不到|不看|不取|不急|丢|扔|撂|不管|不卖|搁那|攒|忘了|不碰|拿得住|压|持有|用不上|投资期限"
)
_FINE = re.compile(
    r"都行|都可以|也行|可以|顶天|封顶|到头|最多|顶多|起码|至少|少说|都得|就行|的吧|不动|差不多|打底|左右|这种|都要得|以上|以内"
)
_NEVER = re.compile(
    r"这几年(存|攒|赚|挣)|存了[^，。]{0,3}有|保险|年金|我妈|我爸|我哥|我姐|他们|一个?月[^，。]{0,4}(给|攒|存|挣|拿|交|[\d一二三四五六七八九])|同事|朋友|他|她|歇|开户|股龄|年前|多久了|掏不出|一年(给|赚|挣|交|有|能)"
)
_TOP = re.compile(r"(顶天|封顶|到头|打底|起步)(了|吧|，|。|$)|(以内|之内)的(，|。|$)")
_IDLE = re.compile(r"不(着|等着)?急(着)?用|用不着|用不上|闲着|没打算用|不等着用|不差这|没什么用处|不缺这")
_WITHIN = re.compile(r"(以|之)?内(的|就|吧|要用|，|。|$|得|能|最好|可以)")
_MOST = re.compile(r"(最多|最长|顶多|至多|至少|起码|少说|最好是?|不超过|别超过)[^，。]{0,2}$")
_NEED = re.compile(r"要用|用钱|用的|要花|留给|结婚|换房|买房|上学|学费")
_DUE = re.compile(r"到期|到的|开会|有空|联系")
_USED = re.compile(
    r"[^，。？！]{0,10}(才|就|就要|才要|要|得|会)(用|动|花)(得?上|得?着|到|钱|了|的|这|它)?[^，。？！]{0,2}(，|。|！|$)"
)
_SPENT = re.compile(r"[才就要得会](要)?[用动花]")
_TERMS = {
    "medium": re.compile(r"中期|中长期|中等|不长不短"),
    "short": re.compile(
        r"(?<!不要)(?<!别)短(期|线|的|点|一点|些)|活(的|一点|点|期)|灵活|随时|(不能|别|不要|不想)(太|放太|锁)(久|长|死)|越短"
    ),
    "long": re.compile(
        r"(?<!不)(?<!不能)(?<!别)(?<!太)长(期|线|远|点|一点|些|久)(?!也|的话|的?不)|(好)?多(久|长)?(年|时间)?都(行|可以)|无所谓长短|越长"
    ),
}
_LATER = re.compile(r"(左右|以后|之后|后|内|吧|，|。|$)")
_WANTED = re.compile(
    r"^(以内|左右|之内|以上|以下)?(的|期的|期)(产品|那种|理财)?(我)?(都)?"
    r"(就行|就可以|就好|吧|可以|接受|最好|比较好|都行|都可以|就成|合适)"
)
_NOT_THAT = re.compile(
    r"^[^，。]{0,6}(不考虑|不要|太长|太久|不行|不买)|^(国庆|春节|元旦|过年)|^(期的?|的)?(大额|定期|存单|理财|国债|定存|封闭)"
)
_NOT = re.compile(
    r"[这前过]几天|这两天|炒|股龄|才(能)?拿(得)?(回|出)|先拿得|就领|血压|身份证|有效期|开户|退休|工作|结婚|前|岁|上次|等了|拖|换了|毕业|住|干了|做了|买的|存了|亏|套|没涨|跌|一年(交|返|赚|要|一|多少|几|有|能|利息|两|三|四|[0-9])|利息|交[一二三四五六七八九十两]|每|还有|当时|银行.{0,4}年的|持有.{0,3}年了|年了|年没(?!问题|事|关系)|以来|开店|跟了|当兵|教|攒了|才一|半年前|一年的?利|才到|到期|才能取|后领|规划"
)


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per turn that states a horizon; the last one stands."""
    for mention in document.of("horizon"):
        if stated(document, mention):
            yield candidate(TAG, mention, {"term": mention.key})
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        asked = prompt is not None and bool(_ASKED.search(prompt.text) and not _HELD.search(prompt.text))
        asked = asked and prompt is not None and turn.index - prompt.index <= 2
        found = _spans(turn, asked) or (_until(document, turn) or _worded(turn) if asked else _needed(document, turn))
        if found is not None:
            yield _candidate(turn, prompt if asked else None, *found)


def term(months: float) -> str:
    """Under half a year short, under three years medium, else long."""
    return "short" if months < 6 else "medium" if months < 36 else "long"


def _spans(turn: Turn, asked: bool) -> tuple[str, int, int] | None:
    """The last span of time in the turn that says how long."""
    chosen = None
    for span in find_durations(turn.text):
        low, high = turn.clauses[turn.clause_at(span.start)]
        clause, after = turn.text[low:high], turn.text[span.end : high + 10]
        before = turn.text[low : span.start]
        if _NEVER.search(clause) or (_NOT.search(clause) and not _KEEP.search(after[:5])):
            continue
        if _NOT_THAT.search(after):
            continue
        kept = _KEEP.search(before[-8:]) or _KEEP.search(after[:8]) or _WANTED.match(after) or _MOST.search(before)
        kept = kept or (_FINE.match(after) and _IDLE.search(turn.text[max(low - 14, 0) : low]))
        kept = kept or _TOP.match(after)
        kept = kept or (_NEED.search(turn.text) and _LATER.match(after))
        if kept or (asked and (_FINE.search(clause) or span.start <= 8 or len(clause) <= 12)):
            months = span.high - 0.1 if _WITHIN.match(after) else span.low
            chosen = (term(months), span.start, span.end)
    return chosen


def _until(document: Document, turn: Turn) -> tuple[str, int, int] | None:
    """The answer names a day: 放到明年六月."""
    for day in values.dates(turn.text, document.started_at):
        if day.on is not None and not _DUE.search(turn.text[day.start : day.end + 8]):
            months = (day.on - document.started_at.date()).days / 30.4
            return term(months), day.start, day.end
    return None


def _worded(turn: Turn) -> tuple[str, int, int] | None:
    """长期, 短一点: a word without a number answers the question."""
    for value, pattern in _TERMS.items():
        if hit := pattern.search(turn.text[:24]):
            return value, hit.start(), hit.end()
    return None


def _needed(document: Document, turn: Turn) -> tuple[str, int, int] | None:
    """后年才用得上: until then the money may lie."""
    if not _SPENT.search(turn.text):  # dates are dear to read
        return None
    for day in values.dates(turn.text, document.started_at):
        _, high = turn.clauses[turn.clause_at(day.start)]
        if day.on is not None and _USED.match(turn.text[day.end : high + 8]) and not _NEVER.search(turn.text):
            months = (day.on - document.started_at.date()).days / 30.4
            return term(months), day.start, day.end
    return None


def _candidate(turn: Turn, prompt: Turn | None, value: str, start: int, end: int) -> Candidate:
    marks = [Mark(turn.index, start, end)]
    if prompt is not None:
        marks.append(Mark(prompt.index, 0, 8))
    return Candidate(
        tag=TAG,
        value={"term": value},
        marks=tuple(marks),
        rule="horizon.asked" if prompt is not None else "horizon.span",
        confidence=0.85 if prompt is not None else 0.78,
        steps=(f"客户说「{turn.text[start:end]}」",),
    )
