"""没有闲钱 (funds.idle, negated): he has none to spare, in so many words or by his no to the question."""

import re

from dongke.types import Polarity
from nlp.document import Answer, Candidate, Document, Mark, Mention

TAG = "funds.idle"
_ELSEWHERE = re.compile(r"银行|支付宝|券商|别的地方|别处|平台|信托|那边还有")


def find(document: Document) -> Candidate | None:
    """He has none: in so many words, or his no to the question."""
    marks: list[Mark] = []
    rule = ""
    for mention in document.of("idle_none"):
        if mention.has("other_holder", "kin", "hypothetical", "past"):
            continue
        if not _is_elsewhere(document, mention):
            marks.append(mention.mark)
            rule = rule or mention.rule
    for turn in document.advisor_turns():
        reply = document.reply(turn.index)
        if reply is not None and reply.answer is Answer.NO and _asks_spare(turn.text):
            marks += [Mark(turn.index, 0, 8), Mark(reply.turn, 0, 8)]
            rule = rule or "idle.none.answer"
    if not marks:
        return None
    return Candidate(
        tag=TAG,
        value={"low": None, "high": None, "available_from": None},
        marks=tuple(sorted(set(marks), key=lambda m: (m.turn, m.start))),
        rule=rule,
        polarity=Polarity.NEGATED,
        confidence=0.8,
    )


def _is_elsewhere(document: Document, mention: Mention) -> bool:
    """It is said of a bank or a platform, not of his money as a whole."""
    turn = document.turns[mention.turn]
    prompt = document.prompt(mention.turn)
    low, high = turn.clauses[turn.clause_at(mention.start)]
    asked = prompt is not None and _ELSEWHERE.search(prompt.text) and "闲" not in prompt.text
    return bool(asked or _ELSEWHERE.search(turn.text[max(low - 6, 0) : high]))


def _asks_spare(text: str) -> bool:
    return bool(
        re.search(
            r"(闲|宽裕|富余|余钱|新的?资金|闲置|手头|手上|账上)[^。]{0,20}(吗|没有|有没|呢|还有|？|没)|(还有|有没有|有)[^。]{0,8}(闲|宽裕|富余|余钱|新的?资金|其他的?钱|别的钱)|除了(这个|账上|这些)[^。]{0,6}(还有没有|有没有)",
            text,
        )
    )
