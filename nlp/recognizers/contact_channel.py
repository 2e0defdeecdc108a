"""沟通方式偏好 (contact.channel): how he asks to be reached, or not to be.
Words: nlp/lexicon/frames/contact_channel.yaml; what is said around them: nlp/lexicon/cues/contact_channel.yaml."""

import re
from collections.abc import Iterator

from dongke.types import Polarity
from nlp import dialogue, local
from nlp.document import Candidate, Document, Mark, Mention
from nlp.recognizers.common import candidate

VERSION = "3"
TAG = "contact.channel"
SHORT = 12  #: an answer of so many characters only chooses
_CHOICE = re.compile(r"还是|或者|哪(个|种)|[？吗]")
_NO = re.compile(r"不|别|莫|甭|没")


_TIME = re.compile(
    r"[上下]午|中午|午休|晌午|晚上|早上|早晨|大早|周[一二三四五六日天末]|礼拜|星期|上班|开盘|盘中|交易|白天|时候|今天|明天|点|期间|夜里|半夜|大年|初[一二三四五]|过年|春节|国庆|节假日|假期|盘中"
)
_SPECIAL = {
    "phone": re.compile(r"有事|有啥|电话(里)?(说|聊|沟通|讲|谈)(?!不)|有什么|急事|平时|以后|还是|宁|座机|这个号|往后"),
    "in_person": re.compile(""),
}
_OTHER_WAY = re.compile(r"微信|短信|邮件|邮箱|发您|发你|发给|微信上|资料|寄|怎么(通知|联系)|电话")
_HERE = re.compile(r"(在这里?儿?|这里|在这边|这上面|直接在这)(敲|发|说|留言|留|讲|聊|找|戳|打字|回|叫|联系)")


def find(document: Document) -> Iterator[Candidate]:
    """Candidates by the customer's own words; the last word on a channel stands."""
    for mention in document.of("channel_word"):
        if mention.by_customer:
            yield from _said(document, mention)
    yield from _chosen(document)
    if document.is_chat:
        yield from _here(document)


def _said(document: Document, mention: Mention) -> Iterator[Candidate]:
    sign = _sign(document, mention)
    if sign == "refuse" and not (mention.key == "phone" and _TIME.search(_clause(document, mention))):
        yield candidate(TAG, mention, {"channel": mention.key}, Polarity.NEGATED)
    elif sign == "want" and (mention.key != "phone" or _is_chosen(document, mention)):
        yield candidate(TAG, mention, {"channel": mention.key})


def _chosen(document: Document) -> Iterator[Candidate]:
    """微信还是邮箱? – 微信: of the ways that the advisor offers he names one."""
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        if prompt is None or len(turn.text) > SHORT or not _CHOICE.search(prompt.text):
            continue
        offered = {m.key for m in document.of("channel_word", turn=prompt.index)}
        named = [m for m in document.of("channel_word", turn=turn.index) if m.key in offered]
        if len(offered) > 1 and len(named) == 1 and not _NO.search(turn.text):
            yield candidate(TAG, named[0], {"channel": named[0].key}, marks=[Mark(prompt.index, 0, 2)])


def _sign(document: Document, mention: Mention) -> str | None:
    if mention.has("other_holder", "quoted", "past"):
        return None
    cue = local.judge("contact_channel", local.window(document, mention, before=0, after=1))
    if cue is None or (cue.id == "channel.want.visit" and mention.key != "in_person"):
        return None
    return cue.sign


def _is_chosen(document: Document, mention: Mention) -> bool:
    """打给我 counts only where the telephone is chosen or contrasted with another way."""
    turn = document.turns[mention.turn]
    if _TIME.search(_clause(document, mention)) and "座机" not in turn.text:
        return False
    rivals = [m for m in document.of("channel_word", turn=turn.index) if m.key != "phone"]
    if any(_sign(document, m) == "refuse" for m in rivals) or _SPECIAL["phone"].search(turn.text):
        return True
    prompt = document.prompt(turn.index)
    return prompt is not None and dialogue.asks(prompt.text) and bool(_OTHER_WAY.search(prompt.text))


def _clause(document: Document, mention: Mention) -> str:
    turn = document.turns[mention.turn]
    low, high = turn.clauses[turn.clause_at(mention.start)]
    return turn.text[low:high]


def _here(document: Document) -> Iterator[Candidate]:
    """就在这儿说: the chat itself is the way he chooses."""
    for turn in document.customer_turns():
        if hit := _HERE.search(turn.text):
            mark = Mark(turn.index, hit.start(), hit.end())
            yield Candidate(TAG, {"channel": "wechat"}, (mark,), "channel.want.here", confidence=0.75)
