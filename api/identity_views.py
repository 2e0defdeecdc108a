"""身份的样子: what the API and the command line show of who is who, each principal only what he may read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, func
from sqlmodel import Session, col, select

from api import paging
from dongke import audit
from dongke.clock import now
from dongke.directory import Customer
from dongke.errors import BadInput
from dongke.scope import Principal, readable_customer, visible
from profiles.identity import conflicts
from profiles.identity import service as identity
from profiles.identity.households import Edge, household_of
from profiles.identity.identifiers import kind_of, registry
from profiles.identity.models import IdentityConflict
from profiles.models import IdentityLink
from profiles.repository import links_around


def show(session: Session, principal: Principal, customer_id: str) -> dict[str, Any]:
    """客户身份 as this principal may see it. Other customers appear only where he may read them."""
    who = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "identity.read", who.id)
    members = identity.members(session, who.id)
    links = links_around(session, who.id)
    edges = [e for member in members[:1] for e in household_of(session, member, now()).edges]
    held = identity.identifiers_of(session, members)
    others = {c for h in held for c in h.shared_with} | {e.other_id for e in edges}
    known = names(session, principal, {*members, *others, *(i for x in links for i in (x.customer_id, x.into_id))})
    return {
        "customer_id": who.id,
        "canonical_id": members[0],
        "members": [{"customer_id": m, "name": known.get(m, "")} for m in members],
        "identifiers": [identifier(h, known) for h in held],
        "history": history(session, [x.id for x in links if {x.customer_id, x.into_id} <= set(known)]),
        "household": [_edge(e, known) for e in edges],
        "conflicts": [conflict(row) for row in found_conflicts(session, principal, [_wait_for(members)])],
        "identifiers_version": registry().version,
    }


def doubts(
    session: Session,
    principal: Principal,
    *,
    kind: str | None = None,
    settled: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """A page of doubts about customers all of whom the principal may read, the newest first."""
    row = IdentityConflict
    conditions: list[ColumnElement[bool]] = []
    if not settled:
        conditions.append(col(row.settled_at).is_(None))
    if kind:
        conditions.append(col(row.kind) == kind)
    place = paging.decode("conflicts", cursor, 2)
    if place:
        conditions.append(paging.after((row.last_at, row.id), (_moment(place[0]), place[1]), descending=True))
    rows, last = paging.page(found_conflicts(session, principal, conditions, limit + 1), limit)
    after = paging.encode("conflicts", last.last_at.isoformat(), last.id) if last else None
    return {"items": [conflict(r) for r in rows], "next_cursor": after}


def conflict(row: IdentityConflict) -> dict[str, Any]:
    """One doubt as it is shown."""
    return row.model_dump(exclude={"detail"}) | {
        "label": conflicts.LABELS.get(row.kind, row.kind),
        "text": row.detail.get("text", ""),
    }


def history(session: Session, link_ids: Sequence[str]) -> list[dict[str, Any]]:
    """These merges and unmerges, the newest first."""
    rows = session.exec(select(IdentityLink).where(col(IdentityLink.id).in_(link_ids))).all()
    undone = {row.undoes for row in rows}
    return [link(row, undone) for row in sorted(rows, key=lambda r: (r.known_at, r.id), reverse=True)]


def names(session: Session, principal: Principal, ids: Iterable[str]) -> dict[str, str]:
    """The names of those of these customers whom the principal may read."""
    query = select(Customer.id, Customer.name).where(col(Customer.id).in_(sorted(ids)), visible(principal))
    return dict(session.exec(query).all())


def identifier(held: identity.Held, known: dict[str, str]) -> dict[str, Any]:
    at = now()
    return {
        "id": held.id,
        "kind": held.kind,
        "label": kind_of(held.kind).label,
        "value": held.value,
        "customer_id": held.customer_id,
        "from_at": held.from_at,
        "until": held.until,
        "current": held.from_at <= at and (held.until is None or at < held.until),
        "by": held.by,
        "shared_with": [who for who in held.shared_with if who in known],
    }


def link(row: IdentityLink, undone: set[str | None]) -> dict[str, Any]:
    is_merge = row.undoes is None
    return {
        "id": row.id,
        "action": "merge" if is_merge else "unmerge",
        "customer_id": row.customer_id,
        "into_id": row.into_id if is_merge else None,
        "at": row.at,
        "known_at": row.known_at,
        "by": row.by,
        "reason": row.reason,
        "undone": row.id in undone,
    }


def found_conflicts(
    session: Session, principal: Principal, conditions: Sequence[ColumnElement[bool]], limit: int = 200
) -> list[IdentityConflict]:
    """Only those of which the principal may read every customer."""
    row = IdentityConflict
    readable = (
        select(func.count(col(Customer.id)))
        .where(col(Customer.id) == any_(col(row.customers)), visible(principal))
        .correlate(row)
        .scalar_subquery()
    )
    query = select(row).where(*conditions, func.cardinality(row.customers) == readable)
    return list(session.exec(query.order_by(col(row.last_at).desc(), col(row.id).desc()).limit(limit)))


def _edge(edge: Edge, known: dict[str, str]) -> dict[str, Any]:
    return {
        "customer_id": edge.customer_id,
        "other_id": edge.other_id if edge.other_id in known else None,
        "other_name": known.get(edge.other_id),
        "evidence": edge.evidence,
        "since": edge.since,
        "reason": edge.reason,
    }


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None


def _wait_for(customers: Sequence[str]) -> ColumnElement[bool]:
    return col(IdentityConflict.settled_at).is_(None) & conflicts.names_one_of(customers)
