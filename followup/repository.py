"""跟进仓库: a customer's history out of the tables, and the projection of his opportunities into them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, delete, literal
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import now
from dongke.directory import Advisor
from dongke.types import Polarity, Utterance
from followup.history import Contact, Event, History, Said, Ticked, Try, Verdict, VisitNote
from followup.lives import contact_of, mention, owners_of, utterances
from followup.models import Attempt, ManualAction, Note, State, StoredOpportunity
from followup.opportunity import Cause, Miss, Opportunity
from followup.webhooks import changes, outbox
from profiles.facts import CustomerFacts
from profiles.identity.grouping import members_of, newest
from profiles.repository import load_many
from profiles.rights.fold import kept
from profiles.rights.store import rights_of
from profiles.service import facts_of


def history_of(
    session: Session, customer_id: str, known_at: datetime | None = None, *, as_of: datetime | None = None
) -> History:
    """Everything that Dongke knew by `known_at` (now) of the person whom this id was part of at `as_of` (the same).

    Raises NotFound `customer-unknown`.
    """
    moment = known_at or now()
    held = facts_of(session, customer_id, known_at).at(as_of or moment, moment)
    return _histories(session, {customer_id: held}, moment)[customer_id]


def histories_of(session: Session, customer_ids: Collection[str], known_at: datetime) -> dict[str, History]:
    """The histories of many, as known and as of `known_at`, in a handful of statements, by the ids asked for."""
    loaded = load_many(session, customer_ids)
    rights = rights_of(session, {who for facts in loaded.values() for who in facts.customer_ids})
    held = {
        who: kept(loaded[who], {one: rights[one] for one in loaded[who].customer_ids}).at(known_at, known_at)
        for who in customer_ids
    }
    return _histories(session, held, known_at)


def _histories(session: Session, held: Mapping[str, CustomerFacts], moment: datetime) -> dict[str, History]:
    """The history behind each of these facts, which are cut to their times already."""
    members = {who: members_of(facts.customer_id, facts.links) for who, facts in held.items()}
    everyone = sorted({one for group in members.values() for one in group})
    owners = owners_of(session, everyone)
    deputies, branches = _advisors(session, {o.advisor_id for rows in owners.values() for o in rows})
    stored = _rows(session, StoredConversation, everyone, moment)
    turns = utterances(session, sorted(c.id for c in stored))
    of_id: dict[type, dict[str, list[Any]]] = {StoredConversation: _by_customer(stored)}
    for table in (Attempt, Note, ManualAction):
        of_id[table] = _by_customer(_rows(session, table, everyone, moment))

    def mine(table: type, who: str) -> list[Any]:
        return [row for one in sorted(members[who]) for row in of_id[table].get(one, ())]

    found = {}
    for who, facts in held.items():
        ownerships = tuple(o for one in sorted(members[who]) for o in owners.get(one, ()))
        own = {o.advisor_id for o in ownerships}
        found[who] = History(
            customer_id=facts.customer_id,
            members=members[who],
            ownerships=ownerships,
            deputies={a: told for a, told in deputies.items() if a in own},
            branches={a: told for a, told in branches.items() if a in own},
            merged_at={one: link.at for one, link in newest(facts.links).items() if one in members[who]},
            contacts=_contacts(facts, mine(StoredConversation, who), turns),
            attempts=tuple(Try(r.id, r.customer_id, r.advisor_id, r.at, r.known_at) for r in mine(Attempt, who)),
            notes=tuple(_note(r) for r in mine(Note, who)),
            events=tuple(Event(e.id, e.customer_id, e.at, e.event, e.properties, e.known_at) for e in facts.events),
            manual=tuple(_ticked(r) for r in mine(ManualAction, who)),
            verdicts=tuple(
                Verdict(f.customer_id, f.tag, f.verdict, f.at, f.target.id if f.target else None, f.id, f.known_at)
                for f in facts.feedback
            ),
        )
    return found


def _rows(session: Session, table: Any, members: Collection[str], known_at: datetime) -> Sequence[Any]:
    these = any_(literal(sorted(members), ARRAY(String)))  # one parameter, however many they are
    return session.exec(select(table).where(col(table.customer_id) == these, col(table.known_at) <= known_at)).all()


def _by_customer(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.customer_id].append(row)
    return found


def _note(row: Note) -> VisitNote:
    mentions = tuple(map(mention, row.mentions))
    return VisitNote(row.id, row.customer_id, row.advisor_id, row.at, row.text, mentions, row.known_at)


def _ticked(row: ManualAction) -> Ticked:
    return Ticked(
        id=row.id,
        customer_id=row.customer_id,
        playbook=row.playbook,
        advisor_id=row.advisor_id,
        at=row.at,
        outcome=row.outcome,
        key=row.key,
        opportunity_id=row.opportunity_id,
        known_at=row.known_at,
    )


def _advisors(session: Session, advisors: Collection[str]) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """The deputies and the branch of each."""
    rows = session.exec(select(Advisor.id, Advisor.deputies, Advisor.branch_id).where(col(Advisor.id).in_(advisors)))
    told = [(ident, frozenset(deputies), branch) for ident, deputies, branch in rows]
    return {ident: deputies for ident, deputies, _ in told}, {ident: branch for ident, _, branch in told}


def _contacts(
    held: CustomerFacts, stored: Iterable[StoredConversation], turns: Mapping[str, tuple[Utterance, ...]]
) -> tuple[Contact, ...]:
    said: dict[str, list[Said]] = defaultdict(list)
    for s in held.assertions:
        indexes = tuple(sorted({quote.utterance for quote in s.evidence}))
        said[s.conversation_id].append(Said(s.id, s.tag, Polarity(s.polarity), s.value, indexes))
    mentions = {r.conversation_id: tuple(map(mention, r.mentions)) for r in held.readings}
    return tuple(contact_of(c, turns.get(c.id, ()), tuple(said.get(c.id, ())), mentions.get(c.id, ())) for c in stored)


def save(
    session: Session, found: Sequence[Opportunity], members: Collection[str], computed_at: datetime
) -> list[StoredOpportunity]:
    """Makes the stored opportunities of these ids exactly those found. The rows, oldest first."""
    ids = [o.id for o in found]
    before = _before(session, members)
    stale = delete(StoredOpportunity).where(col(StoredOpportunity.customer_id).in_(members))
    session.execute(stale.where(col(StoredOpportunity.id).not_in(ids)))
    if found:
        rows = insert(StoredOpportunity).values([row_of(o, computed_at) for o in found])
        keep = {c.name: c for c in rows.excluded if c.name != "id"}
        session.execute(rows.on_conflict_do_update(index_elements=["id"], set_=keep))
    if before is not None:
        outbox.emit(session, changes.facts(before, found))
    query = select(StoredOpportunity).where(col(StoredOpportunity.id).in_(ids))
    saved = session.exec(query.execution_options(populate_existing=True))
    return sorted(saved, key=lambda row: (row.opened_at, row.id))


def _before(session: Session, members: Collection[str]) -> dict[str, changes.Before] | None:
    """What is stored of them, where anybody wants to hear what changes."""
    if not outbox.has_receivers(session):
        return None
    o = StoredOpportunity
    rows = session.execute(select(o.id, o.state, o.discharged_at).where(col(o.customer_id).in_(members)))
    return {ident: changes.Before(State(state), discharged) for ident, state, discharged in rows}


def row_of(o: Opportunity, computed_at: datetime) -> dict[str, Any]:
    """The columns of the stored opportunity."""
    return {
        "id": o.id,
        "customer_id": o.customer,
        "playbook": o.playbook,
        "playbook_version": o.playbook_version,
        "key": o.key,
        "owner_id": o.owner,
        "opened_at": o.opened_at,
        "opened_by": o.opened_by,
        "due_at": o.due_at,
        "state": o.state,
        "attempts": o.attempts,
        "first_contact_at": o.first_contact_at,
        "discharged_at": o.discharged_at,
        "closed_at": o.closed_at,
        "won_at": o.won_at,
        "unassisted": o.unassisted,
        "self_reported": o.self_reported,
        "low_yuan": o.low_yuan,
        "high_yuan": o.high_yuan,
        "due_provisional": o.due_provisional,
        "value": dict(o.value),
        "causes": [c.to_json() for c in o.causes],
        "misses": [m.to_json() for m in o.misses],
        "computed_at": computed_at,
    }


def as_opportunity(row: StoredOpportunity, overdue: bool) -> Opportunity:
    """The stored row as the value it was made of; what time says of it (`overdue`) is the caller's."""
    return Opportunity(
        id=row.id,
        customer=row.customer_id,
        playbook=row.playbook,
        playbook_version=row.playbook_version,
        key=row.key,
        owner=row.owner_id,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        due_at=row.due_at,
        due_provisional=row.due_provisional,
        state=State(row.state),
        overdue=overdue,
        attempts=row.attempts,
        first_contact_at=row.first_contact_at,
        discharged_at=row.discharged_at,
        won_at=row.won_at,
        closed_at=row.closed_at,
        unassisted=row.unassisted,
        self_reported=row.self_reported,
        low_yuan=row.low_yuan,
        high_yuan=row.high_yuan,
        value=row.value,
        causes=tuple(Cause.from_json(c) for c in row.causes),
        misses=tuple(Miss.from_json(m) for m in row.misses),
    )
