"""外部资产 (assets.external): what he holds now with another broker, bank, platform, insurer or trust.

A place is an institution by name, or a type of institution where only that is said. It counts where the words around it
say that he holds something there (nlp/lexicon/cues/external.yaml), or where the advisor asks and he confirms. That he
holds nothing elsewhere is the negated tag.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from dongke.types import Polarity
from nlp import holdings, local, values
from nlp.amounts import Amount
from nlp.document import Answer, Candidate, Document, Mark, Mention, Turn
from nlp.holdings import Stretch
from nlp.recognizers import external_sums
from nlp.recognizers.common import steps
from nlp.recognizers.external_places import (
    BARRED,
    WHICH,
    Near,
    Owned,
    around,
    kind_of,
    owned,
    owner_of,
    places,
    territory,
)
from nlp.recognizers.external_products import product_of

VERSION = "1"
TAG = "assets.external"
NOT_HELD = ("gone", "empty", "owe", "none")  #: signs that nothing lies there
_ASKED = re.compile(r"有没有|还有|吗|呢|没有|有没|多少|哪|是不是|对吧|吧|？|没|得|啥|什么|这些地方|一起看")
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
_PUT = re.compile(r"[搁放存在买]|是")


@lru_cache(maxsize=4)
def find(document: Document) -> tuple[Candidate, ...]:
    """One candidate per place that holds, then the denials."""
    spoken, standing = places(document), owned(document)
    near = Near((p.turn, p) for p in spoken)
    merged = _merge([c for p in spoken if (c := _holding(document, p, near.around(p.turn), standing)) is not None])
    return (*merged, *_denials(document, spoken, {c.value["institution_type"] for c in merged}))


def _holding(document: Document, place: Mention, spoken: Sequence[Mention], standing: Near[Owned]) -> Candidate | None:
    """The candidate of one place, if he says or confirms that he holds something there."""
    if place.has(*BARRED):
        return None
    parts = _parts(document, place, spoken)
    if not parts or _has_come_back(document, place, parts):
        return None
    turn = document.turns[place.turn]
    prompt = document.prompt(turn.index) if place.by_customer else turn
    asked = prompt.text if prompt is not None else ""
    cue = local.judge("external", local.window(document, place))
    sign = cue.sign if cue is not None else None
    if place.by_customer and sign in NOT_HELD:
        return None
    has_sum = _says_sum(document, place, spoken, parts, asked)
    if place.by_customer and place.kind == "institution" and sign is None and not has_sum:
        if not _names_it(document, place):
            return None
    value = _value(document, place, standing)
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
        certainty="named" if asked and WHICH.search(asked) else "stated" if place.by_customer else "confirmed",
        holder="household" if place.has("household") else "customer",
        steps=steps(place),
    )


def value_at(document: Document, place: Mention) -> dict[str, Any]:
    """What is said of a place that he is known to hold something at, wherever in the talk he comes back to it."""
    return _value(document, place, owned(document))


@lru_cache(maxsize=4)
def dues(document: Document) -> tuple[tuple[Amount, str], ...]:
    """The sum and the day of what falls due, of every place that is spoken of: one for each institution or type."""
    standing, found = owned(document), []
    first = {owner: place for place, owner in reversed(standing.all) if not place.has(*BARRED)}
    for place in first.values():
        parts = territory(document, place, standing)
        due = holdings.matures(parts, document.started_at)
        if due is not None:
            money = external_sums.amount(document, *around(document, place, standing), parts)
            if money is not None:
                found.append((money, due))
    return tuple(found)


def nothing(kind: str) -> dict[str, Any]:
    """The value of a denial: only the type is said."""
    slots = ("institution", "institution_type", "product", "low", "high", "matures_on")
    return dict.fromkeys(slots) | {"institution_type": kind}


def _value(document: Document, place: Mention, standing: Near[Owned]) -> dict[str, Any]:
    kind, owner = kind_of(place), owner_of(place, standing)
    parts = territory(document, place, standing)
    own, rivals = around(document, place, standing)
    money = external_sums.amount(document, own, rivals, parts)
    return {
        "institution": owner if owner != kind else None,
        "institution_type": kind,
        "product": product_of(document, place, own, rivals, parts, kind),
        "low": values.number(money.low) if money is not None else None,
        "high": values.number(money.high) if money is not None else None,
        "matures_on": holdings.matures(parts, document.started_at),
    }


def _says_sum(
    document: Document, place: Mention, spoken: Sequence[Mention], parts: Sequence[Stretch], asked: str
) -> bool:
    """Whether the words around the place state a sum, plainly or in answer to how much."""
    bare = bool(re.search(r"多少|几|大概", asked))
    before = holdings.lead(document, place, [p for p in spoken if p != place])
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


def _parts(document: Document, place: Mention, spoken: Sequence[Mention]) -> list[Stretch]:
    """The words that belong to the place; for the advisor's words, the customer's answer."""
    if place.by_customer:
        return holdings.stretches(document, place, spoken)
    reply = document.reply(place.turn)
    turn = document.turns[place.turn]
    if reply is None or reply.answer is Answer.NO or not _ASKED.search(turn.text):
        return []
    rivals = [p for p in spoken if p.turn == place.turn and p.key != place.key]
    answer = document.turns[reply.turn]
    if rivals or any(p.turn == answer.index and p.key != place.key for p in spoken):
        return []
    said = values.amounts(answer.text) or values.dates(answer.text, document.started_at)
    if place.kind != "institution" or not (said or _OWNED.match(answer.text)):
        return []
    return holdings.following(document, place, spoken)


def _is_held(document: Document, place: Mention, sign: str | None, money: bool, due: str | None) -> bool:
    """Whether the words say that he holds something there; without a name they must say it plainly."""
    if _THIRD.search(local.window(document, place, before=0, after=0)):
        return False
    if place.kind == "institution":
        return sign is None or money or due is not None or _is_sure(document, place)
    window = local.window(document, place)
    if local.judge("product", window) is not None and not money:
        return False
    if sign == "hold" and place.key == "insurer" and _POLICY.search(window):
        return True
    return (money and (sign == "hold" or due is not None)) or (sign == "hold" and due is not None)


def _names_it(document: Document, place: Mention) -> bool:
    """The name in answer to 哪个银行."""
    prompt = document.prompt(place.turn)
    return prompt is not None and prompt.index == place.turn - 1 and bool(WHICH.search(prompt.text))


def _is_sure(document: Document, place: Mention) -> bool:
    """Without amount or date only a strong word counts."""
    cue = local.judge("external", local.window(document, place))
    return cue is not None and cue.id == "external.hold.strong"


def _merge(held: list[Candidate]) -> list[Candidate]:
    """One candidate per institution; what one leaves open another fills."""
    found: dict[tuple[str, str | None], Candidate] = {}
    said: dict[tuple[str, str | None], list[Candidate]] = {}
    for one in held:
        key = (one.value["institution_type"], one.value["institution"])
        nameless = (key[0], None)
        if key[1] is not None and nameless in found and _is_near(found[nameless], one):
            found[key], said[key] = found.pop(nameless), said.pop(nameless)
        known = found.get(key)
        if known is None:
            found[key], said[key] = one, [one]
            continue
        value = {k: v if v is not None else one.value[k] for k, v in known.value.items()}
        value["institution"] = one.value["institution"] or known.value["institution"]
        if known.value["low"] is None and known.value["high"] is None:
            value |= {"low": one.value["low"], "high": one.value["high"]}
        else:
            value |= {"low": known.value["low"], "high": known.value["high"]}
        said[key].append(one)
        found[key] = replace(known, value=value, certainty="stated", said_at=None)
    return [_joined(c, said[key]) for key, c in found.items()]


def _joined(first: Candidate, said: Sequence[Candidate]) -> Candidate:
    """The candidate with the marks and steps of all that say it."""
    marks = tuple(dict.fromkeys(mark for one in said for mark in one.marks))
    certainty = "stated" if first.certainty == "named" else first.certainty
    return replace(first, marks=marks, certainty=certainty, steps=tuple(s for one in said for s in one.steps))


def _is_near(one: Candidate, other: Candidate) -> bool:
    """The name came in answer to 哪个银行."""
    return other.certainty == "named" and abs(max(m.turn for m in one.marks) - other.order) <= 6


def _denials(document: Document, spoken: Sequence[Mention], held: set[str]) -> Iterator[Candidate]:
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
    for place in spoken:
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
    kinds = {kind_of(m) for m in document.of("institution", "place_type", turn=turn.index)}
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
