"""生命周期流转: who moved from which stage to which between two days, counted from the facts (each step is re-walked).

Only what the stages need is read: the file, what was said of leaving, money, and on which days he did anything at all.
The stage of each is that of his page (`profiles/features/lifecycle.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ARRAY, String, any_, func, literal, select
from sqlmodel import Session

from dongke.clock import TradingCalendar, beijing
from profiles import repository
from profiles.behaviour.deeds import INFLOWS, OUTFLOWS, TRADES
from profiles.facts import CustomerFacts, Event
from profiles.features import view_of
from profiles.features.lifecycle import STAGES, Step, history
from profiles.merge import tags_at
from profiles.models import BehaviourEvent
from profiles.parameters import parameters
from profiles.rights.fold import kept
from profiles.rights.store import rights_of

UNKNOWN = "未知"  #: nothing is known of him yet, or only that he has an account
ALL = (*STAGES, UNKNOWN)
CHUNK = 500
_LEAVING = "churn.risk"
_WHOLE = (*TRADES, *INFLOWS, *OUTFLOWS, "account_closed")  #: their amounts may end what was said


@dataclass(slots=True)
class Matrix:
    """流转矩阵 of some customers. `cells`: (stage before, stage after) → customers; `steps`: every step → times."""

    customers: int = 0
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, before: str, after: str, steps: Iterable[tuple[str, str]]) -> None:
        self.customers += 1
        self.cells[before, after] += 1
        self.steps.update(steps)


def matrices(
    session: Session,
    branches: Mapping[str, str],
    start: datetime,
    end: datetime,
    known_at: datetime,
    calendar: TradingCalendar,
) -> dict[str, Matrix]:
    """流转矩阵 by branch, as known by `known_at`. `branches`: person → 营业部; the stages at `start` and at `end`
    are compared."""
    found: dict[str, Matrix] = defaultdict(Matrix)
    for who, facts in _people(session, sorted(branches), end, known_at):
        first, last = (_walk(facts, moment, known_at, calendar) for moment in (start, end))
        before = stage_at(first, start, calendar, known_at)
        after = stage_at(last, end, calendar, known_at)
        found[branches[who]].add(before, after, moves(last, beijing(start).date()))
    return found


def moves(steps: Sequence[Step], after: date) -> Iterator[tuple[str, str]]:
    """The steps taken after that day, as (from, to)."""
    for earlier, later in zip((None, *steps), steps, strict=False):
        if later.on > after:
            yield (earlier.stage if earlier else UNKNOWN, later.stage)


def stage_at(steps: Sequence[Step], moment: datetime, calendar: TradingCalendar, known_at: datetime) -> str:
    """The last stage, as the page shows it: 新客 without any deed for longer than one is new is 未知."""
    if not steps:
        return UNKNOWN
    last, new = steps[-1], parameters(known_at).lifecycle.new_trading_days
    is_silent = last.stage == "新客" and calendar.days_between(last.on, beijing(moment).date()) > new
    return UNKNOWN if is_silent else last.stage


def _walk(facts: CustomerFacts, as_of: datetime, known_at: datetime, calendar: TradingCalendar) -> list[Step]:
    """The history of stages up to that moment, as the page of that moment has it."""
    held, tags = facts.at(as_of, known_at), tags_at(facts, as_of, known_at)
    return history(view_of(held, as_of, tags=tags, calendar=calendar, known=parameters(known_at)))


def _people(
    session: Session, people: Sequence[str], as_of: datetime, known_at: datetime
) -> Iterator[tuple[str, CustomerFacts]]:
    for first in range(0, len(people), CHUNK):
        part = people[first : first + CHUNK]
        loaded = _load(session, part, as_of, known_at)
        yield from ((who, loaded[who]) for who in part)


def _load(session: Session, people: Collection[str], as_of: datetime, known_at: datetime) -> dict[str, CustomerFacts]:
    loaded = repository.load_part(session, people, tags=(_LEAVING,))
    everyone = sorted({who for facts in loaded.values() for who in facts.customer_ids})
    events: dict[str, list[Event]] = defaultdict(list)
    for event in (*repository.events_of(session, everyone, _WHOLE), *_days(session, everyone, as_of, known_at)):
        events[event.customer_id].append(event)
    rights = rights_of(session, everyone)
    whole = {
        who: replace(facts, events=tuple(e for one in sorted(facts.customer_ids) for e in events[one]))
        for who, facts in loaded.items()
    }
    return {who: kept(facts, rights) for who, facts in whole.items()}


def _days(session: Session, ids: Sequence[str], as_of: datetime, known_at: datetime) -> Iterator[Event]:
    """Every other deed once a day, at its first time: a day counts once, however often he came."""
    c = BehaviourEvent.__table__.c  # type: ignore[attr-defined]
    day = func.date(func.timezone("Asia/Shanghai", c.at))
    passive = parameters(known_at).lifecycle.passive_events
    query = (
        select(c.customer_id, c.event, func.min(c.at), func.min(c.known_at))
        .where(c.customer_id == any_(literal(list(ids), ARRAY(String))))
        .where(c.event.not_in([*_WHOLE, *sorted(passive)]), c.at <= as_of, c.known_at <= known_at)
        .group_by(c.customer_id, c.event, day)
    )
    for who, event, at, known in session.execute(query):
        yield Event(f"{who}/{event}/{at.isoformat()}", who, event, at, known, {})
