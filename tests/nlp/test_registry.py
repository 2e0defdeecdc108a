import shutil
from pathlib import Path

import pytest

from nlp import registry
from nlp.registry import RECOGNIZERS

GOLDEN = [
    ("funds", "funds.idle"),
    ("external", "assets.external"),
    ("product", "intent.product"),
    ("permission", "intent.permission"),
    ("risk", "risk.appetite"),
    ("experience", "experience.level"),
    ("returns", "expectation.return"),
    ("horizon", "expectation.horizon"),
    ("family", "family.clue"),
    ("contact_time", "contact.time"),
    ("contact_channel", "contact.channel"),
    ("contact_busy", "contact.busy"),
    ("feedback", "voice.feedback"),
    ("churn", "churn.risk"),
    ("commitment", "commitment.advisor"),
]


def test_the_recognizers_are_those_of_the_golden_list() -> None:
    assert [(r.name, r.tag) for r in RECOGNIZERS] == GOLDEN


def test_the_engine_version_follows_every_word_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(registry.HERE, tmp_path / "nlp", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(registry, "HERE", tmp_path / "nlp")
    compute = registry.engine_version.__wrapped__
    before = compute()
    assert before == registry.engine_version()
    assert before.startswith("rules-")
    with (tmp_path / "nlp/lexicon/products.yaml").open("a", encoding="utf-8") as words:
        words.write("# another word\n")
    assert compute() != before
