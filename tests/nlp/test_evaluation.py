from typing import Any

import pytest

from dongke.errors import BadInput
from nlp.evaluation import MATCH, MISSED, STRICT, agreement, pairs, score, table


def idle(low: int, evidence: list[int], polarity: str = "affirmed") -> dict[str, Any]:
    value = {"low": low, "high": low, "available_from": None}
    return {"tag": "funds.idle", "polarity": polarity, "value": value, "evidence": evidence}


def product(code: str, evidence: list[int]) -> dict[str, Any]:
    return {"tag": "intent.product", "polarity": "affirmed", "value": {"product": code}, "evidence": evidence}


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        (idle(500_000, [3]), idle(500_000, [3, 4]), STRICT),
        (idle(500_000, [3]), idle(540_000, [3]), STRICT),  # within 10 %
        (idle(500_000, [3]), idle(600_000, [3]), MATCH),
        (idle(500_000, [3]), idle(500_000, [4]), MISSED),  # other words
        (idle(500_000, [3]), idle(500_000, [3], "negated"), MISSED),
        (product("stock", [1]), product("fund", [1]), MISSED),
        (product("stock", [1]), idle(1, [1]), MISSED),
    ],
)
def test_agreement(gold: dict[str, Any], found: dict[str, Any], expected: int) -> None:
    assert agreement(gold, found) == expected


def test_strict_pairs_come_first_and_each_tag_is_paired_once() -> None:
    gold = [idle(500_000, [1]), idle(900_000, [1])]
    found = [idle(900_000, [1]), idle(500_000, [1]), idle(500_000, [1])]
    assert pairs(gold, found) == {0: (1, STRICT), 1: (0, STRICT)}


def test_score_counts_missed_extra_and_untagged() -> None:
    gold = {"a": {"tags": [product("stock", [1]), product("gold", [2])]}, "b": {"tags": []}, "c": {"tags": []}}
    found = {"a": {"tags": [product("stock", [1])]}, "b": {"tags": [product("fund", [0])]}}
    result, errors = score(gold, found)
    figures = result["tags"]["ALL"]
    assert (figures["gold"], figures["found"], figures["precision"], figures["recall"]) == (2, 2, 0.5, 0.5)
    assert result["untagged_kept_clean"] == [1, 2]
    assert [line.split()[:2] for line in errors] == [["a", "missed"], ["b", "extra"]]
    assert "intent.product" in table(result)


def test_a_conversation_that_the_gold_lacks_is_an_error() -> None:
    with pytest.raises(BadInput, match="ids-unknown"):
        score({}, {"x": {"tags": []}})
