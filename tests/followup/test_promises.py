"""Promised calls, promised deeds, complaints and thoughts of leaving."""

from typing import Any

import pytest

from dongke.clock import beijing
from dongke.types import Channel
from followup.models import State

LEAVING = ("churn.risk", {"action": "close_account"})


def once(date: str | None, start: str | None = None, end: str | None = None) -> tuple[str, dict[str, Any]]:
    return "contact.time", {"kind": "once", "days": None, "date": date, "from": start, "to": end}


def promised(action: str, due: str | None) -> tuple[str, dict[str, Any]]:
    return "commitment.advisor", {"action": action, "due_date": due}


@pytest.mark.parametrize(
    ("tags", "due"),
    [
        ([once("2026-06-09", "14:00", "18:00")], ["06-09 18:00"]),
        ([once("2026-06-09", "15:00")], ["06-09 16:00"]),
        ([once("2026-06-09")], ["06-09 17:30"]),
        ([once("2026-06-13", None, "12:00")], ["06-13 12:00"]),
        ([once(None)], []),
        ([promised("call_back", "2026-06-09")], ["06-09 17:30"]),
        ([promised("call_back", None)], []),
        ([promised("other", "2026-06-09")], []),
        ([once("2026-06-09", "15:00"), promised("call_back", "2026-06-09")], ["06-09 16:00"]),
        ([promised("call_back", "2026-06-09"), once("2026-06-09", "15:00")], ["06-09 16:00"]),
        ([once(None), promised("call_back", "2026-06-09")], ["06-09 17:30"]),
        ([("contact.time", {"kind": "recurring", "date": None, "from": "15:00", "to": None})], []),
    ],
)
def test_promised_calls(life: Any, tags: list[Any], due: list[str]) -> None:
    life.talk("06-08 10:00", "C: 到时候打给我。", tags=tuple(tags))
    found = life.until("06-08 12:00")
    assert [f"{beijing(o.due_at):%m-%d %H:%M}" for o in found] == due
    assert {o.playbook for o in found} <= {"call_back"}


@pytest.mark.parametrize(
    ("when", "state", "overdue"),
    [
        ("06-09 14:29", State.CONTACTED, True),
        ("06-09 14:30", State.DISCUSSED, False),
        ("06-09 15:59", State.DISCUSSED, False),
        ("06-09 18:00", State.DISCUSSED, True),
    ],
)
def test_a_call_keeps_the_promise_from_half_an_hour_before_the_window(
    life: Any, when: str, state: State, overdue: bool
) -> None:
    life.talk("06-08 10:00", "C: 明天三点打给我。", tags=(once("2026-06-09", "15:00"),))
    life.talk(when, "A: 您好。", "C: 你说。")
    found = life.only("06-10 09:00")
    assert (found.state, found.overdue) == (state, overdue)


def test_another_call_promised_later_is_another_opportunity(life: Any) -> None:
    life.talk("06-08 10:00", "C: 明天三点打给我。", tags=(once("2026-06-09", "15:00"),))
    life.talk("06-08 11:00", "C: 记得明天三点。", tags=(once("2026-06-09", "15:00"),))
    life.talk("06-09 15:00", "C: 我在开会,四点再打。", seconds=8, tags=(once("2026-06-09", "16:30"),))
    assert len(life.until("06-09 18:00")) == 2


def test_material_sent_discharges_by_event_note_or_word(life: Any) -> None:
    life.talk("06-08 10:00", "A: 我今天把对账单发您。", tags=(promised("send_material", "2026-06-08"),))
    assert life.only("06-08 17:00").key == "send_material"
    life.event("06-08 16:00", "material_sent")
    assert (life.only("06-09 09:00").state, life.only("06-09 09:00").overdue) == (State.DISCUSSED, False)


def test_a_note_discharges_promises_only(life: Any) -> None:
    permission = ("intent.permission", {"permission": "margin"})
    meet = promised("meet", "2026-06-09")
    life.talk("06-08 10:00", "C: 我想开两融。", "A: 我明天去拜访您。", tags=(permission, meet))
    life.note("06-09 15:00", "今天上门拜访客户,谈了两融的门槛,客户问了利率。")
    states = {o.playbook: o.state for o in life.until("06-09 16:00")}
    assert states == {"permission": State.OPEN, "promise": State.DISCUSSED}


def test_a_promise_put_off_stays_the_same_and_another_thing_is_another(life: Any) -> None:
    life.talk("06-08 10:00", "A: 我今天把对账单发您。", tags=(promised("send_material", "2026-06-08"),))
    life.talk("06-09 10:00", "A: 抱歉,对账单明天一定发。", tags=(promised("send_material", "2026-06-10"),))
    assert life.only("06-09 12:00").overdue is True
    life.talk("06-09 14:00", "A: 研报我周五发您。", tags=(promised("send_material", "2026-06-12"),))
    assert len(life.until("06-09 18:00")) == 2


def test_two_actions_are_two_promises(life: Any) -> None:
    life.talk(
        "06-08 10:00",
        "A: 对账单今天发您,周三我去拜访您。",
        tags=(promised("send_material", "2026-06-08"), promised("meet", "2026-06-10")),
    )
    assert sorted(str(o.key) for o in life.until("06-08 12:00")) == ["meet", "send_material"]


def test_a_complaint_needs_its_own_topic(life: Any) -> None:
    negative = ("voice.feedback", {"topic": "app", "sentiment": "negative"})
    life.talk("06-08 10:00", "C: 软件老闪退。", tags=(negative,))
    life.talk("06-09 10:00", "A: 讲座邀请您参加。", "C: 讲座在几楼?")
    assert life.only("06-09 12:00").state is State.CONTACTED
    life.talk("06-09 14:00", "A: 闪退的问题修好了。", "C: 软件更新以后好了。")
    assert life.only("06-09 18:00").state is State.DISCUSSED
    assert life.only("2026-12-01 09:00").state is State.DISCUSSED


@pytest.mark.parametrize("sentiment", ["positive", "suggestion"])
def test_praise_and_wishes_open_nothing(life: Any, sentiment: str) -> None:
    life.talk("06-08 10:00", "C: 服务挺好。", tags=(("voice.feedback", {"topic": "app", "sentiment": sentiment}),))
    assert life.until("06-20 09:00") == []


@pytest.mark.parametrize(
    ("event", "properties", "state"),
    [
        ("account_closed", {}, State.EXPIRED),
        ("transfer_out", {"amount": 1}, State.EXPIRED),
        ("withdraw", {"amount": 100000}, State.EXPIRED),
        ("withdraw", {"amount": 99999}, State.WON),
        ("deposit", {"amount": 500000}, State.WON),
    ],
)
def test_he_stays_or_leaves(life: Any, event: str, properties: dict[str, Any], state: State) -> None:
    life.talk("06-08 10:00", "C: 我想销户。", tags=(LEAVING,))
    life.event("06-20 10:00", event, **properties)
    assert life.only("06-20 09:00").state is State.OPEN
    assert life.only("07-08 10:00").state is state


def test_he_says_that_he_stays(life: Any) -> None:
    life.talk("06-08 10:00", "C: 我想销户。", tags=(LEAVING,))
    life.talk("06-09 10:00", "A: 佣金给您降了,别销户了。", "C: 行,那我不销了。", tags=((*LEAVING, "negated"),))
    found = life.only("06-10 09:00")
    assert (found.state, found.unassisted, found.overdue) == (State.WON, False, False)


def test_a_chat_at_night_counts_from_its_day(life: Any) -> None:
    life.talk("06-12 23:40", "C: 我想销户。", channel=Channel.CHAT, tags=(LEAVING,))
    assert f"{beijing(life.only('06-13 09:00').due_at):%m-%d %H:%M}" == "06-15 17:30"


@pytest.mark.parametrize(
    ("words", "event", "properties", "state"),
    [
        ("A: 周三前帮您把创业板开好。", "permission_opened", {"permission": "chinext"}, State.DISCUSSED),
        ("A: 周三前帮您把创业板开好。", "permission_opened", {"permission": "margin"}, State.OPEN),
        ("A: 周三前帮您把佣金调好。", "permission_opened", {"permission": "chinext"}, State.OPEN),
        ("A: 周三前帮您把佣金调好。", "commission_changed", {}, State.DISCUSSED),
        ("A: 周三前帮您把佣金调好。", "material_sent", {}, State.OPEN),
        ("A: 周三前帮您把佣金调好。", "page_view", {}, State.OPEN),
    ],
)
def test_business_done_by_event(life: Any, words: str, event: str, properties: dict[str, Any], state: State) -> None:
    life.talk("06-08 10:00", words, tags=(promised("process_business", "2026-06-10"),))
    life.event("06-09 10:00", event, **properties)
    assert life.only("06-09 12:00").state is state
