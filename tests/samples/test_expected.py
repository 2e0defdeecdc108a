"""The gold of the samples: every tag of the contract occurs, and each points at words that exist."""

import json
from collections import Counter

import pytest

FIELDS = {
    "funds.idle": {"low", "high", "available_from"},
    "assets.external": {"institution", "institution_type", "product", "low", "high", "matures_on"},
    "intent.product": {"product"},
    "intent.permission": {"permission"},
    "risk.appetite": {"level"},
    "experience.level": {"level"},
    "expectation.return": {"low_pct", "high_pct"},
    "expectation.horizon": {"term"},
    "family.clue": {"clue"},
    "contact.time": {"kind", "days", "date", "from", "to"},
    "contact.channel": {"channel"},
    "contact.busy": set(),
    "voice.feedback": {"topic", "sentiment"},
    "churn.risk": {"action"},
    "commitment.advisor": {"action", "due_date"},
}
NEGATABLE = (
    "funds.idle assets.external intent.product intent.permission contact.time contact.channel churn.risk".split()
)


@pytest.mark.parametrize("tag", FIELDS)
def test_every_tag_occurs_several_times(expected, tag):
    found = Counter(t["tag"] for row in expected for t in row["tags"])
    assert found[tag] >= 4


@pytest.mark.parametrize("tag", NEGATABLE)
def test_every_refusal_occurs(expected, tag):
    assert any(t["tag"] == tag and t["polarity"] == "negated" for row in expected for t in row["tags"])


def test_each_conversation_is_listed_once(expected, samples):
    files = {row["file"] for row in expected}
    on_disk = {
        str(p.relative_to(samples).as_posix())
        for folder, kind in (("calls", "*.json"), ("chats", "*.jsonl"), ("recordings/truth", "*.json"))
        for p in (samples / folder).glob(kind)
    }
    assert files == on_disk
    assert len(expected) == len(files)


def test_some_conversations_carry_no_tag(expected):
    assert sum(not row["tags"] for row in expected) >= 10


def test_values_and_evidence(expected, samples):
    for row in expected:
        text = (samples / row["file"]).read_text(encoding="utf-8")
        lines = (
            [json.loads(x) for x in text.splitlines()] if row["channel"] == "chat" else json.loads(text)["utterances"]
        )
        for tag in row["tags"]:
            assert set(tag["value"]) == FIELDS[tag["tag"]], (row["id"], tag)
            assert tag["polarity"] == "affirmed" or tag["tag"] in NEGATABLE
            assert tag["evidence"]
            assert all(0 <= i < len(lines) for i in tag["evidence"])
            if row["channel"] == "chat":
                assert tag["evidence_msgids"] == [lines[i]["msgid"] for i in tag["evidence"]]


def test_the_customer_or_a_promise_proves_it(expected, samples):
    """At least one line of the evidence is the customer's own; the advisor's promises are the exception."""
    for row in expected:
        if row["channel"] == "chat":
            continue
        turns = json.loads((samples / row["file"]).read_text(encoding="utf-8"))["utterances"]
        for tag in row["tags"]:
            wanted = "advisor" if tag["tag"] == "commitment.advisor" else "customer"
            assert wanted in {turns[i]["speaker"] for i in tag["evidence"]}, (row["id"], tag)
