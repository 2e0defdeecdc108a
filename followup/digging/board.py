"""深挖看板 out of the tables: the ladders of the customers one may read, the money nobody touched, the scores."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, or_
from sqlmodel import Session, col

from dongke.clock import TradingCalendar, beijing, now
from dongke.scope import Principal
from dongke.standing import PROFILE, Purpose
from followup.digging.ladder import TAG, Ladder, Step, ladders
from followup.digging.money import Money, Untouched, is_untouched, moved_yuan, total, untouched
from followup.digging.scores import Dig, Score, digs, score
from followup.history import History
from followup.lives import Life, Wanted, lives
from followup.people import Scope, check_size, tellers
from profiles.behaviour.deeds import INFLOWS
from profiles.corrections import apply
from profiles.models import StoredAssertion, TagFeedback
from profiles.rights.blanks import Blanks
from profiles.service import trading_calendar

PURPOSES = (*PROFILE, Purpose.MARKETING)  #: outside money is asked after to win it
WANTED = Wanted(tags=(TAG,), events=INFLOWS)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Dug:
    """一位客户的深挖: his ladders and the talks in which there was something to dig."""

    history: History
    ladders: tuple[Ladder, ...]
    digs: tuple[Dig, ...]


def dug(life: Life, until: datetime) -> Dug:
    """One person's ladders as of `until`. Pure: what stands after corrections is folded with his talks and events."""
    found = ladders(life.history, apply(life.facts).statements, until)
    shown = tuple(replace(one, steps=tuple(_shown(step, life.gone) for step in one.steps)) for one in found)
    return Dug(life.history, shown, digs(found, life.history))


def _shown(step: Step, gone: Blanks) -> Step:
    """The step without words that are deleted or refused."""
    if step.contact_id is None or step.utterance is None:
        return step
    return replace(step, quote=gone.of(step.contact_id, step.utterance, step.quote))


def people(session: Session, principal: Principal | None, scope: Scope, *, most: int | None = None) -> list[str]:
    """The persons of the scope who ever told of an outside asset, sorted. Raises BadInput `scope-too-large` where there
    are more than `most`."""
    found = tellers(session, principal, scope, TAG, PURPOSES)
    check_size(len(found), most, "位有外部资产的客户", "只看一位顾问或一个营业部; 全公司的深挖数在跟进报表里")
    return found


def of_people(session: Session, customer_ids: Sequence[str], as_of: datetime | None = None) -> Iterator[Dug]:
    """Their ladders as known at that time (now), in the order of the ids."""
    moment = as_of or now()
    for start in range(0, len(customer_ids), CHUNK):
        found = lives(session, customer_ids[start : start + CHUNK], moment, WANTED)
        yield from (dug(found[who], moment) for who in sorted(found))


def known_untouched(
    session: Session,
    principal: Principal | None,
    scope: Scope = Scope(),
    *,
    within: int | None = None,
    undated: bool = False,
    as_of: datetime | None = None,
    calendar: TradingCalendar | None = None,
    most: int | None = None,
) -> tuple[Untouched, ...]:
    """已知未动的钱 of the scope, the earliest maturity first; `undated` adds what nobody knows the maturity of.

    Raises BadInput `scope-too-large` where more than `most` persons told of such money.
    """
    today, calendar = beijing(as_of or now()).date(), calendar or trading_calendar()
    last = calendar.add_days(today, within + 1) if within is not None else None
    dated = [] if undated else [or_(_matures_between(today, last), _is_corrected())]
    found = tellers(session, principal, scope, TAG, PURPOSES, *dated)
    check_size(len(found), most, "位客户", "只看一位顾问或一个营业部, 或缩短到期的天数 (within)")
    mine = [one for person in of_people(session, found, as_of) for one in person.ladders]
    rows = untouched(mine, calendar, today, within=within)
    return tuple(u for u in rows if undated or u.matures_on is not None)


def _matures_between(first: date, last: date | None) -> ColumnElement[bool]:
    """SQL: the statement names a maturity on these days."""
    told: ColumnElement[str] = func.jsonb_extract_path_text(col(StoredAssertion.value), "matures_on")
    return told >= first.isoformat() if last is None else told.between(first.isoformat(), last.isoformat())


def _is_corrected() -> ColumnElement[bool]:
    """SQL: somebody put another value in the place of what he told; it may name another day."""
    f = TagFeedback
    mine = (col(f.customer_id) == col(StoredAssertion.customer_id), col(f.tag) == TAG)
    return exists().where(*mine, col(f.verdict) == "corrected")


@dataclass(frozen=True, slots=True)
class Tally:
    """深挖小计 of an advisor (or of all): what his contacts won in the period, and the money of his customers now.

    Each number has its list: contacts and rungs in `score`, assets by their ids.
    """

    advisor_id: str
    score: Score
    discovered: tuple[Ladder, ...]  #: told of for the first time in the period
    untouched: tuple[Ladder, ...]  #: as it stands
    converted: tuple[Ladder, ...]  #: moved in within the period

    @property
    def money(self) -> Mapping[str, Money]:
        return {"discovered": total(self.discovered), "untouched": total(self.untouched)}

    @property
    def converted_yuan(self) -> float:
        return moved_yuan(self.converted)

    def to_json(self) -> dict[str, object]:
        return {
            "advisor_id": self.advisor_id,
            **self.score.to_json(),
            "discovered": self.money["discovered"].to_json() | {"assets": [one.id for one in self.discovered]},
            "untouched": self.money["untouched"].to_json() | {"assets": [one.id for one in self.untouched]},
            "converted": {"yuan": self.converted_yuan, "assets": [one.id for one in self.converted]},
        }


def tallies(found: Sequence[Dug], start: datetime, end: datetime, today: date) -> tuple[Tally, ...]:
    """By advisor, sorted (pure). A contact counts for who made it; money counts for the owner of the customer; what
    moved in counts for who told the plan, else for the owner then."""
    contacts: dict[str, list[Dig]] = defaultdict(list)
    seen: dict[str, list[Ladder]] = defaultdict(list)
    idle: dict[str, list[Ladder]] = defaultdict(list)
    came: dict[str, list[Ladder]] = defaultdict(list)
    for person in found:
        for one in person.digs:
            if start <= one.at < end:
                contacts[one.advisor_id].append(one)
        for asset in person.ladders:
            if start <= asset.opened_at < end:
                seen[asset.owner_id].append(asset)
            if is_untouched(asset, today):
                idle[asset.owner_id].append(asset)
            if asset.moved and start <= asset.moved[0].at < end:
                came[asset.steps[-1].advisor_id].append(asset)
    return tuple(
        Tally(who, score(contacts[who]), tuple(seen[who]), tuple(idle[who]), tuple(came[who]))
        for who in sorted({*contacts, *seen, *idle, *came})
    )
