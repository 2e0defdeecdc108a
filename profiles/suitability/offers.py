"""适当性 for lists: the suitability of many customers at once. `marks.py` makes the marks from it."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from dongke.clock import beijing, now
from profiles import repository
from profiles.crosscheck import stances
from profiles.facts import CustomerFacts
from profiles.merge import tags_at
from profiles.rights.fold import kept
from profiles.rights.store import rights_of
from profiles.suitability.assessment import Suitability, assess

STANCE = "risk.appetite"  #: the only tag that suitability looks at


def of_many(session: Session, customer_ids: Iterable[str], moment: datetime | None = None) -> dict[str, Suitability]:
    """适当性 of each of these customers now (or at a moment), from six queries however many they are."""
    moment = moment or now()
    wanted = sorted(set(customer_ids))
    loaded = repository.load_part(session, wanted, tags=(STANCE,)) if wanted else {}
    rights = rights_of(session, {who for facts in loaded.values() for who in facts.customer_ids}) if loaded else {}
    return {who: _suitability(kept(loaded[who], rights), moment) for who in wanted}


def _suitability(facts: CustomerFacts, moment: datetime) -> Suitability:
    held = facts.at(moment, moment)
    tags = tags_at(facts, moment, moment)
    return assess(held.static(), stances(tags), beijing(moment).date(), refused=held.refused)
