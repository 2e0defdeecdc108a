"""投资经验: what the customer is when a talk begins, by his own words; the one judge of boards and reports (pure)."""

from dataclasses import replace
from datetime import datetime

from profiles.corrections import apply
from profiles.facts import CustomerFacts
from profiles.merge import tags_at

TAG = "experience.level"


def level_at(facts: CustomerFacts, moment: datetime, known_at: datetime) -> str | None:
    """小白 or 老手 in a talk begun at `moment`, as known at `known_at`; None where it is not known.

    What he had taken back or what had expired by then counts no more; what he says in that very talk counts. A verdict
    says what was never so, whenever it was given, and ids that are one person now always were. Who refuses a profile
    has no level.
    """
    if "profiling" in facts.refused or not any(s.tag == TAG for s in facts.assertions):
        return None
    tags = tags_at(_corrected(facts), moment, max(moment, known_at))
    live = [t for t in tags if t.tag == TAG and t.is_live and t.is_affirmed]
    newest = max(live, key=lambda t: (t.said_at, t.id), default=None)
    return str(newest.value.get("level")) if newest else None


def _corrected(facts: CustomerFacts) -> CustomerFacts:
    """His statements of experience after all verdicts, each at the time of the words that it stands on."""
    said = {s.id: s.said_at for s in facts.assertions}
    own = tuple(
        replace(s, said_at=said.get(s.id, s.said_at), customer_id=facts.customer_id)
        for s in apply(facts).statements
        if s.tag == TAG
    )
    return replace(facts, assertions=own, feedback=(), links=())
