"""外部资产 (assets.external): what he holds now with another broker, bank, platform, insurer or trust.

A place is an institution by name, or a type of institution where only that is said. It counts where the words around it
say that he holds something there (nlp/lexicon/cues/external.yaml), or where the advisor asks and he confirms. That he
holds nothing elsewhere is the negated tag.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dongke.types import Polarity
from nlp import entities, holdings, local, values
from nlp.document import Answer, Candidate, Document, Mark, Mention, Turn
from nlp.holdings import Stretch
from nlp.recognizers.common import steps

VERSION = "1"
TAG = "assets.external"
Owned = tuple[Mention, str]  #: a place, and the name or type that it stands for
BARRED = ("other_holder", "kin", "hypothetical", "sarcastic", "quoted")
#: what a type holds where no product is said
USUAL = {"insurer": "insurance", "trust_company": "trust", "private_manager": "private_fund"}
#: what a word of a platform means by itself
OWN_PRODUCT = {
    "余额宝": "money_market", "零钱通": "money_market", "小金库": "money_market", "朝朝宝": "money_market",
    "京东小金库": "money_market", "小荷包": "money_market", "活期宝": "money_market", "微信零钱通": "money_market",
    "e钱包": "money_market",
}  # fmt: skip
_ASKED = re.compile(r"有没有|还有|吗|呢|没有|有没|多少|哪|是不是|对吧|吧|？|没|得|啥|什么|这些地方|一起看")
_WHICH = re.compile(r"哪个|哪一?家|哪里|哪儿|什么(银行|券商|公司|平台)")
_POLICY = re.compile(
    r"(还?有|买了|投了|跟了|配了)[^，。？！没]{0,8}◆|◆[^。？！]{0,10}(每年|一年)?(交|供)(了|着|[\d一二两三四五六七八九十几])"
)
_OWNED = re.compile(r"[嗯啊哎哦，]*(对|有|是|系|那边|就那|在)")
_NOTHING = re.compile(
    r"^[^。？]{0,4}(清空|掏空|取光|取完|没有|没了|没得|没啦|都没|全提|早没|花光|光了|销了|哪还有|哪有|真没)"
)
#: it has come back already: no longer there, but free
_CAME = re.compile(
    r"(?<![就再想要能])(已经|都|全|刚)?(转|打|取|提|划|退|赎|汇|拿|回)[^，。？！再要]{0,6}(到|回|进|放|在)(了)?[^，。]{0,2}(卡|账户|账上|手上|手里|户头)(里|上)?了?(，|。|$|就)"
    r"|(?<!没)(已经|早就?|都|昨天|前天|刚)到账了?(，|。|$)|(已经|都|全|早|刚)(取|赎|提|退|拿)(出来|回来|了)|^[嗯对，]*(到了|到账了|回来了)"
)
_THIRD = re.compile(r"(他|她|他们|人家)[^，。]{0,6}◆")
_AND_BANKING = re.compile(r"理财[^，。]{0,2}(加|和|跟|、|还有)|(加|和|跟|、|还有)[^，。]{0,2}理财")
_PUT = re.compile(r"[搁放存在买]|是")
_BANKING = re.compile(r"理财")
_SHARES = re.compile(r"票|底仓|市值|持仓|股|英伟达|苹果|特斯拉|微软|谷歌|亚马逊|阿里|拼多多|茅台")
_SAVED = re.compile(r"存着|存有|存了|折子|存折|存单|定存|死期|存的|定期|活期|大额|通知存款")
_MIXED = re.compile(r"和|跟|、|还有|加|一只|一部分|一半|也有")
_THEMES = re.compile(r"蓝筹|成长|医疗|医药|新能源|消费|白酒|科技|半导体|芯片|军工|主动|混合|偏股|行业")
NEAR_NAME = 4  #: turns after a name in which the bare type still means it
LOCAL = ("农商银行", "农村信用社")
LOCAL_WORDS = ("农商银行", "农商行", "农村商业银行", "信用社", "农信社", "农村信用社")
_TOWN = re.compile(r"[^，。？！在是去有到从啊你您他那些存放个家的上我了跟和搁万元块钱笔\d]{2,3}$")
MAKERS = ("private_manager", "fund_company")
SELLERS = ("broker", "bank", "internet_platform")


def find(document: Document) -> Iterator[Candidate]:
    """One candidate per place that holds, then the denials."""
    places = _places(document)
    held = [c for p in places if (c := _holding(document, p, places)) is not None]
    merged = _merge(held)
    yield from merged
    yield from _denials(document, {c.value["institution_type"] for c in merged})


def _places(document: Document) -> list[Mention]:
    """Institutions, and types where no institution stands in the same clause."""
    named = [m for m in document.of("institution")]
    found = list(named)
    for mention in document.of("place_type"):
        turn = document.turns[mention.turn]
        clause = turn.clause_at(mention.start)
        near = [f for f in found if f.turn == mention.turn and 0 <= mention.start - f.end <= 6]
        if any(f.kind == "place_type" and f.key == mention.key for f in near):
            continue
        if not any(n.turn == mention.turn and turn.clause_at(n.start) == clause for n in named):
            found.append(mention)
    return sorted(found, key=lambda m: (m.turn, m.start))


def _kind(place: Mention) -> str:
    if place.kind == "institution":
        return entities.institution_type(place.key)
    return place.key


def _holding(document: Document, place: Mention, places: Sequence[Mention]) -> Candidate | None:
    """The candidate of one place, if he says or confirms that he holds something there."""
    if place.has(*BARRED):
        return None
    parts = _parts(document, place, places)
    if not parts or _has_come_back(document, place, parts):
        return None
    turn = document.turns[place.turn]
    prompt = document.prompt(turn.index) if place.by_customer else turn
    asked = prompt.text if prompt is not None else ""
    value = _value(document, place, _owned(document))
    cue = local.judge("external", local.window(document, place))
    sign = cue.sign if cue is not None else None
    has_sum = _says_sum(document, place, parts, asked)
    if place.by_customer and not _is_held(document, place, sign, has_sum, value["matures_on"]):
        return None
    marks = [place.mark, *(p.mark for p in parts)]
    if asked and _ASKED.search(asked) and place.by_customer and prompt is not None:
        marks.append(Mark(prompt.index, 0, 6))
    return Candidate(
        tag=TAG,
        value=value,
        marks=tuple(dict.fromkeys(marks)),
        rule=cue.id if cue is not None else "external.hold.value",
        confidence=cue.weight if cue is not None else 0.7,
        certainty="named" if asked and _WHICH.search(asked) else "stated" if place.by_customer else "confirmed",
        holder="household" if place.has("household") else "customer",
        steps=steps(place),
    )


def value_at(document: Document, place: Mention) -> dict[str, Any]:
    """What is said of a place that he is known to hold something at, wherever in the talk he comes back to it."""
    return _value(document, place, _owned(document))


def held(document: Document) -> list[dict[str, Any]]:
    """The values of every place that is spoken of, one for each institution or type."""
    owned = _owned(document)
    first = {owner: place for place, owner in reversed(owned) if not place.has(*BARRED)}
    return [_value(document, place, owned) for place in first.values()]


def nothing(kind: str) -> dict[str, Any]:
    """The value of a denial: only the type is said."""
    slots = ("institution", "institution_type", "product", "low", "high", "matures_on")
    return dict.fromkeys(slots) | {"institution_type": kind}


def _value(document: Document, place: Mention, owned: Sequence[Owned]) -> dict[str, Any]:
    kind, owner = _kind(place), _owner(place, owned)
    parts = _territory(document, place, owned)
    money = holdings.amount(parts, place)
    return {
        "institution": owner if owner != kind else None,
        "institution_type": kind,
        "product": _product(document, place, parts, kind),
        "low": values.number(money.low) if money is not None else None,
        "high": values.number(money.high) if money is not None else None,
        "matures_on": holdings.matures(parts, document.started_at),
    }


def _owned(document: Document) -> list[Owned]:
    """Each place with the institution that it stands for: a bare 定期 or 信托 is at the one named beside it."""
    names = [(m, _said_name(document, m)) for m in document.of("institution")]
    owned = list(names)
    for mention in document.of("place_type"):
        same = [n for n in names if _kind(n[0]) == mention.key and not n[0].has(*BARRED)]
        here = [n for n in same if n[0].turn == mention.turn]
        before = [n for n in here if n[0].start <= mention.start]
        recent = [n for n in same if 0 < mention.turn - n[0].turn <= NEAR_NAME]
        told = [n for n in same if 0 < n[0].turn - mention.turn <= 3 and _asks_which(document, n[0])]
        nearest = (before or here[:1] or recent or told)[-1:]
        owned.append((mention, nearest[0][1] if nearest else mention.key))
    return owned


def _asks_which(document: Document, named: Mention) -> bool:
    prompt = document.prompt(named.turn)
    return prompt is not None and bool(_WHICH.search(prompt.text))


def _owner(place: Mention, owned: Sequence[Owned]) -> str:
    return next((name for mention, name in owned if mention is place or mention == place), place.key)


def _said_name(document: Document, named: Mention) -> str:
    """潍坊农商行 is no other's: a local bank goes by the town that is said before the common name."""
    if named.key not in LOCAL or named.text not in LOCAL_WORDS:
        return named.key
    town = _TOWN.search(document.turns[named.turn].text[: named.start])
    return f"{town[0]}{named.text}" if town is not None else named.key


def _territory(document: Document, place: Mention, owned: Sequence[Owned]) -> list[Stretch]:
    """The words of the place and of its other mentions near by, in reading order."""
    owner = _owner(place, owned)
    others = [
        m for m, other in owned if other != owner and not (_is_maker(document, place, m) or _is_taken_back(document, m))
    ]
    here = [m for m in others if m.kind == "institution" or m.key == _kind(place) or (m, m.key) not in owned]
    mine = [m for m, other in owned if other == owner and m != place and abs(m.turn - place.turn) <= holdings.NEAR]
    found: dict[Mark, Stretch] = {}
    for mention in [place, *(m for m in mine if _speaks(document, m))]:
        parts = holdings.stretches(document, mention, [m for m in others if m.turn != mention.turn or m in here])
        before = holdings.lead(document, mention, here)
        if not mention.by_customer and not holdings.confirmed(document, document.turns[mention.turn]):
            parts, before = parts[1:], None
        for part in [*parts, *([before] if before is not None else [])]:
            found.setdefault(part.mark, part)
    return sorted(found.values(), key=lambda p: (p.turn, p.start))


def _is_maker(document: Document, place: Mention, other: Mention) -> bool:
    """在中金买的幻方那系列: whose product it is, not where it lies."""
    if _kind(other) not in MAKERS or _kind(place) not in SELLERS or other.turn != place.turn:
        return False
    return bool(re.search(r"(买|是|配)(了|的|个|那个)*$", document.turns[other.turn].text[: other.start]))


def _is_taken_back(document: Document, name: Mention) -> bool:
    """在高瓴, 不是, 高毅那边: a slip of the tongue."""
    return bool(re.match(r"[，啊呀]*(不是|不对|说错|哦不)", document.turns[name.turn].text[name.end :]))


def _speaks(document: Document, mention: Mention) -> bool:
    cue = local.judge("external", local.window(document, mention))
    return not mention.has(*BARRED) and (cue is None or cue.sign not in ("gone", "owe"))


def _says_sum(document: Document, place: Mention, parts: Sequence[Stretch], asked: str) -> bool:
    """Whether the words around the place state a sum, plainly or in answer to how much."""
    bare = bool(re.search(r"多少|几|大概", asked))
    before = holdings.lead(document, place, [p for p in _places(document) if p != place])
    if before is not None and holdings.sums(before.text, False):
        rest = document.turns[place.turn].text[place.end :]
        if _PUT.search(before.text[-4:]) or (rest.startswith("的") and before.text.endswith("，")):
            return True
    return any(holdings.sums(p.text, p.asked or (bare and len(p.text) <= 12)) for p in parts)


def _has_come_back(document: Document, place: Mention, parts: Sequence[Stretch]) -> bool:
    """到期了, 已经转到我卡里了: what lay there is on his own card now."""
    texts = [p.text for p in parts]
    if not place.by_customer and (reply := document.reply(place.turn)) is not None:
        texts.append(document.turns[reply.turn].text)
    return any(_CAME.search(text) and not re.search(r"还(有|剩|存|放)|到时候|等(到|它|那|下)", text) for text in texts)


def _parts(document: Document, place: Mention, places: Sequence[Mention]) -> list[Stretch]:
    """The words that belong to the place; for the advisor's words, the customer's answer."""
    if place.by_customer:
        return holdings.stretches(document, place, places)
    reply = document.reply(place.turn)
    turn = document.turns[place.turn]
    if reply is None or reply.answer is Answer.NO or not _ASKED.search(turn.text):
        return []
    rivals = [p for p in places if p.turn == place.turn and p.key != place.key]
    answer = document.turns[reply.turn]
    if rivals or any(p.turn == answer.index and p.key != place.key for p in places):
        return []
    said = values.amounts(answer.text) or values.dates(answer.text, document.started_at)
    if place.kind != "institution" or not (said or _OWNED.match(answer.text)):
        return []
    return holdings.following(document, place, places)


def _is_held(document: Document, place: Mention, sign: str | None, money: bool, due: str | None) -> bool:
    """Whether the words say that he holds something there; without a name they must say it plainly."""
    if sign in ("gone", "empty", "owe", "none"):
        return False
    if _THIRD.search(local.window(document, place, before=0, after=0)):
        return False
    if place.kind == "institution":
        if sign is None:
            return money or _names_it(document, place)
        return money or due is not None or _is_sure(document, place)
    window = local.window(document, place)
    if local.judge("product", window) is not None and not money:
        return False
    if sign == "hold" and place.key == "insurer" and _POLICY.search(window):
        return True
    return (money and (sign == "hold" or due is not None)) or (sign == "hold" and due is not None)


def _names_it(document: Document, place: Mention) -> bool:
    """The name in answer to 哪个银行."""
    prompt = document.prompt(place.turn)
    return prompt is not None and prompt.index == place.turn - 1 and bool(_WHICH.search(prompt.text))


def _is_sure(document: Document, place: Mention) -> bool:
    """Without amount or date only a strong word counts."""
    cue = local.judge("external", local.window(document, place))
    return cue is not None and cue.id == "external.hold.strong"


def _product(document: Document, place: Mention, parts: Sequence[Stretch], kind: str) -> str | None:
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


def _merge(held: list[Candidate]) -> list[Candidate]:
    """One candidate per institution; what one leaves open another fills."""
    found: dict[tuple[str, str | None], Candidate] = {}
    for one in held:
        key = (one.value["institution_type"], one.value["institution"])
        nameless = (key[0], None)
        if key[1] is not None and nameless in found and _is_near(found[nameless], one):
            found[key] = found.pop(nameless)
        known = found.get(key)
        if known is None:
            found[key] = one
            continue
        value = {k: v if v is not None else one.value[k] for k, v in known.value.items()}
        value["institution"] = one.value["institution"] or known.value["institution"]
        if known.value["low"] is None and known.value["high"] is None:
            value |= {"low": one.value["low"], "high": one.value["high"]}
        else:
            value |= {"low": known.value["low"], "high": known.value["high"]}
        marks = tuple(dict.fromkeys((*known.marks, *one.marks)))
        found[key] = Candidate(
            tag=TAG, value=value, marks=marks, rule=known.rule, confidence=known.confidence,
            certainty="stated", holder=known.holder, steps=(*known.steps, *one.steps),
        )  # fmt: skip
    return [replace(c, certainty="stated") if c.certainty == "named" else c for c in found.values()]


def _is_near(one: Candidate, other: Candidate) -> bool:
    """The name came in answer to 哪个银行."""
    return other.certainty == "named" and abs(max(m.turn for m in one.marks) - other.order) <= 6


def _denials(document: Document, held: set[str]) -> Iterator[Candidate]:
    """Nothing elsewhere: said by himself, or his no to the advisor's question."""
    for mention in document.of("nowhere"):
        if mention.by_customer and not mention.has(*BARRED):
            said = _asked_kind(document, document.prompt(mention.turn)) or mention.key
            yield from _denial(mention.mark, None, said, held, mention.rule)
    for turn in document.advisor_turns():
        kind = _asked_kind(document, turn)
        reply = document.reply(turn.index)
        if kind is None or reply is None:
            continue
        answer = document.turns[reply.turn].text
        if reply.answer is not Answer.NO and not _NOTHING.search(answer):
            continue
        yield from _denial(Mark(reply.turn, 0, 8), Mark(turn.index, 0, 8), kind, held, "nowhere.asked")
    for place in _places(document):
        if place.by_customer and not place.has(*BARRED):
            cue = local.judge("external", local.window(document, place))
            asked = _asked_kind(document, document.prompt(place.turn))
            if cue is not None and cue.sign in ("empty", "owe", "gone") and asked is not None:
                kind = place.key if place.kind == "place_type" else asked
                yield from _denial(place.mark, None, kind, held, cue.id)


def _denial(mark: Mark, asked: Mark | None, kind: str, held: set[str], rule: str) -> Iterator[Candidate]:
    if kind in held or (kind == "unknown" and held):
        return
    yield Candidate(
        tag=TAG,
        value=nothing(kind),
        marks=(mark,) if asked is None else (asked, mark),
        rule=rule,
        polarity=Polarity.NEGATED,
        confidence=0.8,
        certainty="stated" if asked is None else "confirmed",
    )  # fmt: skip


def _asked_kind(document: Document, turn: Turn | None) -> str | None:
    """The type that the advisor asks about: one, `unknown` for several or elsewhere, else None."""
    if turn is None or turn.by_customer or not _ASKED.search(turn.text):
        return None
    kinds = {_kind(m) for m in document.of("institution", "place_type", turn=turn.index)}
    kinds -= {"private_manager"} if len(kinds) > 1 else set()
    elsewhere = any(document.of("elsewhere", turn=turn.index))
    if kinds == {"broker"}:
        return "broker"
    if elsewhere or len(kinds) > 1:
        return "unknown"
    return (
        kinds.pop()
        if kinds and re.search(r"还有|有没有|别的|有没|其他|存款|呢|有(买|放|存|做|配|开|投)", turn.text)
        else None
    )
