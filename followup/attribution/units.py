"""实验的单位: a customer, or the household that shares a telephone or a device – for the arms of an experiment.

A household is the closure of `profiles.identity.households` edges at one moment, named by its smallest id: members of
one family talk to each other, so that they must be in one arm.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from profiles.identity.households import edges_of
from profiles.identity.identifiers import kind_of
from profiles.identity.persons import canonicals
from profiles.identity.resolution import told_of
from profiles.identity.service import identifiers_of


def units(session: Session, persons: Collection[str], unit: str, at: datetime) -> dict[str, str]:
    """The unit of each person (the id under which he folds) at that time."""
    if unit == "customer":
        return {who: who for who in persons}
    joined: set[frozenset[str]] = set()
    seen: set[str] = set()
    fresh = set(persons)
    while fresh:
        found = _edges(session, fresh, at)
        joined |= found
        seen |= fresh
        fresh = {who for pair in found for who in pair} - seen
    names = components(seen, joined)
    return {who: names[who] for who in persons}


def components(ids: Iterable[str], joined: Iterable[Collection[str]]) -> Mapping[str, str]:
    """Each id → the smallest id that edges reach from it (pure)."""
    parent = {who: who for who in ids}

    def root(who: str) -> str:
        while parent[who] != who:
            parent[who] = parent[parent[who]]
            who = parent[who]
        return who

    for pair in joined:
        roots = sorted({root(who) for who in pair})
        for other in roots[1:]:
            parent[other] = roots[0]
    return {who: root(who) for who in parent}


def _edges(session: Session, persons: Collection[str], at: datetime) -> set[frozenset[str]]:
    """The pairs of persons who share something, of which one is of these."""
    shown = {h.mark: h.value for h in identifiers_of(session, sorted(persons), at) if kind_of(h.kind).shareable}
    told = told_of(session, shown)
    heads = canonicals(session, {t.customer_id for claims in told.values() for t in claims}, at)
    return {
        frozenset({heads[e.customer_id], heads[e.other_id]})
        for mark, value in shown.items()
        for e in edges_of(mark, value, told.get(mark, ()), heads, at)
    }
