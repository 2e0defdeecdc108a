"""画像折叠: facts in, profile out – pure, so that any past answer can be given again.

The order of the facts does not matter: they are cut to the two times and sorted first. Read `fold` to see all steps.
"""

from datetime import datetime
from typing import Any

from dongke.clock import TradingCalendar, beijing
from profiles import corrections
from profiles.attention import next_question, three_lines
from profiles.beliefs import Tag, believe
from profiles.crosscheck import contradictions, stances
from profiles.facts import CustomerFacts
from profiles.features import features
from profiles.grouping import members_of
from profiles.parameters import Parameters, parameters
from profiles.profile import Profile
from profiles.profile import current_tags as _current_tags
from profiles.suitability import assess


def fold(
    facts: CustomerFacts,
    as_of: datetime,
    known_at: datetime,
    *,
    calendar: TradingCalendar | None = None,
    known: Parameters | None = None,
) -> Profile:
    """The profile at `as_of` from what Dongke knew by `known_at`. Both must be aware (BadInput `time-naive`)."""
    today = beijing(as_of).date()
    beijing(known_at)
    known = known or parameters()
    held = facts.at(as_of, known_at)
    tags = believe(corrections.apply(held), held, as_of, known)
    static = held.static()
    suitability = assess(static, stances(tags), today)
    found = contradictions(tags, static, suitability, today)
    return Profile(
        customer_id=held.customer_id,
        members=tuple(sorted(members_of(held.customer_id, held.links))),
        as_of=as_of,
        known_at=known_at,
        tags=tags,
        static=static,
        behaviour=features(held, as_of, tags=tags, calendar=calendar, known=known),
        suitability=suitability,
        contradictions=found,
        three_lines=three_lines(tags, found, today),
        next_question=next_question(tags, found, suitability, today),
        parameters_version=known.version,
    )


def tags_at(
    facts: CustomerFacts, as_of: datetime, known_at: datetime, known: Parameters | None = None
) -> tuple[Tag, ...]:
    """Only the tags of the profile."""
    held = facts.at(as_of, known_at)
    return believe(corrections.apply(held), held, as_of, known or parameters())


def current_tags(facts: CustomerFacts, as_of: datetime, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """The tags as a replay writes them: tag, polarity, value, status, strength, said_at. Nothing known is left out."""
    return _current_tags(tags_at(facts, as_of, known_at or as_of))
