"""流失风险 (churn.risk): he will or may close the account, take holdings or money elsewhere, or holds a rival's terms
against us; negated where he says he stays after it was raised. Words: nlp/lexicon/frames/churn.yaml."""

import re
from collections.abc import Iterator

from dongke.types import Polarity
from nlp.document import Candidate, Document, Mention
from nlp.recognizers.common import candidate

VERSION = "2"
TAG = "churn.risk"
_APPLIED = re.compile(r"申请|提交|要销户|想销户|本人")


BACK = 40  #: so many turns back a stay may answer


def find(document: Document) -> Iterator[Candidate]:
    """Threats, and the words by which one is taken back or denied; the last word on an action stands."""
    for mention in document.of("churn_threat"):
        if mention.key == "compare" or not mention.has("negated", "past", "other_holder", "quoted", "sarcastic"):
            yield candidate(TAG, mention, {"action": mention.key})
    for mention in document.of("churn_raised"):
        if not mention.by_customer and _owned(document, mention):
            yield candidate(TAG, mention, {"action": mention.key})
    for mention in document.of("churn_stay"):
        action = _action(document, mention)
        if action is not None:
            yield candidate(TAG, mention, {"action": action}, Polarity.NEGATED)


def _owned(document: Document, mention: Mention) -> bool:
    """The advisor asks whether it was he who applied to leave, and he says yes."""
    turn = document.turns[mention.turn]
    return mention.has("confirmed") and mention.key == "close_account" and bool(_APPLIED.search(turn.text))


def _action(document: Document, stay: Mention) -> str | None:
    """What he says he will not do must have been spoken of before."""
    if stay.rule == "churn.stay.run":
        return stay.key
    before = [
        m
        for m in document.of("churn_raised", "churn_threat")
        if m.key != "compare" and stay.turn - BACK < m.turn < stay.turn
    ]
    if not before:
        return None
    return stay.key if any(m.key == stay.key for m in before) else before[-1].key
