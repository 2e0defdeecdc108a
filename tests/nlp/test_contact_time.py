from typing import Any

import pytest

from tests.nlp.talk import said

TAG = "contact.time"


def once(day: str | None, since: str | None = None, to: str | None = None) -> dict[str, Any]:
    return {"kind": "once", "days": None, "date": day, "from": since, "to": to}


def every(days: list[str] | None, since: str | None = None, to: str | None = None) -> dict[str, Any]:
    return {"kind": "recurring", "days": days, "date": None, "from": since, "to": to}


@pytest.mark.parametrize(
    ("lines", "polarity", "value"),
    [
        (["明天下午三点以后打给我"], "affirmed", once("2026-06-11", "15:00")),
        (["过几天你再打吧"], "affirmed", once(None)),
        (["一般晚上打给我, 我都在"], "affirmed", every(None, "18:00", "22:00")),
        (["以后上午别给我打电话"], "negated", every(None, "09:00", "12:00")),
        (["A: 您什么时候方便接电话?", "C: 傍晚吧"], "affirmed", every(None, "17:00", "19:00")),
        (["A: 那我明天下午给您打电话?", "C: 好"], "affirmed", once("2026-06-11", "14:00", "18:00")),
        (["A: 那我明天给您打电话?", "C: 下午吧"], "affirmed", once("2026-06-11", "14:00", "18:00")),
        (["A: 那我周五上午给您打?", "C: 行", "A: 好的"], "affirmed", once("2026-06-12", "09:00", "12:00")),
        (["我在开会, 半小时后打给我"], "affirmed", once("2026-06-10", "10:30")),
        (["周末别给我打电话, 我要带孩子"], "negated", every(["sat", "sun"])),
    ],
)
def test_when_to_call(lines: list[str], polarity: str, value: dict[str, Any]) -> None:
    assert said(TAG, *lines) == [(polarity, value)]


@pytest.mark.parametrize(
    "lines",
    [
        ["明天下午股票会涨吗"],
        ["我下午自己弄"],
        ["A: 那我周五上午去您公司拜访", "C: 周五可以"],
        ["A: 您哪天有空来营业部?", "C: 礼拜五上午我过来"],
        ["A: 我下周三之前给您回电话", "C: 好"],
        ["工行的人上午也给我打电话"],
        ["A: 那我明天给您打电话?", "C: 不要打"],
        ["这笔理财月底到期"],
    ],
)
def test_what_is_no_time_to_call(lines: list[str]) -> None:
    assert said(TAG, *lines) == []


def test_the_last_appointment_stands() -> None:
    found = said(TAG, "A: 那我明天上午给您打电话?", "C: 好", "C: 哎不对, 你后天下午再打给我")
    assert found == [("affirmed", once("2026-06-12", "14:00", "18:00"))]


def test_a_date_derived_from_a_habit_is_only_a_promise() -> None:
    found = said(TAG, "C: 我一般晚上八点以后才有空接电话", "A: 好, 那我周四晚上八点给您打", "C: 行")
    assert found == [("affirmed", every(None, "20:00"))]


def test_the_time_when_he_works_is_refused_beside_the_time_he_offers() -> None:
    found = said(TAG, "平时白天我在车间干活, 你下班后再打给我")
    assert found == [("affirmed", every(None, "18:00")), ("negated", every(None, "09:00", "18:00"))]
