import json
from pathlib import Path

import pytest

from asr import terms

CALLS = Path(__file__).parents[2] / "samples" / "calls"


def _repaired(text: str) -> str:
    for change in reversed(terms.repairs(text)):
        text = text[: change.start] + change.new + text[change.end :]
    return text


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("有没有固收家的产品", "有没有固收加的产品"),
        ("可转在要权限吗", "可转债要权限吗"),
        ("开个融资融卷", "开个融资融券"),
        ("科创版和创业版", "科创板和创业板"),
        ("国宅逆回购", "国债逆回购"),
        ("收益平正下周到期", "收益凭证下周到期"),
        ("大额村单三年", "大额存单三年"),
        ("港股同怎么开", "港股通怎么开"),
        ("你们用金多少", "你们佣金多少"),
        ("四木基金", "私募基金"),
        ("买私木要一百万", "买私募要一百万"),
        ("北郊所打新", "北交所打新"),
        ("储蓄锅债", "储蓄国债"),
    ],
)
def test_repaired(heard: str, meant: str) -> None:
    assert _repaired(heard) == meant


@pytest.mark.parametrize(
    "text",
    [
        "这笔可转账吗",
        "他去年死亡了",
        "四目相对",
        "备用金留着",
        "信用金额不够",
        "这个地方在哪里",
        "客户经历了很多",
        "年金现在能领吗",
        "条件但是太高",
        "股票齐全了",
        "他弃权了",
        "货币资金",
        "指数资金",
        "余额包括利息",
        "埋头顾不上",
        "理财同样要看风险",
        "我把存单转出去",
        "融资融券可转债科创板",
        "",
        "好",
    ],
)
def test_real_words_stay(text: str) -> None:
    assert terms.repairs(text) == []


def test_the_sample_calls_need_no_repair() -> None:
    texts = [u["text"] for path in sorted(CALLS.glob("*.json")) for u in json.loads(path.read_text())["utterances"]]
    assert len(texts) > 400
    assert {t[c.start : c.end] for t in texts for c in terms.repairs(t)} == {
        "北交锁",
        "融资融劝",
    }  # so written on purpose


def test_the_longest_and_closest_wins() -> None:
    (change,) = terms.repairs("国在逆回够")
    assert (change.start, change.end, change.new) == (0, 5, "国债逆回购")


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("卷", "券", terms.NEAR),
        ("加", "家", 0.0),
        ("在", "债", terms.CLOSE),
        ("账", "债", float("inf")),
        ("圈", "券", 0.0),
    ],
)
def test_distance(one: str, other: str, distance: float) -> None:
    assert terms.distance(one, other) == distance
