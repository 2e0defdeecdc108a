"""到点: the next moment at which the mere passing of time may change a row (pure).

Time changes a profile in one direction only, as long as no fact comes: a tag expires and stays expired, a stage of the
lifecycle is left, a fact takes effect, an event leaves its window. So the first midnight that differs from now is found
by halving, and the row is read again at the midnight before it; on the day of the change itself the second is found.
What can come back (a sum in a window) is watched by what cannot: the number of events that are left in the window.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from dongke.clock import at_beijing, beijing
from profiles.behaviour.deeds import INFLOWS, OUTFLOWS, TRADES
from profiles.facts import CustomerFacts

HORIZON_DAYS = 16  #: a row is read again after so many days at the latest
WINDOWS = (timedelta(days=30),)  #: of the sums of money
MONEY = frozenset({*TRADES, *INFLOWS, *OUTFLOWS})

State = Callable[[datetime], Any]


def next_change(state: State, now: datetime) -> datetime:
    """A moment, now or later, up to which the state stays what it is. `state` must change in one direction only."""
    today = beijing(now).date()
    midnights = [at_beijing(today + timedelta(days=n + 1), time()) for n in range(HORIZON_DAYS)]
    at_once = state(now)
    if state(midnights[-1]) == at_once:
        return midnights[-1]
    first = _first(lambda n: state(midnights[n]) != at_once, len(midnights) - 1)
    if first:
        return midnights[first - 1]
    return _within(state, at_once, now, midnights[0])


def marks_of(facts: CustomerFacts) -> State:
    """What time takes or brings and never gives back: facts that hold, and money moved within the windows."""
    begins = sorted(
        moment
        for known in (
            [s.effective_at for s in facts.snapshots],
            [e.at for e in facts.events],
            [x.at for x in facts.links],
            [s.said_at for s in facts.assertions],
            [f.at for f in facts.feedback],
        )
        for moment in known
    )
    moved = sorted(e.at for e in facts.events if e.event in MONEY)

    def marks(moment: datetime) -> tuple[int, ...]:
        return (bisect_right(begins, moment), *(_after(moved, moment - window) for window in WINDOWS))

    return marks


def _after(moments: Sequence[datetime], since: datetime) -> int:
    return len(moments) - bisect_right(moments, since)


def _first(differs: Callable[[int], bool], last: int) -> int:
    """The first number that differs, of which the last one does."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if differs(middle) else (middle + 1, high)
    return low


def _within(state: State, was: Any, low: datetime, high: datetime) -> datetime:
    """A moment at most one second before the change that lies between the two."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if state(middle) != was else (middle, high)
    return low
