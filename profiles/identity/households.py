"""家庭 (household): customers who share a telephone or a device – an edge between two people, never one person.

Nothing is stored: the edges follow from who holds which identifier at the time asked, so an unlinked number or a
merge takes them away, and no profile's facts depend on them. What more customers share than a family has is public
(a branch's tablet, an agent's number) and makes no edge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dongke.clock import beijing
from dongke.directory import customer
from profiles.identity.grouping import members_of
from profiles.identity.identifiers import kind_of, registry
from profiles.identity.ownership import Holding, Told, holdings
from profiles.identity.persons import canonicals
from profiles.identity.resolution import Mark, kind_in, told_of
from profiles.identity.service import identifiers_of
from profiles.repository import links_around


@dataclass(frozen=True, slots=True)
class Edge:
    """一条共用: `customer_id` (one of the person's own ids) and `other_id` hold the same identifier."""

    customer_id: str
    other_id: str
    evidence: str  #: the kind of identifier
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Household:
    """一家人 as of a time: the other customers, and why."""

    customer_id: str
    others: tuple[str, ...]
    edges: tuple[Edge, ...]


def household_of(session: Session, customer_id: str, as_of: datetime) -> Household:
    """Who shares something with this person at that time. Raises NotFound `customer-unknown`, BadInput `time-naive`."""
    customer(session, customer_id)
    beijing(as_of)
    links = [x for x in links_around(session, customer_id) if x.at <= as_of]
    own = members_of(customer_id, links)
    shown = {h.mark: h.value for h in identifiers_of(session, own, as_of) if kind_of(h.kind).shareable}
    told = told_of(session, shown)
    persons = canonicals(session, {t.customer_id for claims in told.values() for t in claims}, as_of)
    edges = [edge for mark in shown for edge in edges_of(mark, shown[mark], told[mark], persons, as_of)]
    mine = sorted((e for e in edges if e.customer_id in own), key=lambda e: (e.other_id, e.since, e.evidence, e.reason))
    return Household(customer_id, tuple(sorted({e.other_id for e in mine})), tuple(mine))


def edges_of(mark: Mark, value: str, told: Sequence[Told], persons: Mapping[str, str], as_of: datetime) -> list[Edge]:
    """The edges that one identifier makes, both ways (pure). `persons`: customer → the id under which he folds."""
    kind = kind_of(kind_in(mark))
    held = [h for h in holdings(told, kind.succession) if h.covers(as_of)]
    if len({persons[h.customer_id] for h in held}) > registry().crowd:
        return []
    return [
        Edge(a.customer_id, b.customer_id, kind.name, since, f"自{beijing(since):%Y-%m-%d} 起共用{kind.label} {value}")
        for a in held
        for b in held
        if persons[a.customer_id] != persons[b.customer_id]
        for since in [_both(a, b)]
    ]


def _both(a: Holding, b: Holding) -> datetime:
    return max(a.from_at, b.from_at)
