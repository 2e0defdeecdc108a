"""合并关系: under which id a customer's facts fold, from the links alone (pure).

A link says "from `at` on, this customer's facts fold under `into_id`". An unmerge is a link to himself that takes one
such link back (`undoes`), and so leaves exactly what was there before it. Of several that count, the newest told one
does. Chains are followed to their end; a ring (links entered with times out of order) folds under its smallest id, so
that every question has an answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Link:
    """合并或拆分 of one customer."""

    id: str
    customer_id: str
    into_id: str
    at: datetime
    known_at: datetime
    by: str = ""
    undoes: str | None = None  #: of an unmerge: the id of the link that it takes back

    @property
    def order(self) -> tuple[datetime, str]:
        """The order in which they were told; ids are numbered."""
        return (self.known_at, self.id)


def newest(links: Iterable[Link]) -> dict[str, Link]:
    """The link that counts, by customer; customers who fold under themselves are left out."""
    told = sorted(links, key=lambda x: x.order)
    undone = {x.undoes for x in told}
    return {x.customer_id: x for x in told if x.into_id != x.customer_id and x.id not in undone}


def canonical_of(customer_id: str, links: Iterable[Link]) -> str:
    """The id under which this customer's facts fold."""
    return _end(customer_id, newest(links))


def members_of(customer_id: str, links: Iterable[Link]) -> frozenset[str]:
    """Everyone whose facts fold under the same id as this customer's, himself included."""
    into = newest(links)
    root = _end(customer_id, into)
    everyone = {customer_id, *into, *(x.into_id for x in into.values())}
    return frozenset(who for who in everyone if _end(who, into) == root)


def joining_link(first: str, second: str, links: Iterable[Link]) -> Link | None:
    """The link that made these two one person: the newest on the way between them. None where they are two."""
    into = newest(links)
    if first == second or _end(first, into) != _end(second, into):
        return None
    up, down = _way(first, into), _way(second, into)
    between = [x for x in up if x not in down] + [x for x in down if x not in up]
    return max(between, key=lambda x: x.order) if between else None


def _way(customer_id: str, into: Mapping[str, Link]) -> list[Link]:
    way: list[Link] = []
    while (link := into.get(customer_id)) and link not in way:
        way.append(link)
        customer_id = link.into_id
    return way


def _end(customer_id: str, into: Mapping[str, Link]) -> str:
    seen: list[str] = []
    while customer_id in into:
        if customer_id in seen:
            return min(seen[seen.index(customer_id) :])
        seen.append(customer_id)
        customer_id = into[customer_id].into_id
    return customer_id
