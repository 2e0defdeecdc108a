"""The values of what is found: sums that are reckoned aloud, days of promises, rates and times that others complete."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from dongke.types import Channel, Conversation, Speaker, Utterance
from nlp import pipeline
from nlp.document import Document
from nlp.recognizers import contact_time, due, funds, returns
from nlp.recognizers.ledger import ledger
from nlp.times.days import find_days

START = datetime(2026, 6, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday


def _talk(*lines: str) -> Document:
    """A: is the advisor, the rest the customer."""
    spoken = (
        Utterance(Speaker.ADVISOR, n[2:].strip()) if n[:2] == "A:" else Utterance(Speaker.CUSTOMER, n) for n in lines
    )
    return pipeline.prepare(Conversation("x", Channel.CALL, START, tuple(spoken)))


@pytest.mark.parametrize(
    ("lines", "sizes"),
    [
        # the 万 is said once; what says a sum again, or comes out of two, is one too
        (["卖了一百零六万", "扣下四十万", "A: 那就是六十六的样子"], [1060000, 400000, 660000]),
        (["到手一万三,交了房租剩五千二"], [13000, 5200]),
        (["有三十万", "不对,三十八万"], [380000]),
        # counts, ages and dates are none
        (["有三十万", "我三十岁,七月三十号到"], [300000]),
        (["一共三个账户,两张卡"], []),
    ],
)
def test_the_sums_of_a_talk(lines: list[str], sizes: list[int]) -> None:
    assert [one.size for one in ledger(_talk(*lines).turns).sums] == sizes


@pytest.mark.parametrize(
    ("lines", "turns", "expected"),
    [
        (
            ["房子卖了三百二十万", "A: 恭喜", "儿子首付一百五", "A: 那就是剩一百七", "对,一百七"],
            (0, 4),
            (1700000, None),
        ),
        (["我手头有十来万吧,十一二万"], (0,), (110000, None)),
        (["年终奖二十万", "A: 什么时候发?", "下个月十号到账"], (0, 2), (200000, "2026-07-10")),
        (["卡里闲着三十万,年底要装修"], (0,), (300000, None)),
    ],
)
def test_the_free_part_and_its_day(lines: list[str], turns: tuple[int, ...], expected: tuple[int, str | None]) -> None:
    value = funds.value_at(_talk(*lines), turns)
    assert (value["low"], value["available_from"]) == expected


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        (["A: 七月二号礼拜四我给您打电话"], date(2026, 7, 2)),
        (["A: 七月十号开始发,提前一天我打给您"], date(2026, 7, 9)),
        (["A: 挂了电话我就发给您"], date(2026, 6, 10)),
        (["下周三公布吧", "A: 好,到时候我打给您"], date(2026, 6, 17)),
        # no day is said, or it hangs on something
        (["下周三公布吧", "A: 好,有额度我打给您"], None),
        (["A: 中签当天短信通知您"], None),
    ],
)
def test_by_when_he_promised(lines: list[str], day: date | None) -> None:
    assert due.of(_talk(*lines), len(lines) - 1) == day


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["A: 明天我打给您", "下午三点以后吧"], {"date": "2026-06-11", "from": "15:00", "to": None}),
        (["A: 十二号晚上七点半打给您行吗", "十二号可以"], {"date": "2026-06-12", "from": "19:30", "to": None}),
    ],
)
def test_a_time_is_completed_by_what_it_answers(lines: list[str], expected: dict[str, str | None]) -> None:
    document = _talk(*lines)
    value = contact_time.value_at(document, [document.turns[1]], "once", True)
    assert value is not None
    assert {name: value[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("十五往上吧", (15, None)),
        ("二点五,多了算我捡的", (2.5, 2.5)),
        ("五个点,五到六", (5, 6)),
        ("百分之二十这么高啊", None),
    ],
)
def test_the_rate_that_he_asks_for(text: str, expected: tuple[float, float | None] | None) -> None:
    value = returns.value_at([_talk(text).turns[0]])
    assert (value and (value["low_pct"], value["high_pct"])) == expected


def test_a_weekday_beside_its_date_says_it_again() -> None:
    today = START.date()
    assert [d.on for d in find_days("三月二号礼拜二", today)] == [date(2027, 3, 2)]
    assert len(find_days("三月二号,礼拜五", today)) == 2
    assert [d.on for d in find_days("元月十号", today)] == [date(2027, 1, 10)]
