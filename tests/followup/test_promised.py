"""Promises in the report and in the ledger: one judge, held together over random lives in the tables."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from dongke.clock import TradingCalendar
from dongke.directory import Advisor, Branch, set_owner
from dongke.directory import Ownership as Owned
from dongke.types import Channel, Polarity, Speaker, Utterance
from followup import ledger, playbooks, promise_lists, repository
from followup.history import Contact, Event, History, Ownership, Said, Ticked, Verdict
from followup.ledger import Outcome
from followup.models import StoredOpportunity
from followup.opportunities import track
from followup.opportunity import Opportunity
from followup.reports import Question, make
from followup.reports.lists import behind
from followup.reports.promised import became

DAY = datetime.fromisoformat("2026-06-08T09:00:00+08:00")
START, END = DAY - timedelta(days=8), DAY + timedelta(days=60)
LIVES, MOMENTS = 60, (DAY + timedelta(days=1, hours=4), DAY + timedelta(days=2), DAY + timedelta(days=30))
SENT = ("A: 对账单已经发您了。", "C: 收到了。")
SAYS = (
    SENT,
    ("A: 对账单还没发, 明天发。", "C: 好的。"),
    ("A: 好。", "C: 不用发了, 我自己下载了。"),
    ("A: 您好。", "C: 你说。"),
)


def life(who: str, chance: random.Random) -> History:
    """A promise to send, or to call, or both; then things of all sorts in the four days after."""
    contacts = [_talk(who, 0, DAY, ("A: 对账单明天发您, 三点打给您。", "C: 好的。"), _promises(chance))]
    events, manual, verdicts = [], [], []
    for number in range(1, chance.randint(1, 5)):
        at = DAY + timedelta(hours=chance.choice((3, 20, 29, 30, 31, 33, 50, 80)), minutes=number)
        kind = chance.choice(("talk", "talk", "talk", "event", "manual", "verdict"))
        if kind == "talk":
            contacts.append(_talk(who, number, at, chance.choice(SAYS), ()))
        elif kind == "event":
            events.append(Event(f"{who}E{number}", who, at, "material_sent"))
        elif kind == "manual":
            book, outcome = chance.choice(("promise", "call_back")), chance.choice(("done", "done", "refused"))
            manual.append(Ticked(f"{who}M{number}", who, book, "A1", at, outcome))
        else:
            tag = chance.choice(("commitment.advisor", "contact.time"))
            verdicts.append(Verdict(who, tag, chance.choice(("wrong", "wrong", "right")), at, id=f"{who}V{number}"))
    return History(
        who, frozenset({who}), (Ownership(who, START, "A1"),),
        contacts=tuple(contacts), events=tuple(events), manual=tuple(manual), verdicts=tuple(verdicts),
    )  # fmt: skip


def _promises(chance: random.Random) -> tuple[Said, ...]:
    send = ("commitment.advisor", {"action": "send_material", "due_date": "2026-06-09"})
    call = ("contact.time", {"kind": "once", "date": "2026-06-09", "from": "15:00", "to": None})
    chosen = chance.choice(((send,), (call,), (send, call)))
    return tuple(Said(f"S{n}", tag, Polarity.AFFIRMED, value, (0,)) for n, (tag, value) in enumerate(chosen))


def _talk(who: str, number: int, at: datetime, lines: tuple[str, ...], said: tuple[Said, ...]) -> Contact:
    turns = tuple(Utterance(Speaker.ADVISOR if x[0] == "A" else Speaker.CUSTOMER, x[3:]) for x in lines)
    end = at + timedelta(seconds=50)
    own = tuple(Said(f"{who}K{number}{s.id}", s.tag, s.polarity, s.value, s.evidence) for s in said)
    return Contact(f"{who}K{number}", who, "A1", Channel.CALL, at, end, end, utterances=turns, said=own)


@pytest.fixture
def firm(session: Session) -> Session:
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id="B1") for n in (1, 2)])
    session.flush()
    return session


def tell(session: Session, moment: datetime) -> list[Opportunity]:
    """The random lives as they stand at that moment, in the tables."""
    chance, books, calendar, told = random.Random(7), playbooks.load(), TradingCalendar(), []
    for number in range(LIVES):
        history = life(f"C{number}", chance)
        if session.get(Owned, (history.customer_id, START)) is None:
            set_owner(session, history.customer_id, "A1", START)
        found = track(history, books, calendar, moment)
        repository.save(session, found, [history.customer_id], moment)
        told += found
    return told


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_report_counts_what_the_ledger_judges(firm: Session, moment: datetime) -> None:
    books = {b.id for b in playbooks.load() if ledger.is_promise(b)}
    found = [o for o in tell(firm, moment) if o.playbook in books]
    judged = {o.id: ledger.outcome(o, moment) for o in found}
    row = StoredOpportunity
    for outcome in Outcome:
        asked = firm.execute(select(row.id).where(became(row, moment, outcome))).scalars()  # type: ignore[call-overload]
        assert set(asked) == {ident for ident, one in judged.items() if one is outcome}, outcome
    count, total = Counter(judged.values()), make(firm, Question(START, END, moment)).total.numbers
    assert total["promises"] == count[Outcome.KEPT] + count[Outcome.LATE] + count[Outcome.BROKEN]
    assert total["promises_kept"] == count[Outcome.KEPT] > 0
    table = promise_lists.table(firm, None, START, END, moment)
    assert (table["A1"]["kept"], table["A1"]["judged"]) == (total["promises_kept"], total["promises"])
    kept = behind(firm, Question(START, END, moment), "promises_kept", "A1", after=None, limit=999)
    assert sorted(item.id for item in kept) == sorted(table["A1"]["promises"]["kept"])


def test_the_random_lives_know_every_outcome(firm: Session) -> None:
    found = {ledger.outcome(o, moment) for moment in MOMENTS for o in tell(firm, moment)}
    assert found == set(Outcome)


def test_neither_judge_counts_another_playbook(firm: Session) -> None:
    tell(firm, MOMENTS[-1])
    row = StoredOpportunity
    firm.execute(row.__table__.update().values(playbook="permission"))  # type: ignore[attr-defined]
    counted = select(func.count()).select_from(row).where(became(row, MOMENTS[-1], *Outcome))
    assert firm.execute(counted).scalar_one() == 0


def test_who_owned_him_when_it_was_due_answers_in_the_table_too(firm: Session) -> None:
    """As in `promise show`: the promise goes with the customer, and stays with whoever broke it."""
    tell(firm, MOMENTS[-1])
    before = promise_lists.table(firm, None, START, END, MOMENTS[-1])["A1"]
    set_owner(firm, "C0", "A2", DAY + timedelta(days=20))
    firm.execute(StoredOpportunity.__table__.update().values(owner_id="A2"))  # type: ignore[attr-defined]
    assert promise_lists.table(firm, None, START, END, MOMENTS[-1]) == {"A1": before}
    set_owner(firm, "C1", "A2", DAY + timedelta(hours=1))
    after: dict[str, Any] = promise_lists.table(firm, None, START, END, MOMENTS[-1])
    mine = {p for ids in after["A2"]["promises"].values() for p in ids}
    of_c1 = {r.id for r in firm.execute(select(StoredOpportunity)).scalars() if r.customer_id == "C1"}
    assert mine == of_c1
