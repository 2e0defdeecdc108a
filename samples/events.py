"""样例行为事件: 20,000 behaviour events of three months, by a seeded program, in the shape of the Segment spec.

`generate(today)` yields `identify` and `track` rows in order of time. From the shell:

    python samples/events.py --today 2026-11-22 > events.jsonl

The deciding events of the stories (who bought, opened, left) are not made here: they stand in
`broker/key_events.jsonl` and are merged in. What customers do by chance is told by `broker/habits.json`: trades
on trading days between 9:30 and 15:00 only, and none by customers whose money is the subject of a story, so that
the stories end as they were written. Standard library only; the same `today` and `seed` give the same rows.
"""

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

Row = dict[str, Any]

HERE = Path(__file__).resolve().parent
BEIJING = timezone(timedelta(hours=8))
TOTAL = 20_000
DAYS = 91  #: three months back from the anchor

NEW_YEAR = {2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3)}
DRAGON_BOAT = {2026: (6, 19), 2027: (6, 9), 2028: (5, 28), 2029: (6, 16), 2030: (6, 5)}
MID_AUTUMN = {2026: (9, 25), 2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12)}


def anchor() -> date:
    """The Friday against which all files are written."""
    return date.fromisoformat(json.loads((HERE / "anchor.json").read_text("utf-8"))["anchor"])


def weeks_to(today: date) -> int:
    """Whole weeks by which everything moves so that the anchor becomes the last Friday before `today`."""
    return (today - timedelta(days=1) - anchor()).days // 7


def is_trading_day(day: date) -> bool:
    """Monday to Friday outside the usual holidays; errs on the closed side, knows the lunar feasts up to 2030."""
    if day.weekday() >= 5 or (day.month, day.day) in _FIXED:
        return False
    for table, before, after in ((NEW_YEAR, 1, 7), (DRAGON_BOAT, 0, 2), (MID_AUTUMN, 0, 2)):
        if day.year in table:
            first = date(day.year, *table[day.year])
            if first - timedelta(days=before) <= day <= first + timedelta(days=after):
                return False
    return True


_FIXED = {
    *((1, d) for d in (1, 2, 3)),
    *((4, d) for d in (4, 5, 6)),
    *((5, d) for d in (1, 2, 3, 4, 5)),
    *((10, d) for d in (1, 2, 3, 4, 5, 6, 7)),
}


def generate(today: date, seed: int = 7) -> Iterator[Row]:
    """TOTAL rows in order of time, the newest in the week before `today`. Amounts are CNY yuan."""
    moved = timedelta(weeks=weeks_to(today))
    habits = _Habits()
    maker = _Maker(random.Random(seed), anchor() + moved, habits)
    rows = list(_key_events(moved))
    customers = _customers()
    rows += [maker.identify(c, moved) for c in customers]
    weights = [habits.weight(c) for c in customers]
    while len(rows) < TOTAL:
        who = maker.chance.choices(customers, weights)[0]
        rows += maker.session(who, moved)[: TOTAL - len(rows)]
    yield from sorted(rows, key=lambda r: (r["timestamp"], r["messageId"]))


def _customers() -> list[dict[str, str]]:
    with (HERE / "broker" / "customers.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _key_events(moved: timedelta) -> Iterator[Row]:
    text = (HERE / "broker" / "key_events.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        row = json.loads(line)
        row["timestamp"] = (datetime.fromisoformat(row["timestamp"]) + moved).isoformat()
        yield row


class _Habits:
    """`broker/habits.json`: what the customers look at and do by chance."""

    def __init__(self) -> None:
        told = json.loads((HERE / "broker" / "habits.json").read_text(encoding="utf-8"))
        self.products: dict[str, list[list[str]]] = told["products"]
        self.suited: dict[str, list[str]] = told["suited"]
        self.curious: dict[str, list[str]] = told["curious"]
        self.wanted_pages: dict[str, str] = told["wanted_pages"]
        self.pages: list[str] = told["pages"]
        self.queries: list[str] = told["queries"]
        self.quiet: set[str] = set(told["quiet"]) | set(self.curious)
        self.last_seen: dict[str, int] = told["last_seen"]
        self.activity: dict[str, float] = told["activity"]

    def weight(self, customer: dict[str, str]) -> float:
        """How often he opens the app, as a multiple of the usual."""
        ident = customer["customer_id"]
        return self.activity.get(ident, 0.6 if ident in self.quiet else 1.0)


class _Maker:
    """Draws sessions; every draw comes from one seeded generator, in a fixed order."""

    def __init__(self, chance: random.Random, last: date, habits: _Habits) -> None:
        self.habits = habits
        self.chance = chance
        self.last = last
        self.count = 0

    def identify(self, customer: dict[str, str], moved: timedelta) -> Row:
        """Who a userId is, as the app tells it once."""
        opened = date.fromisoformat(customer["opened_on"]) + moved
        day = max(opened, self.last - timedelta(days=DAYS))
        row = self._row(customer, None, _at(day, 32_400 + self.chance.randrange(1800)), {})
        traits = {"age": int(customer["age"]), "risk_level": customer["risk_level"]}
        del row["event"], row["properties"]
        return {**row, "type": "identify", "traits": traits}

    def session(self, customer: dict[str, str], moved: timedelta) -> list[Row]:
        """One visit: log in, look around, perhaps trade."""
        day = self._day(customer, moved)
        clock = self._clock()
        app = {"platform": self.chance.choice(["ios", "android", "android"]), "version": "7.2.1"}
        rows = [self._row(customer, "login", _at(day, clock), app)]
        for _ in range(self.chance.randint(2, 9)):
            clock += self.chance.randint(4, 75)
            rows += self._look(customer, _at(day, clock))
        clock += self.chance.randint(10, 60)
        if self._may_trade(customer, day, clock):
            rows.append(self._trade(customer, _at(day, clock)))
        elif self._may_move_money(customer, day, clock):
            rows.append(self._move_money(customer, _at(day, clock)))
        elif self.chance.random() < 0.004:
            rows.append(self._row(customer, "app_crash", _at(day, clock), {**app, "page": "行情"}))
        return rows

    def _day(self, customer: dict[str, str], moved: timedelta) -> date:
        ident = customer["customer_id"]
        newest = self.last - timedelta(days=self.habits.last_seen.get(ident, 0))
        opened = date.fromisoformat(customer["opened_on"]) + moved
        oldest = max(opened, self.last - timedelta(days=DAYS))
        span = max((newest - oldest).days, 0)
        for _ in range(4):
            day = oldest + timedelta(days=self.chance.randint(0, span))
            if is_trading_day(day) or self.chance.random() < 0.3:
                return day
        return day

    def _clock(self) -> int:
        part = self.chance.choices([(9, 15, 130), (13, 0, 110), (12, 0, 50), (19, 30, 150)], [5, 4, 1, 3])
        hour, minute, minutes = part[0]
        return hour * 3600 + minute * 60 + self.chance.randrange(minutes * 60)

    def _look(self, customer: dict[str, str], at: datetime) -> list[Row]:
        ident, kind = customer["customer_id"], self.chance.random()
        if kind < 0.5:
            wanted = self.habits.wanted_pages.get(ident)
            page = wanted if wanted and self.chance.random() < 0.15 else self.chance.choice(self.habits.pages)
            return [self._row(customer, "page_view", at, {"page": page})]
        if kind < 0.58:
            return [self._row(customer, "search", at, {"query": self.chance.choice(self.habits.queries)})]
        item = self._product(customer)
        rows = [self._row(customer, "product_view", at, item)]
        if kind > 0.8:
            dwell = {**item, "dwell_ms": self.chance.randint(3, 180) * 1000}
            later = at + timedelta(seconds=self.chance.randint(1, 3))
            rows.append(self._row(customer, "product_detail", later, dwell))
        return rows

    def _product(self, customer: dict[str, str]) -> Row:
        suited = self.habits.suited[customer["risk_level"]]
        curious = self.habits.curious.get(customer["customer_id"], [])
        product = self.chance.choice(curious if curious and self.chance.random() < 0.6 else suited)
        code, name = self.chance.choice(self.habits.products[product])
        return {"product": product, "code": code, "name": name}

    def _may_trade(self, customer: dict[str, str], day: date, clock: int) -> bool:
        open_now = 34_200 <= clock < 41_400 or 46_800 <= clock < 54_000
        free = customer["customer_id"] not in self.habits.quiet and int(customer["assets_yuan"]) >= 10_000
        return free and open_now and is_trading_day(day) and self.chance.random() < 0.3

    def _trade(self, customer: dict[str, str], at: datetime) -> Row:
        product = self.chance.choice(self.habits.suited[customer["risk_level"]])
        code, name = self.chance.choice(self.habits.products[product])
        side = self.chance.choice(["buy", "buy", "sell"])
        share = self.chance.uniform(0.004, 0.025)
        amount = max(1000, round(int(customer["assets_yuan"]) * share / 100) * 100)
        item = {"side": side, "product": product, "code": code, "name": name, "amount": amount}
        return self._row(customer, "trade", at, item)

    def _may_move_money(self, customer: dict[str, str], day: date, clock: int) -> bool:
        plain = customer["customer_id"] > "C1050" and customer["customer_id"] not in self.habits.quiet
        return plain and is_trading_day(day) and 32_400 <= clock < 57_600 and self.chance.random() < 0.05

    def _move_money(self, customer: dict[str, str], at: datetime) -> Row:
        event = self.chance.choice(["deposit", "deposit", "withdraw"])
        amount = max(500, round(int(customer["assets_yuan"]) * self.chance.uniform(0.005, 0.02) / 100) * 100)
        return self._row(customer, event, at, {"amount": min(amount, 50_000)})

    def _row(self, customer: dict[str, str], event: str | None, at: datetime, properties: Row) -> Row:
        self.count += 1
        row: Row = {
            "type": "track",
            "messageId": f"evt-{self.count:06d}-{self.chance.getrandbits(32):08x}",
            "userId": customer["customer_id"],
            "event": event,
            "timestamp": at.isoformat(),
        }
        if self.chance.random() < 0.25:
            row["sentAt"] = (at + timedelta(seconds=self.chance.choice([1, 2, 5, 30]))).isoformat()
        return {**row, "properties": properties}


def _at(day: date, seconds: int) -> datetime:
    return datetime.combine(day, time(), tzinfo=BEIJING) + timedelta(seconds=seconds)


def main() -> None:
    """Writes the rows as JSON lines to standard output."""
    options = argparse.ArgumentParser(description="样例行为事件")
    options.add_argument("--today", type=date.fromisoformat, default=datetime.now(BEIJING).date())
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    for row in generate(chosen.today, chosen.seed):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
