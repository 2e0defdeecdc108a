"""业绩归因: which talks share the credit of an outcome, by four standard models side by side (pure).

Credit says what came before what, not what caused what: 相关, 非因果. A cause is only seen in a lift (lift.py).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

WINDOW_DAYS = 60  #: a talk earlier than that has no share
NOBODY = ""  #: the line of outcomes that no talk came before
NO_TAG = "none"  #: a talk without any tag


class Model(StrEnum):
    """归因模型."""

    FIRST = "first"  #: 首次触达
    LAST = "last"  #: 末次触达
    LINEAR = "linear"  #: 平均
    TIME_DECAY = "time_decay"  #: 时间衰减


MODEL_LABELS: Mapping[Model, str] = {
    Model.FIRST: "首次触达",
    Model.LAST: "末次触达",
    Model.LINEAR: "平均",
    Model.TIME_DECAY: "时间衰减",
}


@dataclass(frozen=True, slots=True)
class Touch:
    """触达: an answered talk with a person, and the tags that it asserted."""

    id: str
    person: str
    advisor_id: str
    channel: str
    at: datetime
    tags: tuple[str, ...] = ()

    def keys(self, dimension: str) -> tuple[str, ...]:
        """What the touch stands for in that dimension; its credit is shared equally among them."""
        if dimension == "tag":
            return self.tags or (NO_TAG,)
        return (self.advisor_id if dimension == "advisor" else self.channel,)


@dataclass(frozen=True, slots=True)
class Outcome:
    """结果: net new assets in yuan (what leaves is below zero), or one opened permission."""

    id: str
    person: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """归因的一行: a key's credit by every model, with the talks and outcomes behind it."""

    key: str
    credit: Mapping[Model, float]
    touches: tuple[str, ...]
    outcomes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "credit": {model.value: round(value, 2) for model, value in self.credit.items()},
            "conversation_ids": list(self.touches),
            "event_ids": list(self.outcomes),
        }


def shares(touched: Sequence[datetime], at: datetime, model: Model, window_days: float = WINDOW_DAYS) -> list[float]:
    """The share of each touch (in time order) in an outcome at that time; they sum to 1."""
    n = len(touched)
    if n == 0:
        return []
    raw = _WEIGHTS[model](touched, at, window_days)
    whole = sum(raw)
    return [w / whole for w in raw]


def lines(
    outcomes: Iterable[Outcome], touches: Iterable[Touch], dimension: str, window_days: float = WINDOW_DAYS
) -> tuple[Line, ...]:
    """The credit by advisor, channel or tag, the largest linear share first. For each model the lines sum to the sum of
    the outcomes: those that no talk came before stand on a line of their own (`NOBODY`)."""
    by_person = _by_person(touches)
    credit: dict[str, dict[Model, float]] = defaultdict(lambda: dict.fromkeys(Model, 0.0))
    touched: dict[str, dict[str, None]] = defaultdict(dict)
    won: dict[str, dict[str, None]] = defaultdict(dict)
    for outcome in outcomes:
        before = _before(by_person.get(outcome.person, ()), outcome.at, window_days)
        if not before:
            _add_all(credit[NOBODY], outcome.value)
            won[NOBODY][outcome.id] = None
        for model in Model if before else ():
            parts = shares([t.at for t in before], outcome.at, model, window_days)
            for touch, part in zip(before, parts, strict=True):
                keys = touch.keys(dimension)
                for key in keys if part else ():
                    credit[key][model] += outcome.value * part / len(keys)
                    touched[key][touch.id] = None
                    won[key][outcome.id] = None
    found = [Line(key, values, tuple(touched[key]), tuple(won[key])) for key, values in credit.items()]
    return tuple(sorted(found, key=lambda row: (row.key == NOBODY, -row.credit[Model.LINEAR], row.key)))


def _add_all(credit: dict[Model, float], value: float) -> None:
    for model in Model:
        credit[model] += value


def _by_person(touches: Iterable[Touch]) -> dict[str, list[Touch]]:
    found: dict[str, list[Touch]] = defaultdict(list)
    for touch in sorted(touches, key=lambda t: (t.at, t.id)):
        found[touch.person].append(touch)
    return found


def _before(mine: Sequence[Touch], at: datetime, window_days: float) -> Sequence[Touch]:
    """The touches of the window that ends with the outcome; one of the same moment does not come before it."""
    first = bisect_left(mine, at - timedelta(days=window_days), key=lambda t: t.at)
    return mine[first : bisect_right(mine, at - timedelta(microseconds=1), key=lambda t: t.at)]


def _decay(touched: Sequence[datetime], at: datetime, window_days: float) -> list[float]:
    """Half the weight for every quarter of the window that lies between."""
    half_life = window_days / 4 * 86_400
    return [2.0 ** (-(at - t).total_seconds() / half_life) for t in touched]


_WEIGHTS: Mapping[Model, Callable[[Sequence[datetime], datetime, float], list[float]]] = {
    Model.FIRST: lambda touched, at, window: [1.0, *[0.0] * (len(touched) - 1)],
    Model.LAST: lambda touched, at, window: [*[0.0] * (len(touched) - 1), 1.0],
    Model.LINEAR: lambda touched, at, window: [1.0] * len(touched),
    Model.TIME_DECAY: _decay,
}
