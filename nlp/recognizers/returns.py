"""收益预期 (expectation.return): the return a year that he asks for or would be content with.

A rate counts where the advisor asked for it, or where words of content stand beside it (三个点就行, 没有八个点不考虑);
rates of losses, fees, loans and of what others pay are none.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from nlp import dialogue, values
from nlp.amounts import Percent
from nlp.document import Candidate, Document, Mark, Turn

Stated = tuple[float | None, float | None, int, int]  #: low, high, start, end

VERSION = "1"
TAG = "expectation.return"
_ASKED = re.compile(
    r"(?<!固定)收益(?!凭证|类|债)|回报(?!表)|几个点|多少个?点|年化|想要多少|期望|预期|赚多少|目标(?!日期)|心理价位|对收益|要求吗|要求$|要求呢|降到多少|多少能接受|希望是?什么样|做到多少|赚几|一年期望|有个底"
)
_ASKED_OTHER = re.compile(r"(回撤|亏|跌|波动|损失|佣金|利率|费率)[^，。]{0,12}(多少|几|什么程度|吗|呢)[^，。]*$")
_CONTENT = re.compile(
    r"就行|就可以|就够|够啦|够了|知足|满足|满意|我才|起码|至少|要有|跑赢|上下|考虑|目标|预期|期望|希望|想要|想赚|就好|就认|烧高香|高香|阿弥陀佛|往上|要求不高|不贪|有没得|有没有|不过分|念你"
    r"好|就ok|就成|就中|也可以|就要得|蛮好|有个|能有|我就|才有意思|差不多了|得了|开心|就得了|偷着乐|足够|整个|给我分|怎么也得|最好|有吗|能到|就妥|的样子|比[^，。]{0,6}高|谢天谢地|心满意足"
)
_AT_LEAST = re.compile(r"(没有|没个|没|不到|少于|低于|不足|达不到|跑不到|不够|跑不赢|不上)[^，。]{0,3}$")
_AT_LEAST_AFTER = re.compile(
    r"(懒得|就?别(跟我|给我|和我|找我|来)|(做|弄|搞|买|投|要|干)(它|这个|这)?(干|做)(嘛|啥|什么|么|哪样)|折腾|弄它干|考虑|不用发|免谈|费这?个?劲|不如|没意思|没劲|不干|干啥|看不上|搞么|不搞|不谈|不值|不转|犯不着|别找我)"
)
_DOWN = re.compile(
    r"亏|跌|回撤|损失|赔|佣金|手续费|费率|利率|融资|房贷|贷款|套|浮亏|仓位|股息率|税|首付|打折|折|涨幅|抽"
)
_THEIRS = re.compile(
    r"(银行|余额宝|理财|存款|存单|那边|他们|以前|之前|去年|前年|当年|当时|存的|现在一年|才|只有|给的|给我报|发下来|赚了|涨了|挣了|听说|说是|标的)[^，。]{0,6}$"
)
_NEVER = re.compile(r"(这么|那么)(高|多|少|低)|真的假的|我认|收益凭证|先改|日均|抖音|利息差|翻倍|净值|涨停|跌停")
_BEATS = re.compile(r"(比|跑赢|超过|胜过)[^，。]{0,8}(高|多|强|好)")
_SIGNED = re.compile(r"个点|%|百分|分之|成")
_UPWARDS = re.compile(r"(个点)?(往上|朝上|以上|起步|打底)")
_LURE = re.compile(r"给我$|别超|最多|让我看到")
_DOUBLE = re.compile(r"翻(一)?(番|倍)")


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per turn that states a return; the last one stands."""
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        asked = prompt is not None and _asks(prompt.text)
        found = _stated(turn, asked) or (_bare(turn) if asked else None)
        if found is None:
            continue
        low, high, start, end = found
        marks = [Mark(turn.index, start, end)]
        if asked and prompt is not None:
            marks.append(Mark(prompt.index, 0, 8))
        yield Candidate(
            tag=TAG,
            value={"low_pct": values.number(low), "high_pct": values.number(high)},
            marks=tuple(marks),
            rule="return.asked" if asked else "return.content",
            confidence=0.88 if asked else 0.8,
            steps=(f"客户说「{turn.text[start:end]}」",),
        )


def value_at(said: Sequence[Turn]) -> dict[str, Any] | None:
    """The rate that these turns of his are known to ask for; None where they name none."""
    for turn in reversed(said):
        found = _stated(turn, True) or _bare(turn)
        if found is not None:
            return {"low_pct": values.number(found[0]), "high_pct": values.number(found[1])}
    return None


def _asks(text: str) -> bool:
    boasts = bool(values.percents(text)) and not dialogue.asks(text)
    return bool(_ASKED.search(text)) and not boasts and not _ASKED_OTHER.search(text)


def _stated(turn: Turn, asked: bool) -> Stated | None:
    """The last rate of the turn that is asked for: low, high, start, end."""
    chosen: Stated | None = None
    if hit := _DOUBLE.search(turn.text):
        if asked or _AT_LEAST.search(turn.text[: hit.start()]) or "不" in turn.text[: hit.start()][-3:]:
            return 100, None, hit.start(), hit.end()
    for rate in values.percents(turn.text):
        low, high = turn.clauses[turn.clause_at(rate.start)]
        before, after = turn.text[low : rate.start], turn.text[rate.end : high + 14]
        inside = turn.text[low:high]
        if (
            _DOWN.search(inside)
            or (_THEIRS.search(before) and not _BEATS.search(before))
            or _NEVER.search(turn.text[low : high + 4])
        ):
            continue
        if chosen is not None and _LURE.search(before):
            continue
        floor = _is_floor(turn, rate.start, rate.text, after)
        if not (asked or floor or _CONTENT.search(inside) or _CONTENT.search(after[:8])):
            continue
        top = rate.high if rate.high is not None else rate.low
        span = (rate.start, rate.end)
        if floor:
            bottom = rate.low if rate.low is not None else rate.high
            chosen = (bottom, None, *span)
        elif "看不上" in after or "看不上" in inside:
            continue
        else:
            chosen = (rate.low, rate.high if rate.low is None or rate.high is None else top, *span)
    return _widened(turn, chosen)


def _widened(turn: Turn, chosen: Stated | None) -> Stated | None:
    """五个点, 五到六: the range that is said right after it."""
    if chosen is None or chosen[1] is None:
        return chosen
    for rate in values.percents(turn.text, True):
        gap = turn.text[chosen[3] : rate.start]
        if 0 <= rate.start - chosen[3] <= 2 and not gap.strip("，、 ") and rate.low == chosen[0] != rate.high:
            return rate.low, rate.high, chosen[2], rate.end
    return chosen


def _is_floor(turn: Turn, start: int, text: str, after: str) -> bool:
    """没有八个点折腾它干啥, 少于八个点不考虑: eight and more."""
    before = turn.text[max(start - 5, 0) : start]
    return bool((_AT_LEAST.search(before) or re.match(r"少于|低于|不到", text)) and _AT_LEAST_AFTER.search(after))


def _bare(turn: Turn) -> Stated | None:
    """A number without 点 or %, right after the question."""
    for rate in values.percents(turn.text[:24], True):
        low, high = turn.clauses[turn.clause_at(rate.start)]
        if _SIGNED.search(rate.text) or _NEVER.search(turn.text[low : high + 4]) or _DOWN.search(turn.text[low:high]):
            continue
        if rate.end - rate.start <= 6 and 1 <= (rate.high or rate.low or 0) <= 60:
            return (*_floored(turn, rate), rate.start, rate.end)
    return None


def _floored(turn: Turn, rate: Percent) -> tuple[float | None, float | None]:
    """十五往上: fifteen and more."""
    bottom = rate.low if rate.low is not None else rate.high
    after = turn.text[rate.end : rate.end + 14]
    if _UPWARDS.match(after) or _is_floor(turn, rate.start, rate.text, after):
        return bottom, None
    return rate.low, rate.high
