"""Every number of a report opens the list behind it, as long as the number says; every line has its words or says why
it has none."""

from datetime import datetime, timedelta
from statistics import mean, median
from typing import Any

import pytest
from sqlmodel import Session

from asr.repository import load_conversation, store_conversation
from dongke.clock import TradingCalendar
from dongke.directory import Advisor, Branch, set_owner
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, TagAssertion
from followup import playbooks, service
from followup.reports import MIN_N, Question, make, wilson
from followup.reports.columns import MADE_OF, SUMS
from followup.reports.lists import Item, behind
from followup.reports.measuring import measure_new
from nlp.pipeline import read
from profiles.models import BehaviourEvent
from profiles.rights.fold import Kind
from profiles.rights.store import Wish, record
from profiles.tagging import store_reading

JUNE = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
START, END, MOMENT = JUNE - timedelta(days=7), JUNE + timedelta(days=23), JUNE + timedelta(days=20)
PEOPLE = 24
MARGIN = ("intent.permission", {"permission": "margin"})
IDLE = ("funds.idle", {"low": 500_000, "high": 500_000})
PLACE = {"institution": "招商银行", "institution_type": "bank", "low": 300_000, "high": 300_000}
BANK = ("assets.external", PLACE | {"matures_on": "2026-06-12"})
FEE = ("voice.feedback", {"topic": "fee", "sentiment": "negative"})
CALL = ("contact.time", {"kind": "once", "date": "2026-06-09", "from": "15:00", "to": None})
SEND = ("commitment.advisor", {"action": "send_material", "due_date": "2026-06-09"})
NOVICE, EXPERT = (("experience.level", {"level": level}) for level in ("novice", "experienced"))
#: what each customer says first, and what comes of it
FIRST: tuple[tuple[str, Any], ...] = (
    ("C: 我想开两融, 新手不太懂。", (MARGIN, NOVICE)),
    ("C: 我有五十万闲着, 老股民了。", (IDLE, EXPERT)),
    ("C: 招商银行还有三十万, 我自己说的。", (BANK,)),
    ("C: 你们手续费太贵了, 明天三点打给我。", (FEE, CALL)),
    ("C: 明天三点打给我。", (CALL,)),
    ("C: 对账单明天发给我。", (SEND,)),
)
ABOUT = (
    "A: 两融门槛五十万, 那五十万和招商银行的钱可以一起安排。",
    "C: 两融利率多少? 五十万放哪? 招行的能转吗?",
    "A: 都行。",
)
SENT = ("A: 手续费调好了, 对账单已经发您了。", "C: 手续费调了就好, 收到了。")
PITCH = ("A: 我推荐您看看这款债基, 久期两年。", "C: 哦, 这样啊。", "A: 费率千分之五。", "C: 我想想。")


def say(session: Session, ident: str, customer: str, at: datetime, *lines: str, tags: Any = ()) -> None:
    turns = [
        {"speaker": "advisor" if x[0] == "A" else "customer", "text": x[3:], "start": 30 * n, "end": 30 * n + 29}
        for n, x in enumerate(lines)
    ]
    talk = Conversation.from_json({"id": ident, "channel": "call", "started_at": at.isoformat(), "utterances": turns})
    store_conversation(session, talk, customer_id=customer, advisor_id=f"A{int(customer[1:]) % 3}")
    stored, _ = load_conversation(session, ident)
    turn = talk.utterances[0]
    proof = (Evidence(0, 0, len(turn.text), turn.speaker, turn.text),)
    found = tuple(
        TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))
        for tag, value in tags
    )
    store_reading(session, stored, Reading(found, read(talk).mentions, "test"), read_at=stored.known_at)
    stored.read_hash = f"{stored.content_hash}:test"
    session.flush()


def event(session: Session, customer: str, name: str, at: datetime, **properties: Any) -> None:
    session.add(
        BehaviourEvent(
            message_id=f"{name}-{customer}", customer_id=customer, event=name, at=at, known_at=at, properties=properties
        )
    )
    session.flush()


@pytest.fixture
def firm(session: Session) -> Session:
    """Three advisors in two branches; 24 customers of whom each says one of six things, and four things come of it."""
    session.add_all([Branch(id="B0", name="一部"), Branch(id="B1", name="二部")])
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id=f"B{n % 2}") for n in range(3)])
    session.flush()
    for number in range(PEOPLE):
        who = f"C{number:02}"
        set_owner(session, who, f"A{number % 3}", START)
        words, tags = FIRST[number % 6]
        say(session, f"K{number}", who, JUNE, words, "A: 好的, 我记下了。", tags=tags)
        if number % 6 == 2 or (number % 6 < 2 and number < 18):
            say(session, f"P{number}", who, JUNE + timedelta(days=2 if number % 6 == 2 else 8), *PITCH)
        _then(session, who, number // 6)
        service.refresh(session, who, until=MOMENT)
    measure_new(session, MOMENT)
    return session


def _then(session: Session, who: str, fate: int) -> None:
    tomorrow, later = JUNE + timedelta(days=1), JUNE + timedelta(days=5)
    if fate == 0:  # in time, and won
        say(session, f"T{who}", who, tomorrow + timedelta(hours=5), *ABOUT, *SENT)
        event(session, who, "permission_opened", later, permission="margin")
        event(session, who, "deposit", later, amount=300_000)
    elif fate == 1:  # too late; one of them refuses
        say(session, f"T{who}", who, later, *ABOUT, *SENT, "C: 两融不开了。")
    elif fate == 2:  # nobody answers, a box is ticked, the money comes by itself
        service.add_attempt(session, customer_id=who, advisor_id=f"A{int(who[1:]) % 3}", at=tomorrow)
        for book in ("permission", "promise", "complaint"):
            service.tick(
                session, customer_id=who, playbook=book, advisor_id=f"A{int(who[1:]) % 3}", at=tomorrow, outcome="done"
            )
        event(session, who, "transfer_in", later, amount=400_000)


def everything(session: Session, asked: Question, number: str, line: str | None) -> list[Item]:
    found: list[Item] = []
    while page := behind(session, asked, number, line, after=(found[-1].at, found[-1].id) if found else None, limit=7):
        found += page
    return found


def points(items: list[Item]) -> list[float]:
    return [item.points or 0 for item in items]


def reckoned(number: str, items: list[Item], numbers: Any) -> Any:
    """The number, made from the list that it opens (and from the counts beside it)."""
    n = len(items)
    hits = {"in_time": "discharged_in_time", "won": "won", "promises": "promises_kept"}
    name = number.removesuffix("_rate").removesuffix("_interval")
    if number in {s.name for s in SUMS}:
        return sum(i.opportunity.low_yuan or i.opportunity.high_yuan or 0 for i in items if i.opportunity)
    if number in ("dig_rungs", "dig_asked"):
        return sum(points(items))
    if number not in MADE_OF:
        return n
    if number == "median_hours":
        clock = TradingCalendar().exchange()
        told = [i.opportunity for i in items if i.opportunity]
        hours = [clock.hours(o.opened_at, o.first_contact_at) for o in told if o.first_contact_at]
        return round(median(hours), 1) if hours else None
    if n < MIN_N:
        return None
    if number.endswith("_score") or number == "dig_per_talk":
        return round(mean(points(items)), 2 if number == "dig_per_talk" else 1)
    if number.endswith("_rate"):
        return round(100 * numbers[hits[name]] / n, 1)
    if number.endswith("_interval"):
        low, high = wilson(numbers[hits[name]], n)
        return f"{100 * low:.0f}–{100 * high:.0f}"
    return numbers[number]  # what is expected of the firm's mix is held by tests of its own (test_reports.py)


@pytest.mark.parametrize("group", ["advisor", "branch", "firm", "playbook"])
def test_every_number_is_its_list_and_every_line_has_its_words(firm: Session, group: str) -> None:
    asked = Question(START, END, MOMENT, group=group)
    report = make(firm, asked)
    columns = [c for c in report.to_json()["columns"] if c["name"] != "name"]
    assert all(c["lists"] for c in columns)
    if group == "firm":  # else the walk over the columns would prove little
        nothing = {c["name"] for c in columns if not report.total.numbers[c["name"]]}
        assert nothing <= {"in_time_beyond", "dig_asked", "novice_score", "experienced_score"}  # few talks of each
    for line in (*report.lines, report.total):
        for column in columns:
            items = everything(firm, asked, column["name"], line.id or None)
            wanted = reckoned(column["name"], items, line.numbers)
            assert line.numbers[column["name"]] == wanted, (line.id, column["name"])
            assert len({i.id for i in items}) == len(items)
            for item in items:
                has_words = any(w.quote for w in item.words)
                assert has_words is not bool(item.no_words), (column["name"], item)
                assert (item.kind == "opportunity") is bool(item.why)


def test_the_words_are_those_of_the_number(firm: Session) -> None:
    asked = Question(START, END, MOMENT)
    by_customer = {i.customer_id: i for i in everything(firm, asked, "discharged_in_time", None)}
    talked = by_customer["C00"]
    assert [(w.what, w.quote[:5]) for w in talked.words][:2] == [
        ("客户的话开启", "我想开两融"),
        ("谈到了", "两融门槛五"),
    ]
    assert talked.why[-1].endswith("成单")  # an order has no words: it stands in the reasons
    ticked = by_customer["C12"]
    assert [w.what for w in ticked.words] == ["客户的话开启"]
    assert ticked.why[-1].endswith("自报: 已跟进")
    late = {i.customer_id: i for i in everything(firm, asked, "overdue", None)}["C22"]
    assert [w.what for w in late.words] == ["客户的话开启"]  # nobody came: only what he had said


def test_what_has_no_words_says_why(firm: Session) -> None:
    asked = Question(START, END, MOMENT)
    silent = next(i for i in everything(firm, asked, "dig_talks", None) if not i.points)
    assert (silent.words, silent.no_words) == ((), "这次会话没有问出新的一级")
    wish = Wish(kind=Kind.TAG, subject="intent.permission", status="deleted")
    before = {i.id for i in everything(firm, asked, "opened", None)}
    record(firm, "C00", wish, by="test")
    for item in everything(firm, asked, "opened", None):
        assert item.id in before
        assert "我想开两融" not in str(item.words) or item.customer_id != "C00"


def test_a_complaint_has_nothing_to_win_and_lowers_no_rate(firm: Session) -> None:
    """成单率 is asked of what can be won, whatever else a customer told."""
    asked = Question(START, END, MOMENT, group="firm")
    total = make(firm, asked).total.numbers
    can_win = {book.id for book in playbooks.load() if book.win or book.keep}
    items = everything(firm, asked, "won_rate", None)
    assert {i.title for i in items} <= can_win
    assert len(items) == 12 < total["opened"]
    assert total["won_rate"] == round(100 * total["won"] / 12, 1)
