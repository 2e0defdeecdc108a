"""风险偏好 (risk.appetite): the stance the customer states.

In words (nlp/lexicon/frames/risk.yaml), or by the loss he says he could bear: up to a quarter is moderate, more is
aggressive.
"""

import re
from collections.abc import Iterator

from nlp import numerals, values
from nlp.document import Candidate, Document, Mark, Turn
from nlp.recognizers.common import candidate, stated

VERSION = "2"
TAG = "risk.appetite"
MARGIN = 0.04
SHY = 8  #: per cent; who cannot bear that is conservative
BOLD = 28  #: per cent of loss; who bears more is aggressive
_LOSS = re.compile(r"亏|跌|赔|损失|回撤|波动|掉|浮亏|缩水|输")
_BEAR = re.compile(
    r"让我看到|我认|扛|忍|认|接受|承受|受得了|拿得住|睡得着|挺住|挺得住|不怕|没事|没问题|心里有数|稳得起|ok|以内|之内|可以|也行|能行|要得|中，|别超|不超过|最多|顶多|底线|左右|眉头|无所谓|不叫|不眨|不带|我选|正常|吧|不能咋|不咋|咋地|睡得|看得开|想得开|受得起|担得起|当没看见|不会找|不找你|不怪|不吭|没二话|能睡|还能睡"
)
_NUMBER = re.compile(
    r"^(嗯|那|最多|大概|顶多|不超过|就|，){0,3}([\d一二三四五六七八九十两]{1,3})(个)?(以内|之内|以下|左右|吧|，|。|$)"
)
_HALF = re.compile(r"[^，。不]{0,3}(一半|对半|腰斩)[^，。不]{0,3}(都|也|吧|行|可以|，|。|$)")
_CANNOT = re.compile(r"受不了|接受不了|扛不住|不行|不能接受|睡不着|太多|吃不消|不敢")
_ASKED = re.compile(r"回撤|波动|亏|跌|损失|风险")
_TOLD = re.compile(
    r"(已经|现在|今年|去年|前年|那只|那个|一天|昨天|都|买的|基金|账户|套|了)[^，。]{0,4}(亏|跌|赔|掉)了?[^，。]{0,3}$|(亏|跌|赔|掉)了[^，。]{0,4}$|年前"
)


def find(document: Document) -> Iterator[Candidate]:
    """The last stance of the surest kind: losses in numbers and plain words outweigh 稳 said in passing."""
    found = [*_worded(document), *_counted(document)]
    if not found:
        return
    surest = max(c.confidence for c in found)
    yield from (c for c in found if c.confidence >= surest - MARGIN)


def _worded(document: Document) -> Iterator[Candidate]:
    for mention in document.of("risk"):
        if stated(document, mention):
            yield candidate(TAG, mention, {"level": mention.key})


def _counted(document: Document) -> Iterator[Candidate]:
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        asked = prompt is not None and bool(_ASKED.search(prompt.text))
        found = _bearable(turn, asked)
        if found is not None:
            level, start, end = found
            yield Candidate(
                tag=TAG,
                value={"level": level},
                marks=(Mark(turn.index, start, end),),
                rule="risk.loss_in_numbers",
                confidence=0.9 if asked else 0.88,
                steps=(f"客户说「{turn.text[start:end]}」",),
            )


def _bearable(turn: Turn, asked: bool) -> tuple[str, int, int] | None:
    """The loss in per cent that he could bear: its level, start and end."""
    for rate in values.percents(turn.text):
        low, high = turn.clauses[turn.clause_at(rate.start)]
        before, after = turn.text[low : rate.start], turn.text[rate.end : high + 12]
        clause = turn.text[max(low - 6, 0) : high]
        spoken_of = _LOSS.search(before) or _LOSS.search(after[:4]) or (asked and len(before) <= 6)
        if not spoken_of and asked:
            spoken_of = _LOSS.search(clause) or len(clause) <= 14
        if not spoken_of or _TOLD.search(before):
            continue
        if _CANNOT.search(after[:8]):
            if 0 < max(rate.low or 0, rate.high or 0) <= SHY and not asked:
                return "conservative", rate.start, rate.end
            continue
        alone = asked and len(clause) <= 8
        if not (alone or _BEAR.search(after[:18]) or _BEAR.search(before)):
            continue
        if re.search(r"收益|年化|利息|赚", clause):
            continue
        size = max(rate.low or 0, rate.high or 0)
        return ("aggressive" if size >= BOLD else "moderate"), rate.start, rate.end
    return _bare(turn) if asked else None


def _bare(turn: Turn) -> tuple[str, int, int] | None:
    """十五以内: a number alone answers how much he could lose."""
    hit = _NUMBER.match(turn.text)
    if half := _HALF.match(turn.text):
        return "aggressive", half.start(), half.end()
    numeral = numerals.read_numeral(turn.text, hit.start(2)) if hit else None
    if hit is None or numeral is None or not 1 <= numeral.high <= 100:
        return None
    return ("aggressive" if numeral.high >= BOLD else "moderate"), hit.start(2), hit.end(2)
