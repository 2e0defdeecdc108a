"""The dig ladder: a rung only with the customer's words, a plan only where it was heard, money counted once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.clock import TradingCalendar
from dongke.types import Channel, Conversation, Speaker, Utterance
from followup.digging import Ladder, Rung, digs, ladders, money_of, score, untouched
from followup.digging.money import next_question, total
from followup.history import Contact, Event, History, Ownership, Said
from nlp.pipeline import read
from profiles.facts import Quote, Statement

START = datetime.fromisoformat("2026-06-01T10:00:00+08:00")
UNTIL = START + timedelta(days=60)
CALENDAR = TradingCalendar()


class Case:
    """一位客户: talks told line by line, statements given beside them, events."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self.statements: list[Statement] = []
        self.events: list[Event] = []

    def talk(self, day: int, *lines: str, tags: tuple[dict[str, Any], ...] = (), **more: Any) -> Contact:
        """`tags`: values of assets.external, with `evidence` (indexes) and `polarity` where they differ."""
        start, ident = START + timedelta(days=day), f"K{len(self.contacts) + 1}"
        turns = tuple(
            Utterance(Speaker.ADVISOR if line[0] == "A" else Speaker.CUSTOMER, line[2:].strip()) for line in lines
        )
        said = tuple(self._state(ident, start, turns, n, dict(tag)) for n, tag in enumerate(tags))
        contact = Contact(
            **{
                "id": ident,
                "customer_id": "C1",
                "advisor_id": "A1",
                "channel": Channel.CALL,
                "started_at": start,
                "ended_at": start + timedelta(seconds=90),
                "known_at": start + timedelta(seconds=90),
                "utterances": turns,
                "said": said,
                "mentions": read(Conversation(ident, Channel.CALL, start, turns)).mentions,
            }
            | more
        )
        self.contacts.append(contact)
        return contact

    def _state(self, talk: str, at: datetime, turns: tuple[Utterance, ...], n: int, tag: dict[str, Any]) -> Said:
        evidence, polarity = tag.pop("evidence", (1,)), tag.pop("polarity", "affirmed")
        quotes = tuple(Quote(talk, i, turns[i].text, turns[i].speaker.value, at) for i in evidence)
        statement = Statement(
            f"{talk}~{n}", "C1", talk, "assets.external", polarity, tag, 0.9, quotes, at, at + timedelta(minutes=2)
        )
        self.statements.append(statement)
        return Said(statement.id, statement.tag, polarity, tag, tuple(evidence))

    def event(self, day: int, name: str, **properties: Any) -> None:
        self.events.append(Event(f"E{len(self.events)}", "C1", START + timedelta(days=day), name, properties))

    @property
    def history(self) -> History:
        return History(
            "C1",
            frozenset({"C1"}),
            (Ownership("C1", START - timedelta(days=99), "A1"),),
            contacts=tuple(self.contacts),
            events=tuple(self.events),
        )

    def ladders(self, until: datetime = UNTIL) -> tuple[Ladder, ...]:
        return ladders(self.history, self.statements, until)

    def rungs(self) -> list[str]:
        (one,) = self.ladders()
        return [step.rung.value for step in one.steps]


@pytest.fixture
def case() -> Case:
    return Case()


BANK = {"institution": "招商银行", "institution_type": "bank"}
VAGUE = {"institution": None, "institution_type": "bank"}


def test_one_asset_climbs_from_a_hint_to_the_transfer(case: Case) -> None:
    case.talk(0, "A: 您别处还有理财吗?", "C: 银行里还有一点。", tags=(VAGUE,))
    case.talk(3, "A: 是在哪家银行呢?", "C: 招行。", tags=(BANK,))
    case.talk(
        5,
        "A: 买的是存款吗, 大概多少?",
        "C: 大额存单, 五十万。",
        tags=({**BANK, "product": "deposit", "low": 5e5, "high": 5e5},),
    )
    case.talk(8, "A: 招行那笔什么时候到期?", "C: 这个月底到期。", tags=({**BANK, "matures_on": "2026-06-30"},))
    case.talk(10, "A: 招行那笔到期了可以转到我们这边做收益凭证。", "C: 嗯, 收益多少?", "A: 三个点左右。")
    case.event(31, "transfer_in", amount=500_000, institution="招商银行")
    assert case.rungs() == ["mention", "institution", "kind", "amount", "maturity", "plan", "transfer"]
    (one,) = case.ladders()
    assert [step.quote for step in one.steps][:4] == [
        "银行里还有一点。",
        "招行。",
        "大额存单, 五十万。",
        "大额存单, 五十万。",
    ]
    assert all(step.asked for step in one.steps[:5])
    assert one.stage(date(2026, 7, 5)) == ("transferred", "已转入")
    assert one.missing is None


def test_what_only_the_advisor_says_climbs_nothing(case: Case) -> None:
    case.talk(0, "A: 您招行应该有五十万吧。", "C: 你找谁?", tags=({**BANK, "low": 5e5, "high": 5e5, "evidence": (0,)},))
    assert case.ladders() == ()


def test_a_confirmed_guess_is_the_customers_word(case: Case) -> None:
    case.talk(
        0, "A: 您招行那边有五十万对吧?", "C: 对对。", tags=({**BANK, "low": 5e5, "high": 5e5, "evidence": (0, 1)},)
    )
    assert case.rungs() == ["mention", "institution", "amount"]
    assert case.ladders()[0].steps[-1].quote == "对对。"


TOLD = ("A: 您别处还有理财吗?", "C: 招行有五十万, 月底到期。")
FULL = {**BANK, "low": 5e5, "high": 5e5, "matures_on": "2026-06-30"}


@pytest.mark.parametrize(
    "lines",
    [
        ("A: 招行那笔到期以后, 可以配一部分短债。", "C: 哦, 说说看。"),
        ("C: 招行那个快到期了。", "A: 我们这边有一款三个月的收益凭证, 正好接上。", "C: 行。"),
        ("A: 我给招行那笔做了个方案, 分成两份。", "C: 嗯。"),
        ("A: 那边的钱可以转过来, 佣金我给您调。", "C: 考虑一下。"),
        ("A: 招行那笔给您做好了方案, 分成两份。", "C: 好。"),
        ("A: 招行那笔到期后建议放到短债里, 您是今天办还是明天办?", "C: 明天。"),
    ],
)
def test_plans(case: Case, lines: tuple[str, ...]) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.talk(4, *lines)
    assert "plan" in case.rungs()


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        (("A: 招行那笔什么时候到期?", "C: 月底。"), {}),
        (("A: 招行那笔您打算怎么规划?", "C: 没想好。"), {}),
        (("A: 招行那笔回头给您做个方案。", "C: 好。"), {}),
        (("A: 招行那笔还没做方案。", "C: 好。"), {}),
        (("A: 招行那笔我先帮您做一个方案。", "C: 好。"), {}),
        (("A: 招行那笔到期了打算转过来?", "C: 再看吧。"), {}),
        (("A: 招行那笔到期以后您是接着转存呢还是?", "C: 转存。"), {}),
        (("A: 招行那笔没法直接转托管过来。", "C: 哦。"), {}),
        (("A: 招行那笔我约一下产品经理给您讲配置。", "C: 行。"), {}),
        (("A: 招行那笔到期了可以转到我们这边。", "A: 喂?", "A: 听得到吗?"), {}),
        (("A: 招行那笔到期了可以转到我们这边。", "C: 哦。"), {"ended_at": START + timedelta(days=4, seconds=5)}),
        (("A: 招行那笔到期了可以转到我们这边。", "C: 哦。"), {"answered": False}),
        (("A: 工行的存款到期了可以转到我们这边。", "C: 我工行没钱。"), {}),
        (("A: 今天大盘不错。", "C: 是啊。", "A: 我们有一款新产品。", "C: 嗯。"), {}),
        (("C: 招行那笔到期了可以转到你们这边吧?", "A: 什么?"), {}),
    ],
)
def test_no_plans(case: Case, lines: tuple[str, ...], more: dict[str, Any]) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.talk(4, *lines, **more)
    assert "plan" not in case.rungs()


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (FULL, FULL, 1),
        (BANK, {**BANK, "low": 3e5, "high": 3e5}, 1),
        ({**BANK, "low": 5e5, "high": 5e5}, {**BANK, "low": 8e5, "high": 8e5}, 1),
        (VAGUE, BANK, 1),
        ({"institution": None, "institution_type": "unknown"}, BANK, 1),
        (BANK, {"institution": "工商银行", "institution_type": "bank"}, 2),
        (VAGUE, {"institution": "华泰证券", "institution_type": "broker"}, 2),
        ({**BANK, "product": "deposit"}, {**BANK, "product": "fund"}, 2),
        (FULL, {**FULL, "matures_on": "2026-12-31"}, 2),
        ({**VAGUE, "low": 5e5, "high": 5e5}, {**VAGUE, "low": 9e5, "high": 9e5}, 2),
    ],
)
def test_told_twice_is_one_asset_and_another_is_another(case: Case, first: Any, second: Any, count: int) -> None:
    case.talk(0, *TOLD, tags=(first,))
    case.talk(2, *TOLD, tags=(second,))
    assert len(case.ladders()) == count


def test_two_assets_of_one_talk_stay_two(case: Case) -> None:
    case.talk(0, *TOLD, tags=(BANK, {**BANK, "low": 2e5, "high": 2e5}))
    assert len(case.ladders()) == 2


def test_the_newest_amount_counts_once(case: Case) -> None:
    case.talk(0, *TOLD, tags=({**BANK, "low": 5e5, "high": 5e5},))
    case.talk(2, *TOLD, tags=({**BANK, "low": 5e5, "high": 6e5},))
    (one,) = case.ladders()
    assert (money_of(one).low, money_of(one).high) == (5e5, 6e5)
    assert [s.rung for s in one.steps].count(Rung.AMOUNT) == 1


def test_intervals_add_and_unknown_amounts_are_named(case: Case) -> None:
    case.talk(
        0,
        *TOLD,
        tags=(
            {**BANK, "low": 5e5, "high": 6e5},
            {"institution": "华泰证券", "institution_type": "broker", "low": None, "high": 1e6},
            {"institution": "支付宝", "institution_type": "internet_platform"},
        ),
    )
    whole = total(case.ladders())
    assert (whole.low, whole.high, whole.unknown) == (5e5, 1.6e6, 1)
    assert whole.text == "50万元–160万元 (另 1 笔金额未知)"
    assert (whole + money_of(case.ladders()[0])).low == 1e6
    open_end = {"institution": "平安保险", "institution_type": "insurer", "low": 1e6, "high": None}
    case.talk(1, *TOLD, tags=(open_end,))
    assert total(case.ladders()).high is None


def test_denied_money_is_over(case: Case) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.talk(3, *TOLD, tags=({**BANK, "polarity": "negated"},))
    (one,) = case.ladders()
    assert (one.is_open, one.stage(date(2026, 6, 10))[0]) == (False, "denied")
    assert untouched(case.ladders(), CALENDAR, date(2026, 6, 10)) == ()


def test_a_denial_of_another_place_denies_nothing(case: Case) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.talk(3, *TOLD, tags=({"institution": "工商银行", "institution_type": "bank", "polarity": "negated"},))
    assert case.ladders()[0].is_open


@pytest.mark.parametrize(
    ("name", "properties", "came"),
    [
        ("transfer_in", {"amount": 500_000, "institution": "招商银行"}, True),
        ("transfer_in", {"amount": 500_000}, True),
        ("deposit", {"amount": 480_000}, True),
        ("transfer_in", {"amount": 500_000, "institution": "工商银行"}, False),
        ("deposit", {"amount": 8_000}, False),
        ("transfer_out", {"amount": 500_000}, False),
        ("trade", {"amount": 500_000, "side": "buy"}, False),
    ],
)
def test_what_counts_as_the_transfer(case: Case, name: str, properties: dict[str, Any], came: bool) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.event(5, name, **properties)
    assert ("transfer" in case.rungs()) is came


def test_money_without_a_name_belongs_to_nobody_where_two_could_be_meant(case: Case) -> None:
    case.talk(0, *TOLD, tags=(FULL, {"institution": "工商银行", "institution_type": "bank", "low": 5e5, "high": 5e5}))
    case.event(5, "deposit", amount=500_000)
    assert not any(one.has(Rung.TRANSFER) for one in case.ladders())


def test_money_before_it_was_told_of_is_no_transfer(case: Case) -> None:
    case.event(0, "transfer_in", amount=500_000, institution="招商银行")
    case.talk(3, *TOLD, tags=(FULL,))
    assert "transfer" not in case.rungs()


def test_known_but_untouched_before_its_maturity(case: Case) -> None:
    case.talk(0, *TOLD, tags=(FULL, {"institution": "工商银行", "institution_type": "bank", "low": 2e5, "high": 2e5}))
    case.talk(0, *TOLD, tags=({"institution": "华泰证券", "institution_type": "broker"},))
    found = untouched(case.ladders(), CALENDAR, date(2026, 6, 23))
    assert [(u.ladder.value["institution"], u.trading_days) for u in found] == [("招商银行", 5), ("工商银行", None)]
    assert found[0].text == "招商银行 50万元, 2026-06-30 到期, 还有 5 个交易日"
    assert [u.ladder.id for u in untouched(case.ladders(), CALENDAR, date(2026, 6, 23), within=5)] == ["K1~0"]
    assert untouched(case.ladders(), CALENDAR, date(2026, 6, 22), within=4) == ()
    assert [u.matures_on for u in untouched(case.ladders(), CALENDAR, date(2026, 7, 1))] == [None]


def test_a_plan_that_was_heard_touches_it(case: Case) -> None:
    case.talk(0, *TOLD, tags=(FULL,))
    case.talk(4, "A: 招行那笔到期了可以转到我们这边。", "C: 嗯。")
    assert untouched(case.ladders(), CALENDAR, date(2026, 6, 10)) == ()


def test_the_score_is_new_rungs_per_contact(case: Case) -> None:
    case.talk(0, "A: 别处有理财吗?", "C: 招行有。", tags=(BANK,))
    case.talk(2, "A: 今天涨了。", "C: 是啊。")
    case.talk(4, "A: 招行那边多少?", "C: 五十万吧。", tags=({**BANK, "low": 5e5, "high": 5e5},), advisor_id="D1")
    case.talk(5, "A: 喂?", "C: 谁?", ended_at=START + timedelta(days=5, seconds=4))
    found = digs(case.ladders(), case.history)
    assert [(d.contact_id, len(d.steps), d.asked) for d in found] == [("K1", 2, 2), ("K2", 0, 0), ("K3", 1, 1)]
    whole = score(found)
    assert (len(whole.contacts), len(whole.rungs), whole.per_contact) == (3, 3, 1.0)
    assert score(()).per_contact is None
    assert score(d for d in found if d.advisor_id == "D1").rungs == (("K3", "K1~0", "amount"),)


def test_the_next_question_asks_for_the_missing_rung(case: Case) -> None:
    case.talk(0, *TOLD, tags=({**BANK, "low": 5e5, "high": 5e5},))
    (one,) = case.ladders()
    assert (one.missing, next_question(one)) == (Rung.KIND, "问买的什么: 招商银行那边买的是存款, 理财还是股票基金?")


values = st.fixed_dictionaries(
    {
        "institution": st.sampled_from([None, "招商银行", "工商银行", "华泰证券"]),
        "institution_type": st.sampled_from(["bank", "broker", "unknown"]),
        "product": st.sampled_from([None, "deposit", "fund"]),
        "low": st.sampled_from([None, 2e5, 5e5]),
        "high": st.sampled_from([None, 5e5, 8e5]),
        "matures_on": st.sampled_from([None, "2026-06-30", "2026-12-31"]),
        "polarity": st.sampled_from(["affirmed", "affirmed", "affirmed", "negated"]),
    }
)


@given(st.lists(values, max_size=6), st.randoms(use_true_random=False))
def test_whatever_is_told_the_order_of_reading_does_not_matter_and_no_rung_is_won_twice(told: Any, chance: Any) -> None:
    case = Case()
    for day, value in enumerate(told):
        case.talk(day, *TOLD, tags=(value,), mentions=())
    found = case.ladders()
    shuffled = list(case.statements)
    chance.shuffle(shuffled)
    assert ladders(case.history, shuffled, UNTIL) == found
    for one in found:
        assert len({s.rung for s in one.steps}) == len(one.steps)
        assert one.steps[0].rung is Rung.MENTION
    assert len({s for one in found for s in one.statements}) == sum(len(one.statements) for one in found)
    money = total(found)
    assert (
        money.high is None
        or money.low <= money.high
        or any(v["low"] and v["high"] and v["low"] > v["high"] for v in told)
    )
    for cut in range(len(told)):
        before = case.ladders(START + timedelta(days=cut))
        assert len(before) <= len(found)
