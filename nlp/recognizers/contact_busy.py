"""当时不便接听 (contact.busy): he cannot go on talking now. A reason and a sign of leaving, his own or the advisor's.
Words: nlp/lexicon/frames/contact_busy.yaml."""

import re
from collections.abc import Iterator

from nlp.document import Candidate, Document, Mark, Mention
from nlp.recognizers.common import candidate

VERSION = "3"
TAG = "contact.busy"
OPENING = 3  #: so early in a call, to say where he is right now is to say that he cannot talk
_PRESENT = re.compile(r"(在|正|跟)[^，。？！；]{1,8}(呢|，|。|$)|还没|听不清|听不见|叫号|吵")
_REASON = re.compile(
    r"(在|正)[^，。？！；]{1,10}|(得|要)(去|走|上|开|接|赶|进|看|忙)"
    r"|来了|叫我|喊我|等我|忙|不方便|有事|有会"
)
_WHEN = re.compile(r"(什么|啥|嘛|么)时候|几点|几时|怎么联系|(什么|啥)时间")
_NOT_NOW = re.compile(
    r"上(周|个?礼拜|个?星期|个?月)|我(妈妈?|爸爸?)在|同事|朋友|邻居|上班的?(，|。|$)|网约车|(做|干|跑|卖|开店)的|退休|一直在|住在|在家"
)


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per reason that really ended, or kept him from, the talk."""
    for mention in document.of("busy_reason"):
        if not mention.has("other_holder", "hypothetical", "quoted") and _ends_the_talk(document, mention):
            yield candidate(TAG, mention, {})
    for mention in document.of("busy_leave"):
        if mention.key == "go" and any(m.key == "leave" for m in document.of("busy_leave", turn=mention.turn)):
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


def _is_arranging(document: Document, turn: int) -> bool:
    """我白天在车间: an answer to when to call says nothing of this moment."""
    prompt = document.prompt(turn)
    return prompt is not None and bool(_WHEN.search(prompt.text))


def _is_of_now(text: str) -> bool:
    """我在车站排队呢, but not 我在银行上班的, 我同事在医院."""
    return bool(_PRESENT.search(text)) and not _NOT_NOW.search(text)


def _ends_the_talk(document: Document, mention: Mention) -> bool:
    """He breaks off, or the advisor lets him go; not where he says go on."""
    turn = mention.turn
    if any(m.start >= mention.start for m in document.of("busy_go_on", turn=turn)):
        return False
    if mention.key == "hard" or any(True for _ in document.of("busy_leave", turn=turn)):
        return True
    if any(m.turn in (turn + 1, turn + 2) for m in document.of("busy_go_on")):
        return False
    if _is_arranging(document, turn):
        return False
    if any(True for _ in document.of("busy_go_on", turn=turn)):
        return False
    if turn <= OPENING and not document.is_chat and _is_of_now(document.turns[turn].text):
        return True
    nearby = (turn + 1, turn + 2)
    return any(m.turn in nearby for m in document.of("busy_yield", "busy_leave"))
