"""圈选行: what a row says, which facts make it be read again, and when time alone does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from asr.models import StoredConversation
from dongke.clock import TradingCalendar
from dongke.directory import Advisor, Branch, Customer, set_owner
from dongke.errors import NotReady
from dongke.types import Reading
from profiles.behaviour.intake import take_events
from profiles.facts import CustomerFacts, Event
from profiles.identity import persons
from profiles.merge import fold
from profiles.parameters import parameters
from profiles.segments import view
from profiles.segments.checks import Moment, strength
from profiles.segments.due import marks_of, next_change
from profiles.segments.evaluate import holds
from profiles.segments.follow import FollowState, nothing
from profiles.segments.maturities import maturities
from profiles.segments.models import SegmentMark, SegmentRow
from profiles.segments.query import condition
from profiles.segments.reading import from_sentence
from profiles.segments.row import Basics, Row, row_of
from profiles.segments.view import settle
from profiles.snapshots import take_snapshots
from profiles.tagging import store_reading

At = Callable[[str], datetime]
CALENDAR = TradingCalendar()


def row(facts: CustomerFacts, moment: datetime) -> Row:
    profile = fold(facts, moment, moment, calendar=CALENDAR)
    return row_of(facts, profile, FollowState(), Basics("A1", "B1"), CALENDAR, parameters())


def members(session: Session, words: str, moment: datetime) -> list[str]:
    settle(session, nothing, moment=moment)
    asked = Moment(moment, CALENDAR)
    query = select(SegmentRow.customer_id).where(condition(from_sentence(words), asked))
    return sorted(session.exec(query))


@pytest.mark.parametrize("on", ["06-08", "06-09T12:00", "07-08", "09-01"])
def test_strength_is_that_of_the_profile(on: str, say: Any, facts: Any, at: At) -> None:
    held = facts(say("06-08", "funds.idle", low=500_000, high=500_000), say("06-01", "intent.product", product="stock"))
    profile = fold(held, at(on), at(on), calendar=CALENDAR)
    asked = Moment(at(on), CALENDAR)
    found = {name: strength(items[0], asked) for name, items in row(held, at(on)).items.items() if name[:4] == "tag."}
    assert found == {f"tag.{t.tag}": t.strength for t in profile.tags}


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("有闲置资金(强度不低于0.5)", "06-30", "07-05"),
        ("有闲置资金(在近30天内说过)", "07-07", "07-09"),
        ("有闲置资金", "07-01", "12-01"),
        ("外部资产在5天内到期", "07-15", "07-01"),
        ("到期资金还有3个交易日到期", "07-15", "07-16"),
        ("外部资产(标签状态是有效)", "07-20T23:59:59", "07-21"),
        ("最近登录已超过10天", "07-15", "06-12"),
        ("生命周期是新客", "06-12", "08-20"),
        ("风险测评到期日在60天内", "07-30", "06-12"),
        ("可推荐的产品风险含R2", "08-30", "09-01"),
    ],
)
def test_time_alone_changes_membership(
    branch: Session, talk: Any, reading: Any, at: At, words: str, before: str, after: str
) -> None:
    """Kept rows and rows made anew agree at both moments, and no fact comes between them."""
    stored: StoredConversation = talk("K1", "06-08T10:00")
    told: Reading = reading(
        "v1",
        ("funds.idle", "affirmed", {"low": 500_000, "high": 500_000}),
        ("assets.external", "affirmed", {"institution": "招商银行", "matures_on": "2026-07-20"}),
    )
    store_reading(branch, stored, told, read_at=at("06-08T11:00"))
    file = {"customer_id": "C1", "risk_level": "C3", "questionnaire_on": "2024-09-01", "opened_on": "2026-06-01"}
    take_snapshots(branch, [file], received_at=at("06-08"))
    login = {"message_id": "m", "customer_id": "C1", "event": "login", "at": at("06-08T10:00").isoformat()}
    take_events(branch, [login], at("06-08T11:00"))
    early, late = sorted([at(before), at(after)])
    for moment in (early, late):
        assert members(branch, words, moment) == (["C1"] if moment == at(before) else [])


def test_every_kind_of_fact_marks_its_customer(branch: Session, talk: Any, reading: Any, at: At) -> None:
    settle(branch, nothing, moment=at("06-08"))
    assert branch.exec(select(SegmentMark)).all() == []

    def marked() -> set[str]:
        found = set(branch.exec(select(SegmentMark.customer_id)))
        settle(branch, nothing, moment=at("06-08"))
        return found

    stored = talk("K1", "06-08", "C1")
    assert marked() == {"C1"}
    store_reading(branch, stored, reading("v1", ("funds.idle", "affirmed", {})), read_at=at("06-08"))
    assert marked() == {"C1"}
    login = {"message_id": "m", "customer_id": "C2", "event": "login", "at": at("06-08").isoformat()}
    take_events(branch, [login], at("06-08"))
    assert marked() == {"C2"}
    take_events(branch, [login], at("06-08"))
    assert marked() == set()
    take_snapshots(branch, [{"customer_id": "C3", "age": "44"}], received_at=at("06-08"))
    assert marked() == {"C3"}
    persons.merge(branch, "C1", "C2", at("06-08"), "root", known_at=at("06-08"))
    assert marked() == {"C1", "C2"}
    assert set(branch.exec(select(SegmentRow.customer_id))) == {"C1", "C3"}
    set_owner(branch, "C3", "A2", at("06-08"))
    branch.flush()
    assert marked() == {"C3"}
    branch.add(Branch(id="B2", name="另一家"))
    branch.flush()
    branch.get_one(Advisor, "A2").branch_id = "B2"
    branch.flush()
    assert marked() == {"C3"}
    assert members(branch, "营业部是“B2”", at("06-08")) == ["C3"]


def test_marks_are_written_with_the_facts_and_vanish_with_them(branch: Session, at: At) -> None:
    settle(branch, nothing, moment=at("06-08"))
    branch.commit()
    take_snapshots(branch, [{"customer_id": "C1", "age": "44"}], received_at=at("06-08"))
    branch.rollback()
    assert branch.exec(select(SegmentMark)).all() == []


def test_a_question_does_not_do_the_work_of_a_night(branch: Session, at: At) -> None:
    with pytest.raises(NotReady, match="还有 3 位客户") as fault:
        settle(branch, nothing, moment=at("06-08"), most=2)
    assert fault.value.code == "segments-settling"
    assert settle(branch, nothing, moment=at("06-08"), most=3) == 3
    assert settle(branch, nothing, moment=at("06-08"), most=0) == 0


def test_chunks_and_a_fresh_start(branch: Session, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "CHUNK", 2)
    branch.add_all([Customer(id=f"D{n}", advisor_id="A1") for n in range(4)])
    branch.flush()
    assert settle(branch, nothing, moment=at("06-08"), chunks=1) == 2
    assert settle(branch, nothing, moment=at("06-08")) == 5
    view.mark_all(branch)
    assert view.waiting(branch, at("06-08")) == 7


def test_a_row_is_read_again_before_it_changes_and_not_much_more_often(
    say: Any, facts: Any, event: Any, at: At
) -> None:
    held = facts(say("06-08T10:00", "contact.busy"), event("06-08T10:00", "deposit", amount=1000))

    def state(moment: datetime) -> Any:
        return row(held, moment), marks_of(held)(moment)

    moment, reads = at("06-08T11:00"), 0
    while moment < at("08-01"):
        due = next_change(state, moment)
        assert due > moment or state(moment + timedelta(seconds=1)) != state(moment)
        if due > moment:
            assert state(due - timedelta(seconds=1)) == state(moment)
            reads += 1
        moment = max(due, moment + timedelta(seconds=1))
    assert reads < 12


BUY = {"side": "buy", "product": "deposit", "amount": 100_000, "matures_on": "2026-07-20"}


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ([], 1),
        ([("07-10", "trade", {"side": "buy", "product": "bond_fund", "amount": 60_000})], 0),
        ([("07-10", "trade", {"side": "buy", "product": "bond_fund", "amount": 40_000})], 1),
        ([("07-01", "trade", {"side": "buy", "product": "bond_fund", "amount": 60_000})], 1),
        ([("06-20", "trade", {"side": "sell", "product": "deposit"})], 0),
        ([("06-20", "trade", {"side": "sell", "product": "stock"})], 1),
        ([("07-10", "deposit", {"amount": 100_000})], 1),
    ],
)
def test_own_maturities_until_they_are_answered(later: list[Any], left: int, facts: Any, event: Any, at: At) -> None:
    events: list[Event] = [event("06-01", "trade", **BUY), *(event(on, name, **p) for on, name, p in later)]
    held = facts(*events).at(at("07-12"), at("07-12"))
    found = maturities(held, (), at("07-12").date(), CALENDAR, parameters())
    assert len(found) == left


def test_sunday_counts_as_the_friday_before(facts: Any, event: Any, at: At) -> None:
    held = facts(event("03-01", "trade", **(BUY | {"matures_on": "2026-07-12"})))  # a Sunday
    for day, left in (("07-10", 0), ("07-09", 1), ("07-11", 0), ("07-01", 7)):
        words = f"到期资金还有{left}个交易日到期"
        assert holds(from_sentence(words), row(held, at(day)), Moment(at(day), CALENDAR)), day
