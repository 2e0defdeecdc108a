"""标识的归属: who held an identifier when, from the claims alone (pure). The order in which claims arrive is nothing.

A claim says "from `from_at` on it is this customer's"; claims of one moment share it. A later claim of somebody else
takes it over (handover: a recycled number), or uses it too (joint: a tablet at home). Told again changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from profiles.identity.identifiers import JOINT


@dataclass(frozen=True, slots=True)
class Told:
    """One claim as stored. `until`: when a person or a file ended it."""

    customer_id: str
    from_at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """持有: from then until then (open where None). `taken_by`: the customers who took it over, where some did."""

    customer_id: str
    from_at: datetime
    until: datetime | None
    taken_by: tuple[str, ...] = ()

    def covers(self, at: datetime) -> bool:
        return self.from_at <= at and (self.until is None or at < self.until)

    def overlaps(self, other: "Holding") -> bool:
        starts = max(self.from_at, other.from_at)
        return self.reaches(starts) and other.reaches(starts)

    def reaches(self, at: datetime) -> bool:
        """Whether some of it lies at or after `at`."""
        return self.until is None or at < self.until


def holders(told: Iterable[Told], at: datetime, succession: str) -> frozenset[str]:
    """Who holds the identifier at that time: nobody, one, or several who share it."""
    told = list(told)
    if len(told) == 1:  # nearly all of them
        (only,) = told
        is_his = only.from_at <= at and (only.until is None or at < only.until)
        return frozenset({only.customer_id}) if is_his else frozenset()
    return frozenset(h.customer_id for h in holdings(told, succession) if h.covers(at))


def holdings(told: Iterable[Told], succession: str) -> tuple[Holding, ...]:
    """All times for which it was somebody's, the oldest first. A claim that ends where it begins never was."""
    real = (t for t in told if t.until is None or t.from_at < t.until)
    claims = sorted(real, key=lambda t: (t.from_at, t.customer_id))
    made = _joint(claims) if succession == JOINT else _handed(claims)
    return tuple(sorted(made, key=lambda h: (h.from_at, h.customer_id)))


def _joint(claims: list[Told]) -> list[Holding]:
    """Each customer's own times, those that touch put together."""
    made: list[Holding] = []
    for who, own in groupby(sorted(claims, key=lambda t: (t.customer_id, t.from_at)), key=lambda t: t.customer_id):
        for claim in own:
            last = made[-1] if made and made[-1].customer_id == who else None
            if last is not None and (last.until is None or claim.from_at <= last.until):
                made[-1] = Holding(who, last.from_at, _later(last.until, claim.until))
            else:
                made.append(Holding(who, claim.from_at, claim.until))
    return made


def _handed(claims: list[Told]) -> list[Holding]:
    """From hand to hand: whoever is named anew takes it, unless he only joins those named with him at that moment."""
    done: list[Holding] = []
    current: dict[str, Holding] = {}
    for at, group in groupby(claims, key=lambda t: t.from_at):
        named = {t.customer_id: t for t in group}
        for who in [who for who, held in current.items() if not held.reaches(at)]:
            done.append(current.pop(who))
        if not set(named) <= set(current):
            for who in sorted(set(current) - set(named)):
                held = current.pop(who)
                done.append(Holding(who, held.from_at, at, tuple(sorted(named))))
        for who, claim in named.items():
            before = current.get(who)
            since, until = (before.from_at, _later(before.until, claim.until)) if before else (at, claim.until)
            current[who] = Holding(who, since, until)
    return done + list(current.values())


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later end; None is never."""
    return max(one, other) if one is not None and other is not None else None
