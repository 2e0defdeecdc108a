import pytest

from nlp.dialogue import answer, asks
from nlp.document import Answer
from nlp.pipeline import prepare
from tests.nlp.talk import talk


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("对，没错", Answer.YES),
        ("嗯是的", Answer.YES),
        ("系啊，十五号到", Answer.YES),
        ("嗯", Answer.NOD),
        ("哦", Answer.NOD),
        ("没有没有", Answer.NO),
        ("真没有", Answer.NO),
        ("不用了", Answer.NO),
        ("我在开车", Answer.OTHER),
        ("", Answer.OTHER),
    ],
)
def test_how_a_turn_answers(text: str, kind: Answer) -> None:
    assert answer(text) is kind


def test_a_question_is_heard() -> None:
    assert asks("您那边有多少")
    assert not asks("好的我记下了")


def test_the_advisors_words_are_confirmed_or_denied() -> None:
    yes = prepare(talk("A: 您买过基金吧?", "C: 对"))
    no = prepare(talk("A: 您买过基金吧?", "C: 没有"))
    nod = prepare(talk("A: 我们有基金。", "C: 嗯"))
    assert next(yes.of("product")).has("confirmed")
    assert next(no.of("product")).has("denied")
    assert not next(nod.of("product")).has("confirmed", "denied")
