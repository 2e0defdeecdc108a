"""Many ways to say it, and as many that only look like it (data/wording*.txt)."""

from pathlib import Path

import pytest

from nlp.pipeline import analyze_by_rules
from tests.nlp.talk import talk

MAIN = {
    "assets.external": "institution_type",
    "intent.product": "product",
    "intent.permission": "permission",
    "risk.appetite": "level",
    "experience.level": "level",
    "expectation.horizon": "term",
    "funds.idle": "",
    "expectation.return": "",
}
LINES = [
    line
    for file in sorted((Path(__file__).parent / "data").glob("wording*.txt"))
    for line in file.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("line", LINES)
def test_what_is_said_is_tagged_and_nothing_else(line: str) -> None:
    words, _, expected = line.rpartition(" => ")
    assert _found(words) == set(expected.split()) - {"-"}


def _found(words: str) -> set[str]:
    found = set()
    for tag in analyze_by_rules(talk(*words.split(" | "))):
        if tag.tag in MAIN:
            main = str(tag.value.get(MAIN[tag.tag], ""))
            polarity = "neg" if tag.polarity.value == "negated" else ""
            found.add(":".join([tag.tag, main, polarity]).rstrip(":"))
    return found
