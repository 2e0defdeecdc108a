import pytest

from dongke.types import Speaker
from nlp.pipeline import read
from tests.nlp.talk import talk


def topics(*lines: str) -> set[tuple[str, str | None, Speaker]]:
    return {(m.kind, m.key, m.speaker) for m in read(talk(*lines)).mentions}


@pytest.mark.parametrize(
    ("line", "kind", "key"),
    [
        ("A: 说说您活期里的赎回款怎么摆布", "money", None),
        ("A: 清仓以后那一百万有没有想过怎么安排", "money", None),
        ("A: 港股通要求日均五十万", "permission", "stock_connect"),
        ("A: 量化基金的介绍您看看", "product", "quant"),
        ("C: 华泰那边要本人去吗", "institution", "华泰证券"),
        ("C: 另外一家券商也在问我", "institution", "broker"),
        ("A: 佣金给您申请下来了", "feedback", "fee"),
        ("A: 软件闪退的问题修好了", "feedback", "app"),
        ("A: 听说您要把股票转走", "churn", "transfer_out"),
        ("A: 销户的事您再想想", "churn", "close_account"),
        ("A: 资料已经发您了", "promise", "send_material"),
        ("A: 密码的解锁已经替您办好了", "promise", "process_business"),
    ],
)
def test_subjects_spoken_of(line: str, kind: str, key: str | None) -> None:
    assert any((k, i) == (kind, key) for k, i, _ in topics(line))


@pytest.mark.parametrize("line", ["A: 今天天气不错", "C: 我在开会", "A: 一手十八块八"])
def test_small_talk_is_no_subject(line: str) -> None:
    assert topics(line) == set()


def test_a_refused_product_is_flagged() -> None:
    found = [m for m in read(talk("量化我不买了")).mentions if m.kind == "product"]
    assert "refused" in found[0].flags
    found = [m for m in read(talk("量化我想买一点")).mentions if m.kind == "product"]
    assert "refused" not in found[0].flags


def test_what_is_others_is_flagged() -> None:
    found = [m for m in read(talk("我朋友在招商银行有三百万")).mentions if m.kind == "institution"]
    assert "other_holder" in found[0].flags
