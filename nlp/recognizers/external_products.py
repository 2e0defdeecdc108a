"""外部资产的品种: the product that he holds at a place, as the contract codes it."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp import holdings
from nlp.document import Document, Mention
from nlp.holdings import Stretch

#: what a type holds where no product is said
USUAL = {"insurer": "insurance", "trust_company": "trust", "private_manager": "private_fund"}
#: what a word of a platform means by itself
OWN_PRODUCT = {
    "余额宝": "money_market", "零钱通": "money_market", "小金库": "money_market", "朝朝宝": "money_market",
    "京东小金库": "money_market", "小荷包": "money_market", "活期宝": "money_market", "微信零钱通": "money_market",
    "e钱包": "money_market", "宝宝类": "money_market", "活期+": "money_market", "活期盈": "money_market",
}  # fmt: skip
_ASKS_KIND = re.compile(
    r"什么(类型|品种|产品|基金|样|东西)|哪(种|类)|买的(是)?(什么|啥)|存款还是|是(定期|存款|股票|基金|理财)"
)
_AND_BANKING = re.compile(r"理财[^，。]{0,2}(加|和|跟|、|还有)|(加|和|跟|、|还有)[^，。]{0,2}理财")
_BANKING = re.compile(r"理财")
_SHARES = re.compile(r"票|底仓|市值|持仓|股|英伟达|苹果|特斯拉|微软|谷歌|亚马逊|阿里|拼多多|茅台")
_SAVED = re.compile(r"存着|存有|存了|折子|存折|存单|定存|死期|存的|定期|活期|大额|通知存款")
_MIXED = re.compile(r"和|跟|、|还有|加|一只|一部分|一半|也有")
_THEMES = re.compile(r"蓝筹|成长|医疗|医药|新能源|消费|白酒|科技|半导体|芯片|军工|主动|混合|偏股|行业")


WEIGHTS: Mapping[str, float] = {
    "read": 2.6,
    "internet_platform fund": 2.3,
    "bank deposit": 2.1,
    "keys": 1.7,
    "asked which": 1.6,
    "none bank": 1.3,
    "equity_fund": 1.3,
    "read insurer": 1.2,
    "read private_manager": 1.2,
    "trust_company trust": 1.2,
    "money_market": 1.0,
    "negated": 1.0,
    "deposit": 0.9,
    "confirmed": 0.7,
    "internet_platform money_market": 0.7,
    "read broker": 0.7,
    "none internet_platform": 0.7,
    "bank treasury_bond": 0.5,
    "treasury_bond": 0.5,
    "fund": 0.5,
    "bond_fund": 0.5,
    "his same": 0.5,
    "trust": 0.5,
    "broker stock": 0.4,
    "advisor's later": 0.4,
    "bank money_market": 0.3,
    "mixed": 0.3,
    "wished": 0.3,
    "insurer insurance": 0.2,
    "structured_note": 0.2,
    "none read": 0.2,
    "read bank": 0.2,
    "read trust_company": 0.2,
    "gold": -0.2,
    "bank reverse_repo": -0.2,
    "reverse_repo": -0.2,
    "rank 2.0": -0.2,
    "fof": -0.2,
    "broker qdii": -0.2,
    "convertible_bond": -0.3,
    "bank trust": -0.3,
    "broker index_etf": -0.3,
    "bank bond_fund": -0.3,
    "rank 3.0": -0.3,
    "bank fixed_income": -0.3,
    "advisor's earlier": -0.3,
    "none": -0.3,
    "broker trust": -0.4,
    "internet_platform qdii": -0.4,
    "his earlier": -0.4,
    "bank insurance": -0.4,
    "turns": -0.4,
    "fixed_income": -0.4,
    "internet_platform index_etf": -0.5,
    "read internet_platform": -0.5,
    "ipo": -0.5,
    "none private_manager": -0.5,
    "plan between": -0.6,
    "advisor's same": -0.6,
    "denied": -0.6,
    "stock": -0.6,
    "broker fund": -0.6,
    "rank 2.5": -0.7,
    "bank stock": -0.8,
    "none trust_company": -0.8,
    "none insurer": -0.8,
    "bank fund": -0.8,
    "internet_platform bond_fund": -0.9,
    "index_etf": -0.9,
    "reits": -1.0,
    "his later": -1.1,
    "insurance": -1.1,
    "qdii": -1.1,
    "read fund_company": -1.1,
    "rival nearer": -1.6,
}
BEFORE, AFTER = 2, 5  #: turns around the place

MOST = 20  #: products that are weighed of one turn


@dataclass(frozen=True, slots=True)
class Kind:
    """一种可能: a product, None for a mix or none, and what is to be seen of it."""

    key: str | None
    signs: Mapping[str, float]

    @property
    def weight(self) -> float:
        return sum(WEIGHTS.get(name, 0.0) * value for name, value in self.signs.items())


def product_of(
    document: Document,
    place: Mention,
    own: Sequence[Mention],
    rivals: Sequence[Mention],
    parts: Sequence[Stretch],
    kind: str,
) -> str | None:
    """The product held; None where it is a mix or not said."""
    return max(options(document, place, own, rivals, parts, kind), key=lambda one: one.weight).key


def options(
    document: Document,
    place: Mention,
    own: Sequence[Mention],
    rivals: Sequence[Mention],
    parts: Sequence[Stretch],
    kind: str,
) -> Iterator[Kind]:
    """What the words of the place name, every product spoken of around it, and none."""
    read = _read(document, place, parts, kind)
    near = range(own[0].turn - BEFORE, own[-1].turn + AFTER + 1)
    found = [m for turn in near for m in itertools.islice(document.of("product", turn=turn), MOST)]
    yield Kind(None, _none(read, kind, found, parts))
    if read is not None:
        yield Kind(read, {"read": 1.0, f"read {kind}": 1.0})
    for mention in found:
        key = "equity_fund" if mention.key == "stock" and kind in ("internet_platform", "fund_company") else mention.key
        signs = dict.fromkeys(_signs(document, mention, own, rivals, parts), 1.0)
        signs |= {"read": float(key == read), f"{kind} {key}": 1.0, key: 1.0}
        signs["turns"] = float(min(abs(m.turn - mention.turn) for m in own))
        yield Kind(key, signs)


def _none(read: str | None, kind: str, found: Sequence[Mention], parts: Sequence[Stretch]) -> dict[str, float]:
    turns = {p.turn for p in parts}
    keys = {m.key for m in found if m.turn in turns}
    said = "".join(p.text for p in parts)
    signs = {"none": 1.0, f"none {kind}": 1.0, "none read": float(read is None), "keys": float(len(keys) > 1)}
    return signs | {"mixed": float(bool(re.search("杂|一半|各种|都有|也有|五花|乱", said)))}


def _signs(
    document: Document, mention: Mention, own: Sequence[Mention], rivals: Sequence[Mention], parts: Sequence[Stretch]
) -> Iterator[str]:
    turn = document.turns[mention.turn]
    near = min(own, key=lambda m: (abs(m.turn - mention.turn), abs(m.start - mention.start)))
    side = "his" if turn.by_customer else "advisor's"
    yield f"{side} {'same' if near.turn == turn.index else 'later' if turn.index > near.turn else 'earlier'}"
    if near.turn == turn.index:
        yield "follows" if mention.start >= near.end else "precedes"
    here = [r for r in rivals if r.turn == mention.turn]
    if any(abs(r.start - mention.start) < abs(near.start - mention.start) or r.turn != near.turn for r in here):
        yield "rival nearer"
    inside = [p.rank for p in parts if p.turn == turn.index and p.start <= mention.start < p.end]
    yield f"rank {max(inside)}" if inside else "outside"
    low, high = sorted((near.turn, mention.turn))
    if any(not t.by_customer and holdings.asks_plan(t.text) for t in document.turns[low : high + 1]):
        yield "plan between"
    turns_to = holdings.turns_to_wishes(turn.text)
    if turns_to is not None and mention.start >= turns_to and near.turn == turn.index:
        yield "wished"
    yield from (flag for flag in ("question", "negated", "confirmed", "denied") if mention.has(flag))
    prompt = document.prompt(mention.turn)
    if turn.by_customer and prompt is not None and prompt.index == turn.index - 1 and _ASKS_KIND.search(prompt.text):
        yield "asked which"


def _read(document: Document, place: Mention, parts: Sequence[Stretch], kind: str) -> str | None:
    """What the words of the place say, the nearest first."""
    own = [p for p in parts if p.rank >= 3]
    near = [p for p in parts if p not in own and (p.asked or p.rank >= 2)]
    far = [p for p in parts if p not in own and p not in near]
    for said in (own, near, _question(document, place), far):
        found, product = _product_in(document, place, said, kind)
        if found:
            return product
    return USUAL.get(kind)


def _question(document: Document, place: Mention) -> list[Stretch]:
    """The advisor's words that the customer answers with the place."""
    prompt = document.prompt(place.turn) if place.by_customer else None
    if prompt is None or prompt.index != place.turn - 1 or holdings.asks_plan(prompt.text):
        return []
    if any(document.of("institution", turn=prompt.index)):
        return []
    return [Stretch(prompt.index, 0, len(prompt.text), prompt.text)]


def _product_in(document: Document, place: Mention, parts: Sequence[Stretch], kind: str) -> tuple[bool, str | None]:
    """Whether the words name a product, and the one they name; None for a mix."""
    texts = {part: holdings.tail_cut(part.text) for part in parts}
    said = "，".join(texts.values())
    for word, own in OWN_PRODUCT.items():
        if word in said or word == place.text:
            return True, own if not re.search(f"{word}(加|和|跟|还有)", said) else None
    found = [
        mention
        for part, text in texts.items()
        for mention in document.of("product", turn=part.turn)
        if part.start <= mention.start < part.start + len(text) and not mention.has("question")
    ]
    found.sort(key=lambda m: (m.turn, m.start))
    keys = list(dict.fromkeys(m.key for m in found))
    product = _chosen(document, found, keys, said, kind)
    return bool(keys) or product is not None, product


def _chosen(document: Document, found: Sequence[Mention], keys: list[str], said: str, kind: str) -> str | None:
    if kind in USUAL:
        return next((key for key in keys if key in ("quant", "fof")), USUAL[kind] if keys else None)
    if kind in ("internet_platform", "fund_company"):
        return _fund(keys, said)
    if len(keys) > 1 and "fund" in keys:
        keys.remove("fund")
    if kind == "bank" and keys and _AND_BANKING.search(said):
        return None
    if kind == "bank" and not keys:
        return "fixed_income" if _BANKING.search(said) else "deposit" if _SAVED.search(said) else None
    if kind == "broker" and (keys == ["qdii"] or (not keys and _SHARES.search(said))):
        return "stock"
    if kind == "broker" and "stock" not in keys and re.search("底仓|市值", said):
        return "stock"
    return keys[0] if keys and not _is_mix(document, found) else None


def _is_mix(document: Document, found: Sequence[Mention]) -> bool:
    """股票咯可转债咯: several kinds in one breath."""
    for one, other in itertools.pairwise(found):
        gap = document.turns[one.turn].text[one.end : other.start]
        if one.turn == other.turn and one.key != other.key and (len(gap) <= 2 or _MIXED.search(gap[:8])):
            return True
    return False


def _fund(keys: Sequence[str], said: str) -> str | None:
    """What a fund house or platform sells: a theme or a share is a fund of shares there."""
    kinds = ["equity_fund" if key == "stock" else key for key in keys if key != "fund"]
    if len(set(kinds)) > 1:
        return None
    if kinds:
        return kinds[0]
    if _THEMES.search(said):
        return "equity_fund"
    return "fund" if "fund" in keys or re.search(r"[几\d一二两三四五六七八九十]+(来)?(只|支)", said) else None
