import pytest

from tests.nlp.talk import said

TAG = "family.clue"


@pytest.mark.parametrize(
    ("line", "clue"),
    [
        ("这事得跟我爱人商量商量", "spouse"),
        ("家里的钱归我老婆管", "spouse"),
        ("孩子明年出国读研, 学费要备着", "child_education"),
        ("儿子明年结婚, 彩礼还没着落", "child"),
        ("我妈住院要花钱", "parent_care"),
        ("准备给儿子买房, 首付还差一点", "house_purchase"),
        ("我明年就退休了", "retirement"),
        ("我退了三年了, 拿退休金", "retirement"),
    ],
)
def test_family_facts_that_bear_on_money(line: str, clue: str) -> None:
    assert said(TAG, line) == [("affirmed", {"clue": clue})]


@pytest.mark.parametrize(
    "line",
    [
        "我要去接孩子了",
        "我同事的老公管钱",
        "银行那个小姑娘说了半天",
        "亏点钱就当交学费",
        "这个月还得交房租",
        "个人养老金账户怎么开",
        "朋友的孩子出国留学了",
        "软件闪退了",
    ],
)
def test_what_is_no_clue(line: str) -> None:
    assert said(TAG, line) == []
