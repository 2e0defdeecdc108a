"""金额的上下文: the words around a number that say whether it is money (data in lexicon/values/amounts.yaml)."""

import re
from functools import cache

from nlp import vocabulary

_NUMERAL = "0-9零一二三四五六七八九十百千万亿两几多来个"
BOUNDARY = re.compile(r"[,.;!?。;\s](?!\d)")


@cache
def cues() -> dict[str, re.Pattern[str]]:
    """The compiled lists of the lexicon: `names` and `counted` match at a place, the `…_before` lists end at one."""
    lists = {name: words.split() for name, words in vocabulary.load("values/amounts").items()}
    found = {name: re.compile("|".join(words)) for name, words in lists.items()}
    for name in ("name_before", "price"):
        found[name] = re.compile(f"(?:{'|'.join(lists[name])})[是为在到约才就都差不多大概]{{0,3}}$")
    found["names"] = re.compile(f"(?<![{_NUMERAL}])(?:{'|'.join(lists['names'])})")
    found["counted"] = re.compile(f"(?:多|来)?(?:{'|'.join(lists['counted'])})")
    found["foreign"] = re.compile(rf"[个多来]?\s*(?:块|元)?(?:{'|'.join(lists['foreign'])})")
    return found


#: how far the words that decide on a sum may stand from it
REACH = 160


def before(t: str, start: int) -> str:
    """The words directly before `start`."""
    return t[max(0, start - 24) : start]


def clause(t: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause around `start`–`end` begins and ends; it is cut off beyond `REACH`."""
    left = max(0, start - REACH)
    for m in BOUNDARY.finditer(t, left, start):
        left = m.end()
    right = BOUNDARY.search(t, end, end + REACH)
    return left, right.start() if right else min(len(t), end + REACH)


def name_spans(t: str) -> list[tuple[int, int]]:
    """Names and sayings that hold a numeral and no sum: 百度, 万一, 三心二意."""
    return [m.span() for m in cues()["names"].finditer(t)]
