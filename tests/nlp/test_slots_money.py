"""Sums, products and days of free money and of what lies elsewhere, as `value_at` reads them in believed turns."""

from datetime import datetime
from typing import Any

import pytest

from nlp import pipeline
from nlp.recognizers import external, funds
from tests.nlp.talk import talk

START = datetime.fromisoformat("2026-06-10T10:00:00+08:00")


def _held(word: str, *lines: str) -> dict[str, Any]:
    """What lies at the first place that is called `word`."""
    document = pipeline.prepare(talk(*lines, started_at=START))
    return external.value_at(document, next(m for m in document.of("institution", "place_type") if m.text == word))


def _free(*lines: str, turns: tuple[int, ...] = (0,)) -> tuple[Any, Any, Any]:
    value = funds.value_at(pipeline.prepare(talk(*lines, started_at=START)), turns)
    return value["low"], value["high"], value["available_from"]


@pytest.mark.parametrize(
    ("word", "lines", "expected"),
    [
        ("建行", ["建行有两百大额存单,明年三月到"], {"low": 2000000, "product": "deposit", "matures_on": "2027-03-01"}),
        ("工行", ["有三十多万,放在工行活期"], {"low": 300000, "high": 400000, "product": "deposit"}),
        ("农行", ["工行有二十万,农行那边有四十万国债,七月五号到期"], {"low": 400000, "product": "treasury_bond"}),
        ("工行", ["工行有二十万,农行那边有四十万国债,七月五号到期"], {"low": 200000, "matures_on": None}),
        ("建行", ["建行有笔定期", "A: 大概多少?", "三十万吧", "不对,三十八"], {"low": 380000, "high": 380000}),
        ("建行", ["建行有笔定期", "A: 是三十万对吧?", "对的"], {"low": 300000, "product": "deposit"}),
        ("建行", ["建行有三十万定期", "A: 什么时候到期?", "下个月二十号"], {"matures_on": "2026-07-20"}),
        ("光大银行", ["下礼拜有张大额存单,光大银行的,二十万,到期"], {"low": 200000, "matures_on": "2026-06-15"}),
        ("招商银行", ["招商银行那个朝朝宝里头有四十万"], {"low": 400000, "product": "money_market"}),
        ("天天基金", ["天天基金上买了八万的新能源,亏得只剩五万"], {"low": 50000, "product": "equity_fund"}),
        ("泰康", ["泰康的年金每年交五万,交了六年,合着三十万"], {"low": 300000, "product": "insurance"}),
        ("信托", ["我有个信托,三百万", "A: 是哪一家?", "外贸信托"], {"institution": "外贸信托", "low": 3000000}),
        ("农商行", ["放在潍坊农商行,十万,定期"], {"institution": "潍坊农商行", "low": 100000}),
        ("高毅", ["两百万,在高瓴,不是,高毅那边"], {"institution": "高毅资产", "low": 2000000}),
        ("大额", ["A: 农行那边有存吗", "有两张大额,一张三十,一张二十,明年九月一起到"], {"low": 500000}),
    ],
)
def test_what_is_said_of_a_place_is_read_together(word: str, lines: list[str], expected: dict[str, Any]) -> None:
    value = _held(word, *lines)
    assert {name: value[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("word", "lines", "expected"),
    [
        # premiums, interest, ages, gains and prices are no holdings
        ("泰康", ["泰康的年金,一年交五万,我等到七十才能领"], {"low": None, "high": None}),
        ("工行", ["工行里有积存金,520进的"], {"low": None}),
        ("高毅", ["高毅那只私募,现在净值一块二"], {"low": None}),
        # what is with us, and what is left over, is elsewhere
        ("东财", ["你这边六十,我在东财还有一百二"], {"low": 1200000}),
        ("建信信托", ["建信信托放了一千五,剩下的一千八才是要你打理的"], {"low": 15000000}),
        # days of use are no maturities
        ("平安保险", ["平安保险有份年金,四十万,年底之前要用钱的是另外一笔"], {"matures_on": None}),
        # what he wants is not what he holds; two kinds are a mix
        ("工行", ["工行有五十万,你帮我看看有没有收益凭证"], {"product": None}),
        ("华泰", ["华泰那边一百二十万,股票和可转债都有"], {"product": None}),
        # 锁定期 is no 定期
        ("景林", ["景林那只一百万", "A: 锁定期到什么时候", "九月十五号"], {"matures_on": "2026-09-15"}),
    ],
)
def test_what_only_looks_like_it_is_left_out(word: str, lines: list[str], expected: dict[str, Any]) -> None:
    value = _held(word, *lines)
    assert {name: value[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("lines", "turns", "expected"),
    [
        (["卖房到手三百八,还掉贷款剩两百,在卡里躺着"], (0,), (2000000, 2000000, None)),
        (["卖了一百六,给儿子留八十", "A: 那就是八十万可以动", "对"], (0, 2), (800000, 800000, None)),
        (["一共九十八万,我留五十看病", "A: 那四十八万能动", "嗯,四十八"], (0, 2), (480000, 480000, None)),
        (["A: 是五十万吧", "哪有五十,三十"], (1,), (300000, 300000, None)),
        (["手里三万,不对,那个给我弟了,有四万五"], (0,), (45000, 45000, None)),
        (["卡里有三十多万,动一半就行"], (0,), (150000, 200000, None)),
        (["我从建行挪十五万过来,那边闲着"], (0,), (150000, 150000, None)),
        (["年终绩效八万,七月二十号左右到账"], (0,), (80000, 80000, "2026-07-20")),
        (["A: 分红什么时候下来?", "月底,我那份八九十万吧"], (1,), (800000, 900000, "2026-06-30")),
        (
            ["工行那张存单二十万,下个月五号到期", "A: 到期了怎么打算", "不续了,你帮我安排"],
            (2,),
            (200000, 200000, "2026-07-05"),
        ),
    ],
)
def test_the_free_part_and_the_day_of_its_coming(
    lines: list[str], turns: tuple[int, ...], expected: tuple[Any, Any, Any]
) -> None:
    assert _free(*lines, turns=turns) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # the day of a use, of an arrival that is over, and of other money is none
        (["手里有五十万,年底要买房"], (500000, 500000, None)),
        (["货款四月份就到账了,一百万,没处放"], (1000000, 1000000, None)),
        (["我卡上有二十万", "A: 银行那边呢?", "农行还有十万定期,后年三月到"], (200000, 200000, None)),
        # pay and debts are no sums
        (["我工资卡里有个十来万,房贷还欠着八十万"], (100000, 100000, None)),
    ],
)
def test_other_sums_and_days_are_not_taken(lines: list[str], expected: tuple[Any, Any, Any]) -> None:
    assert _free(*lines) == expected
