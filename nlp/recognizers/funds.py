"""闲置资金 (funds.idle): money that is free, or about to be, and not invested; or that he says he has none.

Signs (nlp/lexicon/frames/funds.yaml) that stand near each other make an episode: how it came (年终奖, 到期, 卖房),
how it lies (趴在卡里, 没想好放哪), what for (放你那边). Its sum and day are taken from its turns; what is earmarked or
renewed is none. The strongest episode counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from nlp import values
from nlp.amounts import Amount
from nlp.document import Candidate, Document, Mark, Mention, Turn
from nlp.recognizers import external, idle_denied
from nlp.recognizers.common import steps
from nlp.recognizers.idle_days import available_from
from nlp.recognizers.idle_sums import SHRUNK, Episode, total

VERSION = "1"
TAG = "funds.idle"
BARRED = ("other_holder", "kin", "hypothetical", "quoted", "sarcastic", "question")
STRENGTH = {"state": 0.35, "source": 0.3, "use": 0.25, "matures": 0.2, "answer": 0.45}
SURE = 0.8
SOON = 62  #: days to a maturity that make the money as good as free
LEAST_SCORE = 0.61
NEAR = 5  #: turns between two signs of one episode
_ASKED = re.compile(
    r"闲|宽裕|富余|余钱|新的?资金|资金|手上|手头|多少钱|到期|这笔|打算放|准备(放|投|多少|转)|大概多少|放多少|投多少|有没有.{0,4}钱|多大|额度|安排|打理|理财|积蓄|多少|攒钱|补仓|预算|配多少|转多少|放在?哪|钱"
)
_HOW_MUCH_IN = re.compile(
    r"(放|投|买|配|转|打|准备|预备|安排|打理|弄|拿)[^，。]{0,6}(多少|几个?|什么数)|多少(资金|钱|额度)|有多少|大概(是)?(什么量级|多少)|(准备|打算)多少"
)
_SPARE = re.compile(
    r"(闲|空余|剩余|结余|暂时(不|没)用|活钱|富余|宽裕|余钱|多余|用不着|用不到|空着|备用|能动|可以动|机动)[^。]{0,10}(吗|呢|没有|有没|没|？|呀|啊|么|吧|多少)"
    r"|(资金|钱)(量|规模)?(大概|差不多|有|是)*(多大|多少|什么规模|什么量级)|预算(有|是|大概)*多少|(从|打)哪(儿|里)?出|(有|快)[^，。]{0,4}到期(的)?(钱|资金|产品|理财|存款)"
)
#: 您账上的三十万打算怎么用: the advisor names free money and asks what for; not what is invested
_ASKS_USE = re.compile(
    r"(账上|账户[里上]|户头[里上]|卡[里上]|活期)[^。]{0,24}(打算|准备|想|计划)[^。，]{0,4}(怎么|咋|如何|做什么|干嘛)"
)
_INVESTED = re.compile(r"股票|基金|理财|产品|持仓|仓位|套|亏|赚|跌|贷|存单|定期|保险|债")
_LEAVES = re.compile(r"^([嗯哦啊那就，]|没想好|还没想好|不急)*(先|暂时)(就)?(放|搁|留|摆)(着|一放|那)")
_OWNS_UP = re.compile(
    r"[嗯对是哦啊，]*(那个?钱|这个?钱|那笔|这笔|那些|我知道|是啊|对啊|是的|对的|等着|准备|没想好|不知道|先放)|[嗯对是]，"
)
_THIRD = re.compile(r"(^|，|。)(他|她|他们|她们|他家|人家)[^，。]{0,8}$")
_ELSEWHERE = re.compile(r"银行|支付宝|券商|别的地方|别处|平台|信托|那边还有")


def find(document: Document) -> Iterator[Candidate]:
    """The strongest episode, then the denial where nothing later speaks against it."""
    found = [c for e in _episodes(document) if (c := _affirmed(document, e)) is not None]
    found += [c for c in _falling_due(document) if not any(_overlap(c, f) for f in found)]
    best = max(found, key=lambda c: (c.confidence, -c.order), default=None)
    denial = idle_denied.find(document)
    if best is not None and (denial is None or not _outweighs(denial, best)):
        yield best
        yield from (c for c in found if c is not best and _is_another(c, best))
    elif denial is not None:
        yield denial


def _overlap(one: Candidate, other: Candidate) -> bool:
    """They speak of the same turns or of the same sum."""
    turns = {m.turn for m in one.marks} & {m.turn for m in other.marks}
    return bool(turns) or one.value["high"] == other.value["high"]


def _falling_due(document: Document) -> Iterator[Candidate]:
    """What falls due elsewhere within two months and is not renewed or spoken for will be free."""
    today = document.started_at.date()
    for held in external.find(document):
        due = held.value.get("matures_on")
        if (
            due is None
            or held.value["high"] is held.value["low"] is None
            or not 0 <= (date.fromisoformat(due) - today).days <= SOON
        ):
            continue
        turns = {m.turn for m in held.marks}
        bars = document.of("idle_bar")
        if any(min(turns) <= b.turn <= max(turns) + 2 and b.by_customer for b in bars):
            continue
        yield replace(
            held,
            tag=TAG,
            value={
                "low": held.value["low"],
                "high": held.value["high"],
                "available_from": due,
            },
            rule="idle.falls_due",
            confidence=0.72,
        )


def _is_another(candidate: Candidate, best: Candidate) -> bool:
    """A sum of its own, surely said: two monies are two facts."""
    own = candidate.value["low"] or candidate.value["high"]
    same = own == (best.value["low"] or best.value["high"])
    return own is not None and not same and candidate.confidence >= SURE


def _outweighs(denial: Candidate, best: Candidate) -> bool:
    """A later denial takes back what was said; an earlier one spoke of other money."""
    return denial.order > best.order and denial.order - best.order <= 12 and best.confidence < 0.8


def _episodes(document: Document) -> list[Episode]:
    signs = [s for s in document.of("idle") if _counts(document, s)]
    signs = sorted([*signs, *_answers(document)], key=lambda s: (s.turn, s.start))
    groups: list[list[Mention]] = []
    for sign in signs:
        if groups and sign.turn - groups[-1][-1].turn <= NEAR:
            groups[-1].append(sign)
        else:
            groups.append([sign])
    return [Episode(tuple(g), sure=any(s.rule == "idle.left" for s in g)) for g in groups]


def _answers(document: Document) -> Iterator[Mention]:
    """The sum that he names when asked how much he would invest."""
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        if prompt is None or prompt.index < turn.index - 2 or _ELSEWHERE.search(prompt.text):
            continue
        if _of_holdings(document, turn, prompt):
            continue
        if _leaves_it(turn, prompt):
            yield replace(_sign(turn, 0, min(len(turn.text), 8)), rule="idle.left")
            continue
        if not (_HOW_MUCH_IN.search(prompt.text) or _SPARE.search(prompt.text)):
            continue
        for found in values.amounts(turn.text, len(turn.text) <= 24)[:1]:
            yield _sign(turn, found.start, found.end)


def _leaves_it(turn: Turn, prompt: Turn) -> bool:
    """先放着吧, of the sum on his account that the advisor asks about."""
    asked = prompt.index == turn.index - 1 and _ASKS_USE.search(prompt.text) and not _INVESTED.search(prompt.text)
    return bool(asked and _LEAVES.search(turn.text) and values.amounts(prompt.text))


def _sign(turn: Turn, start: int, end: int) -> Mention:
    return Mention(
        kind="idle",
        key="answer",
        turn=turn.index,
        start=start,
        end=end,
        text=turn.text[start:end],
        speaker=turn.speaker,
        rule="idle.answer",
    )


def _of_holdings(document: Document, turn: Turn, prompt: Turn) -> bool:
    """The sum answers how much lies there, at the place that he has just named."""
    if any(document.of("institution", "place_type", turn=turn.index)):
        return True
    if re.search(r"放|投|配|转|打算|准备|闲|用", prompt.text):
        return False
    before = document.prompt(prompt.index)
    return before is not None and any(document.of("institution", "place_type", turn=before.index))


def _counts(document: Document, sign: Mention) -> bool:
    """His own words, or the advisor's that he confirms."""
    if sign.has("other_holder") and "我" in sign.text:
        return not sign.has("hypothetical", "quoted")  # the friend pays him back
    if sign.has(*BARRED) or (sign.has("negated") and sign.key in ("source", "state", "use")):
        return False
    text = document.turns[sign.turn].text
    if re.search(r"(贷款?|欠|月供)[^，。]{0,2}$", text[max(sign.start - 5, 0) : sign.start]):
        return False
    if sign.text[0] in "剩余" and SHRUNK.search(text[max(sign.start - 24, 0) : sign.start]):
        return False  # 投了十万现在剩六万
    if _THIRD.search(document.turns[sign.turn].text[: sign.start]):
        return False
    if sign.by_customer or sign.has("confirmed"):
        return True
    reply = document.reply(sign.turn)
    if reply is not None and sign.rule == "idle.told":
        return bool(_OWNS_UP.match(document.turns[reply.turn].text))
    return reply is not None and sign.key == "source" and bool(values.amounts(document.turns[reply.turn].text))


def value_at(document: Document, turns: Sequence[int]) -> dict[str, Any]:
    """Sum and day of the free money that these turns are known to speak of."""
    signs = tuple(_sign(document.turns[number], 0, len(document.turns[number].text)) for number in turns)
    episode = Episode(signs, sure=True)
    money, place, _ = total(document, episode)
    return _slots(document, episode, money, place)


def _affirmed(document: Document, episode: Episode) -> Candidate | None:
    turns = _turns(document, episode)
    money, place, kept = total(document, episode)
    score = _score(document, episode, money, kept)
    if score < LEAST_SCORE:
        return None
    marks = [s.mark for s in episode.signs]
    marks += [
        Mark(t.index, 0, 8) for t in turns if episode.first <= t.index <= episode.last + 1 and values.amounts(t.text)
    ]
    first = document.prompt(episode.first)
    if first is not None and first.index == episode.first - 1 and _ASKED.search(first.text):
        marks.append(Mark(first.index, 0, 8))
    if place is not None:
        marks.append(place)
    lead = episode.signs[0]
    return Candidate(
        tag=TAG,
        value=_slots(document, episode, money, place),
        marks=tuple(dict.fromkeys(marks)),
        rule=lead.rule,
        confidence=round(min(score, 0.95), 3),
        certainty="stated" if lead.by_customer else "confirmed",
        holder="household" if any(s.has("household") for s in episode.signs) else "customer",
        steps=tuple(step for s in episode.signs[:4] for step in steps(s)),
    )


def _slots(document: Document, episode: Episode, money: Amount | None, place: Mark | None) -> dict[str, Any]:
    low, high = (money.low, money.high) if money is not None else (None, None)
    day = available_from(document, episode, None if place is None else place.turn, _due_elsewhere(document, money))
    return {"low": values.number(low), "high": values.number(high), "available_from": day}


def _due_elsewhere(document: Document, money: Amount | None) -> date | None:
    """The day on which the holding of the same sum falls due, from which the free money comes."""
    if money is None:
        return None
    for held, due in external.dues(document):
        if (money.low, money.high) == (held.low, held.high) and date.fromisoformat(due) > document.started_at.date():
            return date.fromisoformat(due)
    return None


def _turns(document: Document, episode: Episode) -> list[Turn]:
    """The customer's turns of the episode, one before and two after."""
    low, high = max(episode.first - 5, 0), min(episode.last + 4, len(document.turns) - 1)
    return [t for t in document.turns[low : high + 1] if t.by_customer and not t.suspect]


def _score(document: Document, episode: Episode, money: Amount | None, kept: bool) -> float:
    """How sure it is that this is free money: its kinds of signs, a sum, the question before; bars weigh against."""
    score = 0.15 + sum(STRENGTH[key] for key in episode.keys)
    prompt = document.prompt(episode.first)
    if prompt is not None and _ASKED.search(prompt.text):
        score += 0.06
    if money is not None:
        score += 0.2
    elif not any("闲" in s.text for s in episode.signs):
        return 0.0
    if _is_barred(document, episode):
        score -= 0.3
    if kept and not episode.keys & {"use", "matures", "answer"}:
        untouched = any(s.rule == "idle.state.untouched" for s in episode.signs)
        score -= 0.0 if untouched else 0.4
    return score


def _is_barred(document: Document, episode: Episode) -> bool:
    """Earmarked or renewed, and no part of it said to be free."""
    free = any(re.search(r"能动|剩下|另外|富余|可以动", s.text) for s in episode.signs)
    near = range(episode.first, episode.last + 3)
    bars = (b for turn in near for b in document.of("idle_bar", turn=turn))
    return not free and any(not b.has("negated", "hypothetical") for b in bars)
