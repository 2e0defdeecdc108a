import pytest

from nlp.pipeline import prepare
from tests.nlp.talk import talk


def flags(line: str, kind: str = "product") -> set[str]:
    return set(next(iter(prepare(talk(line)).of(kind))).flags)


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("我不买基金", "negated"),
        ("如果有钱我就买基金", "hypothetical"),
        ("我同事买了基金", "other_holder"),
        ("我妈买了基金", "kin"),
        ("听说基金不错", "quoted"),
        ("以前买过基金", "past"),
        ("下辈子再买基金", "sarcastic"),
        ("基金是什么", "question"),
        ("我老公买了基金", "household"),
    ],
)
def test_words_that_change_a_mention(line: str, flag: str) -> None:
    assert flag in flags(line)


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("我不是不知道,就买基金", "other_holder"),
        ("我同事亏了,我自己倒想买基金", "other_holder"),
        ("差不多买点基金", "negated"),
        ("不过基金可以", "negated"),
        ("给我妈买点基金", "kin"),
        ("收万一太贵,买点基金", "hypothetical"),
    ],
)
def test_words_that_only_look_so(line: str, flag: str) -> None:
    assert flag not in flags(line)
