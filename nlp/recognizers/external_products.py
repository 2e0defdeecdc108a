"""外部资产的品种: the product that he holds at a place, as the contract codes it."""

import itertools
import re
from collections.abc import Sequence

from nlp import holdings
from nlp.document import Document, Mention
from nlp.holdings import Stretch

#: what a type holds where no product is said
USUAL = {"insurer": "insurance", "trust_company": "trust", "private_manager": "private_fund"}
#: what a word of a platform means by itself
OWN_PRODUCT = {
    "余额宝": "money_market", "零钱通": "money_market", "小金库": "money_market", "朝朝宝": "money_market",
    "京东小金库": "money_market", "小荷包": "money_market", "活期宝": "money_market", "微信零钱通": "money_market",
    "e钱包": "money_market",
}  # fmt: skip
_AND_BANKING = re.compile(r"理财[^，。]{0,2}(加|和|跟|、|还有)|(加|和|跟|、|还有)[^，。]{0,2}理财")
_BANKING = re.compile(r"理财")
_SHARES = re.compile(r"票|底仓|市值|持仓|股|英伟达|苹果|特斯拉|微软|谷歌|亚马逊|阿里|拼多多|茅台")
_SAVED = re.compile(r"存着|存有|存了|折子|存折|存单|定存|死期|存的|定期|活期|大额|通知存款")
_MIXED = re.compile(r"和|跟|、|还有|加|一只|一部分|一半|也有")
_THEMES = re.compile(r"蓝筹|成长|医疗|医药|新能源|消费|白酒|科技|半导体|芯片|军工|主动|混合|偏股|行业")


def product_of(document: Document, place: Mention, parts: Sequence[Stretch], kind: str) -> str | None:
    """The product held; None where it is a mix or not said."""
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
