"""家庭线索 (family.clue): a family fact that bears on money or decisions. Words: nlp/lexicon/frames/family.yaml."""

import re
from collections.abc import Iterator

from nlp import dialogue
from nlp.document import Answer, Candidate, Document, Mark, Mention
from nlp.recognizers.common import candidate

VERSION = "3"
TAG = "family.clue"
REACH = 4  #: so many turns a pronoun may reach back
_OWN_FACT = re.compile(r"婚|彩礼|嫁|生了|生的|出生|满月|预产|月子|二胎|商量|拿主意|做主|不让|说了|叫我|让我|同意")
RELATIVES = {"spouse": "spouse", "child": "child", "child_education": "child", "parent_care": "parent"}
NEAR = 16  #: so many characters before the words may name another family
_OTHERS = re.compile(
    r"同事|朋友|邻居|隔壁|对门|同学|闺蜜|表[姐妹哥弟]|堂[姐妹哥弟]|人家|别人|客户|他们家|她们?家|他家|牌友|群里|老乡|楼[上下]|小区里|室友"
)


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per clue; what the advisor says counts where the customer says yes."""
    schooled = any(m.key == "child_education" and m.by_customer for m in document.of("family"))
    yield from _spoken_of(document)
    for mention in document.of("family"):
        if _others(document, mention) or mention.has("sarcastic"):
            continue
        if mention.key == "child" and schooled and not _OWN_FACT.search(mention.text):
            continue
        if mention.key != "spouse" and mention.has("hypothetical", "quoted"):
            continue
        if mention.by_customer or (mention.has("confirmed") and _asked(document, mention)):
            yield candidate(TAG, mention, {"clue": mention.key}, marks=_named_again(document, mention))


def _named_again(document: Document, mention: Mention) -> list[Mark]:
    """The customer's other turns that name the same relative: proof of the same fact."""
    kind = RELATIVES.get(mention.key)
    return [m.mark for m in document.of("relative") if m.key == kind and m.by_customer] if kind else []


def _spoken_of(document: Document) -> Iterator[Candidate]:
    """她说了算: the spouse, named a few turns before by either side."""
    named = [m.turn for m in document.of("relative") if m.key == "spouse"]
    for mention in document.of("family_pronoun"):
        near = [t for t in named if 0 <= mention.turn - t <= REACH]
        if near and not _others(document, mention):
            yield candidate(TAG, mention, {"clue": "spouse"}, marks=[Mark(max(near), 0, 1)])


def _others(document: Document, mention: Mention) -> bool:
    """Somebody else's family: 我同事她老公."""
    text = document.turns[mention.turn].text
    return bool(_OTHERS.search(text[max(mention.start - NEAR, 0) : mention.end]))


def _asked(document: Document, mention: Mention) -> bool:
    reply = document.reply(mention.turn)
    return reply is not None and reply.answer is Answer.YES and dialogue.asks(document.turns[mention.turn].text)
