"""The worked example of docs/reading.md: a new expression is taught by a few talks, and only that."""

from dataclasses import replace
from pathlib import Path

import pytest

from dongke.errors import BadInput
from nlp import train
from nlp.learned.claims import Opinions
from nlp.learned.model import Label
from nlp.pipeline import prepare
from tests.nlp.talk import talk

SUMS = ("三十万", "二十来万", "五十多万", "八万", "一百万", "十五万", "四十万", "六万")
LESSON = "\n".join(
    f"""## call 2026-03-0{n}T10:05
A 您那边资金怎么安排的
C 那{money}先让它睡着吧 [1]
A 好的
1 funds.idle low=100000 high=100000

## call 2026-03-0{n}T11:05
A 您说话方便吗
C 孩子刚哄好, 先让他睡着吧
A 好的, 那钱的事回头说

## call 2026-03-0{n}T14:05
A 您那边资金怎么安排的
C 我再看看, {money}我同事倒是有
"""
    for n, money in enumerate(SUMS, 1)
)
IDLE = Label("funds.idle", "affirmed")


@pytest.fixture
def lesson(tmp_path: Path) -> list[train.Talk]:
    path = tmp_path / "lesson.txt"
    path.write_text(LESSON, encoding="utf-8")
    return train.load(path)


def test_a_new_expression_is_taught_by_a_few_talks(lesson: list[train.Talk]) -> None:
    weights = train.weigh(lesson)

    def chance(words: str) -> float:
        document = prepare(talk("A: 钱您打算怎么放", words))
        opinions = Opinions(weights.opinions(document)).of(IDLE)
        return max((o.probability for o in opinions.values()), default=0.0)

    assert chance("那七十万先让它睡着") > 0.8
    assert chance("宝宝先让他睡着") < 0.5
    assert chance("我再看看") < 0.5


def test_training_gives_weights_and_a_formula(lesson: list[train.Talk]) -> None:
    first, second = lesson[:12], lesson[12:]
    wrong = [replace(talk, row={**talk.row, "tags": []}) for talk in first[:3]]  # annotators err, too
    trained = train.train({"one": [*first, *wrong], "two": second}, [])
    assert set(trained.weights.kinds) >= {"customer", "advisor"}
    assert {"support", "rule", "company"} <= trained.formula["weights"].keys()
    assert 0 < trained.formula["thresholds"]["*"] < 1


def test_too_little_to_learn_from_is_said() -> None:
    with pytest.raises(BadInput, match="training-too-small"):
        train.formula([])
