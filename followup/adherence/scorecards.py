"""评分: one rule a function, each finding quotes the turns it stands on; the card is chosen by experience (pure)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from dongke.types import Speaker
from followup.adherence.facts import Facts, Term
from followup.adherence.stats import stretches

FULL = 100


class Finding(NamedTuple):
    """What a rule objects to: the points, why, and the turns to listen to."""

    points: float
    why: str
    turns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Deduction:
    """扣分, with the words it stands on."""

    rule: str
    label: str
    points: float
    why: str
    turns: tuple[int, ...]
    quotes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "label": self.label,
            "points": self.points,
            "why": self.why,
            "quotes": [{"utterance": n, "quote": q} for n, q in zip(self.turns, self.quotes, strict=True)],
        }


@dataclass(frozen=True, slots=True)
class Card:
    """评分表 of one kind of customer."""

    level: str
    label: str
    version: str
    rules: tuple[Mapping[str, Any], ...]


@lru_cache(maxsize=1)
def cards() -> dict[str, Card]:
    """The scorecards in force, by the level of experience."""
    data = yaml.safe_load(resources.files("followup.adherence").joinpath("scorecards.yaml").read_text(encoding="utf-8"))
    return {
        level: Card(level, row["label"], data["version"], tuple(row["rules"])) for level, row in data["cards"].items()
    }


def judge(facts: Facts, card: Card) -> tuple[float, tuple[Deduction, ...]]:
    """The score, 0–100, and the deductions that make it; points of a rule beyond its cap are none."""
    found: list[Deduction] = []
    for rule in card.rules:
        left = float(rule.get("most", FULL))
        for points, why, turns in RULES[rule["id"]](facts, rule):
            taken = min(points, left)
            left -= taken
            if taken > 0:
                quotes = tuple(facts.turns[n].text for n in turns)
                found.append(Deduction(rule["id"], rule["label"], round(taken, 1), why, turns, quotes))
    return max(FULL - sum(d.points for d in found), 0.0), tuple(found)


def _jargon_rate(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    rate, free = facts.jargon_per_minute, rule["free_per_minute"]
    if rate is None or rate <= free or len(facts.uses) < 2:
        return
    by_turn: dict[int, int] = {}
    for n, _ in facts.uses:
        by_turn[n] = by_turn.get(n, 0) + 1
    worst = sorted(sorted(by_turn, key=lambda n: (-by_turn[n], n))[:2])
    yield Finding(rule["points"] * (rate - free), f"每分钟 {rate:.1f} 个术语, 不超过 {free:g} 个为宜", tuple(worst))


def _unexplained(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    for term in facts.foreign:
        if term.explained is None:
            yield Finding(rule["points"], f"说了“{term.words}”, 没有解释", (term.turn,))


def _risk_first(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Risk words in the turn of the first offer or before it; within a few turns behind it is late, later is none."""
    if not facts.offers or any(n <= facts.offers[0] for n in facts.risks):
        return
    first = facts.offers[0]
    behind = [n for n in facts.advisor if n > first][: rule["window_turns"]]
    late = next((n for n in behind if n in facts.risks), None)
    if late is not None:
        yield Finding(rule["late_points"], "先推荐产品, 后说风险", (first, late))
    else:
        yield Finding(rule["points"], f"推荐产品前后 {rule['window_turns']} 句内没有说风险", (first,))


def _check_back(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """After an offer or a term that the customer did not bring, he is asked whether he follows."""
    places = [*facts.offers[:1], *(t.turn for t in facts.foreign)]
    if places and not any(n >= min(places) for n in facts.check_backs):
        yield Finding(rule["points"], "讲完产品或术语, 没有问客户听懂没有", (min(places),))


def _long(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    for one in stretches(facts.turns):
        if one.speaker is Speaker.ADVISOR and one.chars > rule["free_chars"]:
            why = f"一口气说了 {one.chars} 字" + (f" ({one.seconds:g} 秒)" if one.seconds else "")
            yield Finding(rule["points"], why, one.turns)


def _talk_share(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    share, longest = facts.stats.advisor_share, facts.stats.longest_monologue
    if share is not None and longest is not None and share > rule["free_share"]:
        yield Finding(rule["points"], f"顾问占了 {share:.0%}, 不超过 {rule['free_share']:.0%} 为宜", longest.turns)


def _no_figures(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """An offer to one who knows: the figures stand in it or in the advisor's next sentence."""
    for n in facts.offers:
        following = next((m for m in facts.advisor if m > n), n)
        if n not in facts.figures and following not in facts.figures:
            yield Finding(rule["points"], "推荐时没有数据 (收益, 期限, 费率)", (n,))


def _lecturing(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Preaching, and explaining what he had not asked."""
    for n in facts.lectures:
        yield Finding(rule["points"], "说教", (n,))
    told: Sequence[Term] = [t for t in facts.terms if t.explained is not None and not t.asked]
    for term in told:
        if term.explained is not None and term.explained not in facts.lectures:
            yield Finding(rule["points"], f"没有问就解释“{term.words}”", (term.explained,))


def _risk_somewhere(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    if facts.offers and not facts.risks:
        yield Finding(rule["points"], "推荐了产品, 全程没有提到风险", (facts.offers[0],))


def _forbidden(facts: Facts, rule: Mapping[str, Any]) -> Iterator[Finding]:
    for n in facts.forbidden:
        yield Finding(rule["points"], "承诺收益, 或者说没有风险", (n,))


RULES: Mapping[str, Callable[[Facts, Mapping[str, Any]], Iterator[Finding]]] = {
    "jargon_rate": _jargon_rate,
    "unexplained": _unexplained,
    "risk_first": _risk_first,
    "check_back": _check_back,
    "monologue": _long,
    "brevity": _long,
    "talk_share": _talk_share,
    "no_figures": _no_figures,
    "lecturing": _lecturing,
    "risk_somewhere": _risk_somewhere,
    "forbidden": _forbidden,
}
