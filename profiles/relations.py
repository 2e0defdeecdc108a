"""同一件事还是改了口: how two statements of one tag stand to each other (pure).

SAME: one fact told again (amounts are not added). OPPOSED: the later one takes the earlier one's place – the other
polarity, or another value where only one can hold. APART: two facts that both stand. Statements of one conversation
never oppose each other: the reader already kept what stood at its end.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any

from profiles.facts import Statement
from profiles.labels import as_date
from profiles.windows import covers_half

TOLERANCE = 0.10  #: amounts within a tenth are the same amount
NEAR = timedelta(days=7)  #: two dates within a week are the same date told twice


class Relation(Enum):
    """How a later statement stands to an earlier one of the same tag."""

    SAME = "same"  #: 同一件事
    OPPOSED = "opposed"  #: 改了口
    APART = "apart"  #: 另一件事


Judge = Callable[[Statement, Statement], Relation]


def relation(earlier: Statement, later: Statement) -> Relation:
    """How `later` stands to `earlier`."""
    if earlier.tag != later.tag:
        return Relation.APART
    if dict(earlier.value) == dict(later.value) and earlier.polarity == later.polarity:
        return Relation.SAME
    found = _JUDGES.get(later.tag, _any)(earlier, later)
    same_talk = earlier.conversation_id == later.conversation_id and "corrected" not in (earlier.source, later.source)
    return Relation.APART if same_talk and found is Relation.OPPOSED else found


def key_of(tag: str, value: Mapping[str, Any]) -> str | None:
    """What a tag is about, as the tracker keys it: product, permission, institution or its type, topic, action."""
    if tag == "assets.external":
        return value.get("institution") or value.get("institution_type")
    slot = _KEY_SLOTS.get(tag)
    return value.get(slot) if slot else None


def agree(low: Any, high: Any, other_low: Any, other_high: Any) -> bool | None:
    """Whether two told amounts are the same money: every end within a tenth. None where one is unknown."""
    if (low is None and high is None) or (other_low is None and other_high is None):
        return None
    a, b = _ends(low, high), _ends(other_low, other_high)
    return all(abs(x - y) <= TOLERANCE * max(abs(x), abs(y)) for x, y in zip(a, b, strict=True)) or (
        a[0] <= b[0] <= b[1] <= a[1] or b[0] <= a[0] <= a[1] <= b[1]
    )


def _ends(low: Any, high: Any) -> tuple[float, float]:
    return (float(high if low is None else low), float(low if high is None else high))


def _keyed(slot: str) -> Judge:
    """Tags whose slot names separate facts: only the polarity can change."""

    def judge(earlier: Statement, later: Statement) -> Relation:
        if earlier.value.get(slot) != later.value.get(slot):
            return Relation.APART
        return Relation.SAME if earlier.polarity == later.polarity else Relation.OPPOSED

    return judge


def _single(*slots: str) -> Judge:
    """Tags of which one value holds at a time."""

    def judge(earlier: Statement, later: Statement) -> Relation:
        same = all(earlier.value.get(s) == later.value.get(s) for s in slots)
        return Relation.SAME if same and earlier.polarity == later.polarity else Relation.OPPOSED

    return judge


def _idle(earlier: Statement, later: Statement) -> Relation:
    if earlier.polarity != later.polarity:
        return Relation.OPPOSED
    return _money(earlier, later, "available_from", undated_is_now=True)  # money without a date is free now


def _external(earlier: Statement, later: Statement) -> Relation:
    if earlier.polarity != later.polarity:
        negated, held = (earlier, later) if earlier.polarity == "negated" else (later, earlier)
        return Relation.OPPOSED if _denies(negated.value, held.value) else Relation.APART
    if earlier.polarity == "negated" or key_of(later.tag, earlier.value) != key_of(later.tag, later.value):
        return Relation.APART
    products = {earlier.value.get("product"), later.value.get("product")} - {None}
    if len(products) == 2:
        return Relation.APART
    return _money(earlier, later, "matures_on", undated_is_now=False)  # without a date the maturity was not told


def _denies(negated: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    if negated.get("institution"):
        return bool(negated["institution"] == held.get("institution"))
    kind = negated.get("institution_type")
    return kind in (None, "unknown") or kind == held.get("institution_type")


def _money(earlier: Statement, later: Statement, field: str, *, undated_is_now: bool) -> Relation:
    """The same amount is the same money; another amount at the same time replaces it; at another time it is other.

    Where one side tells no amount only two dates can part them: the amount is told in one talk, the date in another.
    """
    old, new = earlier.value, later.value
    same_amount = agree(old.get("low"), old.get("high"), new.get("low"), new.get("high"))
    if earlier.conversation_id == later.conversation_id and earlier.source == later.source:
        return Relation.APART
    if same_amount:
        return Relation.SAME
    days = (as_date(old.get(field)), as_date(new.get(field)))
    if same_amount is None and not undated_is_now and None in days:
        return Relation.SAME
    if not _same_time(*days, later.said_on):
        return Relation.APART
    return Relation.SAME if same_amount is None else Relation.OPPOSED


def _same_time(old: date | None, new: date | None, today: date) -> bool:
    if old and new and abs(old - new) <= NEAR:
        return True
    return (old is None or old <= today) and (new is None or new <= today)


def _time(earlier: Statement, later: Statement) -> Relation:
    if earlier.polarity == later.polarity or earlier.value.get("kind") != later.value.get("kind"):
        return Relation.APART
    return Relation.OPPOSED if covers_half(later.value, earlier.value) else Relation.APART


def _feedback(earlier: Statement, later: Statement) -> Relation:
    if earlier.value.get("topic") != later.value.get("topic"):
        return Relation.APART
    moods = {earlier.value.get("sentiment"), later.value.get("sentiment")}
    return Relation.OPPOSED if moods == {"negative", "positive"} else Relation.APART


def _any(earlier: Statement, later: Statement) -> Relation:
    return Relation.SAME if earlier.polarity == later.polarity else Relation.OPPOSED


def _apart(earlier: Statement, later: Statement) -> Relation:
    return Relation.APART


_KEY_SLOTS = {
    "intent.product": "product",
    "intent.permission": "permission",
    "family.clue": "clue",
    "contact.channel": "channel",
    "voice.feedback": "topic",
    "churn.risk": "action",
    "commitment.advisor": "action",
}
_JUDGES: dict[str, Judge] = {
    "funds.idle": _idle,
    "assets.external": _external,
    "intent.product": _keyed("product"),
    "intent.permission": _keyed("permission"),
    "risk.appetite": _single("level"),
    "experience.level": _single("level"),
    "expectation.return": _single("low_pct", "high_pct"),
    "expectation.horizon": _single("term"),
    "family.clue": _keyed("clue"),
    "contact.time": _time,
    "contact.channel": _keyed("channel"),
    "contact.busy": _any,
    "voice.feedback": _feedback,
    "churn.risk": _keyed("action"),
    "commitment.advisor": _apart,
}
