"""商机的变化: what is told of an opportunity when it is computed anew (pure)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from followup.models import State
from followup.opportunity import Opportunity
from followup.webhooks.catalogue import EventType, Fact

ENDS: Mapping[State, EventType] = {
    State.WON: EventType.OPPORTUNITY_WON,
    State.REFUSED: EventType.OPPORTUNITY_REFUSED,
    State.EXPIRED: EventType.OPPORTUNITY_EXPIRED,
}


class Before(NamedTuple):
    """What was stored of it."""

    state: State
    discharged_at: datetime | None


def facts(before: Mapping[str, Before], found: Iterable[Opportunity]) -> list[Fact]:
    """What has happened to these opportunities since they were stored as `before`."""
    return [fact for o in found for fact in _facts(before.get(o.id), o)]


def _facts(before: Before | None, o: Opportunity) -> Iterator[Fact]:
    if before is None:
        yield _fact(EventType.OPPORTUNITY_OPENED, o, o.opened_at)
    if o.discharged_at is not None and (before is None or before.discharged_at is None):
        yield _fact(EventType.OPPORTUNITY_DISCHARGED, o, o.discharged_at)
    end = ENDS.get(o.state)
    if end is not None and (before is None or before.state is not o.state):
        yield _fact(end, o, o.closed_at or o.opened_at)


def _fact(kind: EventType, o: Opportunity, at: datetime) -> Fact:
    data = of_opportunity(o.id, o.customer, o.owner, o.playbook, o.playbook_version, o.state, o.due_at)
    return Fact(kind, o.id, at, data | {"opened_at": o.opened_at}, customer_id=o.customer)


def of_opportunity(
    ident: str, customer_id: str, owner_id: str, playbook: str, version: str, state: str, due_at: datetime
) -> dict[str, Any]:
    """The ids and codes of an opportunity. Its key and amount are the customer's words: they stay here."""
    return {
        "opportunity_id": ident,
        "customer_id": customer_id,
        "owner_id": owner_id,
        "playbook": playbook,
        "playbook_version": version,
        "state": str(state),
        "due_at": due_at,
    }
