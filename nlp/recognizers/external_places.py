"""外部资产的去处: the places of a conversation, whose each is, and the words that belong to it.

A bare 定期 or 信托 stands for the institution named beside it; what is said of one institution in several turns is one.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Generic, TypeVar

from nlp import entities, holdings, local
from nlp.document import Document, Mark, Mention, Turn
from nlp.holdings import Stretch

Owned = tuple[Mention, str]  #: a place, and the name or type that it stands for
Placed = TypeVar("Placed")
BARRED = ("other_holder", "kin", "hypothetical", "sarcastic", "quoted")
WHICH = re.compile(r"哪个|哪一?家|哪里|哪儿|什么(银行|券商|公司|平台)")
PER_TURN = 24  #: places that are weighed of one turn and kind
REACH = 16  #: turns around a place within which others can bear on it
NEAR_NAME = 4  #: turns after a name in which the bare type still means it
LOCAL = ("农商银行", "农村信用社")
LOCAL_WORDS = ("农商银行", "农商行", "农村商业银行", "信用社", "农信社", "农村信用社")
_TOWN = re.compile(r"[^，。？！在是去有到从啊你您他那些存放个家的上我了跟和搁万元块钱笔\d]{2,3}$")
MAKERS = ("private_manager", "fund_company")
SELLERS = ("broker", "bank", "internet_platform")


class Near(Generic[Placed]):
    """What stands in the turns around one, in the order in which it was given."""

    def __init__(self, found: Iterable[tuple[int, Placed]]) -> None:
        given = list(found)
        self.all = [one for _, one in given]
        self._by_turn: dict[int, list[tuple[int, Placed]]] = {}
        for number, (turn, one) in enumerate(given):
            self._by_turn.setdefault(turn, []).append((number, one))

    def around(self, turn: int, before: int = REACH, after: int = REACH) -> list[Placed]:
        found = [p for at in range(turn - before, turn + after + 1) for p in self._by_turn.get(at, ())]
        return [one for _, one in sorted(found, key=lambda p: p[0])]


def places(document: Document) -> list[Mention]:
    """Institutions, and types where no institution stands in the same clause."""
    found = [m for turn in document.turns for m in _of_turn(document, turn)]
    return sorted(found, key=lambda m: (m.turn, m.start))


def _of_turn(document: Document, turn: Turn) -> list[Mention]:
    found = list(_some(document, "institution", turn.index))
    clauses = {turn.clause_at(n.start) for n in found}
    for mention in _some(document, "place_type", turn.index):
        near = [f for f in found if 0 <= mention.start - f.end <= 6]
        if any(f.kind == "place_type" and f.key == mention.key for f in near):
            continue
        if turn.clause_at(mention.start) not in clauses:
            found.append(mention)
    return found


def _some(document: Document, kind: str, turn: int) -> Iterator[Mention]:
    """The mentions of the turn, no more than anyone can mean."""
    return islice(document.of(kind, turn=turn), PER_TURN)


def kind_of(place: Mention) -> str:
    """The institution_type of a place."""
    if place.kind == "institution":
        return entities.institution_type(place.key)
    return place.key


@lru_cache(maxsize=4)
def owned(document: Document) -> Near[Owned]:
    """Each place with the institution that it stands for: a bare 定期 or 信托 is at the one named beside it."""
    turns = range(len(document.turns))
    names = [(m, _said_name(document, m)) for turn in turns for m in _some(document, "institution", turn)]
    near = Near((n[0].turn, n) for n in names)
    found = list(names)
    for mention in (m for turn in turns for m in _some(document, "place_type", turn)):
        around = near.around(mention.turn, NEAR_NAME, 3)
        same = [n for n in around if kind_of(n[0]) == mention.key and not n[0].has(*BARRED)]
        here = [n for n in same if n[0].turn == mention.turn]
        before = [n for n in here if n[0].start <= mention.start]
        recent = [n for n in same if 0 < mention.turn - n[0].turn <= NEAR_NAME]
        told = [n for n in same if 0 < n[0].turn - mention.turn <= 3 and _asks_which(document, n[0])]
        nearest = (before or here[:1] or recent or told)[-1:]
        found.append((mention, nearest[0][1] if nearest else mention.key))
    return Near((m.turn, (m, owner)) for m, owner in found)


def _asks_which(document: Document, named: Mention) -> bool:
    prompt = document.prompt(named.turn)
    return prompt is not None and bool(WHICH.search(prompt.text))


def owner_of(place: Mention, standing: Near[Owned]) -> str:
    """The name of the institution that the place stands for, or its type."""
    return next((name for mention, name in standing.around(place.turn, 0, 0) if mention == place), place.key)


def _said_name(document: Document, named: Mention) -> str:
    """潍坊农商行 is no other's: a local bank goes by the town that is said before the common name."""
    if named.key not in LOCAL or named.text not in LOCAL_WORDS:
        return named.key
    town = _TOWN.search(document.turns[named.turn].text[: named.start])
    return f"{town[0]}{named.text}" if town is not None else named.key


def territory(document: Document, place: Mention, standing: Near[Owned]) -> list[Stretch]:
    """The words of the place and of its other mentions near by, in reading order."""
    owner = owner_of(place, standing)
    near = standing.around(place.turn)
    rivals = [(m, other) for m, other in near if other != owner and _is_rival(document, place, m)]
    others = [m for m, _ in rivals]
    here = [m for m, other in rivals if m.kind == "institution" or m.key == kind_of(place) or other != m.key]
    same = {id(m) for m in here}
    mine = [m for m, other in near if other == owner and m != place and abs(m.turn - place.turn) <= holdings.NEAR]
    found: dict[Mark, Stretch] = {}
    for mention in [place, *(m for m in mine if _speaks(document, m))]:
        parts = holdings.stretches(document, mention, [m for m in others if m.turn != mention.turn or id(m) in same])
        before = holdings.lead(document, mention, here)
        if not mention.by_customer and not holdings.confirmed(document, document.turns[mention.turn]):
            parts, before = parts[1:], None
        for part in [*parts, *([before] if before is not None else [])]:
            found.setdefault(part.mark, part)
    return sorted(found.values(), key=lambda p: (p.turn, p.start))


def around(document: Document, place: Mention, standing: Near[Owned]) -> tuple[list[Mention], list[Mention]]:
    """The mentions of the place's institution, and those of other places."""
    owner = owner_of(place, standing)
    near = standing.around(place.turn)
    own = [m for m, other in near if other == owner and abs(m.turn - place.turn) <= holdings.NEAR]
    return sorted(own or [place], key=lambda m: (m.turn, m.start)), [
        m for m, other in near if other != owner and _is_rival(document, place, m)
    ]


def _is_rival(document: Document, place: Mention, other: Mention) -> bool:
    return not (_is_maker(document, place, other) or _is_taken_back(document, other))


def _is_maker(document: Document, place: Mention, other: Mention) -> bool:
    """在中金买的幻方那系列: whose product it is, not where it lies."""
    if kind_of(other) not in MAKERS or kind_of(place) not in SELLERS or other.turn != place.turn:
        return False
    return bool(re.search(r"(买|是|配)(了|的|个|那个)*$", document.turns[other.turn].text[: other.start]))


def _is_taken_back(document: Document, name: Mention) -> bool:
    """在高瓴, 不是, 高毅那边: a slip of the tongue."""
    return bool(re.match(r"[，啊呀]*(不是|不对|说错|哦不)", document.turns[name.turn].text[name.end :]))


def _speaks(document: Document, mention: Mention) -> bool:
    cue = local.judge("external", local.window(document, mention))
    return not mention.has(*BARRED) and (cue is None or cue.sign not in ("gone", "owe"))
