"""权限功能开通意向 (intent.permission): permissions and functions he wants opened, asks how to open, or refuses.

By the words around (nlp/lexicon/cues/permission.yaml), by his answer to an offer, or pointing back (那个给我开).
Signing up for 投顾, or refusing it, is a permission and a product at once: both recognizers read it for themselves.
"""

import re
from collections.abc import Iterator

from dongke.types import Polarity
from nlp import local, stance
from nlp.document import Candidate, Document, Mention, Turn
from nlp.recognizers.common import is_relatives_wish, wish

VERSION = "1"
TAG = "intent.permission"
BACK = 4
BARRED = ("other_holder", "kin", "hypothetical", "sarcastic", "quoted")
#: words that are a product, too: they need 开, 权限, 账户 … to be a permission
DOUBLE = frozenset(
    "投顾 可转债 转债 reits 公募reits reit 投顾服务 基金投顾 投顾产品 投顾组合"
    " 港股 个人养老金 个养 融资 基金投顾服务".split()
)
_REFUSED = local.Cue("permission.refuse.stance", "refuse", re.compile(""), 0.78)
_OPEN = re.compile(r"开|权限|账户|签|办|弄|销|关|户")
_OFFER = re.compile(r"开|要不要|兴趣|考虑|了解|升级|签|试|有没有|需要|弄|办|推|权限|利率|优惠|看看")


def find(document: Document) -> Iterator[Candidate]:
    """Candidates by his own words, by his answers, and by pointing back."""
    for turn in document.customer_turns():
        named = list(document.of("permission", turn=turn.index))
        found = list(_said(document, named))
        yield from found
        if not found:
            yield from _pointed(document, turn, {m.key for m in named})
    for mention in document.of("permission"):
        if not mention.by_customer:
            yield from _answered(document, mention)


def _said(document: Document, named: list[Mention]) -> Iterator[Candidate]:
    """One candidate per permission of the turn; a refusal outweighs a wish."""
    best: dict[str, Candidate] = {}
    for mention in named:
        text = local.window(document, mention)
        cue = local.judge("permission", text)
        if cue is None and stance.judge(stance.around(document, mention, named)).rule == "refuse.neg_get":
            cue = _REFUSED
        if cue is None or cue.sign == "none" or mention.has(*BARRED):
            continue
        wants = cue.sign == "want"
        if wants and (mention.has("past") or is_relatives_wish(document, mention)):
            continue
        if mention.text in DOUBLE and not (_OPEN.search(text) or _was_asked(document, mention)):
            continue
        known = best.get(mention.key)
        if known is None or (not wants and known.polarity is Polarity.AFFIRMED):
            best[mention.key] = wish(TAG, document, mention, wants, cue.id, cue.weight)
    yield from best.values()


def _was_asked(document: Document, mention: Mention) -> bool:
    """The advisor has just spoken of this permission."""
    prompt = document.prompt(mention.turn)
    return prompt is not None and any(
        m.key == mention.key and (m.text not in DOUBLE or "签约" in prompt.text)
        for m in document.of("permission", turn=prompt.index)
    )


def _answered(document: Document, mention: Mention) -> Iterator[Candidate]:
    """What the advisor offers, and the customer takes or refuses in his next words."""
    reply, turn = document.reply(mention.turn), document.turns[mention.turn]
    if reply is None or mention.has("past") or not _OFFER.search(turn.text):
        return
    if mention.text in DOUBLE and not _OPEN.search(turn.text):
        return
    text = document.turns[reply.turn].text
    if any(m.key != mention.key for m in document.of("permission", turn=reply.turn)):
        return
    sign = _sign(text, "permission_answers")
    if sign == "refuse":
        yield wish(TAG, document, mention, False, "permission.refuse.answer", 0.8, reply.turn)
    elif sign == "want" and re.search(
        r"要不要|想不想|兴趣|是想|考虑|开不开|需要|(给|帮|替)您?(你)?(也|一起|顺便|先|把[^，。]{0,8})?(开|办|弄|签|升级)|开一下|开通(吗|一下|了)|开上|一起开|办一下|弄一下|签一个|可以开|顺便|想(开|办|弄)|没有[^，。]{0,8}权限|没开(通)?",
        turn.text,
    ):
        yield wish(TAG, document, mention, True, "permission.want.answer", 0.75, reply.turn)


def _pointed(document: Document, turn: Turn, own: set[str]) -> Iterator[Candidate]:
    sign = _sign(turn.text, "permission_pointing")
    if sign is None:
        return
    for named in _last(document, turn.index, several=bool(own)):
        yield wish(TAG, document, named, sign == "want", f"permission.{sign}.this", 0.75, turn.index)


def _sign(text: str, part: str) -> str | None:
    cue = local.judge(part, text)
    return None if cue is None or cue.sign == "none" else cue.sign


def _last(document: Document, turn: int, several: bool) -> list[Mention]:
    """The permissions spoken of last; of several in one turn only where they are the customer's own words."""
    for number in range(turn, max(turn - BACK - 1, -1), -1):
        found = {m.key: m for m in document.of("permission", turn=number)}
        if found:
            return list(found.values()) if several or len(found) == 1 else []
    return []
