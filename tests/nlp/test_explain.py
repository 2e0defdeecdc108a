from nlp.explain import TAGS, explain
from nlp.pipeline import analyze_by_rules
from nlp.registry import RECOGNIZERS
from tests.nlp.talk import talk


def test_an_explanation_names_the_tag_the_words_and_the_rule() -> None:
    found = next(a for a in analyze_by_rules(talk("我想买点黄金")) if a.tag == "intent.product")
    text = explain(found)
    assert text.splitlines()[0].startswith("投资理财需求偏好 (肯定): 把握 ")
    assert "原话 第 0 句: 「我想买点黄金」" in text
    assert "识别器 product" in text


def test_a_context_that_was_weighed_is_said_in_chinese() -> None:
    found = next(a for a in analyze_by_rules(talk("我老公也说,先买点黄金")) if a.tag == "intent.product")
    assert "步骤: 家里人「老公」" in explain(found)


def test_every_tag_has_a_chinese_name() -> None:
    assert {r.tag for r in RECOGNIZERS} == set(TAGS)
