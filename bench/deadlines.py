"""Deadlines and elapsed time in trading hours: 10,000 random spans against a look at every minute, and their cost.

    .venv/bin/python bench/deadlines.py [spans]

The oracle is a table with one entry for every minute of eight years, each decided by itself from the day and the clock;
what it counts between two minutes is what the closed form must give, and the minute that completes a span likewise.
"""

import random
import statistics
import sys
from datetime import date, datetime, time, timedelta
from time import thread_time

import numpy as np
from numpy.typing import NDArray

from dongke.clock import TradingCalendar, at_beijing
from dongke.worktime import EXCHANGE, SERVICE, Hours, Session, Sessions, WorkTime

FIRST, LAST = date(2021, 1, 1), date(2028, 12, 31)
MINUTE = timedelta(minutes=1)
SEED = 20260609
LUNCH_SHIFT = (Session(time(8, 30), time(12, 0)), Session(time(14, 0), time(17, 0)))
HALF_DAY = (Session(time(9, 30), time(11, 30)),)
CALENDAR = TradingCalendar(
    {date(2024, 6, 11): False, date(2026, 10, 10): True, date(2027, 2, 8): False},
    half_days={date(2025, 1, 27): HALF_DAY},
    branches={"*": Hours.same(SERVICE), "B1": Hours.same(LUNCH_SHIFT, {date(2026, 2, 14): HALF_DAY})},
)


def sessions_of(clock: str, day: date) -> Sessions:
    if clock == "exchange" and day == date(2025, 1, 27):
        return HALF_DAY
    if clock == "B1" and day == date(2026, 2, 14):
        return HALF_DAY
    if not CALENDAR.is_open(day):
        return ()
    return {"exchange": EXCHANGE, "any": SERVICE, "B1": LUNCH_SHIFT}[clock]


def minutes(clock: str) -> NDArray[np.bool_]:
    """Whether each minute of the eight years is worked."""
    clocks = [time(n // 60, n % 60) for n in range(24 * 60)]
    table = []
    for ordinal in range(FIRST.toordinal(), LAST.toordinal() + 1):
        told = sessions_of(clock, date.fromordinal(ordinal))
        table.append([any(s.opens <= at < s.closes for s in told) for at in clocks] if told else [False] * len(clocks))
    return np.array(table, dtype=bool).reshape(-1)


def moment(minute: int) -> datetime:
    return at_beijing(FIRST, time()) + minute * MINUTE


def check(clock: str, work: WorkTime, spans: int, rng: random.Random) -> tuple[int, list[float], list[float]]:
    """(differences, processor seconds of each elapsed time, of each deadline)."""
    table, wrong, elapsed, added = minutes(clock), 0, [], []
    for _ in range(spans):
        a = rng.randrange(len(table) - 400 * 24 * 60)
        b = a + int(rng.expovariate(1 / 40_000)) % (390 * 24 * 60)
        started = thread_time()
        found = work.elapsed(moment(a), moment(b))
        elapsed.append(thread_time() - started)
        counted = int(np.count_nonzero(table[a:b]))
        wanted = rng.randrange(1, 20_000)
        started = thread_time()
        due = work.add(moment(a), wanted * MINUTE)
        added.append(thread_time() - started)
        completes = a + int(np.flatnonzero(table[a : a + 400 * 24 * 60])[wanted - 1]) + 1
        wrong += (found != counted * MINUTE) + (due != moment(completes))
    return wrong, elapsed, added


def main() -> None:
    spans, rng = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, random.Random(SEED)
    clocks = {"exchange": CALENDAR.exchange(), "any": CALENDAR.branch("B2"), "B1": CALENDAR.branch("B1")}
    failed = 0
    for name, work in clocks.items():
        share = spans // len(clocks) + (name == "exchange") * (spans % len(clocks))
        wrong, elapsed, added = check(name, work, share, rng)
        failed += wrong
        for what, times in (("elapsed", elapsed), ("deadline", added)):
            middle, most = statistics.median(times) * 1e6, max(times) * 1e6
            figures = f"{share:6} spans  differences {wrong}  median {middle:5.0f} µs  most {most:5.0f} µs"
            print(f"{name:9} {what:9} {figures}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
