"""Behaviour: 20,000 rows, the same each time, at hours at which people do such things."""

from datetime import date, datetime, timedelta

import pytest

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def rows(events_module):
    return list(events_module.generate(TODAY))


def test_count_and_determinism(events_module, rows):
    assert len(rows) == 20_000
    assert list(events_module.generate(TODAY)) == rows
    assert list(events_module.generate(TODAY, seed=8)) != rows


def test_shape(rows, customers, anchor_on):
    end = datetime.fromisoformat(anchor_on + "T23:59:59+08:00")
    assert len({r["messageId"] for r in rows}) == len(rows)
    for row in rows:
        at = datetime.fromisoformat(row["timestamp"])
        assert row["userId"] in customers
        assert end - timedelta(days=93) < at <= end
        assert ("event" in row) == (row["type"] == "track")
        assert datetime.fromisoformat(row.get("sentAt", row["timestamp"])) >= at
    assert [r["timestamp"] for r in rows] == sorted(r["timestamp"] for r in rows)


def test_trades_on_trading_days_and_hours_only(events_module, rows):
    trades = [r for r in rows if r.get("event") == "trade"]
    assert len(trades) > 200
    for row in trades:
        at = datetime.fromisoformat(row["timestamp"])
        assert events_module.is_trading_day(at.date())
        assert "09:15" <= at.strftime("%H:%M") <= "15:00"
        assert {"side", "product", "code", "amount"} <= set(row["properties"])
        assert row["properties"]["side"] in {"buy", "sell"}


def test_money_stories_are_not_spoilt_by_chance(events_module, rows):
    quiet = events_module._Habits().quiet
    money = {"trade", "deposit", "withdraw", "transfer_in", "transfer_out"}
    by_chance = [r for r in rows if r["messageId"].startswith("evt-") and r.get("event") in money]
    assert by_chance
    assert not quiet & {r["userId"] for r in by_chance}


def test_nobody_acts_before_the_account_or_after_it(rows, customers):
    closed = {r["userId"]: r["timestamp"] for r in rows if r.get("event") == "account_closed"}
    assert set(closed) == {"C1010"}
    for row in rows:
        assert row["timestamp"][:10] >= customers[row["userId"]]["opened_on"]
        assert row["timestamp"] <= closed.get(row["userId"], row["timestamp"])


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 8), True),
        (date(2027, 2, 8), False),
        (date(2026, 9, 25), False),
    ],
)
def test_trading_days(events_module, day, is_open):
    assert events_module.is_trading_day(day) is is_open
