"""The clauses of a playbook that the product's own leave at their defaults: hours, pauses, who and what counts."""

from datetime import datetime
from typing import Any

import pytest

from dongke.clock import TradingCalendar, beijing
from dongke.types import Channel, TopicMention
from dongke.worktime import SERVICE, Hours, parse_sessions
from followup import playbooks
from followup.deadlines import deadline, escalations
from followup.history import VisitNote
from followup.models import State
from followup.opportunities import track
from followup.opportunity import Opportunity, Source
from followup.playbooks import Discharge, Due, Pause, Playbook

CALENDAR = TradingCalendar(branches={"*": Hours.same(SERVICE), "B2": Hours.same(parse_sessions("10:00-12:00"))})
PERMISSION = next(book for book in playbooks.load() if book.id == "permission")
MARGIN = ("intent.permission", {"permission": "margin"})
ABOUT_MARGIN = ("A: 您要开的两融,门槛是五十万。", "C: 两融的利率是多少?", "A: 五个多点。")
SMALL_TALK = ("A: 今天大盘不错。", "C: 是啊,涨了不少。")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00".replace(" ", "T"))


def book(**changes: Any) -> Playbook:
    return PERMISSION.model_copy(update=changes)


def once(date: str, start: str | None = None) -> Any:
    return "contact.time", {"kind": "once", "days": None, "date": date, "from": start, "to": None}


def only(life: Any, rule: Playbook, when: str, **more: Any) -> Opportunity:
    (found,) = track(life.history(), [rule], CALENDAR, at(when), **more)
    return found


def clock(moment: datetime) -> str:
    return f"{beijing(moment):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "kind", "branch", "said", "due"),
    [
        (2, "exchange", None, "06-08 10:00", "06-08 13:30"),  # over lunch
        (4, "exchange", None, "06-05 14:00", "06-08 14:00"),  # over the weekend
        (2, "branch", "B1", "06-08 16:30", "06-09 10:00"),
        (2, "branch", "B2", "06-08 11:00", "06-09 11:00"),  # a branch that opens two hours a day
        (0.5, "branch", "B1", "06-06 12:00", "06-08 09:30"),  # said on Saturday
        (1, "exchange", None, "09-30 14:30", "10-08 10:00"),  # over 国庆
    ],
)
def test_deadlines_in_hours(hours: float, kind: Any, branch: str | None, said: str, due: str) -> None:
    found = deadline(Due(rule="trading_hours", hours=hours, clock=kind), {}, at(said), CALENDAR, branch)
    assert found
    assert clock(found.due_at) == due


def test_the_owners_branch_decides_the_hours(life: Any) -> None:
    life.talk("06-08 11:00", "C: 我想开两融。", tags=(MARGIN,))
    rule = book(due=Due(rule="trading_hours", hours=2, clock="branch"))
    assert clock(only(life, rule, "06-08 12:00").due_at) == "06-08 14:30"
    life.branches = {"A1": "B2"}
    assert clock(only(life, rule, "06-08 12:00").due_at) == "06-09 11:00"


def test_hours_refresh_as_days_do(life: Any) -> None:
    rule = book(due=Due(rule="trading_hours", hours=4))
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 14:00", "C: 两融怎么样了。", tags=(MARGIN,))
    assert clock(only(life, rule, "06-08 15:00").due_at) == "06-09 10:00"


@pytest.mark.parametrize(
    ("value", "opened", "provisional"),
    [
        ({"matures_on": "2027-01-05"}, "06-08 10:00", True),  # due in December, counted back from a year not known yet
        ({"matures_on": "2026-12-30"}, "06-08 10:00", False),
        ({"matures_on": None}, "12-30 10:00", True),
        ({"matures_on": None}, "06-08 10:00", False),
    ],
)
def test_a_deadline_rests_on_the_days_it_was_counted_over(value: Any, opened: str, provisional: bool) -> None:
    rule = next(b.due for b in playbooks.load() if b.id == "external_assets")
    found = deadline(rule, value, at(opened), CALENDAR)
    assert found
    assert found.provisional is provisional


WISHED = book(pause=(Pause(reason="wished_time"),))
REFUSED = book(pause=(Pause(reason="refused", tags=("contact.busy",), words="别打|开会", days=2),))


@pytest.mark.parametrize(
    ("rule", "said", "tags", "due"),
    [
        (WISHED, "C: 周四下午再说。", (once("2026-06-11", "14:00"),), "06-12 17:30"),  # a day was left on Monday
        (WISHED, "C: 周六上午打吧。", (once("2026-06-13"),), "06-15 17:30"),
        (WISHED, "C: 平时下午都行。", (("contact.time", {"kind": "recurring", "date": None}),), "06-09 17:30"),
        (WISHED, "C: 不要周四打。", ((*once("2026-06-11"), "negated"),), "06-09 17:30"),
        (WISHED, "C: 我在开会。", (("contact.busy", {}),), "06-09 17:30"),
        (REFUSED, "C: 我在忙。", (("contact.busy", {}),), "06-11 17:30"),
        (REFUSED, "C: 开会呢。", (), "06-11 17:30"),
        (REFUSED, "A: 您在开会吗?", (), "06-09 17:30"),  # the advisor's words pause nothing
        (PERMISSION, "C: 周四再打。", (once("2026-06-11"),), "06-09 17:30"),  # the product's own never pause
    ],
)
def test_pauses(life: Any, rule: Playbook, said: str, tags: Any, due: str) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 15:00", said, tags=tags, seconds=8)
    found = only(life, rule, "06-08 18:00")
    assert clock(found.due_at) == due
    paused = [c for c in found.causes if c.why.startswith("期限暂停")]
    assert [(c.conversation, c.evidence) for c in paused] == ([("K2", (0,))] if due != "06-09 17:30" else [])


def test_a_pause_in_the_opening_talk_and_in_hours(life: Any) -> None:
    rule = book(due=Due(rule="trading_hours", hours=2), pause=(Pause(reason="wished_time"),))
    life.talk("06-08 10:00", "C: 我想开两融,周四一点打给我。", tags=(MARGIN, once("2026-06-11", "13:00")))
    assert clock(only(life, rule, "06-08 18:00").due_at) == "06-11 15:00"


def test_a_pause_counts_once_and_never_after_the_deadline(life: Any) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 15:00", "C: 周四再打。", tags=(once("2026-06-11"),), seconds=8)
    life.talk("06-11 15:00", "C: 下周一吧。", tags=(once("2026-06-15"),), seconds=8)
    assert clock(only(life, WISHED, "06-11 18:00").due_at) == "06-12 17:30"
    twice = book(pause=(Pause(reason="wished_time", at_most=2),))
    assert clock(only(life, twice, "06-11 18:00").due_at) == "06-16 17:30"
    late = life.talk("06-17 10:00", "C: 下下周吧。", tags=(once("2026-06-25"),), seconds=8)
    assert late.id == "K4"
    assert only(life, book(pause=(Pause(reason="wished_time", at_most=9),)), "06-17 18:00").overdue is True


@pytest.mark.parametrize(
    ("discharge", "options", "state"),
    [
        (Discharge(min_seconds=120), {}, State.OPEN),
        (Discharge(min_seconds=40), {}, State.DISCUSSED),
        (Discharge(channels=("chat",)), {}, State.OPEN),
        (Discharge(channels=("chat",), min_messages=1), {"channel": Channel.CHAT}, State.DISCUSSED),
        (Discharge(min_messages=3), {"channel": Channel.CHAT}, State.OPEN),
        (Discharge(by=("owner",)), {"advisor_id": "D1"}, State.OPEN),
        (Discharge(by=("owner",)), {"advisor_id": "A1"}, State.DISCUSSED),
        (Discharge(by=("deputy",)), {"advisor_id": "A1"}, State.OPEN),
        (Discharge(by=("deputy",)), {"advisor_id": "D1"}, State.DISCUSSED),
        (Discharge(by=("owner", "deputy")), {"advisor_id": "A9"}, State.OPEN),
    ],
)
def test_which_contacts_count(life: Any, discharge: Discharge, options: Any, state: State) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 15:00", *ABOUT_MARGIN, **options)
    assert only(life, book(discharge=discharge), "06-08 18:00").state is state


def test_who_owned_him_at_the_opening_may_stay_responsible(life: Any) -> None:
    rule = book(owner="opening")
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.owner("06-08 12:00", "A2")
    assert (only(life, rule, "06-08 18:00").owner, only(life, PERMISSION, "06-08 18:00").owner) == ("A1", "A2")
    life.talk("06-08 15:00", *ABOUT_MARGIN, advisor_id="A1")
    assert only(life, rule, "06-08 18:00").state is State.DISCUSSED
    assert only(life, PERMISSION, "06-08 18:00").state is State.OPEN


@pytest.mark.parametrize(
    ("notes", "text", "mentions", "state"),
    [
        (True, "上门谈了两融门槛。", (), State.DISCUSSED),
        (True, "上门喝茶,谈了行情。", (), State.OPEN),
        (False, "上门谈了两融门槛。", (), State.OPEN),
    ],
)
def test_a_visit_note_where_the_playbook_takes_it_is_self_reported(
    life: Any, notes: bool, text: str, mentions: tuple[TopicMention, ...], state: State
) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.facts["notes"].append(VisitNote("N0", "C1", "A1", at("06-08 15:00"), text, mentions))
    found = only(life, book(discharge=Discharge(notes=notes)), "06-08 18:00")
    assert (found.state, found.self_reported) == (state, state is State.DISCUSSED)
    assert found.causes[-1].source is (Source.NOTE if state is State.DISCUSSED else Source.TALK)


@pytest.mark.parametrize(
    ("lines", "options", "why"),
    [
        (ABOUT_MARGIN, {"seconds": 3}, "通话只有 3 秒, 不足 30 秒"),
        (ABOUT_MARGIN, {"advisor_id": "A9"}, "不是负责的投顾或代班人"),
        (ABOUT_MARGIN, {"answered": False}, "未接通"),
        (SMALL_TALK, {}, "没有谈到"),
        (("A: 两融门槛五十万,利率也优惠。", "C: 嗯。"), {}, "只有投顾在说"),
        (("A: 两融门槛五十万,利率也优惠,您考虑一下。",), {}, "客户没有说话"),
        (("C: 两融利率多少?",), {"channel": Channel.CHAT}, "客户只说了 1 条, 不足 2 条"),
        (("A: 张先生在吗?", "C: 他不在,我是他老婆。", "A: 两融的事。", "C: 两融是什么?"), {}, "不是客户本人"),
    ],
)
def test_what_did_not_count_says_why(life: Any, lines: tuple[str, ...], options: Any, why: str) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 15:00", *lines, **options)
    found = only(life, PERMISSION, "06-08 18:00")
    assert [(m.why, m.record) for m in found.misses] == [(why, "K2")]
    assert found.discharged_at is None


def test_once_it_is_discharged_nothing_more_is_missed(life: Any) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-08 11:00", *ABOUT_MARGIN)
    life.talk("06-08 15:00", *SMALL_TALK)
    life.attempt("06-08 16:00")
    assert only(life, PERMISSION, "06-08 18:00").misses == ()


def test_late_evidence_corrects_the_past_and_shows_when_it_was_known(life: Any) -> None:
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(MARGIN,))
    life.talk("06-09 10:00", *ABOUT_MARGIN, known_at=at("06-11 03:00"))
    believed = only(life, PERMISSION, "06-10 09:00")
    corrected = only(life, PERMISSION, "06-10 09:00", known_at=at("06-12 09:00"))
    assert (believed.overdue, believed.learnt_late) == (True, None)
    assert (corrected.overdue, clock(corrected.discharged_at or at("01-01 00:00"))) == (False, "06-09 10:00")
    assert corrected.learnt_late is not None
    assert clock(corrected.learnt_late.known_at or at("01-01 00:00")) == "06-11 03:00"
    in_time = only(life, PERMISSION, "06-10 09:00", known_at=at("06-09 12:00"))
    assert in_time.learnt_late is None


def test_the_ladder_of_escalation() -> None:
    steps = PERMISSION.escalate
    assert [(who, clock(when)) for who, when in escalations(steps, at("09-30 17:30"), CALENDAR)] == [
        ("advisor", "09-30 17:30"),
        ("branch", "10-09 17:30"),
        ("firm", "10-14 17:30"),
    ]
