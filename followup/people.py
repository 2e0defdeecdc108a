"""能看的客户: ids of the persons that boards run over – whom the principal may read and whose data may be so used."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, String, any_, exists, literal
from sqlmodel import Session, col, select

from dongke.directory import Advisor, Customer
from dongke.errors import BadInput
from dongke.scope import Principal, visible
from dongke.standing import Purpose, processable
from profiles.identity.persons import canonicals
from profiles.models import BehaviourEvent, IdentityLink, StoredAssertion


@dataclass(frozen=True, slots=True)
class Scope:
    """范围: whose customers. The owner now decides, as in every list."""

    advisor_id: str | None = None
    branch_id: str | None = None
    customer_id: str | None = None


def check_size(found: int, most: int | None, what: str, instead: str) -> None:
    """Raises BadInput `scope-too-large` where an answer would read more than `most`."""
    if most is not None and found > most:
        raise BadInput("scope-too-large", f"超过 {most} {what}, 一次看不完: 请{instead}")


def readable(principal: Principal | None, scope: Scope, *purposes: Purpose) -> ColumnElement[bool]:
    """SQL on `Customer`: readable by the principal (None: all, for jobs), in the scope, for the purposes."""
    found = processable(Customer.id, *purposes)
    if principal is not None:
        found = found & visible(principal)
    if scope.customer_id:
        found = found & (col(Customer.id) == scope.customer_id)
    if scope.advisor_id:
        found = found & (col(Customer.advisor_id) == scope.advisor_id)
    if scope.branch_id:
        mine = select(Advisor.id).where(col(Advisor.branch_id) == scope.branch_id)
        found = found & col(Customer.advisor_id).in_(mine)
    return found


def tellers(
    session: Session,
    principal: Principal | None,
    scope: Scope,
    tag: str,
    purposes: Sequence[Purpose],
    *extra: ColumnElement[bool],
) -> list[str]:
    """The persons (the ids under which they fold) who asserted that tag, sorted. A merged id counts for its person."""
    teller = col(StoredAssertion.customer_id) == col(Customer.id)
    told = exists().where(teller, col(StoredAssertion.tag) == tag, *extra)
    own = select(Customer.id).where(told, readable(principal, scope, *purposes))
    joined = exists().where(col(IdentityLink.customer_id) == col(Customer.id))
    merged = select(Customer.id).where(told, joined)
    ids = {*session.exec(own), *session.exec(merged)}
    return heads(session, ids, principal, scope, *purposes)


def heads(
    session: Session, ids: Collection[str], principal: Principal | None, scope: Scope, *purposes: Purpose
) -> list[str]:
    """The persons of these ids whom the principal may read, sorted."""
    found = set(canonicals(session, ids).values()) if ids else set()
    these = any_(literal(sorted(found), ARRAY(String)))  # one parameter, however many they are
    query = select(Customer.id).where(col(Customer.id) == these, readable(principal, scope, *purposes))
    return sorted(session.exec(query)) if found else []


def doers(
    session: Session,
    principal: Principal | None,
    scope: Scope,
    events: Sequence[str],
    start: datetime,
    end: datetime,
    *purposes: Purpose,
) -> list[str]:
    """The persons of whom one of these events is told in [start, end), sorted."""
    e = BehaviourEvent
    query = select(e.customer_id).where(col(e.event).in_(events), col(e.at) >= start, col(e.at) < end).distinct()
    return heads(session, set(session.exec(query)), principal, scope, *purposes)
