"""当时不便接听 (contact.busy): he cannot go on talking now. A reason and a sign of leaving, his own or the advisor's.
Words: nlp/lexicon/frames/contact_busy.yaml."""

import re
from collections.abc import Iterator

from nlp.document import Candidate, Document, Mark, Mention
from nlp.recognizers.common import candidate

VERSION = "3"
TAG = "contact.busy"
_REASON = re.compile(
    r"(在|正)[^，。？！；]{1,10}|(得|要)(去|走|上|开|接|赶|进|看|忙)"
    r"|来了|叫我|喊我|等我|忙|不方便|有事|有会"
)


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per reason that really ended, or kept him from, the talk."""
    for mention in document.of("busy_reason"):
        if not mention.has("other_holder", "hypothetical", "quoted") and _ends_the_talk(document, mention):
            yield candidate(TAG, mention, {})
    for let_go in document.of("busy_let_go"):
        yield from _let_go(document, let_go)


def _let_go(document: Document, mention: Mention) -> Iterator[Candidate]:
    """您先忙: the advisor has heard a reason, whatever its words were."""
    before, after = document.prompt(mention.turn), document.turns[mention.turn + 1 : mention.turn + 3]
    if before is None or any(m.turn in {t.index for t in after} for m in document.of("busy_go_on")):
        return
    if not _REASON.search(before.text) or any(True for _ in document.of("busy_go_on", turn=before.index)):
        return
    mark = Mark(before.index, 0, len(before.text))
    yield Candidate(TAG, {}, (mark, mention.mark), mention.rule, confidence=0.75)


def _ends_the_talk(document: Document, mention: Mention) -> bool:
    """He breaks off, or the advisor lets him go; not where he says go on."""
    turn = mention.turn
    if any(m.start >= mention.start for m in document.of("busy_go_on", turn=turn)):
        return False
    if mention.key == "hard" or any(True for _ in document.of("busy_leave", turn=turn)):
        return True
    if any(m.turn in (turn + 1, turn + 2) for m in document.of("busy_go_on")):
        return False
    nearby = (turn + 1, turn + 2)
    return any(m.turn in nearby for m in document.of("busy_yield", "busy_leave"))
