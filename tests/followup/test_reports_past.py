"""Reports of the past: as they stood, byte by byte; and the lists behind the numbers, as long as the numbers say."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from asr.repository import load_conversation, store_conversation
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role
from dongke.settings import settings
from dongke.standing import Standing
from dongke.standing import State as Data
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import service
from followup.reports import Question, follow_up, make, period, span, storing
from followup.reports.columns import NUMBERS
from followup.reports.lists import Item, behind
from followup.reports.measuring import measure_new
from followup.reports.models import StoredReport, TalkMeasure
from followup.reports.periodic import ended, write
from followup.webhooks import receivers
from followup.webhooks.models import WebhookEvent
from followup.webhooks.profiles import tell_contradictions
from profiles.models import StoredAssertion, TagFeedback
from profiles.tagging import store_reading

TALK = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
START, END = span(date(2026, 6, 1), date(2026, 6, 30))
LATE = TALK + timedelta(days=3)
MARGIN = ("intent.permission", {"permission": "margin"})
FEE = ("voice.feedback", {"topic": "fee", "sentiment": "negative"})


@pytest.fixture
def firm(session: Session) -> Session:
    """Two branches; C1 of A1 in B1, C2 of A2 in B2."""
    session.add_all([Branch(id="B1", name="一部"), Branch(id="B2", name="二部")])
    session.flush()
    session.add_all([Advisor(id="A1", name="李晓", branch_id="B1"), Advisor(id="A2", name="王强", branch_id="B2")])
    session.flush()
    for who, advisor in (("C1", "A1"), ("C2", "A2")):
        set_owner(session, who, advisor, TALK - timedelta(days=90))
    return session


def say(
    session: Session,
    ident: str,
    *tags: tuple[str, dict[str, Any]],
    at: datetime = TALK,
    customer: str = "C1",
    known_at: datetime | None = None,
    lines: tuple[str, ...] = ("C: 我想开两融。",),
) -> None:
    """One talk of `lines`; the tags stand on the first words of the customer."""
    turns = [
        {"speaker": "advisor" if line[0] == "A" else "customer", "text": line[3:], "start": n * 20, "end": n * 20 + 40}
        for n, line in enumerate(lines)
    ]
    talk = Conversation.from_json({"id": ident, "channel": "call", "started_at": at.isoformat(), "utterances": turns})
    store_conversation(
        session, talk, customer_id=customer, advisor_id="A1" if customer == "C1" else "A2", known_at=known_at
    )
    stored, _ = load_conversation(session, ident)
    first = next(n for n, line in enumerate(lines) if line[0] == "C")
    quote = talk.utterances[first].text
    proof = (Evidence(first, 0, len(quote), Speaker.CUSTOMER, quote),)
    found = tuple(
        TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))
        for tag, value in tags
    )
    store_reading(session, stored, Reading(found, (), "test"), read_at=stored.known_at)
    stored.read_hash = f"{stored.content_hash}:test"
    session.flush()


def question(**changes: Any) -> Question:
    moment = changes.pop("moment", now())
    return Question(START, END, moment, **changes)


def keep(session: Session, moment: datetime, **scope: Any) -> StoredReport:
    for who in ("C1", "C2"):
        service.refresh(session, who, until=moment)
    row = storing.keep(session, "month", date(2026, 6, 1), date(2026, 6, 30), moment, settings(), **scope)
    session.flush()
    return row


# --- as it stood


def test_a_past_report_is_the_stored_one_byte_by_byte(firm: Session) -> None:
    say(firm, "K1", MARGIN, FEE)
    say(firm, "K2", ("funds.idle", {"low": 500_000}), customer="C2", lines=("C: 我有五十万闲着。",))
    moment = TALK + timedelta(days=2)
    measure_new(firm, moment)
    rows = [keep(firm, moment, group=group) for group in ("advisor", "branch", "firm", "playbook")]
    rows.append(keep(firm, moment, group="advisor", branch="B2"))
    # life goes on: new talks, a late transcript of an old one, a better reading, a new measure
    say(firm, "K3", MARGIN, at=LATE, customer="C2")
    say(firm, "K0", ("intent.product", {"product": "gold"}), at=TALK - timedelta(days=1), known_at=LATE)
    say(firm, "K1b", FEE, at=LATE, lines=("C: 手续费太贵。",))
    stored, _ = load_conversation(firm, "K1")
    store_reading(firm, stored, Reading((), (), "newer"), read_at=LATE)
    service.refresh_many(firm, ["C1", "C2"])
    measure_new(firm, now())
    for row in rows:
        found = storing.compare(firm, row)
        assert (found.is_same, found.differences, found.made_sha256) == (True, (), row.sha256)
    today = follow_up(firm, None, start=START, end=END)
    assert today.total.numbers["opened"] == 4  # gold, idle money, the new wish for margin, the new complaint
    assert [v.customers for v in today.voices] == [1]


def test_the_past_knows_what_has_vanished_since(firm: Session) -> None:
    """The only wish of a customer, taken back by a better reading: today there is nothing, then there was one."""
    say(firm, "K1", MARGIN)
    service.refresh(firm, "C1", until=TALK + timedelta(hours=4))
    stored, _ = load_conversation(firm, "K1")
    store_reading(firm, stored, Reading((), (), "newer"), read_at=LATE)
    service.refresh(firm, "C1")
    assert follow_up(firm, None, start=START, end=END).total.numbers["opened"] == 0
    then = follow_up(firm, None, start=START, end=END, as_of=TALK + timedelta(hours=4))
    assert then.total.numbers["opened"] == 1


def test_what_was_not_known_yet_is_not_in_the_past(firm: Session) -> None:
    say(firm, "K1", MARGIN, known_at=LATE)
    assert follow_up(firm, None, start=START, end=END, as_of=LATE - timedelta(hours=1)).total.numbers["opened"] == 0
    assert follow_up(firm, None, start=START, end=END, as_of=LATE).total.numbers["opened"] == 1


def test_a_line_says_what_was_known_when(firm: Session) -> None:
    """In time, but transcribed days after the deadline: the report of then called it overdue."""
    say(firm, "K1", MARGIN)
    about = ("A: 两融门槛五十万。", "C: 两融利率多少?")
    say(firm, "K2", at=TALK + timedelta(hours=5), known_at=LATE, lines=about)
    service.refresh(firm, "C1")
    then, today = question(as_of=LATE - timedelta(hours=1), moment=LATE - timedelta(hours=1)), question()
    assert [make(firm, asked).total.numbers["overdue"] for asked in (then, today)] == [1, 0]
    (item,) = behind(firm, today, "discharged_in_time", None, after=None, limit=5)
    assert item.why[:2] == ("2026-06-08 10:00 客户的话开启", "2026-06-08 15:00 谈到了 (2026-06-11 10:00 得知)")


def test_an_advisor_who_changed_branch_takes_his_cases_with_him(firm: Session) -> None:
    say(firm, "K1", MARGIN)
    say(firm, "K2", at=TALK + timedelta(hours=5), lines=("A: 两融门槛五十万。", "C: 两融利率多少?"))
    (before,) = service.refresh(firm, "C1", until=LATE)
    due, asked = before.due_at, question(group="branch", moment=LATE)
    assert [line.id for line in make(firm, asked).lines] == ["B1"]
    firm.get_one(Advisor, "A1").branch_id = "B2"
    firm.flush()
    (after,) = service.refresh(firm, "C1", until=LATE)
    assert (after.owner_id, after.due_at, after.state) == ("A1", due, before.state)
    (line,) = make(firm, asked).lines
    assert (line.id, line.numbers["opened"], line.numbers["overdue"]) == ("B2", 1, 0)


def test_rights_of_now_rule_the_past_and_the_check_says_where(firm: Session) -> None:
    say(firm, "K1", MARGIN)
    row = keep(firm, TALK + timedelta(days=2), group="advisor")
    firm.add(Standing(customer_id="C1", state=Data.RESTRICTED, settled_at=now()))
    firm.flush()
    found = storing.compare(firm, row)
    assert found.is_same is False
    assert "total.opened: 1 → 0" in found.differences


def test_nobody_sees_more_of_the_past_than_of_now(firm: Session) -> None:
    say(firm, "K1", MARGIN)
    say(firm, "K2", MARGIN, customer="C2")
    service.refresh_many(firm, ["C1", "C2"])
    mine = Principal("a1", Role.ADVISOR, advisor_id="A1")
    for as_of in (None, TALK + timedelta(days=1)):
        report = follow_up(firm, mine, start=START, end=END, as_of=as_of)
        assert [line.id for line in report.lines] == ["A1"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["a[1].b: 2 → 3"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: [1] → [1, 2]"]),
        ({}, {"a": None}, []),
    ],
)
def test_differences(old: Any, new: Any, told: list[str]) -> None:
    assert storing.differences(old, new) == told


# --- behind the numbers


def everything(session: Session, asked: Question, number: str, line: str | None = None) -> list[Item]:
    found: list[Item] = []
    while page := behind(session, asked, number, line, after=_place(found), limit=2):
        found += page
    return found


def _place(found: list[Item]) -> tuple[datetime, str] | None:
    return (found[-1].at, found[-1].id) if found else None


@pytest.mark.parametrize("past", [False, True])
def test_a_list_is_as_long_as_its_number(firm: Session, past: bool) -> None:
    for n in range(3):
        say(
            firm,
            f"K{n}",
            MARGIN,
            ("intent.product", {"product": ("gold", "bond_fund", "etf")[n]}),
            at=TALK + timedelta(hours=n),
        )
    say(firm, "K9", MARGIN, customer="C2")
    service.refresh_many(firm, ["C1", "C2"])
    moment = now()
    for group in ("advisor", "branch", "firm", "playbook"):
        asked = question(group=group, moment=moment, as_of=moment if past else None)
        report = make(firm, asked)
        for line in (*report.lines, report.total):
            for number in (n for n in NUMBERS if n in line.numbers):
                items = everything(firm, asked, number, line.id or None)
                wanted = line.numbers[number]
                total = sum(int(i.opportunity.low_yuan or 0) for i in items if i.opportunity)
                assert (total if number.startswith("yuan") else len(items)) == wanted, (group, line.id, number)


def test_each_line_has_its_words(firm: Session) -> None:
    say(firm, "K1", MARGIN, FEE, lines=("A: 您好。", "C: 我想开两融, 就是手续费太贵。"))
    service.refresh(firm, "C1")
    found = behind(firm, question(), "opened", "A1", after=None, limit=10)
    assert {item.title for item in found} == {"permission", "complaint"}
    item = found[0]
    assert (item.customer_id, item.advisor_name, item.words[0].quote) == ("C1", "李晓", "我想开两融, 就是手续费太贵。")
    (voice,) = behind(firm, question(), "voice:fee", None, after=None, limit=10)
    assert (voice.title, voice.words[0].utterance) == ("费率 不满", 1)
    assert behind(firm, question(), "voice:app", None, after=None, limit=10) == []


@pytest.mark.parametrize("number", ["name", "hours", "voices", "", "opened; drop table"])
def test_numbers_without_a_list(firm: Session, number: str) -> None:
    with pytest.raises(BadInput, match="number-unknown"):
        behind(firm, question(), number, None, after=None, limit=10)


# --- voices


def test_voices_by_topic(firm: Session) -> None:
    say(firm, "K1", FEE, ("voice.feedback", {"topic": "app", "sentiment": "positive"}))
    say(firm, "K2", FEE, at=TALK + timedelta(days=1))
    say(firm, "K3", FEE, customer="C2")
    say(firm, "K4", FEE, at=TALK - timedelta(days=30))
    found = [v.to_json() for v in make(firm, question()).voices]
    assert [(v["topic"], v["negative"], v["positive"], v["customers"]) for v in found] == [
        ("fee", 3, 0, 2), ("app", 0, 1, 1),
    ]  # fmt: skip
    mine = make(firm, question(principal=Principal("a2", Role.ADVISOR, advisor_id="A2"))).voices
    assert [(v.topic, v.customers) for v in mine] == [("fee", 1)]
    assert [v.customers for v in make(firm, question(branch="B2")).voices] == [1]


def test_a_voice_that_was_judged_wrong_is_none(firm: Session) -> None:
    say(firm, "K1", FEE)
    said = firm.exec(select(StoredAssertion.id)).one()
    firm.add(
        TagFeedback(
            id="F1", customer_id="C1", assertion_id=said, tag=FEE[0], verdict="wrong", by="a1", at=LATE, known_at=LATE
        )
    )
    firm.flush()
    assert make(firm, question()).voices == ()
    assert len(make(firm, question(moment=TALK + timedelta(hours=1))).voices) == 1


# --- what is measured of talks


def test_talks_are_measured_once_and_again_when_they_change(firm: Session) -> None:
    asset = ("assets.external", {"institution": "招商银行", "institution_type": "bank", "low": 300_000})
    say(firm, "K1", asset, lines=("A: 您别处还有钱吗?", "C: 招商银行还有三十万。"))
    first = measure_new(firm, LATE)
    assert (first["customers"], measure_new(firm, LATE + timedelta(hours=1))["customers"]) == (1, 0)
    dug = firm.exec(select(TalkMeasure).where(TalkMeasure.kind == "dig")).one()
    assert (dug.points, dug.advisor_id, dug.superseded_at) == (3.0, "A1", None)
    total = make(firm, question()).total.numbers
    assert (total["dig_talks"], total["dig_rungs"], total["dig_per_talk"]) == (1, 3, None)
    (item,) = behind(firm, question(), "dig_rungs", "A1", after=None, limit=5)
    assert {w.what for w in item.words} == {"提及", "机构", "金额"}
    assert item.words[0].quote == "招商银行还有三十万。"


def test_a_measure_that_is_replaced_is_kept_for_the_past(firm: Session) -> None:
    say(firm, "K1", ("assets.external", {"institution": "招商银行"}), lines=("C: 招商银行还有些。",))
    measure_new(firm, LATE)
    stored, _ = load_conversation(firm, "K1")
    store_reading(firm, stored, Reading((), (), "newer"), read_at=LATE + timedelta(days=1))
    stored.read_hash = f"{stored.content_hash}:newer"
    firm.flush()
    measure_new(firm, LATE + timedelta(days=2))
    assert make(firm, question()).total.numbers["dig_rungs"] == 0
    assert make(firm, question(moment=LATE + timedelta(days=1))).total.numbers["dig_rungs"] == 2


# --- periods and files


@pytest.mark.parametrize(
    ("kind", "day", "days"),
    [
        ("day", "2026-06-10", ("2026-06-10", "2026-06-10")),
        ("week", "2026-06-10", ("2026-06-08", "2026-06-14")),
        ("week", "2026-06-14", ("2026-06-08", "2026-06-14")),
        ("month", "2026-02-28", ("2026-02-01", "2026-02-28")),
        ("month", "2026-12-31", ("2026-12-01", "2026-12-31")),
    ],
)
def test_periods(kind: str, day: str, days: tuple[str, str]) -> None:
    assert tuple(map(str, period(kind, date.fromisoformat(day)))) == days


@pytest.mark.parametrize(
    ("kind", "day", "days"),
    [
        ("week", "2026-06-15", ("2026-06-08", "2026-06-14")),
        ("week", "2026-06-21", ("2026-06-08", "2026-06-14")),
        ("month", "2026-07-01", ("2026-06-01", "2026-06-30")),
        ("month", "2026-01-01", ("2025-12-01", "2025-12-31")),
    ],
)
def test_the_one_that_has_ended(kind: str, day: str, days: tuple[str, str]) -> None:
    assert tuple(map(str, ended(kind, date.fromisoformat(day)))) == days


def test_an_unknown_period() -> None:
    with pytest.raises(BadInput, match="period-invalid"):
        period("quarter", date(2026, 6, 1))


def test_the_weekly_reports_lie_in_the_folder_and_in_the_store(firm: Session) -> None:
    say(firm, "K1", MARGIN)
    service.refresh(firm, "C1")
    due = datetime.fromisoformat("2026-06-15T07:00:00+08:00")
    told = write(firm, "week", due, now(), settings())
    assert (told["reports"], told["first"], told["last"]) == (3, "2026-06-08", "2026-06-14")
    rows = firm.exec(select(StoredReport).order_by(col(StoredReport.id))).all()
    assert [row.branch_id for row in rows] == ["B1", "B2", None]
    folder: Path = settings().report_folder()
    for row in rows:
        assert {Path(name).suffix for name in row.files} >= {".json", ".xlsx"}
        assert (folder / row.files[0]).read_bytes() == row.body.encode()
    assert storing.total_of(rows[0])["opened"] == 1
    assert "C1" not in rows[0].body


def test_listeners_hear_of_reports_and_of_contradictions(firm: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "crm.internal")
    settings.cache_clear()
    receivers.add(firm, "https://crm.internal/", ["report.ready", "tag.contradicted"], by="root")
    say(firm, "K1", ("risk.appetite", {"level": "aggressive"}), lines=("C: 我就喜欢激进的。",))
    assert tell_contradictions(firm, "C1", "K1") == 0
    say(firm, "K2", ("risk.appetite", {"level": "conservative"}), at=LATE, lines=("C: 我只要稳健的, 不能亏。",))
    assert [tell_contradictions(firm, "C1", "K2") for _ in range(2)] == [1, 0]
    assert tell_contradictions(firm, "C1", "K1") == 0
    write(firm, "week", datetime.fromisoformat("2026-06-15T07:00:00+08:00"), now(), settings())
    told = firm.exec(select(WebhookEvent).order_by(col(WebhookEvent.number))).all()
    assert [e.type for e in told] == ["tag.contradicted", *["report.ready"] * 3]
    assert (told[0].data["tag"], told[0].data["conversation_id"]) == ("risk.appetite", "K2")
    assert {"report_id", "sha256", "opened"} <= set(told[1].data)
    assert not any(words in str([e.data for e in told]) for words in ("激进", "稳健", "aggressive", "conservative"))


def test_a_stored_report_that_is_not_there(firm: Session) -> None:
    with pytest.raises(NotFound, match="report-unknown"):
        storing.one(firm, "none")
