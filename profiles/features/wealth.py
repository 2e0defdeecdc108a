"""高净值识别 as an interval: what is on file and what was said, each clue with its proof, nothing made up (pure).

Sums that were told make the ends; a clue without a sum (his own factory, three flats) only opens the upper end. An
estimate ends with its clues: it is computed from what is live now.
"""

from collections.abc import Iterator
from decimal import Decimal

from profiles.beliefs import Tag
from profiles.features.assets import Sum, added, number, outside, told_sum
from profiles.features.model import Feature, Part, View, unknown
from profiles.labels import tag_label, value_text, yuan_text
from profiles.relations import agree

NAME = "高净值"
VERDICTS = {"yes": "是", "maybe": "可能", "no": "否"}


def high_net_worth(view: View) -> Feature:
    """Low, likely and high in yuan (high is None where a clue leaves it open), with every clue behind it."""
    clues = [*_account(view), *_sums(view)]
    hints = list(_hints(view))
    if not clues and not hints:
        return unknown(NAME, "没有资产数据, 客户也没有说过")
    parts = tuple(part for part, _ in clues) + tuple(hints)
    whole = added(s for _, s in clues)
    high = None if hints else whole.high
    verdict = _verdict(whole, high, view.known.wealth.assets_yuan, bool(hints))
    value = {"low": number(whole.low), "likely": number(whole.likely), "high": number(high), "verdict": verdict}
    words = "; ".join(part.text for part in parts)
    return Feature(NAME, value, VERDICTS[verdict], f"{_range(whole, high)} ({words})", parts)


def _verdict(whole: Sum, high: Decimal | None, threshold: Decimal, has_hints: bool) -> str:
    if whole.low >= threshold:
        return "yes"
    open_end = high is None and (has_hints or whole.low > 0)
    return "maybe" if open_end or (high is not None and high >= threshold) else "no"


def _range(whole: Sum, high: Decimal | None) -> str:
    if high is None:
        return f"已知至少{yuan_text(whole.low)}, 上限不知道" if whole.low else "金额都没有说, 只有线索"
    if whole.low == high:
        return f"已知{yuan_text(high)}"
    return f"{yuan_text(whole.low)}–{yuan_text(high)}, 中间{yuan_text(whole.likely)}"


def _account(view: View) -> Iterator[tuple[Part, Sum]]:
    assets = view.static.get("assets_yuan")
    if assets is None:
        return
    amount, filed = Decimal(str(assets)), view.facts.snapshots
    at = next((s.effective_at for s in reversed(filed) if s.data.get("assets_yuan") is not None), None)
    yield Part("account", f"账户资产{yuan_text(amount)}", number(amount), at), Sum(amount, amount)


def _sums(view: View) -> Iterator[tuple[Part, Sum]]:
    """What he told of sums: holdings elsewhere, and idle money that is none of them and not on the account."""
    elsewhere = outside(view)
    for tag in elsewhere:
        yield _clue("external", tag, view), told_sum(tag)
    cash = Decimal(str(view.static.get("cash_yuan") or 0))
    for tag in view.live("funds.idle", True):
        if told_sum(tag).likely > cash and not any(_same_sum(tag, other) for other in elsewhere):
            yield _clue("idle", tag, view), told_sum(tag)


def _same_sum(idle: Tag, held: Tag) -> bool:
    """Money that matures elsewhere and is then free is told twice, and is one sum."""
    a, b = idle.value, held.value
    return agree(a.get("low"), a.get("high"), b.get("low"), b.get("high")) is not False


def _clue(code: str, tag: Tag, view: View) -> Part:
    words = value_text(tag.tag, tag.polarity, tag.value, view.today)
    sums = told_sum(tag)
    value = {"low": number(sums.low), "high": number(sums.high)}
    return Part(code, f"{tag_label(tag.tag)}: {words}", value, tag.said_at, tag.id)


def _hints(view: View) -> Iterator[Part]:
    """Words that hint at wealth, out of the customer's own quotes behind live tags; each kind once, the newest."""
    live = sorted((t for t in view.tags if t.is_live), key=lambda t: (t.said_at, t.id), reverse=True)
    for hint in view.known.wealth.hints:
        for tag in live:
            quote = next((q for q in tag.quotes if q.speaker == "customer" and hint.words.search(q.quote)), None)
            if quote:
                yield Part(hint.code, f"{hint.text}: “{quote.quote}”", None, quote.said_at, tag.id)
                break
