"""合并与拆分: which customers are one person. Only a person says so, with a reason; nothing is rewritten.

The links are facts with two times, the grouping is computed from them (profiles/identity/grouping.py).
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Sequence, text
from sqlmodel import Session, SQLModel

from dongke.clock import beijing
from dongke.directory import customer
from dongke.errors import BadInput
from dongke.stamps import stamp
from profiles.identity.grouping import Link, canonical_of, joining_link, members_of
from profiles.models import IdentityLink
from profiles.repository import links_around
from profiles.rights.store import settle

_NUMBERS = Sequence("identitylink_number", metadata=SQLModel.metadata)


def merge(
    session: Session,
    first: str,
    second: str,
    at: datetime,
    by: str,
    *,
    reason: str = "",
    known_at: datetime | None = None,
) -> IdentityLink | None:
    """合并: from `at` on, the facts of both fold under the id of the first. None where they are one already.

    Raises NotFound `customer-unknown`, BadInput `merge-self`, `time-naive`.
    """
    links = _links_of(session, first, second)
    into, who = canonical_of(first, links), canonical_of(second, links)
    if into == who:
        return None
    row = _add(session, who, into, at, by, reason, known_at)
    settle(session, [first, second])  # what one of them refused holds for the person
    return row


def unmerge(
    session: Session,
    first: str,
    second: str,
    at: datetime,
    by: str,
    *,
    reason: str = "",
    known_at: datetime | None = None,
) -> IdentityLink | None:
    """拆分: takes back the merge that made these two one person, and no other. None where they are two already.

    From `at` on they are two; with the time of the merge, or one before it, they never were one.
    """
    joint = joining_link(first, second, _links_of(session, first, second))
    if joint is None:
        return None
    row = _add(session, joint.customer_id, joint.customer_id, max(at, joint.at), by, reason, known_at, joint.id)
    settle(session, [first, second])
    return row


def canonical(session: Session, customer_id: str, known_at: datetime | None = None) -> str:
    """The id under which this customer's facts fold, as known by `known_at` (now)."""
    links = links_around(session, customer_id)
    return canonical_of(customer_id, [x for x in links if known_at is None or x.known_at <= known_at])


def canonicals(session: Session, customer_ids: Iterable[str], at: datetime | None = None) -> dict[str, str]:
    """The same for many at once; with `at`, as they were merged then."""
    wanted = sorted(set(customer_ids))
    links = [x for x in links_around(session, *wanted) if at is None or x.at <= at] if wanted else []
    return {who: canonical_of(who, links) for who in wanted}


def members(session: Session, customer_id: str) -> list[str]:
    """Everyone whose facts fold together with this customer's, the first id first."""
    links = links_around(session, customer_id)
    root = canonical_of(customer_id, links)
    return [root, *sorted(members_of(customer_id, links) - {root})]


def alone(session: Session, *customer_ids: str) -> None:
    """Until the transaction ends, others who recompute or regroup these persons wait.

    The lock is the person's, whichever of his ids is named; who became another person while one waited is locked anew.
    """
    held: set[str] = set()
    while waiting := sorted(set(canonicals(session, customer_ids).values()) - held):
        for who in waiting:
            name = {"name": f"customer:{who}"}
            session.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), name)
        held |= set(waiting)


def _links_of(session: Session, first: str, second: str) -> tuple[Link, ...]:
    if first == second:
        raise BadInput("merge-self", "不能把客户和自己合并")
    for ident in (first, second):
        customer(session, ident)
    alone(session, first, second)
    return links_around(session, first, second)


def _add(
    session: Session,
    who: str,
    into: str,
    at: datetime,
    by: str,
    reason: str,
    known_at: datetime | None,
    undoes: str | None = None,
) -> IdentityLink:
    """Numbered, so that two facts of the same moment keep the order in which they were told."""
    beijing(at)
    row = IdentityLink(
        id=f"L{session.scalar(_NUMBERS):09d}",
        customer_id=who,
        into_id=into,
        at=at,
        known_at=known_at or stamp(session),
        by=by,
        reason=reason,
        undoes=undoes,
    )
    session.add(row)
    session.flush()
    return row
