"""最佳联系时间与渠道: a posterior over weekday and hour from answered calls, below what he says himself (pure).

Every hour of the week is a Beta posterior. Its prior is the rate of the same hour and the same weekday together, worth
a few calls: a cell with little of its own leans on its row and column. A holiday counts as a Sunday. An explicit wish
outranks the log at once; a refused time is left out of it; too few calls are 数据不足.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dongke.clock import beijing
from profiles.behaviour.deeds import ANSWERED, UNANSWERED
from profiles.beliefs import Tag
from profiles.facts import Event
from profiles.features.beta import credible_interval
from profiles.features.model import Feature, Part, View, unknown
from profiles.labels import label, value_text
from profiles.windows import DAYS, hours_of

NAME, CHANNEL = "最佳联系时间", "最佳联系渠道"
_TRADING = (range(9, 12), range(13, 15))  #: hours in which the exchange trades


class Cell(NamedTuple):
    """One hour of one weekday."""

    day: str  #: mon … sun
    hour: int


class Posterior(NamedTuple):
    """The answered share of one cell: the mean and the ends of the credible interval."""

    cell: Cell
    mean: float
    low: float
    high: float
    answered: int
    calls: int


def best_contact_time(view: View) -> Feature:
    """When to call: his own words, else the best hours of the log of calls."""
    wished = _wished(view)
    if wished:
        words = "; ".join(_words(t, view) for t in wished)
        parts = tuple(Part("told", _words(t, view), dict(t.value), t.said_at, t.id) for t in wished)
        value = {"basis": "told", "windows": [dict(t.value) for t in wished]}
        return Feature(NAME, value, words, "客户亲口说的", parts)
    refused = [t for t in view.live("contact.time", False) if t.value.get("kind") == "recurring"]
    return _from_calls(view, refused)


def _wished(view: View) -> list[Tag]:
    """What he asked for: an appointment that is still to come first, then his habits."""
    told = view.live("contact.time", True)
    once = sorted(
        (t for t in told if t.value.get("kind") == "once"), key=lambda t: (t.value.get("date") or "9999", t.id)
    )
    return once + [t for t in told if t.value.get("kind") == "recurring"]


def _from_calls(view: View, refused: Sequence[Tag]) -> Feature:
    rule = view.known.contact_history
    calls = view.deeds.named(ANSWERED, UNANSWERED)
    answered = sum(e.event == ANSWERED for e in calls)
    denied = "; ".join(_words(t, view) for t in refused)
    if len(calls) < rule.min_calls:
        few = f"只有{len(calls)}次通话记录, 至少要{rule.min_calls}次"
        return _only_refused(refused, view, few) if refused else unknown(NAME, few)
    if not answered:
        return unknown(NAME, f"{len(calls)}次通话都没有接通")
    best = posteriors(view, calls, refused)[: rule.windows]
    if not best:
        return _only_refused(refused, view, "接通的时段都在客户不让打的时间里")
    parts = tuple(Part("window", _window_text(p), _window(p)) for p in best)
    value = {"basis": "calls", "windows": [_window(p) for p in best], "calls": len(calls), "answered": answered}
    reason = f"{len(calls)}次通话接通{answered}次" + (f"; {denied}" if denied else "")
    return Feature(NAME, value, _window_text(best[0]), reason, parts)


def _only_refused(refused: Sequence[Tag], view: View, reason: str) -> Feature:
    """When not to call is known, when to call is not."""
    words = "; ".join(_words(t, view) for t in refused)
    parts = tuple(Part("told", _words(t, view), dict(t.value), t.said_at, t.id) for t in refused)
    return Feature(NAME, {"basis": "told", "windows": []}, words, reason, parts)


def posteriors(view: View, calls: Sequence[Event], refused: Sequence[Tag] = ()) -> list[Posterior]:
    """The cells in which he was called, the best first: mean, then more calls, then the earlier hour."""
    cells = [(_cell(e, view), e.event == ANSWERED) for e in calls]
    tried = Counter(cell for cell, _ in cells)
    taken = Counter(cell for cell, was_answered in cells if was_answered)
    banned = {Cell(*hour) for t in refused for hour in hours_of(t.value)}
    prior, rule = _prior(tried, taken), view.known.contact_history
    found = []
    for cell in sorted(set(tried) - banned):
        a = prior(cell) * rule.prior_calls + taken[cell]
        b = (1.0 - prior(cell)) * rule.prior_calls + tried[cell] - taken[cell]
        found.append((a / (a + b), cell, a, b))
    found.sort(key=lambda row: (-round(row[0], 6), -tried[row[1]], row[1].hour, DAYS.index(row[1].day)))
    return [_posterior(row, tried, taken, rule.interval) for row in found[: rule.windows]]


def _posterior(
    row: tuple[float, Cell, float, float], tried: Mapping[Cell, int], taken: Mapping[Cell, int], mass: float
) -> Posterior:
    mean, cell, a, b = row
    low, high = credible_interval(a, b, mass)
    return Posterior(cell, round(mean, 3), round(low, 3), round(high, 3), taken[cell], tried[cell])


def _prior(tried: Mapping[Cell, int], taken: Mapping[Cell, int]) -> Callable[[Cell], float]:
    """The rate that a cell's hour and weekday suggest together, each drawn to the rate of all calls."""
    calls, answered = sum(tried.values()), sum(taken.values())
    whole = (answered + 1.0) / (calls + 2.0)

    def rate(name: str) -> dict[Any, float]:
        n, k = Counter[Any](), Counter[Any]()
        for cell, count in tried.items():
            n[getattr(cell, name)] += count
            k[getattr(cell, name)] += taken.get(cell, 0)
        return {key: (k[key] + 2.0 * whole) / (n[key] + 2.0) for key in n}

    by_hour, by_day = rate("hour"), rate("day")

    def pooled(cell: Cell) -> float:
        return (by_hour[cell.hour] + by_day[cell.day]) / 2.0

    return pooled


def _cell(event: Event, view: View) -> Cell:
    """The hour of the week on the wall clock; a holiday is no working day, so it counts as a Sunday."""
    at = beijing(event.at)
    is_holiday = at.weekday() < 5 and not view.calendar.is_open(at.date())
    return Cell(DAYS[6] if is_holiday else DAYS[at.weekday()], at.hour)


def _window(p: Posterior) -> dict[str, Any]:
    return {
        "day": p.cell.day,
        "from": f"{p.cell.hour:02d}:00",
        "to": f"{p.cell.hour + 1:02d}:00",
        "share": p.mean,
        "low": p.low,
        "high": p.high,
        "answered": p.answered,
        "calls": p.calls,
        "trading_hours": _is_trading(p.cell),
    }


def _window_text(p: Posterior) -> str:
    when = f"{label('day', p.cell.day)} {p.cell.hour}点–{p.cell.hour + 1}点"
    during = " (盘中)" if _is_trading(p.cell) else ""
    return f"{when}{during}, {p.calls}次接通{p.answered}次, 接通率约{p.mean:.0%} ({p.low:.0%}–{p.high:.0%})"


def _is_trading(cell: Cell) -> bool:
    return cell.day in DAYS[:5] and any(cell.hour in span for span in _TRADING)


def _words(tag: Tag, view: View) -> str:
    return value_text(tag.tag, tag.polarity, tag.value, view.today)


def best_channel(view: View) -> Feature:
    """By which way he wants to be reached, in his own words; 数据不足 where he said nothing."""
    told = sorted(view.live("contact.channel"), key=lambda t: (-t.said_at.timestamp(), t.id))
    if not told:
        return unknown(CHANNEL, "客户没有说过")
    value = {
        "wanted": [str(t.value.get("channel")) for t in told if t.is_affirmed],
        "refused": [str(t.value.get("channel")) for t in told if not t.is_affirmed],
    }
    parts = tuple(Part("told", _words(t, view), dict(t.value), t.said_at, t.id) for t in told)
    return Feature(CHANNEL, value, "; ".join(p.text for p in parts), "客户亲口说的", parts)
