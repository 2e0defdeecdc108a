"""流失风险 (churn.risk): he will or may close the account, take holdings or money elsewhere, or holds a rival's terms
against us; negated where he says he stays after it was raised. Words: nlp/lexicon/frames/churn.yaml."""

import re
from collections.abc import Iterator

from dongke.types import Polarity
from nlp.document import Candidate, Document, Mention
from nlp.recognizers.common import candidate

VERSION = "3"
TAG = "churn.risk"
_DECLINES = re.compile(r"没搭理|没理|懒得|不换|不过去|没去|不想换|没兴趣|我说我?不|不挪|待惯|用惯|不走")
_APPLIED = re.compile(r"看到|是不是|本人|核实|(您|你)(是)?(要|想)销户")

_TALE = re.compile(r"大神|主播|博主|网友|群主")
_THIRD = re.compile(
    r"(她|他|女儿|儿子|老板|亲戚|舅舅?|侄子)(们|家|女儿|儿子)?[^，。我]{0,4}(要|说|气|想|闹|吵)[^，。我]{0,6}$"
)

BACK = 60  #: so many turns back a stay may answer


def find(document: Document) -> Iterator[Candidate]:
    """Threats, and the words by which one is taken back or denied; the last word on an action stands."""
    for mention in document.of("churn_threat"):
        if mention.key == "compare":
            if not _declined(document, mention) and not (mention.has("quoted") and "你" not in mention.text):
                yield candidate(TAG, mention, {"action": mention.key})
        elif not mention.has("other_holder", "quoted", "sarcastic") and not _thirds(document, mention):
            yield candidate(TAG, mention, {"action": mention.key})
    for mention in document.of("churn_raised"):
        if not mention.by_customer and _owned(document, mention):
            yield candidate(TAG, mention, {"action": mention.key})
    for mention in document.of("churn_stay"):
        action = _action(document, mention)
        if action is not None:
            yield candidate(TAG, mention, {"action": action}, Polarity.NEGATED)


def _declined(document: Document, mention: Mention) -> bool:
    """A rival's offer that he did not take: 华泰说免五, 我没搭理."""
    return bool(_DECLINES.search(document.turns[mention.turn].text))


def _thirds(document: Document, mention: Mention) -> bool:
    """她女儿气得要把账户都销掉: somebody else wants to leave."""
    text = document.turns[mention.turn].text
    return bool(_TALE.search(text) or _THIRD.search(text[: mention.start]))


def _owned(document: Document, mention: Mention) -> bool:
    """The advisor asks whether it was he who applied to leave, and he says yes."""
    turn = document.turns[mention.turn]
    return mention.has("confirmed") and mention.key == "close_account" and bool(_APPLIED.search(turn.text))


def _action(document: Document, stay: Mention) -> str | None:
    """What he says he will not do must have been spoken of before."""
    if stay.rule == "churn.stay.run":
        return stay.key
    raised = document.of("churn_raised", "churn_threat")
    before = any(m.key == stay.key and _goes_before(m, stay) for m in raised)
    return stay.key if before else None


def _goes_before(raised: Mention, stay: Mention) -> bool:
    """In an earlier turn, or earlier in the same words: 前天说要提走, 那是气话, 不提了."""
    if raised.turn == stay.turn:
        return raised.end <= stay.start
    return stay.turn - BACK < raised.turn < stay.turn
