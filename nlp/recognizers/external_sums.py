"""外部资产的数额: the sum that lies at a place, chosen among all that are spoken of around it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp import holdings
from nlp.amounts import Amount
from nlp.document import Answer, Document, Mention, Turn
from nlp.holdings import Stretch
from nlp.recognizers.ledger import Ledger, Spoken, equal, ledger

BEFORE, AFTER = 3, 6  #: turns around the place
FAR = 40  #: characters from which on it makes no difference
WEIGHTS: Mapping[str, float] = {
    "now": 2.0,
    "his later": 1.8,
    "rank 3.0": 1.5,
    "his same": 1.4,
    "size": 1.3,
    "follows": 1.2,
    "rank 1.5": 1.1,
    "agreed": 1.1,
    "asked how much": 1.0,
    "rank 2.0": 0.8,
    "rank 2.5": 0.8,
    "advisor's earlier": 0.5,
    "none in territory": 0.5,
    "left": 0.4,
    "echoed": 0.4,
    "refines": 0.3,
    "rival in turn": 0.3,
    "precedes": 0.2,
    "role part": 0.2,
    "turns": -0.2,
    "role whole": -0.2,
    "role taken": -0.3,
    "gap": -0.4,
    "rival between": -0.5,
    "all": -0.5,
    "then": -0.6,
    "again": -0.8,
    "moves": -0.8,
    "advisor's later": -0.8,
    "his earlier": -0.9,
    "bare": -1.0,
    "threshold": -1.3,
    "plan between": -1.5,
    "rival nearer": -1.7,
    "none": -2.0,
    "outside": -2.3,
    "flow": -4.3,
}
_HOW_MUCH = re.compile(r"多少|几个|大概|量级|规模|多大|什么数|有多|额度|数额|几万|金额|几百")
_ALL = re.compile(r"(一共|总共|合起来|加起来|统共|拢共|凑|合计|两头)[^，。]{0,5}$")
_LEFT = re.compile(r"(现在|目前|还)?(剩|只有|只剩|还有)[^，。]{0,5}$")
_MOVES = re.compile(r"(拿|转|挪|划|取|提|赎|动|投|买|卖|补|加|打|亏|赚|涨|跌|返|交|还)(了|出|个|掉|过来|出来|走)*$")
_OPENED = re.compile(r"起(投|点|步)?|门槛|日均|额度|限|送")
_SEEN = (
    ("all", _ALL, "before"),
    ("left", _LEFT, "before"),
    ("moves", _MOVES, "before"),
    ("threshold", _OPENED, "clause"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """一种可能: a sum, None for none, and what is to be seen of it."""

    spoken: Spoken | None
    signs: Mapping[str, float]

    @property
    def weight(self) -> float:
        return sum(WEIGHTS.get(name, 0.0) * value for name, value in self.signs.items())


def amount(
    document: Document, own: Sequence[Mention], rivals: Sequence[Mention], parts: Sequence[Stretch]
) -> Amount | None:
    """The sum at the place. `own`: its mentions near by, `rivals`: those of other places, `parts`: its territory."""
    best = max(options(document, own, rivals, parts), key=lambda held: held.weight).spoken
    return holdings.with_others(best.turn.text, best.money) if best is not None else None


def options(
    document: Document, own: Sequence[Mention], rivals: Sequence[Mention], parts: Sequence[Stretch]
) -> Iterator[Held]:
    """Every sum around the place, and that there is none."""
    yield Held(
        None,
        {
            "none": 1.0,
            "none in territory": float(not any(holdings.sums(p.text, p.asked) for p in parts)),
        },
    )
    turns = document.turns[max(own[0].turn - BEFORE, 0) : own[-1].turn + AFTER + 1]
    middle = own[len(own) // 2]
    spoken = ledger(turns, (middle.turn, middle.start), holdings.SMALLEST)
    largest = max((s.size for s in spoken.sums), default=1.0)
    for one in spoken.sums:
        near = min(own, key=lambda m: _distance(m, one))
        seen = set(_signs(document, one, near, rivals, parts, spoken))
        if "freed" in seen or (one.bare and "flow" in seen):
            continue
        signs = dict.fromkeys(sorted(seen), 1.0)
        signs["size"] = math.log10(one.size / largest)
        signs["turns"] = float(abs(near.turn - one.turn.index))
        if near.turn == one.turn.index:
            signs["gap"] = min(_distance(near, one)[1], FAR) / 10
        yield Held(one, signs)


def _distance(mention: Mention, one: Spoken) -> tuple[int, int]:
    start, end = one.money.start, one.money.end
    gap = max(start - mention.end, mention.start - end, 0)
    return abs(mention.turn - one.turn.index), gap if mention.turn == one.turn.index else 0


def _signs(
    document: Document, one: Spoken, near: Mention, rivals: Sequence[Mention], parts: Sequence[Stretch], spoken: Ledger
) -> Iterator[str]:
    turn, money = one.turn, one.money
    yield from _where(document, one, near, rivals)
    inside = [p.rank for p in parts if p.turn == turn.index and p.start <= money.start < p.end]
    yield f"rank {max(inside)}" if inside else "outside"
    yield from (f"role {role}" for role in sorted(set(spoken.roles(one))))
    own, other = spoken.echoes(one)
    yield from [name for name, true in (("again", own), ("echoed", other)) if true]
    if one.bare:
        yield "bare"
    text = turn.text
    before, after = text[max(money.start - 12, 0) : money.start], text[money.end : money.end + 8]
    low, high = turn.clauses[turn.clause_at(money.start)]
    seen = {"before": before, "after": after, "clause": text[low:high]}
    yield from (name for name, pattern, where in _SEEN if pattern.search(seen[where]))
    yield from holdings.signs(text, money)
    yield from _beside(one, spoken)


def _beside(one: Spoken, spoken: Ledger) -> Iterator[str]:
    """七十还是八十: of two sums side by side the later one."""
    for other in spoken.sums:
        if other.turn is one.turn and other is not one and 0.5 < other.size / one.size < 2:
            gap = one.turn.text[min(one.money.end, other.money.end) : max(one.money.start, other.money.start)]
            if len(gap) <= 6 and not equal(one.size, other.size):
                yield "refines" if other.place < one.place else "refined"


def _where(document: Document, one: Spoken, near: Mention, rivals: Sequence[Mention]) -> Iterator[str]:
    number, turn = one.turn.index, one.turn
    side = "his" if turn.by_customer else "advisor's"
    when = "same" if number == near.turn else "later" if number > near.turn else "earlier"
    yield f"{side} {when}"
    if number == near.turn:
        yield "follows" if one.money.start >= near.end else "precedes"
    here = [r for r in rivals if r.turn == number]
    if here:
        yield "rival in turn"
        if any(_distance(r, one) < _distance(near, one) for r in here):
            yield "rival nearer"
    low, high = sorted((near.turn, number))
    if any(_is_between(r, near, one) for r in rivals):
        yield "rival between"
    if any(not t.by_customer and holdings.asks_plan(t.text) for t in document.turns[low + 1 : high]):
        yield "plan between"
    prompt = document.prompt(number)
    if turn.by_customer and prompt is not None and prompt.index == number - 1 and _HOW_MUCH.search(prompt.text):
        yield "asked how much"
    if not turn.by_customer:
        yield from _answered(document, turn)


def _is_between(rival: Mention, near: Mention, one: Spoken) -> bool:
    ends = sorted([(near.turn, near.start), one.place])
    return ends[0] < (rival.turn, rival.start) < ends[1]


def _answered(document: Document, turn: Turn) -> Iterator[str]:
    reply = document.reply(turn.index)
    if reply is not None and reply.answer in (Answer.YES, Answer.NOD):
        yield "agreed"
