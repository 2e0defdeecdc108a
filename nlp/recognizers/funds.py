"""闲置资金 (funds.idle): money that is free, or about to be, and not invested; or that he says he has none.

Signs (nlp/lexicon/frames/funds.yaml) that stand near each other make an episode: how it came (年终奖, 到期, 卖房), how it
lies (趴在卡里, 没想好放哪), what for (放你那边). The episode's sum and day are taken from its turns; what is earmarked or
renewed is none. The strongest episode counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dongke.types import Polarity
from nlp import values
from nlp.amounts import Amount
from nlp.document import Answer, Candidate, Document, Mark, Mention, Turn
from nlp.recognizers import external
from nlp.recognizers.common import steps

VERSION = "1"
TAG = "funds.idle"
BARRED = ("other_holder", "kin", "hypothetical", "quoted", "sarcastic", "question")
STRENGTH = {"state": 0.35, "source": 0.3, "use": 0.25, "matures": 0.2, "answer": 0.45}
SURE = 0.8
SOON = 62  #: days to a maturity that make the money as good as free
LEAST = 3000  #: yuan; less is no investment
NEAR = 5  #: turns between two signs of one episode
_ASKED = re.compile(
    r"闲|宽裕|富余|余钱|新的?资金|资金|手上|手头|多少钱|到期|这笔|打算放|准备(放|投|多少|转)|大概多少|放多少|投多少|有没有.{0,4}钱|多大|额度|安排|打理|理财|积蓄|多少|攒钱|补仓|预算|配多少|转多少|放在?哪|钱"
)
_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|方便(讲|说)|对吧|是有|左右|万")
_HOW_MUCH_IN = re.compile(
    r"(放|投|买|配|转|打|准备|预备|安排|打理|弄|拿)[^，。]{0,6}(多少|几个?|什么数)|多少(资金|钱|额度)|有多少|大概(是)?(什么量级|多少)|(准备|打算)多少"
)
_OWNS_UP = re.compile(
    r"[嗯对是哦啊，]*(那个?钱|这个?钱|那笔|这笔|那些|我知道|是啊|对啊|是的|对的|等着|准备|没想好|不知道|先放)|[嗯对是]，"
)
_LURED = re.compile(r"起|门槛|新客|送|中签|缴款|限额|日均|活动|利率|收益")
_COUNTED = re.compile(r"[\d一二三四五六七八九十百千]个")
_ELSEWHERE = re.compile(r"银行|支付宝|券商|别的地方|别处|平台|信托|那边还有")
_ASKED_NONE = re.compile(
    r"闲|宽裕|富余|余钱|资金|手上|手头|闲置|打理|积蓄|其他的?钱|别的钱|存款|除了(这|账)|周转的钱|补仓|额度|新客|理财|攒|还剩|钱"
)
_CHOSEN = re.compile(
    r"能动|剩下?|就拿|拿出|其实|净|到手|一共|总共|加起来|凑|算|不对|不是|应该是|哦不|说错|留.{0,8}，|我那份|分到|我个人|就是|就算?$|能有个$|二十那"
)
_NOT_SUM = re.compile(
    r"(亏|赔|赚|挣|跌|涨|套|房贷|车贷|贷款|学费|工资|月供|首付|留|一年|每年|每月|一个?月|借走|花|要交|还差|门槛|起投|那八|抽走|扣掉|余额宝里那)[^，。]{0,6}$"
)
_AFTER_NOT = re.compile(
    r"^[^，。]{0,4}(学费|房贷|利息|起投|起步|门槛|一个月|一年|给我弟|给他|借走|是后来|不动|一平|一克|一股|一手|一个人|不能动|应急|兜底|还贷|存着图)"
)
_COMING = re.compile(r"到|发|下来|打|付|放款|结|还|返|批|提|分|给|能拿|出来")


@dataclass(frozen=True, slots=True)
class Episode:
    """一段: signs of free money in neighbouring turns."""

    signs: tuple[Mention, ...]

    @property
    def first(self) -> int:
        return self.signs[0].turn

    @property
    def last(self) -> int:
        return self.signs[-1].turn

    @property
    def keys(self) -> set[str]:
        return {s.key for s in self.signs}


def find(document: Document) -> Iterator[Candidate]:
    """The strongest episode, then the denial where nothing later speaks against it."""
    found = [c for e in _episodes(document) if (c := _affirmed(document, e)) is not None]
    found += [c for c in _falling_due(document) if not any(_overlap(c, f) for f in found)]
    best = max(found, key=lambda c: (c.confidence, -c.order), default=None)
    denial = _denied(document)
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
        if due is None or not 0 <= (date.fromisoformat(due) - today).days <= SOON:
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
    return [Episode(tuple(g)) for g in groups]


def _answers(document: Document) -> Iterator[Mention]:
    """The sum that he names when asked how much he would invest."""
    for turn in document.customer_turns():
        prompt = document.prompt(turn.index)
        if prompt is None or not _HOW_MUCH_IN.search(prompt.text) or _ELSEWHERE.search(prompt.text):
            continue
        for found in values.amounts(turn.text, len(turn.text) <= 24)[:1]:
            yield Mention(
                kind="idle",
                key="answer",
                turn=turn.index,
                start=found.start,
                end=found.end,
                text=found.text,
                speaker=turn.speaker,
                rule="idle.answer",
            )


def _counts(document: Document, sign: Mention) -> bool:
    """His own words, or the advisor's that he confirms."""
    if sign.has("other_holder") and "我" in sign.text:
        return not sign.has("hypothetical", "quoted")  # the friend pays him back
    if sign.has(*BARRED) or (sign.has("negated") and sign.key in ("source", "state", "use")):
        return False
    if sign.by_customer or sign.has("confirmed"):
        return True
    reply = document.reply(sign.turn)
    if reply is not None and sign.rule == "idle.told":
        return bool(_OWNS_UP.match(document.turns[reply.turn].text))
    return reply is not None and sign.key == "source" and bool(values.amounts(document.turns[reply.turn].text))


def _affirmed(document: Document, episode: Episode) -> Candidate | None:
    turns = _turns(document, episode)
    money, place, kept = _sum(document, turns, episode)
    score = _score(document, episode, money, kept)
    if score < 0.6:
        return None
    low, high = (money.low, money.high) if money is not None else (None, None)
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
        value={
            "low": values.number(low),
            "high": values.number(high),
            "available_from": _day(document, episode, turns),
        },
        marks=tuple(dict.fromkeys(marks)),
        rule=lead.rule,
        confidence=round(min(score, 0.95), 3),
        certainty="stated" if lead.by_customer else "confirmed",
        holder="household" if any(s.has("household") for s in episode.signs) else "customer",
        steps=tuple(step for s in episode.signs[:4] for step in steps(s)),
    )


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
    free = any(re.search(r"能动|剩|另外|富余|可以动", s.text) for s in episode.signs)
    bars = (b for b in document.of("idle_bar") if not b.has("negated", "hypothetical"))
    return not free and any(episode.first <= b.turn <= episode.last + 2 for b in bars)


def _sum(document: Document, turns: Sequence[Turn], episode: Episode) -> tuple[Amount | None, Mark | None, bool]:
    """The episode's sum: the last one said with a word of choosing or correcting, else the first;
    and whether it lies with an institution."""
    signed = {s.turn for s in episode.signs}
    told = [document.turns[s.turn] for s in episode.signs if s.rule == "idle.told"]
    turns = sorted([*turns, *told], key=lambda t: t.index)
    found = [
        (money, turn.index, _is_kept(document, turn, money))
        for turn in turns
        for money in _amounts(document, turn, turn.index in signed)
        if _may_be(turn.text, money)
    ]
    if not found:  # the sum stands in the question
        asked = {p.index: p for t in turns if t.index in signed and (p := document.prompt(t.index)) is not None}
        found = [
            (money, number, False)
            for number, turn in sorted(asked.items())
            for money in values.amounts(turn.text)
            if _may_be(turn.text, money) and not _LURED.search(turn.text)
        ]
    free = [one for one in found if not one[2]] or found
    near = [one for one in free if episode.first - 1 <= one[1] <= episode.last + 2] or free
    if not near:
        return None, None, False
    chosen = near[0]
    for one in near[1:]:
        text = document.turns[one[1]].text
        if _CHOSEN.search(text[max(one[0].start - 10, 0) : one[0].start]):
            chosen = one
    money, turn_number, kept = chosen
    return money, Mark(turn_number, money.start, money.end), kept


def _may_be(text: str, money: Amount) -> bool:
    """Not a debt, a premium, a price: and more than pocket money."""
    if max(money.low or 0, money.high or 0) < LEAST:
        return False
    before = text[max(money.start - 10, 0) : money.start]
    return not (_NOT_SUM.search(before) or _AFTER_NOT.search(text[money.end : money.end + 7]))


def _amounts(document: Document, turn: Turn, signed: bool) -> tuple[Amount, ...]:
    """The sums of the turn; bare numbers count as 万 after 多少, or beside a sign (剩下24个)."""
    found = values.amounts(turn.text)
    prompt = document.prompt(turn.index)
    asked = prompt is not None and prompt.index == turn.index - 1 and _HOW_MUCH.search(prompt.text)
    corrected = turn.text.startswith(("不对", "不是", "说错", "不止"))
    if not found and (((asked or corrected) and len(turn.text) <= 24) or (signed and _COUNTED.search(turn.text))):
        found = values.amounts(turn.text, True)
    return found


def _is_kept(document: Document, turn: Turn, found: Amount) -> bool:
    """A sum that lies with a named institution, in the same breath."""
    low = max(found.start - 24, 0)
    return any(low <= m.start <= found.end + 10 for m in document.of("institution", turn=turn.index))


def _day(document: Document, episode: Episode, turns: Sequence[Turn]) -> str | None:
    """From when the money is there: the day said with its coming."""
    for turn in turns:
        if not episode.first - 1 <= turn.index <= episode.last + 2:
            continue
        for day in values.dates(turn.text, document.started_at):
            low, high = turn.clauses[turn.clause_at(day.start)]
            near = turn.text[max(day.start - 12, 0) : high + 10]
            if day.on is not None and _COMING.search(near):
                return values.iso(day.on)
    return None


def _denied(document: Document) -> Candidate | None:
    """He has none: in so many words, or his no to the question."""
    marks: list[Mark] = []
    rule = ""
    for mention in document.of("idle_none"):
        if mention.has("other_holder", "kin", "hypothetical", "quoted", "past"):
            continue
        if not _is_elsewhere(document, mention):
            marks.append(mention.mark)
            rule = rule or mention.rule
    for turn in document.advisor_turns():
        reply = document.reply(turn.index)
        if reply is not None and reply.answer is Answer.NO and _asks_spare(turn.text):
            marks += [Mark(turn.index, 0, 8), Mark(reply.turn, 0, 8)]
            rule = rule or "idle.none.answer"
    if not marks:
        return None
    return Candidate(
        tag=TAG,
        value={"low": None, "high": None, "available_from": None},
        marks=tuple(sorted(set(marks), key=lambda m: (m.turn, m.start))),
        rule=rule,
        polarity=Polarity.NEGATED,
        confidence=0.8,
    )


def _is_elsewhere(document: Document, mention: Mention) -> bool:
    """It is said of a bank or a platform, not of his money as a whole."""
    turn = document.turns[mention.turn]
    prompt = document.prompt(mention.turn)
    low, high = turn.clauses[turn.clause_at(mention.start)]
    asked = prompt is not None and _ELSEWHERE.search(prompt.text) and "闲" not in prompt.text
    return bool(asked or _ELSEWHERE.search(turn.text[max(low - 6, 0) : high]))


def _asks_spare(text: str) -> bool:
    return bool(
        re.search(
            r"(闲|宽裕|富余|余钱|新的?资金|闲置|手头|手上|账上)[^。]{0,20}(吗|没有|有没|呢|还有|？|没)|(还有|有没有|有)[^。]{0,8}(闲|宽裕|富余|余钱|新的?资金|其他的?钱|别的钱)|除了(这个|账上|这些)[^。]{0,6}(还有没有|有没有)",
            text,
        )
    )
