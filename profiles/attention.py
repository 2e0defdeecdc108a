"""三句话与下一问: the three lines that matter now, and the one question to ask next (pure, by rule).

The weights say which kind of news an advisor must not miss; strength scales them, so that old news sinks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dongke.clock import beijing
from profiles.beliefs import Status, Tag
from profiles.crosscheck import Contradiction
from profiles.labels import as_date, date_text, label, tag_label, value_text
from profiles.suitability.assessment import Suitability

LINES = 3
SOON = timedelta(days=2)
MATURING = timedelta(days=30)
#: products that end on a day, so that the day is worth asking for
TERM_PRODUCTS = (None, "deposit", "fixed_income", "structured_note", "trust", "private_fund", "treasury_bond")


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the advisor: Chinese text, why it stands here, and the tag behind it."""

    text: str
    reason: str = ""
    tag_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "reason": self.reason, "tag_id": self.tag_id}


def three_lines(tags: Sequence[Tag], found: Sequence[Contradiction], today: date) -> tuple[Line, ...]:
    """The three lines that matter most now; fewer where less is known."""
    ranked = [(*_weight(t, today), t) for t in tags if t.is_live]
    lines = [(weight * t.strength, _line(t, reason, today)) for weight, reason, t in ranked if weight]
    lines += [
        (_AGAINST[c.kind][0], Line(c.text, _AGAINST[c.kind][1], next(iter(c.tag_ids), None)))
        for c in found
        if c.kind in _AGAINST
    ]
    lines.sort(key=lambda pair: (-pair[0], pair[1].text))
    return tuple(line for _, line in lines[:LINES])


def next_question(
    tags: Sequence[Tag], found: Sequence[Contradiction], suitability: Suitability, today: date
) -> Line | None:
    """The question to ask next: settle a contradiction, else fill the first open slot. None where nothing is open."""
    return next(_questions(tags, found, suitability, today), None)


def _line(tag: Tag, reason: str, today: date) -> Line:
    said_on = date_text(beijing(tag.said_at).date().isoformat(), today)
    source = "人工更正" if tag.source == "corrected" else "亲口说"
    words = value_text(tag.tag, tag.polarity, tag.value, today)
    return Line(f"{tag_label(tag.tag)}: {words} ({said_on}{source})", reason, tag.id)


def _weight(tag: Tag, today: date) -> tuple[float, str]:
    if tag.tag == "churn.risk" and tag.is_affirmed:
        return 100.0, "客户可能离开"
    if tag.tag == "voice.feedback" and tag.value.get("sentiment") == "negative":
        return 90.0, "不满还没有回应"
    if tag.tag in ("contact.time", "commitment.advisor"):
        day = as_date(tag.value.get("date") or tag.value.get("due_date"))
        return (85.0, "约定的日子到了") if day and today <= day <= today + SOON else (20.0, "约定")
    if tag.tag == "assets.external" and tag.is_affirmed:
        day = as_date(tag.value.get("matures_on"))
        return (80.0, "即将到期") if day and today <= day <= today + MATURING else (50.0, "别处的资产")
    if tag.tag == "funds.idle" and not tag.is_affirmed:
        return 15.0, "眼下没有闲钱"
    return _WEIGHTS.get(tag.tag, (0.0, ""))


_AGAINST = {"against_file": (70.0, "与档案不符"), "against_deeds": (68.0, "言行不一")}
_WEIGHTS = {
    "funds.idle": (75.0, "等着投出去的钱"),
    "intent.permission": (65.0, "想办的事"),
    "intent.product": (60.0, "想要的产品"),
    "risk.appetite": (30.0, "风险态度"),
    "expectation.horizon": (25.0, "期限"),
    "expectation.return": (25.0, "收益预期"),
    "family.clue": (20.0, "家庭"),
    "contact.channel": (15.0, "沟通方式"),
    "experience.level": (10.0, "经验"),
}


def _questions(
    tags: Sequence[Tag], found: Sequence[Contradiction], suitability: Suitability, today: date
) -> Iterator[Line]:
    live = sorted((t for t in tags if t.is_live and t.is_affirmed), key=lambda t: (-_weight(t, today)[0], t.id))
    for ask in _ASKS:
        yield from ask(live, tags, found, suitability, today)


def _leaving(live: Sequence[Tag], *_: Any) -> Iterator[Line]:
    has_reason = any(t.tag == "voice.feedback" and t.value.get("sentiment") == "negative" for t in live)
    for t in live:
        if t.tag == "churn.risk" and not has_reason:
            yield Line("您考虑离开, 主要是哪方面不满意?", "流失原因还不知道", t.id)


def _conflict(
    live: Sequence[Tag], tags: Sequence[Tag], found: Sequence[Contradiction], suitability: Suitability, today: date
) -> Iterator[Line]:
    for c in found:
        if c.kind != "changed_mind" or c.tag in _WORTH_SETTLING:
            yield Line(c.question, c.text, next(iter(c.tag_ids), None))


def _slots(live: Sequence[Tag], *_: Any) -> Iterator[Line]:
    for t in live:
        place = t.value.get("institution") or label("institution_type", t.value.get("institution_type"), "外面")
        no_amount = t.value.get("low") is None and t.value.get("high") is None
        if t.tag == "funds.idle" and no_amount:
            yield Line("您说的这笔闲钱, 大概有多少?", "金额还不知道", t.id)
        if t.tag == "assets.external" and not t.value.get("institution"):
            yield Line(f"您那笔钱是放在哪家{place}?", "机构还不知道", t.id)
        if t.tag == "assets.external" and no_amount:
            yield Line(f"您在{place}大概放了多少?", "金额还不知道", t.id)
        if t.tag == "assets.external" and not t.value.get("matures_on") and t.value.get("product") in TERM_PRODUCTS:
            yield Line(f"您在{place}的那笔什么时候到期?", "到期日还不知道", t.id)


def _expired(
    live: Sequence[Tag], tags: Sequence[Tag], found: Sequence[Contradiction], suitability: Suitability, today: date
) -> Iterator[Line]:
    if suitability.is_expired:
        yield Line("您的风险测评已经过期, 方便重新做一下吗?", suitability.blocked)
    for t in tags:
        if t.status is Status.EXPIRED and t.is_affirmed and t.tag in ("funds.idle", "assets.external"):
            words = value_text(t.tag, t.polarity, t.value, today)
            yield Line(f"之前您提过{tag_label(t.tag)} ({words}), 现在怎么安排了?", t.reason, t.id)


def _fit(live: Sequence[Tag], tags: Sequence[Tag], *_: Any) -> Iterator[Line]:
    known = {t.tag for t in tags if t.is_live}
    wants = [t for t in live if t.tag in ("funds.idle", "intent.product")]
    for t in wants[:1]:
        if "expectation.horizon" not in known:
            yield Line("这笔钱打算放多久?", "投资期限还不知道", t.id)
        if "risk.appetite" not in known:
            yield Line("这笔钱您能接受多大的波动?", "风险偏好还不知道", t.id)


#: changes of mind that change what is offered; the others only stand on the page
_WORTH_SETTLING = ("funds.idle", "assets.external", "risk.appetite", "expectation.horizon")
_Ask = Callable[..., Iterator[Line]]
_ASKS: tuple[_Ask, ...] = (_leaving, _conflict, _slots, _expired, _fit)  #: the order is the priority
