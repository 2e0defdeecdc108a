import pytest

from tests.nlp.talk import said


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("我这人胆子小,不想冒险", "conservative"),
        ("稳当点就行", "conservative"),
        ("本金一分都不能少", "conservative"),
        ("亏个百分之十能接受", "moderate"),
        ("稳中求进吧", "moderate"),
        ("要弄就弄大的,搏一把", "aggressive"),
    ],
)
def test_the_stance_he_states(line: str, level: str) -> None:
    assert said("risk.appetite", line) == [("affirmed", {"level": level})]


@pytest.mark.parametrize(
    "line",
    [
        "A: 这个产品很稳健的",
        "我同事胆子大,敢搏一把",
        "如果我胆子大我就买了",
        "今天大盘很稳",
        "你说的稳健型是什么意思",
        "跌了百分之十了",
    ],
)
def test_what_is_no_stance(line: str) -> None:
    assert said("risk.appetite", line) == []
