"""故事的报表: the five counts of docs/stories.md, of opportunities as values (pure)."""

from collections.abc import Callable, Iterable, Mapping

from followup.models import State
from followup.opportunity import Opportunity

COUNTS: Mapping[str, Callable[[Opportunity], bool]] = {
    "opened": lambda o: True,
    "discharged_in_time": lambda o: o.discharged_at is not None and o.discharged_at <= o.due_at,
    "won": lambda o: o.state is State.WON,
    "refused": lambda o: o.state is State.REFUSED,
    "overdue": lambda o: o.overdue,
}


def story_report(found: Iterable[Opportunity], advisors: Iterable[str]) -> dict[str, dict[str, int]]:
    """The five counts for every advisor."""
    mine: dict[str, list[Opportunity]] = {who: [] for who in advisors}
    for o in found:
        mine.setdefault(o.owner, []).append(o)
    return {who: {name: sum(map(counts, group)) for name, counts in COUNTS.items()} for who, group in mine.items()}
