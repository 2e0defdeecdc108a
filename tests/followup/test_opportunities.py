"""The fold: what opens, refreshes, discharges, wins and ends an opportunity – and what only looks like it."""

from datetime import datetime
from typing import Any

import pytest

from dongke.clock import beijing
from dongke.types import Channel
from followup.models import State

MARGIN = ("intent.permission", {"permission": "margin"})
IDLE = ("funds.idle", {"low": 500000, "high": 500000, "available_from": None})
BOND = ("intent.product", {"product": "bond_fund"})
HUATAI = (
    "assets.external",
    {"institution": "华泰证券", "institution_type": "broker", "product": "stock", "low": 900000, "high": 900000},
)
ABOUT_MARGIN = ("A: 您要开的两融,门槛是五十万。", "C: 两融的利率是多少?", "A: 五个多点。", "C: 我想想。")
PITCH = ("A: 两融开通很方便,门槛五十万,利率也优惠。", "C: 嗯。", "A: 您看要不要开?", "C: 好的,再见。")


def clock(moment: datetime | None) -> str | None:
    return f"{beijing(moment):%m-%d %H:%M}" if moment else None


def wish(
    life: Any, when: str = "06-08 10:00", tag: Any = MARGIN, text: str = "C: 我想开两融。", **options: Any
) -> None:
    life.talk(when, text, tags=(tag,), **options)


def test_a_wish_opens_and_the_talk_that_opens_it_does_not_discharge(life: Any) -> None:
    life.talk("06-08 10:00", *ABOUT_MARGIN, tags=(MARGIN,))
    found = life.only("06-09 12:00")
    assert (found.state, found.overdue, clock(found.due_at)) == (State.OPEN, False, "06-09 17:30")
    assert [c.conversation for c in found.causes] == ["K1"]


def test_a_talk_about_it_discharges_and_names_its_words(life: Any) -> None:
    wish(life)
    life.talk("06-09 10:00", *ABOUT_MARGIN)
    found = life.only("06-12 12:00")
    assert (found.state, found.overdue, clock(found.discharged_at)) == (State.DISCUSSED, False, "06-09 10:00")
    assert (found.causes[-1].conversation, found.causes[-1].evidence) == ("K2", (0, 1))


@pytest.mark.parametrize(
    ("lines", "options", "state"),
    [
        (PITCH, {}, State.CONTACTED),
        (("A: 今天大盘不错。", "C: 是啊,涨了不少,我看看新闻。"), {}, State.CONTACTED),
        (ABOUT_MARGIN, {"seconds": 12}, State.OPEN),
        (ABOUT_MARGIN, {"advisor_id": "A9"}, State.OPEN),
        (ABOUT_MARGIN, {"answered": False}, State.OPEN),
        (("A: 您要的两融。", "C: 两融多少利率?"), {"channel": Channel.CHAT}, State.OPEN),
        (("C: 两融多少利率?", "A: 五个点。", "C: 两融明天能开吗?"), {"channel": Channel.CHAT}, State.DISCUSSED),
        (ABOUT_MARGIN, {"advisor_id": "D1"}, State.DISCUSSED),
        (ABOUT_MARGIN, {"direction": "in"}, State.DISCUSSED),
    ],
)
def test_what_discharges(life: Any, lines: tuple[str, ...], options: dict[str, Any], state: State) -> None:
    wish(life)
    life.talk("06-09 10:00", *lines, **options)
    found = life.only("06-10 09:00")
    assert found.state is state
    assert found.overdue is (state is not State.DISCUSSED)


def test_a_relative_on_the_line_is_no_contact(life: Any) -> None:
    wish(life)
    life.talk(
        "06-09 10:00", "A: 请问是张先生吗?", "C: 他不在,我是他老婆。", "A: 两融的事我改天再打。", "C: 两融是什么?"
    )
    assert life.only("06-09 12:00").state is State.OPEN


def test_unanswered_calls_are_attempts_until_it_is_discharged(life: Any) -> None:
    life.attempt("06-08 09:00")
    wish(life)
    life.attempt("06-08 15:00")
    life.attempt("06-08 15:10", advisor="A9")
    life.talk("06-08 16:00", answered=False)
    life.talk("06-08 16:30", answered=False, direction="in")
    life.talk("06-09 10:00", *ABOUT_MARGIN)
    life.attempt("06-10 10:00")
    assert life.only("06-11 09:00").attempts == 2


def test_late_discharge_stays_overdue(life: Any) -> None:
    wish(life)
    life.talk("06-10 10:00", *ABOUT_MARGIN)
    found = life.only("06-11 09:00")
    assert (found.state, found.overdue) == (State.DISCUSSED, True)
    assert life.only("06-09 17:29").overdue is False
    assert life.only("06-09 17:30").overdue is True


def test_a_talk_known_late_counts_once_known(life: Any) -> None:
    wish(life)
    life.talk("06-09 10:00", *ABOUT_MARGIN, known_at=beijing(datetime.fromisoformat("2026-06-10T12:00:00+08:00")))
    assert (life.only("06-10 11:00").state, life.only("06-10 11:00").overdue) == (State.OPEN, True)
    assert (life.only("06-10 12:00").state, life.only("06-10 12:00").overdue) == (State.DISCUSSED, False)


def test_the_owner_at_the_time_counts(life: Any) -> None:
    wish(life)
    life.owner("06-09 00:00", "A2")
    life.talk("06-09 10:00", *ABOUT_MARGIN)
    found = life.only("06-09 18:00")
    assert (found.owner, found.state) == ("A2", State.OPEN)
    life.talk("06-09 11:00", *ABOUT_MARGIN, advisor_id="A2")
    assert life.only("06-09 18:00").state is State.DISCUSSED


def test_a_repeated_wish_refreshes_and_keeps_the_due_time(life: Any) -> None:
    wish(life)
    wish(life, "06-10 10:00", text="C: 我那个两融怎么还没人管。")
    found = life.only("06-10 12:00")
    assert (clock(found.opened_at), clock(found.due_at), found.overdue) == ("06-08 10:00", "06-09 17:30", True)


def test_after_a_win_the_same_wish_opens_anew(life: Any) -> None:
    wish(life)
    life.event("06-09 09:40", "permission_opened", permission="margin")
    wish(life, "06-10 10:00")
    first, second = life.until("06-10 12:00")
    assert (first.state, first.unassisted, clock(first.won_at)) == (State.WON, True, "06-09 09:40")
    assert (second.state, clock(second.due_at)) == (State.OPEN, "06-11 17:30")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("event", "properties", "state"),
    [
        ("permission_opened", {"permission": "margin"}, State.WON),
        ("permission_opened", {"permission": "star"}, State.OPEN),
        ("trade", {"side": "buy", "product": "margin"}, State.OPEN),
    ],
)
def test_only_its_own_event_wins(life: Any, event: str, properties: dict[str, Any], state: State) -> None:
    wish(life)
    life.event("06-08 15:00", event, **properties)
    assert life.only("06-09 09:00").state is state


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ({"side": "buy", "product": "bond_fund"}, State.WON),
        ({"side": "sell", "product": "bond_fund"}, State.OPEN),
        ({"side": "buy", "product": "gold"}, State.OPEN),
        ({"side": "buy", "product": "bond_fund", "customer": "C7"}, State.OPEN),
    ],
)
def test_a_product_wish_is_won_by_buying_it(life: Any, event: dict[str, Any], state: State) -> None:
    wish(life, tag=BOND, text="C: 我想买债基。")
    life.members.add("C7")
    life.merged_at["C7"] = beijing(datetime.fromisoformat("2026-06-30T00:00:00+08:00"))
    life.event("06-09 15:00", "trade", amount=10000, **event)
    assert life.only("06-10 09:00").state is state


def test_a_win_needs_no_contact_but_then_nobody_earned_it(life: Any) -> None:
    wish(life)
    life.talk("06-08 15:00", *PITCH)
    life.event("06-09 09:40", "permission_opened", permission="margin")
    assert life.only("06-10 09:00").unassisted is False


def test_after_sixty_days_an_event_wins_nothing(life: Any) -> None:
    wish(life)
    life.event("08-08 10:00", "permission_opened", permission="margin")
    assert life.only("08-08 17:29").state is State.OPEN
    assert life.only("08-08 17:30").state is State.EXPIRED


def test_idle_money_is_won_by_half_of_it(life: Any) -> None:
    wish(life, tag=IDLE, text="C: 我有五十万闲着。")
    life.event("06-09 10:00", "deposit", amount=200000)
    assert life.only("06-09 12:00").state is State.OPEN
    life.event("06-10 10:00", "trade", side="sell", product="stock", amount=400000)
    assert life.only("06-10 12:00").state is State.OPEN
    life.event("06-11 10:00", "transfer_in", amount=50000)
    assert clock(life.only("06-11 12:00").won_at) == "06-11 10:00"


@pytest.mark.parametrize(
    ("low", "high", "count"),
    [(100000, 100000, 1), (99999, 99999, 0), (None, 90000, 0), (None, 200000, 1), (None, None, 1), (50000, 200000, 0)],
)
def test_amounts_below_the_threshold_open_nothing(life: Any, low: Any, high: Any, count: int) -> None:
    wish(life, tag=("funds.idle", {"low": low, "high": high}), text="C: 有点闲钱。")
    assert len(life.until("06-09 09:00")) == count


def test_refusals_end_it(life: Any) -> None:
    wish(life)
    life.talk("06-09 10:00", "A: 两融还开吗?", "C: 两融不开了。", tags=((*MARGIN, "negated"),))
    found = life.only("06-12 09:00")
    assert (found.state, found.overdue) == (State.REFUSED, False)


def test_a_refusal_of_something_else_is_none(life: Any) -> None:
    wish(life)
    life.talk(
        "06-09 10:00", "A: 期权呢?", "C: 期权不开。", tags=(("intent.permission", {"permission": "option"}, "negated"),)
    )
    assert life.only("06-09 12:00").state is State.CONTACTED


def test_money_that_is_gone_expires(life: Any) -> None:
    wish(life, tag=IDLE, text="C: 我有五十万闲着。")
    life.talk("06-09 10:00", "A: 那笔钱还在吗?", "C: 都花掉了,没有闲钱了。", tags=(("funds.idle", {}, "negated"),))
    found = life.only("06-20 09:00")
    assert (found.state, found.overdue) == (State.EXPIRED, False)


@pytest.mark.parametrize(
    ("kind", "state"), [("broker", State.EXPIRED), ("unknown", State.EXPIRED), ("bank", State.CONTACTED)]
)
def test_nothing_elsewhere_ends_what_it_was_asked_about(life: Any, kind: str, state: State) -> None:
    wish(life, tag=HUATAI, text="C: 华泰还有九十万股票。")
    nothing = {"institution": None, "institution_type": kind}
    life.talk("06-09 10:00", "A: 别处还有吗?", "C: 没有了。", tags=(("assets.external", nothing, "negated"),))
    assert life.only("06-09 12:00").state is state


def test_money_elsewhere_is_due_before_it_matures_and_expires_after(life: Any) -> None:
    value = {"institution": "平安保险", "institution_type": "insurer", "low": 1000000, "matures_on": "2026-10-30"}
    wish(life, tag=("assets.external", value), text="C: 平安的年金十月底到期。")
    found = life.only("10-30 12:00")
    assert (clock(found.due_at), found.state, found.overdue) == ("10-21 17:30", State.OPEN, True)
    assert life.only("10-31 09:00").state is State.EXPIRED


def test_money_that_comes_when_it_matured_is_won(life: Any) -> None:
    wish(life, tag=("assets.external", HUATAI[1] | {"matures_on": "2026-06-30"}), text="C: 华泰的月底到期。")
    life.event("07-01 10:00", "transfer_in", amount=900000, institution="华泰证券")
    assert life.only("07-02 09:00").state is State.WON


def test_money_from_another_institution_wins_nothing(life: Any) -> None:
    wish(life, tag=HUATAI, text="C: 华泰还有九十万股票。")
    life.event("06-09 10:00", "transfer_in", amount=900000, institution="招商证券")
    assert life.only("06-09 12:00").state is State.OPEN
    life.event("06-10 10:00", "transfer_in", amount=900000, institution="华泰")
    assert life.only("06-10 12:00").state is State.WON


def test_two_institutions_are_two_and_the_type_alone_is_a_repetition(life: Any) -> None:
    life.talk(
        "06-08 10:00",
        "C: 华泰和招行都有。",
        tags=(HUATAI, ("assets.external", {"institution": "招商银行", "institution_type": "bank"})),
    )
    life.talk(
        "06-10 10:00",
        "C: 那家券商的还在。",
        tags=(("assets.external", {"institution": None, "institution_type": "broker"}),),
    )
    assert sorted(str(o.key) for o in life.until("06-10 12:00")) == ["华泰证券", "招商银行"]


def test_a_ticked_box_is_self_reported(life: Any) -> None:
    wish(life)
    life.manual("06-09 10:00", "permission")
    found = life.only("06-10 09:00")
    assert (found.state, found.self_reported, found.overdue) == (State.DISCUSSED, True, False)


def test_a_ticked_box_of_a_stranger_or_of_another_playbook_is_none(life: Any) -> None:
    wish(life)
    life.manual("06-09 10:00", "permission", advisor="A9")
    life.manual("06-09 10:00", "complaint")
    assert life.only("06-09 12:00").state is State.OPEN


def test_ticked_after_the_proof_it_stays_proven(life: Any) -> None:
    wish(life)
    life.talk("06-09 10:00", *ABOUT_MARGIN)
    life.manual("06-09 11:00", "permission")
    assert life.only("06-10 09:00").self_reported is False
    life.manual("06-10 10:00", "permission", outcome="refused")
    assert life.only("06-11 09:00").state is State.REFUSED


def test_a_tag_judged_wrong_takes_its_opportunity_with_it(life: Any) -> None:
    wish(life)
    life.verdict("06-09 09:00", "intent.permission")
    assert (life.only("06-10 09:00").state, life.only("06-10 09:00").overdue) == (State.EXPIRED, False)
    life.verdict("06-09 10:00", "intent.permission", "right")
    assert life.only("06-10 09:00").state is State.OPEN
    wish(life, "06-11 10:00", tag=BOND, text="C: 我想买债基。")
    assert [o.state for o in life.until("06-11 12:00")] == [State.CONTACTED, State.OPEN]


def test_a_later_word_survives_an_earlier_verdict(life: Any) -> None:
    wish(life)
    life.verdict("06-09 09:00", "intent.permission")
    wish(life, "06-10 10:00")
    assert [o.state for o in life.until("06-10 12:00")] == [State.EXPIRED, State.OPEN]


def test_before_a_merge_the_other_ids_talks_are_another_customers(life: Any) -> None:
    wish(life)
    life.talk("06-08 11:00", *ABOUT_MARGIN, customer_id="C2")
    life.merge("06-08 16:00", "C2")
    assert life.only("06-08 18:00").state is State.OPEN
    life.talk("06-09 11:00", *ABOUT_MARGIN, customer_id="C2")
    assert life.only("06-09 18:00").state is State.DISCUSSED


def test_chain_of_ids_is_stable_over_recomputation(life: Any) -> None:
    wish(life)
    first = life.only("06-09 09:00").id
    life.talk("06-09 10:00", *ABOUT_MARGIN)
    assert life.only("06-12 09:00").id == first
