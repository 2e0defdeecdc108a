"""对话: who answers whom, and how – a short answer takes its content from the question before it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from nlp import thirds, vocabulary
from nlp.document import Answer, Mention, Reply, Turn

_ASKED = re.compile(r"[吗么吧呢？没不]|多少|几|啥|什么|怎么|咋|哪|还是|大概|是否|考虑")
_AGREES = re.compile(r"[，。]*[嗯恩昂]")  #: 哦, 知道了 have only heard
_LATER_NO = re.compile(r"^[^，。？！；]{0,6}(?:没有|没得|不是|哪有|哪来|哪儿来)")


def prompts(turns: Sequence[Turn]) -> dict[int, int]:
    """Turn → the last turn of the other side before it."""
    found: dict[int, int] = {}
    for turn in turns:
        for other in reversed(turns[: turn.index]):
            if other.speaker is not turn.speaker:
                found[turn.index] = other.index
                break
    return found


def replies(turns: Sequence[Turn]) -> dict[int, Reply]:
    """Turn → the first turn of the other side after it, and how that one answers."""
    found: dict[int, Reply] = {}
    for turn in turns:
        for other in turns[turn.index + 1 : turn.index + 7]:
            if other.speaker is not turn.speaker:
                if not other.suspect:
                    found[turn.index] = Reply(other.index, answer(other.text))
                break
    return found


def asks(text: str) -> bool:
    """Whether the words ask something."""
    return bool(_ASKED.search(text[-24:]))


def answer(text: str) -> Answer:
    """How a turn answers, from its first words."""
    hit = _opening().match(text)
    if hit is None:
        return Answer.NO if _LATER_NO.match(text) else Answer.OTHER
    kind = _kinds()[hit[1]]
    if kind is Answer.NOD and (second := _opening().match(text, hit.end())):
        return _kinds()[second[1]]
    return kind


def apply(turns: Sequence[Turn], mentions: Sequence[Mention], answers: Mapping[int, Reply]) -> tuple[Mention, ...]:
    """Marks what 他 and 她 own, and what the advisor said as confirmed or denied by the customer's next words."""
    own = thirds.apply(turns, mentions)
    return tuple(m if m.by_customer else _answered(turns, m, answers.get(m.turn)) for m in own)


def _answered(turns: Sequence[Turn], mention: Mention, reply: Reply | None) -> Mention:
    if reply is None or reply.answer is Answer.OTHER:
        return mention
    if reply.answer is Answer.NO:
        return _with(mention, "denied", reply)
    if reply.answer is Answer.NOD and not (asks(turns[mention.turn].text) and _AGREES.match(turns[reply.turn].text)):
        return mention
    return _with(mention, "confirmed", reply)


def _with(mention: Mention, flag: str, reply: Reply) -> Mention:
    return replace(mention, flags=mention.flags | {flag}, answered=reply.turn)


@cache
def _kinds() -> dict[str, Answer]:
    data = vocabulary.load("dialogue")
    return {
        str(word): kind
        for kind, name in ((Answer.NOD, "nod"), (Answer.YES, "affirm"), (Answer.NO, "deny"))
        for word in data[name]
    }


@cache
def _opening() -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(_kinds(), key=len, reverse=True)))
    return re.compile(f"[，。！ ]*({words})")
