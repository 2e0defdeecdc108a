"""身份操作: what a person may see and change of who is who. Routes and command line both go through here.

Every change is one transaction: the fact, its audit entry, and the bell that has the opportunities computed anew.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col

from api import queue
from api.identity_views import conflict, found_conflicts, identifier, names
from api.identity_views import link as shown_link
from api.queue import Task
from api.schemas_identity import LinkIn, MergeIn
from dongke import audit
from dongke.clock import now
from dongke.errors import BadInput, Conflict, NotFound
from dongke.scope import Principal, Role, readable_customer
from followup.webhooks.profiles import tell_regrouped
from profiles.identity import conflicts
from profiles.identity import service as identity
from profiles.identity.identifiers import kind_of, normalised
from profiles.identity.models import IdentityConflict
from profiles.identity.resolution import mark_of
from profiles.models import IdentityLink

CHANGERS = (Role.MANAGER, Role.ADMIN)  #: who merges, unmerges, links, unlinks and settles
REVEALERS = (Role.MANAGER, Role.COMPLIANCE, Role.ADMIN)  #: who may see a personal identifier unmasked


def merge(session: Session, principal: Principal, given: MergeIn) -> dict[str, Any]:
    """合并 two customers whom the principal may both read, with all that each is merged with already.

    Raises Forbidden `role-forbidden`, NotFound `customer-unknown`, BadInput `merge-self`, `time-future`; Conflict
    `merge-exists` where they are one already.
    """
    first, second = _both(session, principal, given)
    made = identity.merge(session, first, second, _past(given.at), principal.subject, reason=given.reason)
    if made is None:
        raise Conflict("merge-exists", f"{first} 和 {second} 已经合并在一起")
    return _regrouped(session, principal, "identity.merge", made, [first], second, given.reason)


def unmerge(session: Session, principal: Principal, given: MergeIn) -> dict[str, Any]:
    """拆分: takes back the merge that joined the two. Raises as `merge`, and Conflict `merge-missing`."""
    first, second = _both(session, principal, given)
    made = identity.unmerge(session, first, second, _past(given.at), principal.subject, reason=given.reason)
    if made is None:
        raise Conflict("merge-missing", f"{first} 和 {second} 没有合并")
    return _regrouped(session, principal, "identity.unmerge", made, [first, second], second, given.reason)


def link(session: Session, principal: Principal, customer_id: str, given: LinkIn) -> dict[str, Any]:
    """关联 one identifier with the customer. One over the limit is refused, and the refusal kept as a doubt.

    Raises Forbidden `role-forbidden`, NotFound `customer-unknown`, BadInput `identifier-invalid`,
    `identifier-blocked`, `time-future`; Conflict `identifier-limit`.
    """
    principal.need(*CHANGERS)
    who = readable_customer(session, principal, customer_id)
    from_at = _past(given.from_at)
    changed = identity.link(
        session, given.kind, given.value, who.id, from_at, by=principal.subject, shared=given.shared
    )
    mark = mark_of(given.kind, normalised(given.kind, given.value))
    told: dict[str, Any] = {"identifier": mark, "from_at": from_at.isoformat(), "shared": given.shared}
    audit.record(session, principal.subject, "identifier.link", who.id, reason=given.reason, **told)
    queue.defer(session, Task.CUSTOMER, changed)
    known = names(session, principal, {who.id})
    found = [h for h in identity.identifiers_of(session, [who.id]) if h.mark == mark]
    if not found:
        raise Conflict("identifier-limit", f"{kind_of(given.kind).label}没有关联: 它就是这位客户的客户号")
    return identifier(found[-1], known)


def unlink(
    session: Session, principal: Principal, customer_id: str, identifier_id: str, until: datetime | None, reason: str
) -> dict[str, Any]:
    """解除关联 from `until` (now) on. Raises Forbidden `role-forbidden`, NotFound `customer-unknown` or
    `identifier-unknown`, BadInput `time-future`."""
    principal.need(*CHANGERS)
    who = readable_customer(session, principal, customer_id)
    before = identity.one(session, who.id, identifier_id)
    at = _past(until)
    changed = identity.unlink(session, who.id, identifier_id, at)
    told = {"identifier": before.mark, "until": at.isoformat()}
    audit.record(session, principal.subject, "identifier.unlink", who.id, reason=reason, **told)
    queue.defer(session, Task.CUSTOMER, changed)
    shown = identifier(before, names(session, principal, {who.id}))
    return shown | {"until": max(at, before.from_at), "current": False, "shared_with": []}


def reveal(session: Session, principal: Principal, customer_id: str, identifier_id: str, reason: str) -> dict[str, Any]:
    """看原值. Raises Forbidden `role-forbidden`, NotFound `customer-unknown` or `identifier-unknown`."""
    principal.need(*REVEALERS)
    who = readable_customer(session, principal, customer_id)
    held = identity.one(session, who.id, identifier_id)
    audit.record(session, principal.subject, "identifier.reveal", who.id, identifier=held.mark, reason=reason)
    return {"id": held.id, "kind": held.kind, "value": identity.reveal_one(session, who.id, held.mark)}


def settle(session: Session, principal: Principal, ident: str, note: str) -> dict[str, Any]:
    """A person has looked into a doubt. Raises Forbidden, NotFound `conflict-unknown`, Conflict `conflict-settled`."""
    principal.need(*CHANGERS)
    if not found_conflicts(session, principal, [col(IdentityConflict.id) == ident]):
        raise NotFound("conflict-unknown", f"没有身份疑点 {ident[:40]}")
    row = conflicts.settle(session, ident, principal.subject, note)
    audit.record(session, principal.subject, "identity.settle", ident, customers=row.customers, reason=note)
    return conflict(row)


def _regrouped(
    session: Session,
    principal: Principal,
    action: str,
    made: IdentityLink,
    persons: Sequence[str],
    other: str,
    reason: str,
) -> dict[str, Any]:
    groups = [identity.members(session, who) for who in persons]
    told: dict[str, Any] = {
        "other": other,
        "link": made.id,
        "at": made.at.isoformat(),
        "members": groups,
        "reason": reason,
    }
    audit.record(session, principal.subject, action, persons[0], **told)
    queue.defer(session, Task.CUSTOMER, {who for group in groups for who in group})
    tell_regrouped(session, made, merged=action == "identity.merge")
    return {
        "link": shown_link(made, set()),
        "persons": [{"canonical_id": group[0], "members": group} for group in groups],
    }


def _both(session: Session, principal: Principal, given: MergeIn) -> tuple[str, str]:
    """The two, if the principal may change them: he must be able to read everyone who is one person with them."""
    principal.need(*CHANGERS)
    pair = [readable_customer(session, principal, who).id for who in (given.customer_id, given.other_id)]
    for who in pair:
        for member in identity.members(session, who):
            readable_customer(session, principal, member)
    return pair[0], pair[1]


def _past(at: datetime | None) -> datetime:
    moment = now()
    if at is not None and at > moment:
        raise BadInput("time-future", "时间在未来")
    return at or moment
