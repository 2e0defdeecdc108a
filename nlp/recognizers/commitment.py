"""投顾承诺 (commitment.advisor): what the advisor promises to do after the conversation, and by when.
Words: nlp/lexicon/frames/commitment.yaml; dates: nlp/recognizers/due.py."""

import re
from collections.abc import Iterator
from datetime import date

from nlp import dialogue
from nlp.document import Answer, Candidate, Document, Mark, Mention
from nlp.recognizers import due
from nlp.recognizers.common import steps

VERSION = "2"
TAG = "commitment.advisor"
OPENING = 5  #: turns at the start of a talk, where 给您打电话 speaks of this very talk
_NOT = re.compile(r"[不没别]")
_HABIT = re.compile(
    r"以后(都|就|有|我们|每|逢)|随时|平时|每(天|周|次|月)|逢年过节|上次|昨天|前天|上回|后来我?专门|怪我|我给忘"
)
_AHEAD = re.compile(
    r"[今明后]天|今晚|明早|周|礼拜|星期|[号点]|以后|之后|之前|下午|晚上|上午|到时|马上|等下|回头|半小时|再"
)
_IF = re.compile(r"需要的话|要是|如果|方便的话|您要|想要")
_REFUSED = re.compile(
    r"^[^。？！]{0,8}(别|莫|不要|不用|甭|免了)(再)?(给我)?(发|来|打|送|报|寄|弄|写)|不睇|可不会|发了(我)?也"
)
_OFFER = re.compile(r"[吗么？]|要不要|要不|行不|好不好|可以不|需不需要|还是")


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per action promised; the last date said stands."""
    by_action: dict[str, list[Mention]] = {}
    for mention in document.of("pledge"):
        if _stands(document, mention):
            by_action.setdefault(mention.key, []).append(mention)
    for action, mentions in by_action.items():
        yield _candidate(document, action, mentions)


def _stands(document: Document, mention: Mention) -> bool:
    """A promise not taken back at once, not refused, not a habit and not a mere question."""
    turn = document.turns[mention.turn]
    low, high = turn.clauses[turn.clause_at(mention.start)][0], turn.clauses[turn.clause_at(mention.end - 1)][1]
    clause = turn.text[low:high]
    if _NOT.search(turn.text[max(mention.start - 4, 0) : mention.start]) or _HABIT.search(clause):
        return False
    if mention.turn < OPENING and not _AHEAD.search(clause):
        return False
    reply = document.reply(mention.turn)
    if reply is None:
        return True
    said = document.turns[reply.turn].text
    if reply.answer is Answer.NO or _REFUSED.search(said):
        return False
    asked = _IF.search(clause) or _is_offer(turn.text, mention)
    return reply.answer in (Answer.YES, Answer.NOD) or not asked


def _is_offer(text: str, mention: Mention) -> bool:
    return bool(_OFFER.search(text[mention.end :])) and dialogue.asks(text)


def _candidate(document: Document, action: str, mentions: list[Mention]) -> Candidate:
    last = mentions[-1]
    day = _day(document, mentions)
    marks = tuple(dict.fromkeys(Mark(m.turn, m.start, m.end) for m in mentions))
    return Candidate(
        tag=TAG,
        value={"action": action, "due_date": day.isoformat() if day else None},
        marks=marks,
        rule=last.rule,
        confidence=last.weight,
        holder="advisor",
        steps=steps(last),
    )


def _day(document: Document, mentions: list[Mention]) -> date | None:
    for mention in reversed(mentions):
        day = due.of(document, mention)
        if day is not None:
            return day
    return None
