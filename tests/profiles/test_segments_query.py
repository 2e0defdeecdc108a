"""圈选: the SQL over stored rows gives the same members as the pure evaluator, for random conditions and rows."""

import random
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert
from sqlmodel import Session, select

from dongke.clock import TradingCalendar
from dongke.directory import Customer
from profiles.segments.checks import Moment
from profiles.segments.evaluate import explain, holds
from profiles.segments.models import SegmentItem, SegmentRow
from profiles.segments.query import condition
from profiles.segments.row import Row
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Tree
from profiles.segments.vocabulary import Field, vocabulary

from .conftest import moment
from .segment_trees import trees

NOW = Moment(moment("2026-06-19T14:00"), TradingCalendar())


def value(f: Field, chance: random.Random) -> Any:
    """A stored value of the field's type, near what conditions ask."""
    if f.type == "choice":
        return chance.choice(sorted(f.labels))
    if f.type == "choices":
        return chance.sample(sorted(f.labels), chance.randint(1, 2))
    if f.type == "text":
        return chance.choice(["招商银行", "ABC", "且 或"])
    if f.type == "date":
        return NOW.day(chance.choice([-400, -31, -30, -1, 0, 1, 3, 7, 9, 30, 400]))
    if f.type == "moment":
        return (NOW.at - timedelta(days=chance.choice([-20, 0, 1, 29.999, 30, 300]))).timestamp()
    if f.type == "clock":
        return chance.choice(["09:30", "15:00", "24:00"])
    if f.type == "flag":
        return chance.random() < 0.5
    if f.type == "score":
        return chance.choice([0.5, 0.9, 1])
    return chance.choice([0, 1, 10, 100, 200_000, 1234.5, 9_000_000])


def some(fields: list[tuple[str, Field]], chance: random.Random) -> dict[str, Any]:
    return {key: value(f, chance) for key, f in fields if chance.random() < 0.7}


def random_rows(chance: random.Random, count: int) -> list[Row]:
    scalars = [(a.id, a.value) for a in vocabulary().attributes.values() if not a.is_collection]
    rows = []
    for number in range(count):
        items: dict[str, tuple[Any, ...]] = {}
        for told in vocabulary().attributes.values():
            if told.is_collection and told.source == told.id and chance.random() < 0.6:
                keys = [(key, f) for f in told.fields.values() for key in dict.fromkeys(f.keys)]
                always = {"text": "一项", "half_life": chance.choice([30.0, 90.0])}
                proof = {"confidence": 0.9, "said_at": NOW.seconds - chance.randrange(8_000_000)}
                items[told.id] = tuple(
                    some(keys, chance) | always | (proof if "strength" in told.fields else {})
                    for _ in range(chance.randint(1, 2))
                )
        rows.append(Row(f"C{number:03}", some(scalars, chance), items))
    return rows


def keep(session: Session, rows: list[Row]) -> None:
    session.add_all([Customer(id=row.customer_id, advisor_id="A1") for row in rows if row.customer_id > "C003"])
    session.flush()
    kept = [{"customer_id": r.customer_id, "values": dict(r.values), "due_at": NOW.at, "read_at": NOW.at} for r in rows]
    session.execute(insert(SegmentRow), kept)
    items = [
        {"customer_id": r.customer_id, "collection": name, "number": n, "data": item}
        for r in rows
        for name, found in r.items.items()
        for n, item in enumerate(found)
    ]
    session.execute(insert(SegmentItem), items)


def test_sql_and_the_evaluator_agree(branch: Session) -> None:
    rows = random_rows(random.Random(7), 40)
    branch.add_all([Customer(id=f"C{n:03}", advisor_id="A1") for n in range(4)])
    keep(branch, rows)
    met = set()

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees)
    def agree(tree: Tree) -> None:
        found = set(branch.exec(select(SegmentRow.customer_id).where(condition(tree, NOW))))
        wanted = {row.customer_id for row in rows if holds(tree, row, NOW)}
        assert found == wanted, to_sentence(tree)
        met.add(0 < len(wanted) < len(rows))
        for row in rows[:3]:
            finding = explain(tree, row, NOW)
            assert finding.is_met is (row.customer_id in wanted)
            assert finding.because

    agree()
    assert met == {True, False}
