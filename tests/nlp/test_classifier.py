"""The real path, tokenizer and onnxruntime, on a classifier that knows two characters (data/tiny_classifier)."""

from dataclasses import replace
from pathlib import Path

import pytest

from dongke.errors import NotReady
from dongke.types import Conversation
from nlp.classifier import load, second_opinion
from nlp.pipeline import read

FOLDER = Path(__file__).parent / "data/tiny_classifier"
TALK = Conversation.from_json(
    {
        "id": "t",
        "channel": "call",
        "started_at": "2026-06-08T10:00:00+08:00",
        "utterances": [
            {"speaker": "customer", "text": "我有五十万闲着"},
            {"speaker": "customer", "text": "我想要可转债"},
            {"speaker": "customer", "text": "以后发我微信就行"},
        ],
    }
)


def test_probabilities_are_those_of_the_words() -> None:
    classifier = load(FOLDER)
    assert classifier
    idle, wish = classifier.probabilities(["钱闲着", "想买一点"])
    assert idle["funds.idle"] > 0.9 > 0.1 > idle["intent.product"]
    assert wish["intent.product"] > 0.9 > 0.1 > wish["funds.idle"]
    assert classifier.probabilities([]) == []


def test_it_supports_doubts_or_keeps_silent_but_never_makes_or_drops_a_tag() -> None:
    classifier = load(FOLDER)
    assert classifier
    alone = {a.tag: a for a in read(TALK).assertions}
    weighed = {a.tag: a for a in second_opinion(TALK, tuple(alone.values()), classifier)}
    assert set(weighed) == set(alone) >= {"funds.idle", "intent.product", "contact.channel"}
    assert weighed["funds.idle"].confidence > alone["funds.idle"].confidence
    assert weighed["intent.product"].confidence < alone["intent.product"].confidence
    assert weighed["contact.channel"] == alone["contact.channel"]  # the model has no label for it
    assert "赞同" in weighed["funds.idle"].explanation.steps[-1]
    assert "存疑" in weighed["intent.product"].explanation.steps[-1]
    assert all(replace(weighed[t], confidence=1.0, explanation=alone[t].explanation) ==
               replace(alone[t], confidence=1.0) for t in alone)  # fmt: skip


def test_reading_with_a_classifier_names_it_in_the_engine_version() -> None:
    classifier = load(FOLDER)
    reading = read(TALK, classifier)
    assert classifier
    assert reading.engine_version.endswith(classifier.version)
    assert not read(TALK).engine_version.endswith(classifier.version)


def test_without_a_folder_the_rules_stand_alone(tmp_path: Path) -> None:
    assert load(None) is None
    with pytest.raises(NotReady, match="classifier-missing"):
        load(tmp_path)
