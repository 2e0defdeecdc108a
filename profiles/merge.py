"""画像折叠: facts in, profile out – pure, so that any past answer can be given again.

The order of the facts does not matter: they are cut to the two times and sorted first. Read `fold` to see all steps.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dongke.clock import TradingCalendar, beijing
from profiles import corrections
from profiles.attention import next_question, three_lines
from profiles.beliefs import Tag, believe
from profiles.corroboration import corroborated
from profiles.crosscheck import contradictions, stances
from profiles.expiry import Evidence, is_over
from profiles.facts import CustomerFacts
from profiles.features import features
from profiles.identity.grouping import members_of
from profiles.parameters import Parameters, parameters
from profiles.profile import Profile
from profiles.profile import current_tags as _current_tags
from profiles.suitability.assessment import assess


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
    known = known or parameters(known_at)
    held = facts.at(as_of, known_at)
    static, evidence = held.static(), Evidence.of(held)
    tags = _tags(held, static, evidence, as_of, known)
    suitability = assess(static, stances(tags), today, refused=held.refused)
    found = contradictions(tags, static, suitability, evidence, known, today)
    return Profile(
        customer_id=held.customer_id,
        members=tuple(sorted(members_of(held.customer_id, held.links))),
        as_of=as_of,
        known_at=known_at,
        tags=tags,
        static=static,
        behaviour={}
        if "profiling" in held.refused
        else features(held, as_of, tags=tags, calendar=calendar, known=known),
        suitability=suitability,
        contradictions=found,
        three_lines=three_lines(tags, found, today),
        next_question=next_question(tags, found, suitability, today),
        parameters_version=known.version,
        refused=held.refused,
    )


def tags_at(
    facts: CustomerFacts, as_of: datetime, known_at: datetime, known: Parameters | None = None
) -> tuple[Tag, ...]:
    """Only the tags of the profile."""
    held = facts.at(as_of, known_at)
    return _tags(held, held.static(), Evidence.of(held), as_of, known or parameters(known_at))


def current_tags(facts: CustomerFacts, as_of: datetime, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """The tags as a replay writes them: tag, polarity, value, status, strength, said_at. Nothing known is left out."""
    return _current_tags(tags_at(facts, as_of, known_at or as_of))


def _tags(
    held: CustomerFacts, static: Mapping[str, Any], evidence: Evidence, as_of: datetime, known: Parameters
) -> tuple[Tag, ...]:
    """What is believed, with what bears it out."""
    corrected = corrections.apply(held, lambda fact, moment: is_over(fact, moment, evidence, known))
    believed = believe(corrected, held, as_of, known, evidence)
    return corroborated(believed, evidence, static, known)
