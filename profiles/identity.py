"""客户身份 (OneID): which customer a telephone number or 企业微信 id names at a time, and who is merged with whom.

Ownership is in time: numbers are recycled. A number that two customers hold from the same moment (a couple's
telephone) names nobody; it never merges two 客户号. Merges and unmerges are facts: nothing is rewritten.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import beijing, now
from dongke.directory import Customer, customer
from dongke.errors import BadInput, DongkeError
from profiles.grouping import Link, canonical_of, joining_link, members_of
from profiles.models import AdvisorIdentifier, Identifier, IdentityLink
from profiles.repository import links_around
from profiles.sealing import blind_index, normalised, seal, unseal

EXTERNAL_USERID = "external_userid"  #: a customer in 企业微信
WECOM_USERID = "wecom_userid"  #: an advisor in 企业微信
PHONE = "phone"
CHUNK = 1_000


class Claim(NamedTuple):
    """From `from_at` on, this identifier names this customer."""

    kind: str
    value: str
    customer_id: str
    from_at: datetime


def link(session: Session, kind: str, value: str, customer_id: str, from_at: datetime) -> None:
    """From `from_at` on, this identifier names this customer. Told again, nothing changes.

    Raises NotFound `customer-unknown`, BadInput `identifier-invalid`, `time-naive`.
    """
    customer(session, customer_id)
    for _, fault in link_many(session, [Claim(kind, value, customer_id, from_at)]):
        raise fault


def link_many(session: Session, claims: Sequence[Claim]) -> list[tuple[int, DongkeError]]:
    """Many at once, of customers who exist. What cannot be linked is a fault (number, reason) and stops nothing."""
    faults: list[tuple[int, DongkeError]] = []
    good: list[tuple[Claim, str]] = []
    for number, claim in enumerate(claims):
        try:
            beijing(claim.from_at)
            plain = claim._replace(value=normalised(claim.kind, claim.value))
            good.append((plain, blind_index(claim.kind, plain.value)))
        except DongkeError as fault:
            faults.append((number, fault))
    known = _histories(session, [index for _, index in good])
    fresh = []
    for claim, index in good:
        history = known.setdefault((claim.kind, index), [])
        if claim.customer_id not in _holders(history, claim.from_at):
            history.append((claim.from_at, claim.customer_id))
            fresh.append(_row(claim, index))
    for start in range(0, len(fresh), CHUNK):
        session.execute(insert(Identifier).on_conflict_do_nothing(), fresh[start : start + CHUNK])
    return faults


def resolve(session: Session, kind: str, value: str, at: datetime) -> str | None:
    """The customer whom the identifier named at that time; None where it named nobody, or more than one."""
    beijing(at)
    try:
        text = normalised(kind, value)
    except BadInput:
        return None
    index = blind_index(kind, text)
    holders = _holders(_histories(session, [index]).get((kind, index), []), at)
    return holders[0] if len(holders) == 1 else None


def reveal(session: Session, customer_id: str, kind: str) -> list[str]:
    """The customer's identifiers of that kind, newest first, unsealed. The caller audits the reading."""
    rows = session.exec(
        select(Identifier)
        .where(Identifier.customer_id == customer_id, Identifier.kind == kind)
        .order_by(col(Identifier.from_at).desc(), col(Identifier.blind_index))
    )
    return list(dict.fromkeys(unseal(row.kind, row.sealed) for row in rows))


def link_advisor(session: Session, value: str, advisor_id: str, kind: str = WECOM_USERID) -> None:
    """This userid is that advisor's; the newest word counts."""
    row = insert(AdvisorIdentifier).values(kind=kind, value=value, advisor_id=advisor_id)
    session.execute(row.on_conflict_do_update(index_elements=["kind", "value"], set_={"advisor_id": advisor_id}))


def party(session: Session, wecom_id: str, at: datetime) -> tuple[str, str] | None:
    """Who this 企业微信 id is: ("advisor", id) or ("customer", id); None for an unknown one."""
    staff = session.get(AdvisorIdentifier, (WECOM_USERID, wecom_id))
    if staff:
        return "advisor", staff.advisor_id
    who = resolve(session, EXTERNAL_USERID, wecom_id, at)
    return ("customer", who) if who else None


def merge(
    session: Session, first: str, second: str, at: datetime, by: str, *, known_at: datetime | None = None
) -> bool:
    """合并: from `at` on, the facts of both fold under the id of the first. False where they are one already.

    Raises NotFound `customer-unknown`, BadInput `merge-self`.
    """
    links = _locked_links(session, first, second)
    into, who = canonical_of(first, links), canonical_of(second, links)
    if into == who:
        return False
    _add_link(session, who, into, at, by, known_at)
    return True


def unmerge(
    session: Session, first: str, second: str, at: datetime, by: str, *, known_at: datetime | None = None
) -> bool:
    """拆分: undoes the merge that made these two one person, and no other. False where they are two already."""
    joint = joining_link(first, second, _locked_links(session, first, second))
    if joint is None:
        return False
    _add_link(session, joint.customer_id, joint.customer_id, at, by, known_at)
    return True


def canonical(session: Session, customer_id: str, known_at: datetime | None = None) -> str:
    """The id under which this customer's facts fold, as known by `known_at` (now)."""
    links = links_around(session, customer_id)
    return canonical_of(customer_id, [x for x in links if known_at is None or x.known_at <= known_at])


def members(session: Session, customer_id: str) -> list[str]:
    """Everyone whose facts fold together with this customer's, the first id first."""
    links = links_around(session, customer_id)
    root = canonical_of(customer_id, links)
    return [root, *sorted(members_of(customer_id, links) - {root})]


History = list[tuple[datetime, str]]  #: (from, customer) of one identifier


def _histories(session: Session, indexes: Sequence[str]) -> dict[tuple[str, str], History]:
    found: dict[tuple[str, str], History] = {}
    for start in range(0, len(indexes), CHUNK):
        rows = session.exec(
            select(Identifier.kind, Identifier.blind_index, Identifier.from_at, Identifier.customer_id).where(
                col(Identifier.blind_index).in_(indexes[start : start + CHUNK])
            )
        )
        for kind, index, from_at, who in rows:
            found.setdefault((kind, index), []).append((from_at, who))
    return found


def _holders(history: History, at: datetime) -> list[str]:
    """Who holds the identifier at `at`: those of the newest beginning until then."""
    newest = max((since for since, _ in history if since <= at), default=None)
    return sorted(who for since, who in history if since == newest)


def _row(claim: Claim, index: str) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "blind_index": index,
        "from_at": claim.from_at,
        "customer_id": claim.customer_id,
        "sealed": seal(claim.kind, claim.value),
    }


def _locked_links(session: Session, first: str, second: str) -> list[Link]:
    if first == second:
        raise BadInput("merge-self", "不能把客户和自己合并")
    for ident in (first, second):
        customer(session, ident)
    session.exec(
        select(Customer.id).where(col(Customer.id).in_([first, second])).order_by(col(Customer.id)).with_for_update()
    ).all()
    found = {x.id: x for who in (first, second) for x in links_around(session, who)}
    return list(found.values())


def _add_link(session: Session, who: str, into: str, at: datetime, by: str, known_at: datetime | None) -> None:
    """Numbered by customer, so that two facts of the same moment keep the order in which they were told."""
    count = len(session.exec(select(IdentityLink.id).where(IdentityLink.customer_id == who)).all())
    session.add(
        IdentityLink(id=f"{who}/{count:06d}", customer_id=who, into_id=into, at=at, known_at=known_at or now(), by=by)
    )
    session.flush()
