"""重演: runs a story (docs/stories.md) through all stages and gives what Dongke believes at a time.

The session's database should be empty. Lines may stand in any order; a faulty line is listed under `faults` and
stops no other. The time at which Dongke knew a fact is the story's, never the present.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from dongke.clock import beijing
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput
from followup import repository, service
from followup.opportunity import Opportunity
from followup.reports import story_report
from followup.story import Read, Row, Story, declare, order, times
from profiles.merge import current_tags
from profiles.service import facts_of


def replay(session: Session, rows: Iterable[Row], until: datetime | None, read: Read) -> dict[str, Any]:
    """The answer of docs/stories.md as of `until` (the last time in the story), with `faults` by line number.

    Raises BadInput `story-empty` where there is no time at all.
    """
    lines = list(enumerate(rows, 1))
    moments = times([row for _, row in lines])
    until = until or max(moments, default=None)
    if until is None:
        raise BadInput("story-empty", "故事里没有任何时间")
    story = Story(session, read, max([until, *moments]))
    declare(session, [row for _, row in lines if isinstance(row, Mapping)])
    taken = [story.take(number, row) for number, row in sorted(lines, key=lambda line: order(line[1]))]
    return {**_believed(session, until), "faults": [fault for fault in taken if fault]}


def _believed(session: Session, until: datetime) -> dict[str, Any]:
    found: list[Opportunity] = []
    profiles: dict[str, Any] = {}
    for who in session.exec(select(Customer.id).order_by(col(Customer.id))).all():
        history, opportunities = service.compute(session, who, until)
        if history.customer_id != who:
            continue
        repository.save(session, opportunities, history.members, until)
        found += opportunities
        profiles[who] = current_tags(facts_of(session, who, until), until, until)
    advisors = session.exec(select(Advisor.id).order_by(col(Advisor.id))).all()
    return {
        "as_of": beijing(until).isoformat(),
        "opportunities": [o.to_json() for o in found],
        "profiles": profiles,
        "report": story_report(found, advisors),
    }
