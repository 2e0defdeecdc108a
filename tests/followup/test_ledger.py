"""Promises: kept, late, broken, 自报, released, open – and what only looks like each; rates per advisor."""

from datetime import datetime
from typing import Any

import pytest

from dongke.clock import TradingCalendar
from followup import playbooks
from followup.ledger import Outcome, Promise, ledger, of_opportunity, tally
from followup.opportunities import track
from followup.opportunity import Source

BOOKS = playbooks.load()
THREE = ("contact.time", {"kind": "once", "days": None, "date": "2026-06-09", "from": "15:00", "to": None})


def promised(action: str, due: str | None) -> Any:
    return "commitment.advisor", {"action": action, "due_date": due}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00".replace(" ", "T"))


def promises(life: Any, when: str, known_at: str | None = None) -> list[Promise]:
    history = life.history()
    found = track(history, BOOKS, TradingCalendar(), at(when), at(known_at) if known_at else None)
    return ledger(history, BOOKS, found, at(when))


def only(life: Any, when: str) -> Promise:
    (found,) = promises(life, when)
    return found


SENT = ("A: 对账单已经发您了。", "C: 收到了。")


@pytest.mark.parametrize(
    ("when", "lines", "outcome"),
    [
        ("06-09 11:00", SENT, Outcome.KEPT),
        ("06-11 11:00", SENT, Outcome.LATE),
        ("06-09 11:00", ("A: 研报已经发您了。", "C: 收到了。"), Outcome.BROKEN),
        ("06-09 11:00", ("A: 对账单还没发,明天发。", "C: 好的。"), Outcome.BROKEN),
        ("06-09 11:00", ("A: 今天大盘不错。", "C: 是啊。"), Outcome.BROKEN),
        ("06-09 11:00", ("A: 对账单马上发。", "C: 不用发了,我自己下载了。"), Outcome.RELEASED),
        ("06-11 11:00", ("A: 对账单马上发。", "C: 不用发了,我自己下载了。"), Outcome.BROKEN),  # too late by then
    ],
)
def test_what_became_of_a_dated_promise(life: Any, when: str, lines: tuple[str, ...], outcome: Outcome) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", "C: 好的。", tags=(promised("send_material", "2026-06-09"),))
    life.talk(when, *lines)
    found = only(life, "06-12 09:00")
    assert found.outcome is outcome
    assert (found.proof is not None) is (outcome in (Outcome.KEPT, Outcome.LATE))
    if found.proof:
        assert (found.proof.conversation, bool(found.proof.evidence)) == ("K2", True)


def test_before_its_time_nothing_is_broken(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    assert only(life, "06-09 17:29").outcome is Outcome.OPEN
    assert only(life, "06-09 17:30").outcome is Outcome.BROKEN


def test_ticked_by_hand_is_neither_kept_nor_broken(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    life.manual("06-09 10:00", "promise")
    found = only(life, "06-12 09:00")
    assert (found.outcome, found.proof.source if found.proof else None) == (Outcome.REPORTED, Source.MANUAL)
    assert tally([found])["A1"].judged == 0


def test_a_tag_that_was_wrong_was_no_promise(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    life.verdict("06-11 10:00", "commitment.advisor")
    assert only(life, "06-10 09:00").outcome is Outcome.BROKEN
    assert only(life, "06-12 09:00").outcome is Outcome.RELEASED


def test_an_event_or_a_note_is_proof(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    life.talk("06-08 11:00", "A: 我明天去拜访您。", tags=(promised("meet", "2026-06-09"),))
    life.event("06-09 09:00", "material_sent")
    life.note("06-09 16:00", "今天上门拜访客户。")
    found = {p.kind: p for p in promises(life, "06-12 09:00")}
    sources = {kind: p.proof.source for kind, p in found.items() if p.proof}
    assert sources == {"send_material": Source.EVENT, "meet": Source.NOTE}


@pytest.mark.parametrize(
    ("when", "outcome"),
    [("06-09 15:10", Outcome.KEPT), ("06-09 18:00", Outcome.LATE), ("06-09 11:00", Outcome.BROKEN)],
)
def test_call_backs(life: Any, when: str, outcome: Outcome) -> None:
    life.talk("06-08 10:00", "C: 明天三点打给我。", tags=(THREE,))
    life.talk(when, "A: 您好。", "C: 你说。")
    assert (only(life, "06-10 09:00").kind, only(life, "06-10 09:00").outcome) == ("call_back", outcome)


@pytest.mark.parametrize("action", ["send_material", "call_back", "meet", "process_business", "other"])
def test_without_a_date_it_stays_open_for_ever(life: Any, action: str) -> None:
    life.talk("06-08 10:00", "A: 回头给您弄。", "C: 好的。", tags=(promised(action, None),))
    found = only(life, "12-31 09:00")
    assert (found.outcome, found.due_at) == (Outcome.OPEN, None)


@pytest.mark.parametrize(
    ("action", "lines", "outcome"),
    [
        ("send_material", SENT, Outcome.KEPT),
        ("send_material", ("A: 今天大盘不错。", "C: 是啊。"), Outcome.OPEN),
        ("call_back", ("A: 您好。", "C: 你说。"), Outcome.KEPT),
        ("call_back", ("A: 您好? 喂?",), Outcome.OPEN),
        ("send_material", ("A: 对账单马上发。", "C: 不用发了,我自己下载了。"), Outcome.RELEASED),
        ("other", ("A: 那件事办好了。", "C: 谢谢。"), Outcome.OPEN),  # nothing in the records can prove it
    ],
)
def test_an_undated_one_may_be_kept_but_never_broken(
    life: Any, action: str, lines: tuple[str, ...], outcome: Outcome
) -> None:
    life.talk("06-08 10:00", "A: 对账单回头给您。", "C: 好的。", tags=(promised(action, None),))
    life.talk("06-20 11:00", *lines)
    assert only(life, "12-01 09:00").outcome is outcome


def test_a_date_named_later_takes_the_place_of_none(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单回头给您。", tags=(promised("send_material", None),))
    life.talk("06-09 10:00", "A: 对账单明天一定发。", tags=(promised("send_material", "2026-06-10"),))
    found = only(life, "06-12 09:00")
    assert (found.due_at, found.outcome) == (at("06-10 17:30"), Outcome.BROKEN)
    life.talk("06-09 11:00", "A: 合同回头给您。", tags=(promised("send_material", None),))
    assert len(promises(life, "06-12 09:00")) == 2


def test_what_was_done_yesterday_is_no_promise(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单昨天发您了。", tags=(promised("send_material", "2026-06-07"),))
    assert promises(life, "06-12 09:00") == []


def test_a_deed_that_nothing_can_prove_is_open_even_with_a_date(life: Any) -> None:
    life.talk("06-08 10:00", "A: 明天帮您问。", tags=(promised("other", "2026-06-09"),))
    found = only(life, "06-12 09:00")
    assert (found.outcome, found.due_at, found.label) == (Outcome.OPEN, at("06-09 17:30"), "无从核实")


def test_who_owned_him_when_it_was_due_answers_for_it(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单周四发您。", advisor_id="D1", tags=(promised("send_material", "2026-06-11"),))
    life.owner("06-10 09:00", "A2")
    life.owner("06-20 09:00", "A3")
    found = only(life, "06-22 09:00")
    assert (found.promised_by, found.advisor, found.outcome) == ("D1", "A2", Outcome.BROKEN)


def test_late_evidence_mends_a_broken_promise(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    life.talk("06-09 11:00", *SENT, known_at=at("06-11 03:00"))
    assert [p.outcome for p in promises(life, "06-10 09:00")] == [Outcome.BROKEN]
    assert [p.outcome for p in promises(life, "06-10 09:00", known_at="06-12 09:00")] == [Outcome.KEPT]


def test_rates_count_only_what_was_judged(life: Any) -> None:
    for day, sent in (("08", "09"), ("10", "11"), ("15", None)):
        life.talk(
            f"06-{day} 10:00", "A: 对账单明天发您。", tags=(promised("send_material", f"2026-06-{int(day) + 1:02}"),)
        )
        if sent:
            life.talk(f"06-{sent} 11:00", *SENT)
    life.talk("06-20 10:00", "A: 研报回头给您。", tags=(promised("send_material", None),))
    mine = tally(promises(life, "06-22 09:00"))["A1"]
    assert (mine.judged, mine.count(Outcome.KEPT), mine.count(Outcome.BROKEN)) == (3, 2, 1)
    assert mine.broken_rate == pytest.approx(1 / 3)
    assert (len(mine.undated), mine.to_json()["broken_rate"], mine.to_json()["open"]) == (1, 0.3333, 1)


def test_nothing_judged_has_no_rate(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单回头给您。", tags=(promised("send_material", None),))
    assert tally(promises(life, "06-22 09:00"))["A1"].broken_rate is None
    assert tally([]) == {}


def test_an_opportunity_alone_tells_its_promise(life: Any) -> None:
    life.talk("06-08 10:00", "A: 对账单明天发您。", tags=(promised("send_material", "2026-06-09"),))
    life.talk("06-09 11:00", *SENT)
    found = of_opportunity(life.only("06-12 09:00"), at("06-12 09:00"))
    assert (found.advisor, found.outcome, found.conversation) == ("A1", Outcome.KEPT, "K1")
    assert found.to_json()["label"] == "按时兑现"
