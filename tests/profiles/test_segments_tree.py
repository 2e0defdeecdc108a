"""圈选: what a condition may be, in JSON and in words; every fault with its place."""

from typing import Any

import pytest
from hypothesis import given, settings

from dongke.clock import TradingCalendar
from profiles.labels import tables
from profiles.segments.checks import Moment
from profiles.segments.evaluate import explain, holds
from profiles.segments.phrases import squeezed, wordings
from profiles.segments.query import condition
from profiles.segments.reading import SentenceInvalid, from_sentence
from profiles.segments.row import Row
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Fault, Tree, TreeInvalid, from_json, to_json
from profiles.segments.vocabulary import vocabulary

from .conftest import moment
from .segment_trees import any_json, spoiled_trees

NOW = Moment(moment("2026-06-19T14:00"), TradingCalendar())


def leaf(attribute: str, **where: Any) -> dict[str, Any]:
    return {"attribute": attribute, "where": where} if where else {"attribute": attribute}


IDLE = leaf("tag.funds.idle", amount={"at_least": 200_000})
STAGE = {"attribute": "behaviour.lifecycle", "is": {"in": ["预流失"]}}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (IDLE, "闲置资金不低于20万元"),
        ({"all": []}, "全部客户"),
        ({"all": [IDLE, STAGE]}, "闲置资金不低于20万元, 且生命周期是预流失"),
        (
            {"any": [IDLE, {"all": [STAGE, leaf("follow.open")]}]},
            "闲置资金不低于20万元, 或 (生命周期是预流失 且 有未结商机)",
        ),
        ({"not": STAGE}, "生命周期不是预流失"),
        ({"not": leaf("follow.overdue")}, "没有逾期商机"),
        ({"not": IDLE}, "并非闲置资金不低于20万元"),
        ({"not": {"any": [IDLE, STAGE]}}, "并非(闲置资金不低于20万元 或 生命周期是预流失)"),
        (leaf("tag.funds.idle", strength={"at_least": 0.5}), "有闲置资金(强度不低于0.5)"),
        (
            leaf("tag.intent.product", product={"in": ["stock", "bond_fund"]}, polarity={"in": ["negated"]}),
            "产品意向是股票、债券基金之一(客户态度是否认)",
        ),
        (leaf("tag.assets.external", amount={"at_least": 1, "at_most": 12345.5}), "外部资产在1元到1.23455万元之间"),
        (leaf("tag.assets.external", institution={"in": ["招商银行"]}), "有外部资产(机构是“招商银行”)"),
        (leaf("maturity", on={"in_trading_days": 7}), "到期资金还有7个交易日到期"),
        ({"attribute": "file.permissions", "is": {"any_of": ["margin"]}}, "已开通权限含融资融券"),
        ({"not": {"attribute": "file.permissions", "is": {"any_of": ["margin"]}}}, "已开通权限不含融资融券"),
        ({"attribute": "follow.last_contact", "is": {"over_days": 30}}, "最近接触已超过30天"),
        ({"attribute": "suitability.blocked", "is": {"is": False}}, "可以推荐产品"),
        ({"attribute": "file.opened_on", "is": {"from": "2026-01-05"}}, "开户日期不早于2026年1月5日"),
        ({"attribute": "behaviour.net_flow_30d", "is": {"at_most": -100_000_000}}, "近30日净流入不超过-1亿元"),
        ({"attribute": "file.age", "is": {"known": False}}, "年龄没有记录"),
        (leaf("tag.assets.external"), "有外部资产"),
        (leaf("tag.assets.external", amount={"known": True}), "有外部资产(金额有记录)"),
        ({"not": leaf("tag.assets.external", amount={"known": True})}, "没有外部资产(金额有记录)"),
        (
            leaf("tag.assets.external", amount={"known": False}, matures_on={"next_days": 30}),
            "外部资产在30天内到期(金额没有记录)",
        ),
        ({"attribute": "file.age", "is": {"above": 60}}, "年龄高于60岁"),
        (leaf("tag.funds.idle", amount={"below": 200_000}), "闲置资金低于20万元"),
        (leaf("tag.funds.idle", strength={"above": 0.5}), "有闲置资金(强度高于0.5)"),
    ],
)
def test_conditions_and_their_words(tree: Any, words: str) -> None:
    assert to_sentence(from_json(tree)) == words
    assert to_json(from_sentence(words)) == to_json(from_json(tree))


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("闲置资金至少20万，且生命周期是预流失。", "闲置资金不低于20万元, 且生命周期是预流失"),
        ("闲置资金 ≥ 200000元", "闲置资金不低于20万元"),
        ("(闲置资金不少于20万元)", "闲置资金不低于20万元"),
        ("有闲置资金不低于0.2亿", "闲置资金不低于2000万元"),
        ("闲置资金", "有闲置资金"),
        ("外部资产（机构是“且 或”，最近30天内说过）", "有外部资产(机构是“且 或”, 在近30天内说过)"),
        ("有闲置资金, 有未结商机", "有闲置资金, 且有未结商机"),
        ("投资理财需求偏好是股票", "产品意向是股票"),
        ("并非并非有闲置资金", "有闲置资金"),
        ("开户日期不早于2026-01-05", "开户日期不早于2026年1月5日"),
        ("有闲置资金(客户态度是肯定)", "有闲置资金"),
        ("闲置资金最少20万", "闲置资金不低于20万元"),
        ("闲置资金大于等于20万", "闲置资金不低于20万元"),
        ("闲置资金大于20万", "闲置资金高于20万元"),
        ("闲置资金超过20万", "闲置资金高于20万元"),
        ("闲置资金＞20万", "闲置资金高于20万元"),
        ("闲置资金不到20万", "闲置资金低于20万元"),
        ("闲置资金最多20万", "闲置资金不超过20万元"),
        ("闲置资金20万以上", "闲置资金不低于20万元"),
        ("年龄六十岁以上", "年龄不低于60岁"),
        ("年龄大于60岁", "年龄高于60岁"),
        ("闲置资金不低于２０万元", "闲置资金不低于20万元"),
        ("闲置资金不低于二十万", "闲置资金不低于20万元"),
        ("闲置资金不低于三千五百元", "闲置资金不低于3500元"),
        ("闲置资金不低于一点二亿", "闲置资金不低于1.2亿元"),
        ("闲置资金不低于两百二十万元", "闲置资金不低于220万元"),
        ("闲置资金在二十万到五十万之间", "闲置资金在20万元到50万元之间"),
        ("外部资产在三十天内到期", "外部资产在30天内到期"),
        ("外部资产有记录", "有外部资产"),
        ("外部资产没有记录", "没有外部资产"),
    ],
)
def test_other_ways_to_say_it(words: str, plain: str) -> None:
    assert to_sentence(from_sentence(words)) == plain


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("", 0, "一个条件"),
        ("闲置资金不低于20万元 且 有逾期商机 或 高净值", 20, "且 和 或 不能混用"),
        ("生命周期是预留失", 4, "潜客"),
        ("闲置资金不低于20", 4, "20万元"),
        ("闲置资金多少", 4, "在20万元到50万元之间"),
        ("开户日期如何", 4, "在2026年6月30日到2026年12月31日之间"),
        ("性别是女", 0, "例如 有闲置资金、外部资产"),
        ("二十万闲置资金", 0, "先说属性, 再说比较: 闲置资金…"),
        ("闲置资金不低于99999999亿元", 4, "这个数太大, 要小于 10万亿"),
        ("闲置资金不低于-5元", 4, "要 0 以上的数"),
        ("闲置资金不低于三四十万", 4, "“三四十万” 不是一个确定的数"),
        ("闲置资金不低于万万元", 4, "不是一个确定的数"),
        ("闲置资金不低于几十万", 4, "20万元"),
        ("有闲置资金(强度不低于1.5)", 8, "0 到 1 之间"),
        ("有闲置资金(强度不低于0.5", 14, ")"),
        ("闲置资金不低于20万元(金额不低于10万元)", 14, "金额 说了两次"),
        ("闲制资金不低于20万元", 0, "闲置资金"),
        ("有闲置资金 且", 7, "一个条件"),
        ("有闲置资金) 且有未结商机", 5, "句末"),
        ("(有闲置资金", 6, ")"),
        ("到期资金还有999个交易日到期", 4, "0 到 250"),
        ("开户日期不早于2026年2月30日", 4, "日期"),
        ("外部资产在50万元到20万元之间", 4, "下限大于上限"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_was_expected(words: str, position: int, expected: str) -> None:
    with pytest.raises(SentenceInvalid) as fault:
        from_sentence(words)
    assert (fault.value.position, expected in fault.value.detail) == (position, True), fault.value.detail


@pytest.mark.parametrize("words", ["", "性别是女", "有的客户", "随便"])
def test_an_unknown_beginning_is_not_answered_by_flags(words: str) -> None:
    with pytest.raises(SentenceInvalid) as fault:
        from_sentence(words)
    assert not any("不可推荐" in wanted or "画像" in wanted for wanted in fault.value.expected)


@pytest.mark.parametrize(
    ("words", "fits"),
    [("高于", [60.01, 61]), ("不低于", [60, 60.01, 61]), ("低于", [59]), ("不超过", [59, 60])],
)
def test_higher_is_not_the_same_as_not_lower(words: str, fits: list[float]) -> None:
    tree = from_sentence(f"年龄{words}60岁")
    assert [a for a in (59, 60, 60.01, 61) if holds(tree, Row("C1", {"file.age": a}, {}), NOW)] == fits
    assert not holds(tree, Row("C1", {}, {}), NOW)


@pytest.mark.parametrize(
    ("tree", "code", "where"),
    [
        (None, "segment-shape", "/"),
        ({}, "segment-shape", "/"),
        ({"any": []}, "segment-shape", "/any"),
        ({"all": [], "any": []}, "segment-shape", "/"),
        ({"all": [IDLE, {"not": 3}]}, "segment-shape", "/all/1/not"),
        (leaf("tag.funds"), "segment-attribute-unknown", "/attribute"),
        ({**STAGE, "where": {}}, "segment-shape", "/where"),
        ({**IDLE, "is": {}}, "segment-shape", "/is"),
        (leaf("tag.funds.idle", colour={"in": ["x"]}), "segment-field-unknown", "/where/colour"),
        (leaf("follow.open", open_until={"within_days": 3}), "segment-field-unknown", "/where/open_until"),
        (leaf("tag.funds.idle", amount={"in": [1]}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.funds.idle", amount={"at_least": True}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.funds.idle", amount={"at_least": -1}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.funds.idle", amount={"at_least": float("nan")}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.funds.idle", amount={"at_least": 2, "at_most": 1}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.funds.idle", amount={"at_least": 2, "known": True}), "segment-operand-invalid", "/where/amount"),
        (leaf("maturity", **{"on": {"next_days": 1, "last_days": 1}}), "segment-operand-invalid", "/where/on"),
        (leaf("preference", behaviour={"at_least": 15}), "segment-operand-invalid", "/where/behaviour"),
        ({"attribute": "behaviour.lifecycle", "is": {"in": ["活跃", "睡着"]}}, "segment-operand-invalid", "/is"),
        ({"attribute": "behaviour.lifecycle"}, "segment-operand-invalid", "/is"),
        ({"attribute": "basic.advisor", "is": {"in": ["“A1”"]}}, "segment-operand-invalid", "/is"),
        *(
            (leaf("tag.contact.time", **{"from": {"at_least": bad}}), "segment-operand-invalid", "/where/from")
            for bad in (15, None, True, [], "24:59", "24:01", "25:00", "１５:３０", "9:30", "09:60", "09:30\n", "")
        ),
        (leaf("tag.funds.idle", amount={"at_least": 1, "above": 2}), "segment-operand-invalid", "/where/amount"),
        (leaf("tag.contact.time", **{"from": {"above": "09:30"}}), "segment-operand-invalid", "/where/from"),
        (leaf("tag.funds.idle", amount={"at_least": 10**400}), "segment-operand-invalid", "/where/amount"),
        ({"attribute": "\ud800"}, "segment-attribute-unknown", "/attribute"),
        ({"all": [IDLE] * 101}, "segment-shape", "/all"),
        ({"all": [{"any": [IDLE] * 60}] * 2}, "segment-too-large", "/"),
    ],
)
def test_what_is_wrong_in_json_says_where(tree: Any, code: str, where: str) -> None:
    with pytest.raises(TreeInvalid) as fault:
        from_json(tree)
    assert (fault.value.code, fault.value.errors[0]["where"]) == (code, where)


@pytest.mark.parametrize("good", ["00:00", "09:30", "23:59", "24:00"])
def test_a_time_of_the_day(good: str) -> None:
    tree = leaf("tag.contact.time", **{"from": {"at_least": good}})
    assert to_json(from_json(tree)) == tree
    assert to_json(from_sentence(to_sentence(from_json(tree)))) == tree


def _read(row: Any) -> tuple[Tree | None, tuple[Fault, ...]]:
    try:
        return from_json(row), ()
    except TreeInvalid as fault:
        return None, fault.faults


@settings(max_examples=600, deadline=None)
@given(spoiled_trees() | any_json)
def test_any_json_is_a_condition_or_a_clear_fault(row: Any) -> None:
    tree, faults = _read(row)
    assert all(f.code.startswith("segment-") and f.reason.isprintable() for f in faults)
    assert (tree is None) is bool(faults)
    if tree is None:
        return
    assert from_sentence(to_sentence(tree)) == tree
    assert condition(tree, NOW) is not None
    assert explain(tree, Row("C1", {}, {}), NOW).is_met in (True, False)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(TreeInvalid) as fault:
        from_json({"all": [leaf("x"), leaf("y"), IDLE]})
    assert [f.where for f in fault.value.faults] == ["/all/0/attribute", "/all/1/attribute"]
    assert "还有 1 处" in fault.value.detail


def test_trees_that_say_the_same_have_one_form() -> None:
    nested = {"all": [{"all": [IDLE]}, {"not": {"not": STAGE}}, {"all": []}]}
    assert from_json(nested) == from_json({"all": [IDLE, STAGE]})
    given = leaf("tag.funds.idle", amount={"at_least": 200_000.0}, status={"in": ["active"]})
    assert to_json(from_json(given)) == IDLE
    swapped = {"attribute": "behaviour.lifecycle", "is": {"in": ["流失", "潜客", "流失"]}}
    assert to_json(from_json(swapped))["is"] == {"in": ["潜客", "流失"]}


def test_no_two_names_can_be_confused() -> None:
    names = [squeezed(n) for a in vocabulary().attributes.values() for n in (a.label, *a.aliases)]
    assert len(set(names)) == len(names)
    for told in vocabulary().attributes.values():
        labels = [f.label for f in told.shown]
        assert len(set(labels)) == len(labels)
        assert all(wordings(told.id, f.name) for f in told.shown)
        for f in told.shown:
            spoken = [squeezed(text) for text in f.labels.values()]
            assert len(set(spoken)) == len(spoken)
            assert not any("、" in text for text in spoken)


def test_every_tag_can_be_asked_for() -> None:
    asked = {a.id.removeprefix("tag.") for a in vocabulary().attributes.values() if a.id.startswith("tag.")}
    assert asked == set(tables()["tags"])
