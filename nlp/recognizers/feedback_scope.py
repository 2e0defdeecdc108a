"""客户心声, whom a broad frame speaks of: takes away questions, conditions, other firms and people, denials."""

import re
from functools import cache

from nlp import dialogue, vocabulary
from nlp.document import Document, Mention

SAVED = re.compile(r"多亏|幸亏|幸好|好在|得亏|亏得|还好|要不是")
BEFORE = 10  #: so many characters before the words may say that they are feared or asked, not felt
PERSONAL = ("performance", "advice")  #: subjects where what others won, lost or were told is not about us


def counts(document: Document, mention: Mention) -> bool:
    """Whether a broad frame's words are the customer's own verdict on us."""
    if not mention.by_customer:
        text = document.turns[mention.turn].text
        return mention.has("confirmed") and dialogue.asks(text) and not _words("probes").search(text)
    if mention.has("quoted", "sarcastic"):
        return False
    topic, _, sentiment = mention.key.partition(".")
    if topic in PERSONAL and mention.has("other_holder", "kin", "hypothetical"):
        return False
    if sentiment == "suggestion":
        return True
    if topic == "performance" and not _ours(document, mention):
        return False
    feared = topic != "disturbance" and _feared(document, mention)
    return not (feared or _elsewhere(document, mention) or _asked(document, mention))


def stands(document: Document, mention: Mention) -> bool:
    """Whether a narrow frame's words, which have weighed most of this already, speak of us and ask nothing."""
    if mention.has("quoted", "sarcastic"):
        return False
    topic, _, sentiment = mention.key.partition(".")
    if topic in PERSONAL and sentiment == "negative" and SAVED.search(document.turns[mention.turn].text):
        return False
    return sentiment == "suggestion" or not (_elsewhere(document, mention) or _words("whether").search(mention.text))


def _elsewhere(document: Document, mention: Mention) -> bool:
    """The clauses name another firm and not us; 别家才万一 is a complaint about our fee all the same."""
    if mention.key == "fee.negative":
        return False
    personal = mention.key.startswith(PERSONAL)
    around = document.turns[mention.turn].text if personal else _around(document, mention)
    return bool(_words("others").search(around)) and not _words("us").search(around)


def _ours(document: Document, mention: Mention) -> bool:
    """Bought through us: he says you, or the advisor has just spoken of what we sold him; shares of his own are his."""
    turn, before = document.turns[mention.turn], document.prompt(mention.turn)
    if _words("own").search(turn.text):
        return False
    if _words("bought").search(turn.text):
        return True
    return before is not None and bool(_words("sold").search(before.text))


def _asked(document: Document, mention: Mention) -> bool:
    """手续麻烦吗: an open question is no verdict; 怎么这么麻烦 is."""
    tail = document.turns[mention.turn].text[mention.end - 4 : mention.end + 8]
    return bool(_words("asks").search(tail)) and not _words("rhetoric").search(_around(document, mention))


def _feared(document: Document, mention: Mention) -> bool:
    text = document.turns[mention.turn].text
    head = text[max(mention.start - BEFORE, 0) : mention.start]
    return bool(_words("fears").search(head) or _words("denies").search(mention.text))


def _around(document: Document, mention: Mention) -> str:
    turn = document.turns[mention.turn]
    first, last = turn.clause_at(mention.start), turn.clause_at(mention.end - 1)
    return turn.text[turn.clauses[first][0] : turn.clauses[last][1]]


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(vocabulary.load("cues/feedback_scope")[name])
