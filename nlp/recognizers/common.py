"""识别器共用: from mentions to candidates."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dongke.types import Polarity
from nlp.document import Candidate, Document, Mark, Mention

_RELATIVE = re.compile(
    r"(我妈|我爸|妈妈|爸爸|儿子|女儿|闺女|婆婆|岳父|丈母娘|老公|老婆|太太|先生|爱人|媳妇|老伴|他爸|他妈|我哥|我姐|我弟|我妹)"
    r"[^，。？！]{0,5}(想|要|喜欢|非|倒是|一直|老是|天天|让|叫|在你们那|开了|劝)"
)
UNSAID = frozenset({"hypothetical", "past", "question", "other_holder", "quoted", "sarcastic", "kin"})
CONFIRMED_LESS = 0.05  #: a tag that the customer only confirmed is a little less sure


def believed(mention: Mention) -> bool:
    """The customer says it himself of himself, or the advisor says it and the customer says yes."""
    return mention.holds and not mention.has("kin") and (mention.by_customer or mention.has("confirmed"))


def stated(document: Document, mention: Mention) -> bool:
    """He says it himself; the frames of stances hold their own 不 and 别, so only one right before the words denies."""
    if not mention.by_customer or mention.flags & UNSAID:
        return False
    before = document.turns[mention.turn].text[: mention.start]
    return "negated" not in mention.flags or not before.endswith(("不", "没", "没有", "别", "不是", "不用"))


def is_relatives_wish(document: Document, mention: Mention) -> bool:
    """我妈想买, 孩子他爸想开: the words before the mention give the wish to somebody of the family."""
    text = document.turns[mention.turn].text
    return bool(_RELATIVE.search(text[max(mention.start - 14, 0) : mention.start]))


def candidate(
    tag: str,
    mention: Mention,
    value: Mapping[str, Any],
    polarity: Polarity = Polarity.AFFIRMED,
    marks: Iterable[Mark] = (),
) -> Candidate:
    """A candidate that rests on one mention (and on more marks, if given)."""
    confirmed = not mention.by_customer
    return Candidate(
        tag=tag,
        value=value,
        marks=tuple(dict.fromkeys((*mention.marks, *marks))),
        rule=mention.rule,
        polarity=polarity,
        confidence=mention.weight - (CONFIRMED_LESS if confirmed else 0),
        certainty="confirmed" if confirmed else "stated",
        holder="household" if mention.has("household") else "customer",
        steps=steps(mention),
    )


def wish(
    tag: str, document: Document, mention: Mention, wants: bool, rule: str, weight: float, turn: int | None = None
) -> Candidate:
    """A thing wanted or refused; the mention's kind is the slot it fills, `turn` the one that decides, if another."""
    marks = company(document, mention)
    if turn is not None:
        marks = tuple(dict.fromkeys((*marks, Mark(turn, 0, 8))))
    return Candidate(
        tag=tag,
        value={mention.kind: mention.key},
        marks=marks,
        said_at=mention.turn if turn is None else turn,
        rule=rule,
        polarity=Polarity.AFFIRMED if wants else Polarity.NEGATED,
        confidence=weight,
        certainty="stated" if mention.by_customer else "confirmed",
        steps=steps(mention),
    )


def company(document: Document, mention: Mention, reach: int = 4) -> tuple[Mark, ...]:
    """The mention's marks and those of the same thing in the customer's turns near by: more proof of the same fact."""
    near = [
        other.mark
        for other in document.of(mention.kind)
        if other.key == mention.key
        and other.by_customer
        and abs(other.turn - mention.turn) <= reach
        and not other.has("other_holder", "quoted")
    ]
    return tuple(dict.fromkeys((*mention.marks, *near)))


def steps(mention: Mention) -> tuple[str, ...]:
    """How the mention came to be believed, for the explanation."""
    said = f"{'客户' if mention.by_customer else '投顾'}说「{mention.text}」"
    found = [said]
    if mention.has("confirmed"):
        found.append(f"客户在第 {mention.answered} 句认可")
    if mention.has("denied"):
        found.append(f"客户在第 {mention.answered} 句否认")
    return (*found, *mention.because)
