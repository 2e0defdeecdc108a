"""The morning list: every factor with its reason, what is blocked and why, one customer a line, ten at most."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.clock import TradingCalendar
from followup.ranking import Approach, Candidate, Item, Person, rank
from followup.ranking.factors import points_of
from followup.ranking.model import parameters
from profiles.beliefs import Status, Tag
from profiles.facts import Statement
from profiles.features import Feature
from profiles.suitability.assessment import Offer

NOW = datetime.fromisoformat("2026-06-10T08:40:00+08:00")  #: a Wednesday
CALENDAR = TradingCalendar()
ALLOWED = Offer(None, True, "matrix.allowed", "1", "", "C3 可推荐 R3 及以下的产品")
BLOCKED = Offer("margin", False, "level", "1", "", "C1 不可推荐两融")


def tag(name: str, value: dict[str, Any] | None = None, polarity: str = "affirmed", **more: Any) -> Tag:
    said_at = more.get("said_at", NOW - timedelta(days=5))
    s = Statement(more.get("id", "S1"), "C1", "K1", name, polarity, value or {}, 0.9, (), said_at, said_at)
    status = more.get("status", Status.ACTIVE)
    return Tag(s.id, name, polarity, s.value, status, "", 0.8, more.get("confidence", 0.9), said_at, "spoken", (s,))


IDLE = tag("funds.idle", id="S1")


def person(*tags: Tag, **more: Any) -> Person:
    return Person("C1", "张三", (IDLE, *tags), **more)


def candidate(who: Person | None = None, **more: Any) -> Candidate:
    values: dict[str, Any] = {
        "id": "O1", "playbook": "idle_funds", "label": "闲置资金", "state": "open", "opened_by": "S1",
        "opened_at": NOW - timedelta(days=1), "due_at": NOW + timedelta(days=1), "low": 5e5, "high": 5e5,
        "person": who or person(), "is_money": True, "offer": ALLOWED,
    }  # fmt: skip
    return Candidate(**values | more)


def only(c: Candidate, at: datetime = NOW) -> Item:
    (item,) = rank([c], at, CALENDAR).items
    return item


def factor(c: Candidate, name: str, at: datetime = NOW) -> tuple[float, str]:
    found = next(f for f in only(c, at).factors if f.name == name)
    return round(found.value, 3), found.reason


def once(day: str, start: str | None = None, end: str | None = None) -> Tag:
    return tag("contact.time", {"kind": "once", "date": day, "from": start, "to": end, "days": None}, id=f"W{day}")


def habit(start: str | None, end: str | None, days: list[str] | None = None, polarity: str = "affirmed") -> Tag:
    value = {"kind": "recurring", "date": None, "from": start, "to": end, "days": days}
    return tag("contact.time", value, polarity, id=f"H{start}{polarity}")


def test_the_score_is_the_product_less_the_fatigue_and_every_factor_is_visible() -> None:
    item = only(candidate())
    value, certainty, freshness, reach, suitability, fatigue = item.factors
    assert [f.name for f in item.factors] == ["value", "certainty", "freshness", "reach", "suitability", "fatigue"]
    product = value.value * certainty.value * freshness.value * reach.value * suitability.value
    assert item.score == pytest.approx(product - fatigue.value)
    assert all(f.reason and f.label for f in item.factors)


@pytest.mark.parametrize(
    ("more", "points", "words"),
    [
        ({"low": 1e5, "high": 1e5}, 20, "约10万元"),
        ({"low": 1e6, "high": 1e6}, 40, "约100万元"),
        ({"low": 1e6, "high": 3e6}, 40, "100万元–300万元, 按100万元计"),
        ({"low": None, "high": 1e6}, 40, "不到100万元, 按100万元计"),
        ({"low": None, "high": None}, 20, "金额未知"),
        ({"low": 1e13, "high": 1e13}, 100, "约100000亿元"),
    ],
)
def test_value_of_money(more: dict[str, Any], points: float, words: str) -> None:
    assert factor(candidate(**more), "value") == (points, words)


def test_value_of_what_is_no_money() -> None:
    plain = candidate(playbook="call_back", label="约定回电", is_money=False, low=None, high=None, offer=None)
    leaving = replace(plain, playbook="churn", label="流失", person=person(assets_yuan=5e6))
    assert factor(plain, "value") == (45, "约定回电按 45 分计")
    assert factor(leaving, "value") == (pytest.approx(53.979, abs=1e-3), "在本公司的资产500万元")
    assert factor(replace(leaving, person=person()), "value")[0] == 50


@pytest.mark.parametrize(
    ("who", "state", "sure"),
    [
        (person(), "open", 0.9),
        (person(), "discussed", 0.63),
        (Person("C1", "", ()), "open", 0.5),
        (Person("C1", "", (replace(IDLE, status=Status.EXPIRED),)), "open", 0.5),
    ],
)
def test_certainty(who: Person, state: str, sure: float) -> None:
    assert factor(candidate(who, state=state), "certainty")[0] == sure


@pytest.mark.parametrize(
    ("opened", "due", "more", "fresh", "words"),
    [
        (0, 5, {}, 1.0, "今天说的, 离期限 3 个交易日"),
        (-1, 30, {}, 0.933, "1 个交易日前说的, 离期限 21 个交易日"),
        (-14, 0, {}, 1.0, "10 个交易日前说的, 今天到期限"),
        (-40, 90, {}, 0.165, "26 个交易日前说的, 离期限 63 个交易日"),
        (-40, -14, {}, 0.5, "26 个交易日前说的, 已逾期 10 个交易日"),
        (-40, 90, {"matures_on": date(2026, 6, 17)}, 1.0, "2026-06-17 到期, 还有 5 个交易日"),
        (-40, 90, {"matures_on": date(2026, 12, 31)}, 0.165, "26 个交易日前说的, 离期限 63 个交易日"),
    ],
)
def test_freshness(opened: int, due: int, more: dict[str, Any], fresh: float, words: str) -> None:
    c = candidate(opened_at=NOW + timedelta(days=opened), due_at=NOW + timedelta(days=due, hours=1), **more)
    assert factor(c, "freshness") == (fresh, words)


LOG = Feature(
    "最佳联系时间",
    {
        "basis": "calls",
        "windows": [
            {"day": "wed", "from": "10:00", "to": "11:00", "share": 0.8, "calls": 10, "answered": 8},
            {"day": "thu", "from": "15:00", "to": "16:00", "share": 0.9, "calls": 10, "answered": 9},
        ],
    },
    "",
    "",
)


@pytest.mark.parametrize(
    ("who", "reach", "when"),
    [
        (person(), 0.6, "不限"),
        (person(once("2026-06-10", "15:00", "16:00")), 1.0, "6月10日 15:00–16:00"),
        (person(once("2026-06-10", "07:00", "08:00")), 0.8, "尽快"),
        (person(habit("15:00", None)), 1.0, "15 点以后"),
        (person(habit("15:00", None, ["mon"])), 0.3, "改天"),
        (person(habit("15:00", None), habit("15:00", None, ["wed"], "negated")), 0.3, "改天"),
        (person(habit(None, None, ["wed"], "negated")), 0.1, "今天不要打"),
        (person(habit(None, None, ["sat"], "negated")), 0.6, "不限"),
        (person(contact_time=LOG), 0.88, "10:00–11:00"),
        (person(habit("10:00", "11:00", None, "negated"), contact_time=LOG), 0.5, "不限"),
        (person(tag("contact.busy", said_at=NOW - timedelta(minutes=20), id="B")), 0.2, "晚一点"),
        (person(tag("contact.busy", said_at=NOW - timedelta(hours=3), id="B")), 0.6, "不限"),
    ],
)
def test_reachable_now(who: Person, reach: float, when: str) -> None:
    c = candidate(who)
    assert (factor(c, "reach")[0], only(c).when) == (reach, when)


def test_an_hour_of_the_log_that_is_past_is_no_hour() -> None:
    assert factor(candidate(person(contact_time=LOG)), "reach", NOW.replace(hour=12))[0] == 0.5


def approaches(*days: int, answered: bool = True) -> dict[str, Any]:
    return {"approaches": tuple(Approach(NOW + timedelta(days=d), answered) for d in days)}


@pytest.mark.parametrize(
    ("who", "points", "words"),
    [
        (person(), 0, "近期没有联系"),
        (person(**approaches(-1, -2)), 8, "近 5 个交易日联系 2 次"),
        (person(**approaches(-1, answered=False)), 2, "近 5 个交易日联系 1 次 (未接 1 次)"),
        (person(**approaches(-1, -1, -2, -2, -2)), 12, "近 5 个交易日联系 5 次"),
        (person(**approaches(-30)), 0, "近期没有联系"),
        (person(tag("contact.channel", {"channel": "phone"}, "negated", id="P")), 8, "客户不要打电话, 请用别的方式"),
        (person(tag("contact.channel", {"channel": "sms"}, "negated", id="P")), 0, "近期没有联系"),
    ],
)
def test_fatigue(who: Person, points: float, words: str) -> None:
    assert factor(candidate(who), "fatigue") == (points, words)


def test_a_complaint_of_calls_weighs_until_nothing_is_left_and_then_he_is_left_alone() -> None:
    angry = person(tag("voice.feedback", {"topic": "disturbance", "sentiment": "negative"}, id="F"))
    found = rank([candidate(angry)], NOW, CALENDAR)
    assert (found.items, [b.kind for b in found.blocked]) == ((), ["fatigue"])
    assert found.blocked[0].reason == "今天不打扰: 客户抱怨过打扰"


def test_what_the_customer_waits_for_tires_nobody() -> None:
    owed = candidate(person(**approaches(-1, -2)), playbook="call_back", label="约定回电", is_money=False, offer=None)
    assert factor(owed, "fatigue") == (0, "客户在等, 不算打扰")


@pytest.mark.parametrize(
    ("more", "kind", "reason"),
    [
        ({"offer": BLOCKED}, "suitability", "C1 不可推荐两融"),
        ({"is_refused": True, "person": replace(person(), refusal="客户不同意营销")}, "rights", "客户不同意营销"),
        ({"person": person(once("2026-06-12", "15:00"))}, "pause", "客户约了 2026-06-12 15:00 再联系"),
        (
            {"person": replace(person(), held_out={"idle_funds": "六月"})},
            "holdout",
            "随机对照组 (六月): 实验期间不主动联系",
        ),
    ],
)
def test_what_is_blocked_is_not_on_the_list_and_says_why(more: dict[str, Any], kind: str, reason: str) -> None:
    found = rank([candidate(**more)], NOW, CALENDAR)
    assert found.items == ()
    assert [(b.kind, b.reason) for b in found.blocked] == [(kind, reason)]


def test_what_his_rights_forbid_is_not_even_named() -> None:
    found = rank([candidate(is_refused=True, offer=BLOCKED)], NOW, CALENDAR).blocked[0]
    assert found.kind == "rights"
    assert found.to_json()["opportunity_id"] is None
    assert found.to_json()["label"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"person": replace(person(), held_out={"permission": "六月"})},
        {"person": person(once("2026-06-10", "15:00"), once("2026-06-12", "15:00"))},
        {"person": person(once("2026-06-08", "15:00"))},
        {"person": person(once("2026-06-12", "15:00")), "playbook": "complaint", "offer": None},
        {"offer": replace(ALLOWED, to_check=("知识测评",))},
    ],
)
def test_what_is_not_blocked(more: dict[str, Any]) -> None:
    assert rank([candidate(**more)], NOW, CALENDAR).blocked == ()


def test_one_line_a_customer_and_ten_at_most() -> None:
    people = [replace(person(), customer_id=f"C{n}") for n in range(13)]
    many = [candidate(who, id=f"O{n}", low=1e5 * (n + 1), high=None) for n, who in enumerate(people)]
    second = candidate(people[12], id="P", playbook="call_back", label="约定回电", is_money=False, offer=None, low=None)
    found = rank([*many, second], NOW, CALENDAR)
    assert (len(found.items), found.waiting) == (10, 3)
    top = next(i for i in found.items if i.candidate.person.customer_id == "C12")
    assert {top.candidate.id, *(c.id for c in top.also)} == {"O12", "P"}
    assert [i.score for i in found.items] == sorted((i.score for i in found.items), reverse=True)


amounts = st.one_of(st.none(), st.floats(0, 1e10))


@given(
    st.lists(st.tuples(amounts, st.integers(-60, 60), st.integers(-60, 60), st.booleans()), max_size=20),
    st.randoms(use_true_random=False),
)
def test_every_candidate_is_listed_waiting_beside_another_or_blocked_and_order_does_not_matter(
    told: Any, chance: Any
) -> None:
    rows = [
        candidate(
            replace(person(), customer_id=f"C{n % 7}"), id=f"O{n:02}", low=low, high=None,
            opened_at=NOW + timedelta(days=min(opened, 0)), due_at=NOW + timedelta(days=due),
            offer=BLOCKED if blocked else ALLOWED,
        )
        for n, (low, opened, due, blocked) in enumerate(told)
    ]  # fmt: skip
    found = rank(rows, NOW, CALENDAR)
    shown = [c.id for i in found.items for c in (i.candidate, *i.also)] + [b.candidate.id for b in found.blocked]
    assert sorted(shown) == sorted(c.id for c in rows)
    assert all(i.score > 0 for i in found.items)
    chance.shuffle(rows)
    assert rank(rows, NOW, CALENDAR) == found


def test_ten_times_the_money_is_as_many_points_more() -> None:
    rule = parameters()["value"]
    assert points_of(1e6, rule) - points_of(1e5, rule) == pytest.approx(20)
    assert points_of(0, rule) == points_of(5_000, rule) == 1.0
