"""投资理财需求偏好 (intent.product): the kinds of product he wants or refuses.

A product counts by the words around it (nlp/lexicon/cues/product.yaml), by his answer to the advisor's question, or
where he says 这个我要 of the product that was spoken of just before (nlp/lexicon/cues/pointing.yaml).
"""

import re
from collections.abc import Iterator

from dongke.types import Polarity
from nlp import dialogue, local, stance
from nlp.document import Answer, Candidate, Document, Mention, Turn
from nlp.recognizers.common import is_relatives_wish, wish

VERSION = "1"
TAG = "intent.product"
BACK = 6  #: so many turns back a pointing word may reach
BARRED = ("other_holder", "kin", "hypothetical", "sarcastic", "quoted")
#: 基金 or 股票 beside one of these is only its last word
SPECIFIC = frozenset(
    "equity_fund bond_fund index_etf qdii fof money_market quant private_fund fixed_income_plus"
    " reits pension gold advisory convertible_bond".split()
)
#: 这个 after one of these rarely means that he wants it from us
NOT_SOLD = frozenset({"stock", "deposit", "trust", "insurance"})
PLATFORM = frozenset({"余额宝", "零钱通", "小荷包", "朝朝宝", "天天宝", "活期宝"})
LEFT = stance.Stance("refuse", "refuse.leave", 0.85)
_LEAVE = re.compile(r"(取消|解约|解除|退订|退掉|停掉|关掉|退了)(?!费|.{0,2}(多少|吗))")
CHOSEN = stance.Stance("want", "want.chosen", 0.8)
_OFFER = re.compile(
    r"考虑|要不要|兴趣|推荐|试试|了解|配|买|看看|做|可以|怎么样|需要|放|来|合适|想|款|只|听过|有|接受|门槛"
)
_WISH = re.compile(r"要不要|想不想|想买|是想|想要|想了解|感兴趣|有兴趣|考虑|要买|买.{0,4}对吧|能接受|愿意|可以接受")
#: an open question, or a choice: the product that he names in answer is the one he wants
_OPEN = re.compile(
    r"(想|要|打算|准备|考虑|喜欢|倾向|偏好|偏向|配|买|了解|选)[^。，]{0,12}(什么|哪|啥|方向|些么)|还是|哪(一)?(种|类|个|款|只|块)"
    r"|(什么|哪些?)(样|类|种)?的?(产品|品种|方向|基金|理财)"
)
_HOLDING = re.compile(
    r"(别的|其他|其它|外面|别处|那边)[^，。]{0,8}(有没有|还有|没有|吗|呢)|(现在|目前)[^，。]{0,4}(有|买|持)|以前|之前|买过|做过"
)
#: 不要带股票的: a part of a product is no product
_PART = re.compile(r"(不要|别|不)?(带|含|掺|混)(有|着|点|一点|了)?$")
_GIVEN_UP = re.compile(
    r"(?<![要放])不放|(?<![要配])不配|(?<![买要])不买|(?<!要)不要|(?<![做要])不做|(?<![碰要])不碰|(?<![要考])不考虑|不提|不推"
)
_SELLING = re.compile(r"赎回|卖出|卖掉|取出|转出|减仓|清仓|止损|到期续")
#: what asks about opening asks for no product
_OPENING = re.compile(r"^[^。]{0,14}(权限|开通|(怎么|咋|如何)开|开一下)")
_LOOSE = ("want.interest", "want.have_any", "want.which", "want.where", "want.ask_before")


def find(document: Document) -> Iterator[Candidate]:
    """Candidates by his own words, by his answers, and by pointing back."""
    for turn in document.customer_turns():
        named = [m for m in document.of("product", turn=turn.index) if not _is_shadow(document, m)]
        found = list(_said(document, named))
        yield from found
        if not found:
            yield from _pointed(document, turn, {m.key for m in named})
    for mention in document.of("product"):
        if not mention.by_customer and not _is_shadow(document, mention):
            yield from _answered(document, mention)


def _said(document: Document, named: list[Mention]) -> Iterator[Candidate]:
    """One candidate per product of the turn; a refusal outweighs a wish."""
    best: dict[str, Candidate] = {}
    for mention in named:
        found = stance.judge(stance.around(document, mention, named))
        if found.rule == "silent" and _is_chosen(document, mention):
            found = CHOSEN
        if mention.key == "advisory" and _LEAVE.search(_around(document, mention)):
            found = LEFT
        if found.sign == "none" or mention.has(*BARRED) or _is_held(document, mention, found):
            continue
        wants = found.sign == "want"
        if wants and mention.has("past", "question") and found.weight < stance.STRONG:
            continue
        if wants and found.rule in _LOOSE and _OPENING.match(document.turns[mention.turn].text[mention.end :]):
            continue
        known = best.get(mention.key)
        if known is None or (not wants and known.polarity is Polarity.AFFIRMED):
            rule = f"product.{found.rule}"
            best[mention.key] = wish(TAG, document, mention, wants, rule, found.weight)
    yield from best.values()


def _around(document: Document, mention: Mention) -> str:
    text = document.turns[mention.turn].text
    return text[max(mention.start - 10, 0) : mention.end + 10]


def _is_chosen(document: Document, mention: Mention) -> bool:
    """Named in a short answer to an open question, or to a choice, of what he would like."""
    turn, prompt = document.turns[mention.turn], document.prompt(mention.turn)
    if prompt is None or prompt.index != turn.index - 1 or mention.start > 12:
        return False
    return bool(_OPEN.search(prompt.text)) and dialogue.asks(prompt.text) and not _HOLDING.search(prompt.text)


def _is_held(document: Document, mention: Mention, found: stance.Stance) -> bool:
    """Talk of what lies elsewhere, or, of shares, of the market: only a plain word counts there."""
    if _PART.search(document.turns[mention.turn].text[: mention.start]):
        return True
    if found.sign == "want" and is_relatives_wish(document, mention):
        return True
    plain = found.rule in ("want.verb_before", "refuse.neg_get", "refuse.before", "want.verb_after")
    if mention.key == "stock":
        return not plain and found.weight < stance.STRONG
    if mention.text in PLATFORM:
        around = document.turns[mention.turn].text[mention.start - 4 : mention.end + 5]
        return not re.search(r"那种|那样|差不多|类似|一样", around)
    if mention.key in NOT_SOLD and not plain:
        low, high = max(mention.start - 14, 0), mention.end + 8
        places = document.of("institution", turn=mention.turn)
        return any(low <= place.start < high for place in places)
    return False


def _answered(document: Document, mention: Mention) -> Iterator[Candidate]:
    """What the advisor offers, and the customer takes or refuses in his next words."""
    reply, turn = document.reply(mention.turn), document.turns[mention.turn]
    if reply is None or mention.has("past", "other_holder") or not _OFFER.search(turn.text):
        return
    if _asks_of_holdings(turn) or _SELLING.search(turn.text):
        return
    text = document.turns[reply.turn].text
    if any(m.key != mention.key for m in document.of("product", turn=reply.turn)):
        return
    sign = _sign(text, "answers")
    given_up = _GIVEN_UP.search(turn.text) and dialogue.asks(turn.text)
    if sign == "refuse" or (given_up and reply.answer is not Answer.OTHER):
        yield wish(TAG, document, mention, False, "product.refuse.answer", 0.8, reply.turn)
    elif given_up:
        return
    elif sign == "want" and _is_last(document, mention):
        yield wish(TAG, document, mention, True, "product.want.answer", 0.8, reply.turn)
    elif reply.answer is Answer.YES and mention.has("confirmed") and _asks_wish(turn, mention):
        yield wish(TAG, document, mention, True, "product.want.confirmed", 0.75, reply.turn)


def _asks_of_holdings(turn: Turn) -> bool:
    """银行理财, 别的公司还有没有: no offer."""
    return bool(_HOLDING.search(turn.text)) and not _WISH.search(turn.text)


def _pointed(document: Document, turn: Turn, own: set[str]) -> Iterator[Candidate]:
    """这个我要: the product spoken of last, a few turns before."""
    sign = _sign(turn.text, "pointing")
    if sign is None or len(own) > 1:
        return
    named = _last_product(document, turn.index)
    if named is not None and sign == "refuse" and turn.index - named.turn > 2:
        return
    if named is not None and sign == "want" and _was_refused(document, named):
        return
    if named is not None and named.key not in NOT_SOLD and (not own or named.key in own):
        yield wish(TAG, document, named, sign == "want", f"product.{sign}.this", 0.7, turn.index)


def _was_refused(document: Document, named: Mention) -> bool:
    """What he has just refused is not what 这个 means."""
    if not named.by_customer:
        return False
    rivals = list(document.of("product", turn=named.turn))
    return stance.judge(stance.around(document, named, rivals)).sign == "refuse"


def _sign(text: str, part: str) -> str | None:
    cue = local.judge(part, text)
    return None if cue is None or cue.sign == "none" else cue.sign


def _last_product(document: Document, turn: int) -> Mention | None:
    for number in range(turn - 1, max(turn - BACK - 1, -1), -1):
        found = [m for m in document.of("product", turn=number) if not _is_shadow(document, m)]
        if found:
            return found[-1] if len({m.key for m in found}) == 1 else None
    return None


def _is_last(document: Document, mention: Mention) -> bool:
    return _last_product(document, mention.turn + 1) == mention


def _asks_wish(turn: Turn, mention: Mention) -> bool:
    """要不要, 想买 …吗: the advisor asks for the wish, not for a fact."""
    tail = turn.text[max(mention.start - 12, 0) : mention.end + 16]
    return bool(_WISH.search(tail)) and dialogue.asks(turn.text)


def _is_shadow(document: Document, mention: Mention) -> bool:
    """基金 beside a more specific kind in the same or the neighbouring clause is only its last word."""
    if mention.key not in ("fund", "stock"):
        return False
    rivals = [m for m in document.of("product", turn=mention.turn) if m.key in SPECIFIC]
    near = 8 if mention.key == "fund" else 1
    return any(0 <= mention.start - m.end <= near or 0 <= m.start - mention.end <= near // 2 for m in rivals)
