"""A world of empty accounts whose readiness is known, and how well 空户激活潜力值 sees it (simulated, seeded).

The world shares with the score only the **sign** of each reason: how much a reason really weighs is drawn anew in every
world, beside what nobody can observe. Half of the customers, drawn by lot, are called. So the figures say how well a
score by judgement ranks people whose reasons weigh otherwise than judged – not that it fits any firm's customers.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from statistics import fmean
from typing import Any

from dongke.clock import TradingCalendar
from followup.attribution.lift import Lift, lift_of_shares
from profiles.facts import CustomerFacts, Event, Quote, Snapshot, Statement
from profiles.features import view_of
from profiles.features.model import Feature
from profiles.features.potential import activation_potential
from profiles.merge import tags_at
from profiles.parameters import parameters

AT = datetime.fromisoformat("2026-06-18T09:00:00+08:00")
CALENDAR = TradingCalendar()
BASE, NOISE, CALL = -3.2, 0.7, 0.8  #: log odds: of a deposit by itself, unobserved, more when called
#: reason → how often it is there, and what is said or done
SAID: dict[str, tuple[float, str, str, dict[str, Any]]] = {
    "idle_now": (0.12, "funds.idle", "affirmed", {"low": 200_000, "high": 200_000, "available_from": None}),
    "idle_later": (0.10, "funds.idle", "affirmed", {"low": 200_000, "high": 200_000, "available_from": "2026-07-30"}),
    "no_spare_money": (0.10, "funds.idle", "negated", {}),
    "wants_product": (0.20, "intent.product", "affirmed", {"product": "bond_fund"}),
    "wants_permission": (0.12, "intent.permission", "affirmed", {"permission": "star"}),
    "leaving": (0.05, "churn.risk", "affirmed", {"action": "close_account"}),
    "disturbed": (0.08, "voice.feedback", "affirmed", {"topic": "disturbance", "sentiment": "negative"}),
}
DONE: dict[str, tuple[float, str, dict[str, Any]]] = {
    "recent_login": (0.30, "login", {}),
    "viewed_product": (0.25, "page_view", {"product": "bond_fund"}),
    "answers_calls": (0.35, "call_answered", {}),
    "card_not_bound": (0.15, "bank_card_failed", {}),
}
_ONE_OF = frozenset({"idle_now", "idle_later", "no_spare_money"})


@dataclass(frozen=True)
class Person:
    """一位空户: his score with its reasons, whether he was called, and whether he brought money in."""

    score: int
    reasons: dict[str, int]
    called: bool
    deposits: bool


@dataclass(frozen=True)
class Tenth:
    """十分位 of the score, the highest first."""

    scores: tuple[int, int]
    predicted: float
    observed: float
    lift: Lift


def world(seed: int, size: int) -> list[Person]:
    """The people of one world."""
    draw = random.Random(seed)
    rule = parameters().activation
    weights = {code: draw.expovariate(1.2) * (1 if points > 0 else -1) for code, points in rule.points.items()}
    return [_person(draw, f"C{n}", weights) for n in range(size)]


def _person(draw: random.Random, who: str, weights: dict[str, float]) -> Person:
    found = activation(_facts(draw, who))
    reasons = {part.code: int(part.value) for part in found.parts}
    odds = BASE + draw.gauss(0, NOISE) + sum(weights.get(code, 0) for code in reasons if code != "opened")
    called = draw.random() < 0.5
    deposits = draw.random() < 1 / (1 + exp(-(odds + CALL * called)))
    return Person(found.value["score"], reasons, called, deposits)


def activation(facts: CustomerFacts) -> Feature:
    """空户激活潜力值 of these facts, as the page shows it."""
    held = facts.at(AT, AT)
    return activation_potential(view_of(held, AT, tags=tags_at(facts, AT, AT), calendar=CALENDAR))


def _facts(draw: random.Random, who: str) -> CustomerFacts:
    opened = AT - timedelta(days=draw.choice((5, 15, 60, 200)))
    file = {"opened_on": opened.date().isoformat(), "assets_yuan": 0}
    said, done = [], []
    is_told = False
    for code, (rate, tag, polarity, value) in SAID.items():
        if draw.random() < rate and not (code in _ONE_OF and is_told):
            is_told = is_told or code in _ONE_OF
            said.append(_statement(who, code, tag, polarity, value, AT - timedelta(days=draw.randrange(1, 5))))
    for code, (rate, event, properties) in DONE.items():
        if draw.random() < rate:
            at = AT - timedelta(days=draw.randrange(1, 6))
            done.append(Event(f"{who}-{code}", who, event, at, at, properties))
    snapshot = Snapshot("s", who, opened, opened, file)
    return CustomerFacts(who, assertions=tuple(said), events=tuple(done), snapshots=(snapshot,))


def _statement(who: str, code: str, tag: str, polarity: str, value: dict[str, Any], at: datetime) -> Statement:
    words = Quote(f"K{who}-{code}", 0, code, "customer", at)
    return Statement(f"{who}-{code}", who, words.conversation_id, tag, polarity, value, 0.9, (words,), at, at)


def auc(scores: Sequence[float], hits: Sequence[bool]) -> float:
    """The chance that one who deposits has the higher score of two; ties count half. 0.5 where all or none do."""
    ranked = sorted(range(len(scores)), key=lambda n: scores[n])
    ranks, begin = [0.0] * len(scores), 0
    while begin < len(ranked):
        end = begin
        while end < len(ranked) and scores[ranked[end]] == scores[ranked[begin]]:
            end += 1
        for place in range(begin, end):
            ranks[ranked[place]] = (begin + end + 1) / 2
        begin = end
    positive = sum(hits)
    if positive in (0, len(hits)):
        return 0.5
    total = sum(rank for rank, hit in zip(ranks, hits, strict=True) if hit)
    return (total - positive * (positive + 1) / 2) / (positive * (len(hits) - positive))


def brier(chances: Sequence[float], hits: Sequence[bool]) -> float:
    """The mean squared distance of the told chance from what happened; 0 is perfect."""
    return fmean((chance - hit) ** 2 for chance, hit in zip(chances, hits, strict=True))


def calibrated(scores: Sequence[float], hits: Sequence[bool], rounds: int = 25) -> tuple[float, float]:
    """(a, b) of 1 / (1 + exp(−(a + b · score / 100))), by Newton's method (Platt's scaling)."""
    a = b = 0.0
    for _ in range(rounds):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for score, hit in zip(scores, hits, strict=True):
            x = score / 100
            p = 1 / (1 + exp(-(a + b * x)))
            w = max(p * (1 - p), 1e-9)
            g0, g1 = g0 + hit - p, g1 + (hit - p) * x
            h00, h01, h11 = h00 + w, h01 + w * x, h11 + w * x * x
        det = h00 * h11 - h01 * h01
        if abs(det) < 1e-12:
            break
        a, b = a + (h11 * g0 - h01 * g1) / det, b + (h00 * g1 - h01 * g0) / det
    return a, b


def chance(fit: tuple[float, float], score: float) -> float:
    """The chance of a deposit that the calibration tells of a score."""
    return 1 / (1 + exp(-(fit[0] + fit[1] * score / 100)))


def tenths(people: Sequence[Person], fit: tuple[float, float]) -> Iterator[Tenth]:
    """Ten parts of equal size by score, the highest first: told and observed chance of the called, and the lift."""
    ranked = sorted(people, key=lambda p: -p.score)
    for n in range(10):
        part = ranked[n * len(ranked) // 10 : (n + 1) * len(ranked) // 10]
        called, rest = [p for p in part if p.called], [p for p in part if not p.called]
        lift = lift_of_shares(sum(p.deposits for p in called), len(called), sum(p.deposits for p in rest), len(rest))
        told = fmean(chance(fit, p.score) for p in called)
        yield Tenth((part[-1].score, part[0].score), told, lift.treated, lift)
