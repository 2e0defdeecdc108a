"""读人: persons out of the tables – facts, follow-up, directory – many at once, each as a row of any moment."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar
from dongke.directory import Advisor, Customer
from profiles.facts import CustomerFacts
from profiles.identity.grouping import members_of
from profiles.merge import fold
from profiles.parameters import parameters
from profiles.profile import Profile
from profiles.repository import load_many
from profiles.rights.fold import kept
from profiles.rights.store import rights_of
from profiles.segments.due import State, marks_of
from profiles.segments.follow import FollowSource, FollowState
from profiles.segments.row import Basics, Row, row_of


@dataclass(frozen=True, slots=True)
class Person:
    """一个人 under the id of his facts, with what a row is made of."""

    customer_id: str
    facts: CustomerFacts  #: those that may be processed
    follow: FollowState
    basics: Basics
    calendar: TradingCalendar

    def profile(self, moment: datetime) -> Profile:
        return fold(self.facts, moment, moment, calendar=self.calendar)

    def row(self, moment: datetime) -> Row:
        return self._row(self.profile(moment))

    def _row(self, profile: Profile) -> Row:
        return row_of(self.facts, profile, self.follow, self.basics, self.calendar, parameters(profile.known_at))

    def state(self) -> State:
        """What time alone may change in the row, as a function of the moment."""
        marks = marks_of(self.facts)

        def state(moment: datetime) -> Any:
            profile = self.profile(moment)
            reasons = [(p.code, p.tag_id) for f in profile.behaviour.values() for p in f.parts]
            return self._row(profile), marks(moment), reasons, profile.parameters_version

        return state


def people(
    session: Session, customer_ids: Collection[str], follow: FollowSource, moment: datetime, calendar: TradingCalendar
) -> tuple[list[Person], set[str]]:
    """The persons whom these customers are part of at that moment; and all ids that were ever joined to them."""
    loaded = load_many(session, sorted(customer_ids))
    rights = rights_of(session, sorted(loaded))
    heads = {facts.at(moment, moment).customer_id for facts in _links_only(loaded.values())}
    whole = {who: kept(loaded[who], {i: rights[i] for i in loaded[who].customer_ids}) for who in sorted(heads)}
    members = {who: members_of(who, facts.at(moment, moment).links) for who, facts in whole.items()}
    states = follow(session, members, moment)
    basics = _basics(session, heads)
    found = [
        Person(who, facts, states.get(who, FollowState()), basics.get(who, Basics()), calendar)
        for who, facts in whole.items()
    ]
    return found, set(loaded)


def _links_only(several: Iterable[CustomerFacts]) -> Iterable[CustomerFacts]:
    return (CustomerFacts(customer_id=facts.customer_id, links=facts.links) for facts in several)


def _basics(session: Session, customer_ids: Collection[str]) -> Mapping[str, Basics]:
    rows = session.exec(
        select(Customer.id, Advisor.id, Advisor.branch_id)
        .join(Advisor, col(Advisor.id) == col(Customer.advisor_id))
        .where(col(Customer.id).in_(customer_ids))
    )
    return {who: Basics(advisor, branch) for who, advisor, branch in rows}
