"""权利与跟进: which opportunities and notices may be shown now, and the one way in which a right is exercised."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col

from dongke.standing import PROFILE, Purpose, processable
from followup.models import Notice, StoredOpportunity
from followup.service import refresh
from profiles.identity import persons
from profiles.rights import store as rights_store
from profiles.rights.fold import Fact, Rights, policy
from profiles.rights.store import Wish


def exercise(session: Session, customer_id: str, wish: Wish, *, by: str) -> list[Fact]:
    """Notes the wish and recomputes the person's opportunities in the same transaction: it takes effect at once.

    Raises what `profiles.rights.store.record` raises.
    """
    persons.alone(session, customer_id)
    facts = rights_store.record(session, customer_id, wish, by=by)
    refresh(session, customer_id)
    return facts


def listed(opportunity: Any = StoredOpportunity) -> ColumnElement[bool]:
    """SQL on `StoredOpportunity` (or an alias of it): its customer is processed and profiled, and it serves him or he
    allows marketing."""
    owner = opportunity.customer_id
    serves = col(opportunity.playbook).in_(sorted(policy().service_playbooks))
    return and_(processable(owner, *PROFILE), or_(serves, processable(owner, Purpose.MARKETING)))


def is_listed(playbook: str, rights: Rights) -> bool:
    """The same of one opportunity."""
    serves = playbook in policy().service_playbooks
    return rights.is_profiled and (serves or rights.allows(Purpose.MARKETING))


def told() -> ColumnElement[bool]:
    """SQL on `Notice`: what it reminds of is still listed, and of a maturity still open; of no opportunity: asked by
    law, or he is profiled."""
    stands = or_(col(Notice.kind) != "maturity", col(StoredOpportunity.closed_at).is_(None))
    reminds = exists().where(col(StoredOpportunity.id) == col(Notice.opportunity_id), listed(), stands)
    lawful = col(Notice.kind).in_(sorted(policy().service_notices))
    alone = and_(
        col(Notice.opportunity_id).is_(None),
        processable(Notice.customer_id),
        or_(lawful, processable(Notice.customer_id, *PROFILE, Purpose.MARKETING)),
    )
    return or_(alone, reminds)
