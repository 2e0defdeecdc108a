"""言与行, 言与档, 前言与后语: what cannot both hold, each with the one question that would settle it (pure)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dongke.clock import beijing
from profiles.behaviour.deeds import ANSWERED, INFLOWS, OUTFLOWS, TRADES, UNANSWERED, is_buy, is_sale, total
from profiles.beliefs import Status, Tag
from profiles.expiry import Evidence, day_text, done_text, is_large
from profiles.institutions import canonical, is_same
from profiles.labels import date_text, label, tag_label, value_text, yuan_text
from profiles.parameters import Parameters
from profiles.suitability.assessment import Suitability
from profiles.windows import holds

MISSED_CALLS = 3  #: unanswered in the hours he named, none answered


@dataclass(frozen=True, slots=True)
class Contradiction:
    """矛盾: two things that cannot both hold, in one Chinese line, and the question that would settle it."""

    kind: str  #: against_file 与档案不符, against_deeds 言行不一, changed_mind 改口
    tag: str
    text: str
    tag_ids: tuple[str, ...]
    question: str

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tag": self.tag,
            "label": tag_label(self.tag),
            "text": self.text,
            "question": self.question,
            "tag_ids": list(self.tag_ids),
        }


def stances(tags: Sequence[Tag]) -> list[str]:
    """What he says of risk now."""
    return sorted({str(t.value.get("level")) for t in tags if t.tag == "risk.appetite" and t.is_live})


def contradictions(
    tags: Sequence[Tag],
    static: Mapping[str, Any],
    suitability: Suitability,
    evidence: Evidence,
    known: Parameters,
    today: date,
) -> tuple[Contradiction, ...]:
    """All contradictions: speech against the file first, then against deeds, then changes of mind, the newest first."""
    live = [t for t in tags if t.is_live]
    found = [*_risk(live, suitability), *_cash(live, static, known)]
    found += [c for tag in live for c in _against_deeds(tag, evidence, known)]
    found += _changes(tags, today)
    return tuple(found)


def _risk(live: Sequence[Tag], suitability: Suitability) -> Iterator[Contradiction]:
    if suitability.conflict:
        ids = tuple(t.id for t in live if t.tag == "risk.appetite")
        question = "您现在的风险想法和测评不一样, 方便重新做一次风险测评吗?"
        yield Contradiction("against_file", "risk.appetite", suitability.conflict, ids, question)


def _cash(live: Sequence[Tag], static: Mapping[str, Any], known: Parameters) -> Iterator[Contradiction]:
    cash = static.get("cash_yuan")
    if cash is None or Decimal(str(cash)) < known.witnesses.worth_asking_yuan:
        return
    for tag in live:
        if tag.tag == "funds.idle" and not tag.is_affirmed:
            words = f"客户说没有闲钱, 账户现金{yuan_text(cash)}"
            question = "看到您账户里还有一笔现金, 这笔钱近期有用处吗?"
            yield Contradiction("against_file", tag.tag, words, (tag.id,), question)


def _changes(tags: Sequence[Tag], today: date) -> Iterator[Contradiction]:
    by_id = {(t.tag, t.id): t for t in tags if t.is_live}
    for old in sorted(tags, key=lambda t: (-t.said_at.timestamp(), t.id)):
        new = by_id.get((old.tag, old.opposed_by or ""))
        if old.status is Status.CONTRADICTED and new:
            words = f"{_told(old, today)}, 后改口: {_told(new, today)}"
            question = f"关于{tag_label(old.tag)}, 您前后说法不同, 现在以哪个为准?"
            yield Contradiction("changed_mind", old.tag, words, (new.id, old.id), question)


def _against_deeds(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[Contradiction]:
    judge = _DEEDS.get((tag.tag, tag.is_affirmed))
    for words, question in judge(tag, evidence, known) if judge else ():
        yield Contradiction("against_deeds", tag.tag, words, (tag.id,), question)


def _money_came(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """No spare money, and then money comes in."""
    arrived = evidence.deeds.after(tag.said_at, *INFLOWS)
    if arrived and total(arrived) >= known.witnesses.worth_asking_yuan:
        words = f"客户说没有闲钱, {done_text(arrived, '转入')}"
        yield words, "看到您最近转进来一笔钱, 是有什么打算吗?"


def _came_from_elsewhere(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Nothing elsewhere, and then money comes from there."""
    place = tag.value.get("institution")
    for event in evidence.deeds.after(tag.said_at, *INFLOWS):
        source = canonical(event.properties.get("institution"))
        if source and (place is None or is_same(place, source)):
            words = f"客户说别处没有资产, {done_text([event], f'从{source}转入')}"
            yield words, f"您在{source}那边还有其他的资产吗?"
            return


def _bought_refused(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Does not want the product, and buys it."""
    name = label("product", tag.value.get("product"))
    for event in evidence.deeds.after(tag.said_at, *TRADES):
        if is_buy(event) and event.properties.get("product") == tag.value.get("product"):
            yield f"客户说不要{name}, {day_text(event)}却买入", f"您上次买了{name}, 现在对这类产品怎么看?"
            return


def _sold_wanted(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Wants the product, and sells it."""
    name = label("product", tag.value.get("product"))
    for event in evidence.deeds.after(tag.said_at, *TRADES):
        if is_sale(event) and event.properties.get("product") == tag.value.get("product"):
            yield f"客户说想要{name}, {day_text(event)}却赎回", f"看到您赎回了{name}, 还打算继续配置吗?"
            return


def _opened_refused(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    name = label("permission", tag.value.get("permission"))
    for event in evidence.deeds.after(tag.said_at, "permission_opened"):
        if event.properties.get("permission") == tag.value.get("permission"):
            yield f"客户说不开通{name}, {day_text(event)}却开通了", f"您开通了{name}, 是打算开始用了吗?"
            return


def _leaves_after_all(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Says that he stays, and moves his money out."""
    gone = [e for e in evidence.deeds.after(tag.said_at, *OUTFLOWS) if is_large(e, known)]
    if gone:
        words = f"客户说会留下, {done_text(gone, '转出')}"
        yield words, "看到您最近转出了一笔, 是有什么顾虑吗?"


def _stays_after_all(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Says that he leaves, and brings money."""
    arrived = evidence.deeds.after(tag.said_at, *INFLOWS)
    if arrived and total(arrived) >= known.witnesses.worth_asking_yuan:
        action = label("churn_action", tag.value.get("action"))
        words = f"客户说要{action}, {done_text(arrived, '转入', '却')}"
        yield words, "之前您考虑离开, 现在问题解决了吗?"


def _never_there(tag: Tag, evidence: Evidence, known: Parameters) -> Iterator[tuple[str, str]]:
    """Named hours in which he never answers."""
    if tag.value.get("kind") != "recurring":
        return
    calls = [e for e in evidence.deeds.after(tag.said_at, ANSWERED, UNANSWERED) if holds(tag.value, e.at)]
    if len(calls) >= MISSED_CALLS and all(e.event == UNANSWERED for e in calls):
        words = f"客户说{value_text(tag.tag, tag.polarity, tag.value, calls[-1].on)}方便, 这个时段{len(calls)}次都没接"
        yield words, "您说的那个时间好像不太方便, 换个什么时间打给您合适?"


def _told(tag: Tag, today: date) -> str:
    said_on = date_text(beijing(tag.said_at).date().isoformat(), today)
    return f"{said_on}说{value_text(tag.tag, tag.polarity, tag.value, today)}"


_Judge = Callable[[Tag, Evidence, Parameters], Iterator[tuple[str, str]]]
#: by tag and whether it is affirmed
_DEEDS: dict[tuple[str, bool], _Judge] = {
    ("funds.idle", False): _money_came,
    ("assets.external", False): _came_from_elsewhere,
    ("intent.product", False): _bought_refused,
    ("intent.product", True): _sold_wanted,
    ("intent.permission", False): _opened_refused,
    ("churn.risk", False): _leaves_after_all,
    ("churn.risk", True): _stays_after_all,
    ("contact.time", True): _never_there,
}
