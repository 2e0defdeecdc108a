"""客户心声 (voice.feedback): complaint, praise or wish about us, by subject.

Either one pattern says all of it (nlp/lexicon/frames/feedback.yaml), or the advisor's answer – he apologises, thanks,
notes a wish – tells how it was meant (nlp/lexicon/cues/feedback.yaml).
"""

import re
from collections.abc import Iterator
from functools import cache

from nlp import vocabulary
from nlp.document import Candidate, Document, Mark, Mention, Turn
from nlp.recognizers import feedback_scope
from nlp.recognizers.common import candidate

VERSION = "4"
TAG = "voice.feedback"
OPENING = 2  #: an apology to so many first turns is for the disturbance of calling
SHORTEST = 6  #: shorter words carry no complaint
TAKEN = {"sorry": ("bad", "negative"), "thanks": ("good", "positive"), "noted": ("wish", "suggestion")}


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per subject and sentiment."""
    said = set()
    for mention in _verdicts(document):
        said.add(mention.turn)
        topic, _, sentiment = _rather(document, mention).partition(".")
        yield candidate(TAG, mention, {"topic": topic, "sentiment": sentiment})
    for turn in document.customer_turns():
        if turn.index not in said:
            yield from _as_taken(document, turn)


def _verdicts(document: Document) -> list[Mention]:
    """What narrow frames read, and what broad ones read where no narrow one did; of two senses of a subject one."""
    narrow = [m for m in document.of("feedback_said") if feedback_scope.stands(document, m)]
    broad = [
        m
        for m in document.of("feedback_broad")
        if feedback_scope.counts(document, m) and not any(_overlap(m, n) and n.key != m.key for n in narrow)
    ]
    found = [*narrow, *broad]
    return [m for m in found if not any(_outdone(document, m, other) for other in found)]


def _overlap(one: Mention, other: Mention) -> bool:
    return one.turn == other.turn and one.start < other.end and other.start < one.end


def _outdone(document: Document, mention: Mention, other: Mention) -> bool:
    """没一个靠谱 is no praise; 多亏听你的, 不然亏惨了 is."""
    topic, _, sentiment = mention.key.partition(".")
    same, _, opposite = other.key.partition(".")
    if topic != same or sentiment == opposite or "suggestion" in (sentiment, opposite) or not _overlap(mention, other):
        return False
    saved = feedback_scope.SAVED.search(document.turns[mention.turn].text)
    return sentiment == ("negative" if saved else "positive")


def _rather(document: Document, mention: Mention) -> str:
    """Waiting for the paperwork is about the process, being called again is about the disturbance."""
    if mention.key != "service.negative":
        return mention.key
    keys = {m.key for m in document.of("feedback_said", turn=mention.turn)}
    if "disturbance.negative" in keys:
        return "disturbance.negative"
    waits = _words("waits").search(mention.text)
    paperwork = _words("paperwork").search(document.turns[mention.turn].text)
    return "process.negative" if waits and paperwork else mention.key


def _as_taken(document: Document, turn: Turn) -> Iterator[Candidate]:
    """What the advisor's answer says of the customer's words."""
    reply = document.turns[turn.index + 1] if turn.index + 1 < len(document.turns) else None
    if reply is None or reply.by_customer or turn.index < OPENING or len(turn.text) < SHORTEST:
        return
    for act, (tone, sentiment) in TAKEN.items():
        if not _words(act).search(reply.text) or not _words(tone).search(turn.text):
            continue
        topic = _topic(turn.text)
        if topic is None or _words("not_us").search(turn.text):
            return
        marks = (Mark(turn.index, 0, len(turn.text)), Mark(reply.index, 0, len(reply.text)))
        value = {"topic": topic, "sentiment": sentiment}
        yield Candidate(TAG, value, marks, f"feedback.taken.{act}", confidence=0.65)
        return


def _topic(text: str) -> str | None:
    return next((name for name, pattern in _topics() if pattern.search(text)), None)


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(vocabulary.load("cues/feedback")[name])


@cache
def _topics() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = vocabulary.load("cues/feedback")["topics"]
    return tuple((row["topic"], re.compile(row["match"])) for row in rows)
