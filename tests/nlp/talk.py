"""Conversations written down shortly, for the tests of the tagger."""

from datetime import datetime
from typing import Any

from dongke.types import Channel, Conversation, Speaker, Utterance
from nlp.pipeline import analyze_by_rules

START = datetime.fromisoformat("2026-06-10T10:00:00+08:00")  # a Wednesday
SIDES = {"A": Speaker.ADVISOR, "C": Speaker.CUSTOMER}


def talk(*lines: str, started_at: datetime = START, channel: str = "call") -> Conversation:
    """Lines such as "A: 您好" and "C: 你说"; a line without a side is the customer's."""
    turns = []
    for line in lines:
        side, _, text = line.partition(": ") if line[:2] in ("A:", "C:") else ("C", "", line)
        turns.append(Utterance(SIDES[side], text))
    return Conversation("t", Channel(channel), started_at, tuple(turns))


def tags(conversation: Conversation, tag: str) -> list[tuple[str, dict[str, Any]]]:
    """Polarity and value of the tags of that name."""
    return [(a.polarity.value, dict(a.value)) for a in analyze_by_rules(conversation) if a.tag == tag]


def said(tag: str, *lines: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    """`tags` of a `talk`."""
    return tags(talk(*lines, **options), tag)
