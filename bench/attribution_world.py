"""A broker's world with a known effect: who is followed up, who brings money, and what that brought (simulated).

Advisors call those who would bring money anyway, the market lifts everybody in the second period, and amounts have a
heavy tail: before/after and called/not called are wrong here, only the random holdout is right. The truth is known for
every unit, for the world draws from it.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from statistics import fmean

from followup.attribution.credit import Outcome, Touch
from followup.attribution.holdouts import draw
from followup.attribution.lift import Lift, lift_of_means, lift_of_shares

START = datetime.fromisoformat("2026-04-01T09:00:00+08:00")
DAYS = 60
SHARE = 0.3  #: of the units are held out
EXTRA = 0.15  #: more of those who are called bring money: the effect
SEASON = 2.2  #: how much more everybody brings in the second period


@dataclass(frozen=True)
class Unit:
    """一户: its wealth, what it would do by itself, and whether it would be called."""

    id: str
    yuan: float  #: what it brings, when it does
    own: float  #: chance to bring it by itself, in the first period
    called: float  #: chance to be called, if not held out

    @property
    def effect(self) -> float:
        """The truth: how much more it brings on average for not being held out."""
        return self.called * EXTRA * (1 - self.own * SEASON) * self.yuan


@dataclass(frozen=True)
class Run:
    """One draw of the world."""

    units: list[Unit]
    held: list[bool]
    called: list[bool]
    before: list[float]  #: what each brought in the first period
    after: list[float]  #: and in the second

    @property
    def truth(self) -> float:
        """Yuan a unit that the follow-up brought, on average."""
        return fmean(u.effect for u in self.units)

    @property
    def true_share(self) -> float:
        """The same as a share of units that bring anything."""
        return fmean(u.called * EXTRA * (1 - u.own * SEASON) for u in self.units)

    def lift(self) -> Lift:
        """By the random holdout."""
        return lift_of_means(self._arm(held=False), self._arm(held=True))

    def share_lift(self) -> Lift:
        a, b = self._arm(held=False), self._arm(held=True)
        return lift_of_shares(sum(x > 0 for x in a), len(a), sum(x > 0 for x in b), len(b))

    def before_after(self) -> Lift:
        """By the treated alone: after less before."""
        return lift_of_means(self._arm(held=False), [x for x, h in zip(self.before, self.held, strict=True) if not h])

    def called_or_not(self) -> Lift:
        """By those who were called against all who were not."""
        rows = list(zip(self.after, self.called, strict=True))
        return lift_of_means([x for x, c in rows if c], [x for x, c in rows if not c])

    def touches(self) -> list[Touch]:
        return [
            Touch(f"K-{u.id}", u.id, "A1", "call", START + timedelta(days=1))
            for u, c in zip(self.units, self.called, strict=True)
            if c
        ]

    def outcomes(self) -> list[Outcome]:
        at = START + timedelta(days=20)
        return [Outcome(f"E-{u.id}", u.id, at, x) for u, x in zip(self.units, self.after, strict=True) if x]

    def _arm(self, held: bool) -> list[float]:
        return [x for x, h in zip(self.after, self.held, strict=True) if h is held]


def run(seed: int, size: int = 3_000) -> Run:
    """One world of that many households."""
    chance = random.Random(seed)
    units = [_unit(f"H{seed}-{n}", chance) for n in range(size)]
    held = [draw(u.id, f"salt-{seed}") < SHARE for u in units]
    called = [not h and chance.random() < u.called for u, h in zip(units, held, strict=True)]
    before = [u.yuan if chance.random() < u.own else 0.0 for u in units]
    after = [_brings(u, c, chance) for u, c in zip(units, called, strict=True)]
    return Run(units, held, called, before, after)


def _unit(ident: str, chance: random.Random) -> Unit:
    keen = chance.gauss(0, 1)  #: seen by the advisor, not by the analyst
    return Unit(
        id=ident,
        yuan=100_000 * exp(chance.gauss(0, 0.7) + 0.3 * keen),
        own=0.3 / (1 + exp(2 - keen)),
        called=0.2 + 0.7 / (1 + exp(-1.5 * keen)),
    )


def _brings(u: Unit, called: bool, chance: random.Random) -> float:
    by_itself = chance.random() < u.own * SEASON
    persuaded = called and chance.random() < EXTRA
    return u.yuan if by_itself or persuaded else 0.0
