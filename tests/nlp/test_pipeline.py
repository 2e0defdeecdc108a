"""The whole way on talks that try every step."""

import pytest

from dongke.types import Channel, Conversation, Speaker, Utterance
from nlp.pipeline import analyze_by_rules, read
from tests.nlp.talk import START, said, tags, talk


@pytest.mark.parametrize(
    "lines",
    [
        ("A: 找一下陈女士", "C: 我妈出门了,我是她儿子", "C: 她有二十万闲钱"),
        ("A: 是王先生吗", "C: 他不在,我是他爱人", "C: 他想买基金"),
    ],
)
def test_nothing_is_tagged_where_a_relative_answers(lines: tuple[str, ...]) -> None:
    reading = read(talk(*lines))
    assert reading.assertions == ()
    assert reading.notes[0].startswith("接听人不是客户")
    assert any(m.kind == "identity" and m.key == "relative" for m in reading.mentions)


def test_suspect_words_make_no_tags() -> None:
    turn = Utterance(Speaker.CUSTOMER, "我想买点黄金", suspect=True)
    assert analyze_by_rules(Conversation("t", Channel.CALL, START, (turn,))) == []


def test_the_advisors_word_alone_is_no_tag() -> None:
    assert analyze_by_rules(talk("A: 您要是有闲钱可以买点黄金,很稳健的", "C: 哦")) == []


def test_a_changed_mind_wins() -> None:
    found = said("intent.product", "我想买点黄金", "A: 好的", "算了,黄金我不买了")
    assert found == [("negated", {"product": "gold"})]


def test_one_fact_is_one_tag_with_all_its_evidence() -> None:
    found = [a for a in analyze_by_rules(talk("我想买点黄金", "A: 好", "黄金我还是想买")) if a.tag == "intent.product"]
    assert [a.indexes for a in found] == [[0, 2]]


def test_two_products_are_two_tags() -> None:
    found = said("intent.product", "黄金我想买一点,量化我也想买一点")
    assert [v["product"] for _, v in found] == ["gold", "quant"]


def test_evidence_points_into_the_text_as_stored() -> None:
    raw = "嗯 我想買點 黄金"
    found = next(a for a in analyze_by_rules(talk(raw)) if a.tag == "intent.product")
    proof = found.evidence[0]
    assert raw[proof.start : proof.end] == proof.quote == "黄金"


def test_the_same_talk_reads_the_same() -> None:
    conversation = talk("A: 手头有闲钱吗", "C: 有五十万,放活期呢", "A: 放多久", "C: 一年吧")
    assert read(conversation) == read(conversation)


def test_a_talk_without_words_is_read() -> None:
    assert analyze_by_rules(talk()) == []
    assert analyze_by_rules(talk("", "A: ", "…")) == []


def test_idle_money_has_its_sum_and_day() -> None:
    found = tags(talk("A: 年终奖多少啊", "C: 月底发,二十来万吧,还没想好放哪"), "funds.idle")
    assert found == [("affirmed", {"low": 200000, "high": 200000, "available_from": "2026-06-30"})]


def test_an_outside_holding_has_its_slots() -> None:
    found = tags(talk("工行那边有三十万定期,明年三月份到期"), "assets.external")
    value = {
        "institution": "工商银行",
        "institution_type": "bank",
        "product": "deposit",
        "low": 300000,
        "high": 300000,
        "matures_on": "2027-03-01",
    }
    assert found == [("affirmed", value)]


def test_several_places_are_several_tags() -> None:
    found = tags(talk("招行有两百万理财,华泰那边还有五十万股票,余额宝里三万"), "assets.external")
    assert [(v["institution"], v["low"]) for _, v in found] == [
        ("招商银行", 2000000),
        ("华泰证券", 500000),
        ("支付宝", 30000),
    ]
