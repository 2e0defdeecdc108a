"""早间清单 out of the tables: the live opportunities of one advisor with what is known of their customers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import at_beijing, beijing, now
from dongke.directory import Customer
from dongke.scope import Principal, visible
from dongke.settings import settings
from followup import playbooks
from followup.attribution.holdouts import Holdout, holdouts, running
from followup.attribution.units import units
from followup.models import State, StoredOpportunity
from followup.playbooks import Playbook
from followup.ranking.model import Approach, Candidate, Morning, Person
from followup.ranking.morning import rank
from followup.ranking.then import LIVE, live_at
from followup.rights import is_listed
from followup.scope import readable_advisor
from profiles import repository
from profiles.behaviour.deeds import ANSWERED, UNANSWERED
from profiles.crosscheck import stances
from profiles.facts import CustomerFacts
from profiles.features import view_of
from profiles.features.contact import best_contact_time
from profiles.labels import as_date
from profiles.merge import tags_at
from profiles.rights.fold import Rights, kept
from profiles.rights.store import rights_of
from profiles.service import trading_calendar
from profiles.suitability import marks
from profiles.suitability.assessment import Suitability, assess

MONEY = ("idle_funds", "external_assets")
_MONEY_TAGS = {"funds.idle", "assets.external"}


def morning(session: Session, principal: Principal, advisor_id: str, at: datetime | None = None) -> Morning:
    """The list of that advisor now, or as it stood at another moment: his customers, their matters and what was known
    of them then; rights are those of now. Raises NotFound `advisor-unknown`, BadInput `time-naive`."""
    readable_advisor(session, principal, advisor_id)
    if at is None:
        at, rows = now(), _rows(session, principal, advisor_id)
    else:
        beijing(at)
        rows = live_at(session, principal, advisor_id, at)
    names = {customer.id: customer.name for _, customer in rows}
    rights = rights_of(session, names)
    known = _people(session, names, rights, at)
    books = {book.id: book for book in playbooks.load(settings().playbooks_dir)}
    found = [
        _candidate(row, books.get(row.playbook), *known[row.customer_id], rights[row.customer_id])
        for row, _ in rows
        if _is_owed(row, books.get(row.playbook))
    ]
    return rank(found, at, trading_calendar())


def _rows(session: Session, principal: Principal, advisor_id: str) -> Sequence[tuple[StoredOpportunity, Customer]]:
    query = (
        select(StoredOpportunity, Customer)
        .join(Customer, col(Customer.id) == col(StoredOpportunity.customer_id))
        .where(StoredOpportunity.owner_id == advisor_id, col(StoredOpportunity.state).in_(LIVE), visible(principal))
    )
    return session.exec(query.order_by(col(StoredOpportunity.id))).all()


def _is_owed(row: StoredOpportunity, book: Playbook | None) -> bool:
    """Whether something is still to be done: not talked over yet, or talked over and waiting to be won."""
    return row.discharged_at is None or (book is not None and book.win is not None)


def _people(
    session: Session, names: Mapping[str, str], rights: Mapping[str, Rights], at: datetime
) -> dict[str, tuple[Person, Suitability]]:
    loaded = repository.load_many(session, sorted(names)) if names else {}
    everyone = rights_of(session, {who for facts in loaded.values() for who in facts.customer_ids})
    cut = {who: kept(loaded[who], everyone).at(at, at) for who in names}
    chats = _chats(session, {who: facts.customer_ids for who, facts in cut.items()}, at)
    held = _held_out(session, {who: facts.customer_id for who, facts in cut.items()}, at)
    return {
        who: _person(who, names[who], facts, rights[who], chats.get(who, ()), held.get(who, {}), at)
        for who, facts in cut.items()
    }


def _person(
    who: str,
    name: str,
    facts: CustomerFacts,
    rights: Rights,
    chats: Iterable[Approach],
    held_out: Mapping[str, str],
    at: datetime,
) -> tuple[Person, Suitability]:
    tags = tags_at(facts, at, at)
    static = facts.static()
    view = view_of(facts, at, tags=tags, calendar=trading_calendar())
    calls = [Approach(e.at, e.event == ANSWERED) for e in view.deeds.named(ANSWERED, UNANSWERED)]
    assets = static.get("assets_yuan")
    person = Person(
        customer_id=who,
        name=name,
        tags=tags,
        contact_time=best_contact_time(view),
        assets_yuan=float(assets) if isinstance(assets, int | float) and not isinstance(assets, bool) else None,
        approaches=tuple(sorted((*calls, *chats), key=lambda a: a.at)),
        refusal=rights.text,
        held_out=held_out,
    )
    return person, assess(static, stances(tags), beijing(at).date(), refused=facts.refused)


def _candidate(
    row: StoredOpportunity, book: Playbook | None, person: Person, suitable: Suitability, rights: Rights
) -> Candidate:
    return Candidate(
        id=row.id,
        playbook=row.playbook,
        label=book.label if book else row.playbook,
        state=State(row.state).value,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        due_at=row.due_at,
        low=row.low_yuan,
        high=row.high_yuan,
        person=person,
        matures_on=as_date(row.value.get("matures_on")),
        is_money=row.low_yuan is not None or row.high_yuan is not None or _is_money(row.playbook, book),
        offer=marks.of_playbook(row.playbook, row.key, suitable),
        is_refused=not is_listed(row.playbook, rights),
    )


def _is_money(playbook: str, book: Playbook | None) -> bool:
    return playbook in MONEY or (book is not None and any(o.tag in _MONEY_TAGS for o in book.opens))


def _chats(session: Session, members: Mapping[str, Collection[str]], at: datetime) -> dict[str, list[Approach]]:
    """Chats of these persons; calls come with the facts."""
    head = {one: who for who, ids in members.items() for one in ids}
    c = StoredConversation
    rows = session.exec(
        select(c.customer_id, c.started_at).where(
            c.channel == "chat", col(c.customer_id).in_(head), col(c.started_at) <= at, col(c.known_at) <= at
        )
    )
    found: dict[str, list[Approach]] = {}
    for who, started_at in rows:
        found.setdefault(head[who], []).append(Approach(started_at, answered=True))
    return found


def _held_out(session: Session, heads: Mapping[str, str], at: datetime) -> dict[str, dict[str, str]]:
    """Who is held out of which playbook, by which experiment that runs today."""
    found: dict[str, dict[str, str]] = {}
    for experiment in running(holdouts(settings().holdouts_file), beijing(at).date()):
        for who in _held(session, experiment, heads):
            found.setdefault(who, {}).update(dict.fromkeys(experiment.playbooks, experiment.name))
    return found


def _held(session: Session, experiment: Holdout, heads: Mapping[str, str]) -> list[str]:
    start = at_beijing(experiment.starts_on, datetime.min.time())
    unit_of = units(session, set(heads.values()), experiment.unit, start)
    return [who for who, head in heads.items() if experiment.holds(unit_of[head])]
