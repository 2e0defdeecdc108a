"""许多客户的经历: the histories of many persons at once, cut to what a question needs, in a handful of queries.

`followup.repository.history_of` gives all of one person for the tracker; boards ask for hundreds of persons, but only a
few tags and kinds of events. Whoever may not be processed has no statements here, deleted tags neither.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal, or_, select
from sqlmodel import Session, col

from asr.models import StoredConversation, StoredUtterance
from dongke.directory import Advisor, Customer
from dongke.directory import Ownership as OwnedBy
from dongke.types import Channel, Polarity, Speaker, TopicMention, Utterance
from followup.history import Contact, Event, History, Ownership, Said
from profiles import repository
from profiles.facts import CustomerFacts, Statement
from profiles.identity.grouping import members_of, newest
from profiles.models import StoredReading
from profiles.rights.blanks import Blanks
from profiles.rights.fold import kept
from profiles.rights.store import rights_of

FIRST = datetime(1990, 1, 1, tzinfo=UTC)  #: an owner without a date owned from the beginning


@dataclass(frozen=True, slots=True)
class Life:
    """一位客户的经历 with the facts behind it, as of one moment."""

    history: History
    facts: CustomerFacts
    gone: Blanks = field(default=Blanks())  #: words that must not be shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of each person. No tags: none of his statements; no events: none."""

    tags: tuple[str, ...]
    events: tuple[str, ...] = ()
    words: bool = True  #: the utterances and mentions of his talks
    since: datetime | None = None  #: talks begun earlier are left out


def lives(session: Session, customer_ids: Iterable[str], moment: datetime, wanted: Wanted) -> dict[str, Life]:
    """The persons whom these ids are part of, by the id under which each folds, as known at `moment`."""
    ids = sorted(set(customer_ids))
    if not ids:
        return {}
    loaded, gone = _facts(session, ids, wanted)
    cut = [facts.at(moment, moment) for facts in loaded.values()]
    heads = {facts.customer_id: facts for facts in cut}
    members = {who: members_of(who, facts.links) for who, facts in heads.items()}
    everyone = sorted({one for group in members.values() for one in group})
    owners = owners_of(session, everyone)
    deputies = _deputies(session, {o.advisor_id for rows in owners.values() for o in rows})
    contacts = _contacts(session, everyone, heads.values(), moment, wanted)
    return {
        who: Life(_history(facts, members[who], owners, deputies, contacts), facts, gone)
        for who, facts in heads.items()
    }


def _facts(session: Session, ids: Sequence[str], wanted: Wanted) -> tuple[dict[str, CustomerFacts], Blanks]:
    loaded = repository.load_part(session, ids, tags=wanted.tags)
    everyone = {who for facts in loaded.values() for who in facts.customer_ids}
    if wanted.events:
        told = defaultdict(list)
        for event in repository.events_of(session, everyone, wanted.events):
            told[event.customer_id].append(event)
        loaded = {
            who: replace(facts, events=tuple(e for one in sorted(facts.customer_ids) for e in told[one]))
            for who, facts in loaded.items()
        }
    rights = rights_of(session, everyone)
    gone = Blanks.together(told.blanks for told in rights.values())
    return {who: kept(facts, rights) for who, facts in loaded.items() if who in ids}, gone


def _history(
    facts: CustomerFacts,
    members: frozenset[str],
    owners: dict[str, list[Ownership]],
    deputies: dict[str, frozenset[str]],
    contacts: dict[str, list[Contact]],
) -> History:
    mine = sorted((c for who in members for c in contacts.get(who, ())), key=lambda c: (c.started_at, c.id))
    return History(
        customer_id=facts.customer_id,
        members=members,
        ownerships=tuple(o for who in sorted(members) for o in owners.get(who, ())),
        deputies=deputies,
        merged_at={who: link.at for who, link in newest(facts.links).items() if who in members},
        contacts=tuple(mine),
        events=tuple(Event(e.id, e.customer_id, e.at, e.event, e.properties) for e in facts.events),
    )


def owners_of(session: Session, ids: Sequence[str]) -> dict[str, list[Ownership]]:
    """The recorded owners of each, the oldest first; of an id without a record the one in the directory, from the
    beginning."""
    found: dict[str, list[Ownership]] = defaultdict(list)
    known = select(OwnedBy.customer_id, OwnedBy.from_at, OwnedBy.advisor_id)  # type: ignore[call-overload]
    for row in session.execute(known.where(col(OwnedBy.customer_id) == _any(ids)).order_by(col(OwnedBy.from_at))):
        found[row.customer_id].append(Ownership(*row))
    missing = [who for who in ids if who not in found]
    listed = select(Customer.id, Customer.advisor_id)  # type: ignore[call-overload]
    for row in session.execute(listed.where(col(Customer.id) == _any(missing))) if missing else ():
        found[row.id].append(Ownership(row.id, FIRST, row.advisor_id))
    return found


def _deputies(session: Session, advisors: Collection[str]) -> dict[str, frozenset[str]]:
    rows = session.execute(
        select(Advisor.id, Advisor.deputies).where(col(Advisor.id) == _any(sorted(advisors)))  # type: ignore[call-overload]
    )
    return {ident: frozenset(deputies) for ident, deputies in rows}


def _contacts(
    session: Session, ids: Sequence[str], facts: Iterable[CustomerFacts], moment: datetime, wanted: Wanted
) -> dict[str, list[Contact]]:
    c = StoredConversation
    query = select(c).where(col(c.customer_id) == _any(ids), col(c.known_at) <= moment, col(c.started_at) <= moment)
    if wanted.since is not None:
        query = query.where(col(c.started_at) >= wanted.since)
    stored = session.scalars(query.order_by(col(c.started_at), col(c.id))).all()
    names = [row.id for row in stored]
    turns = utterances(session, names) if wanted.words else {}
    mentions = _mentions(session, names, moment) if wanted.words else {}
    said: dict[str, list[Said]] = defaultdict(list)
    for one in facts:
        for statement in one.assertions:
            said[statement.conversation_id].append(_said(statement))
    found: dict[str, list[Contact]] = defaultdict(list)
    for row in stored:
        told = tuple(said.get(row.id, ()))
        found[row.customer_id].append(contact_of(row, turns.get(row.id, ()), told, mentions.get(row.id, ())))
    return found


def contact_of(
    row: StoredConversation,
    utterances: tuple[Utterance, ...] = (),
    said: tuple[Said, ...] = (),
    mentions: tuple[TopicMention, ...] = (),
) -> Contact:
    """The stored conversation as a contact."""
    return Contact(
        id=row.id,
        customer_id=row.customer_id,
        advisor_id=row.advisor_id,
        channel=Channel(row.channel),
        started_at=row.started_at,
        ended_at=row.ended_at,
        known_at=row.known_at,
        direction=row.direction,
        answered=row.answered,
        utterances=utterances,
        said=said,
        mentions=mentions,
    )


def utterances(session: Session, conversations: Sequence[str]) -> dict[str, tuple[Utterance, ...]]:
    """The utterances by conversation, with their times; a revoked message keeps its place and has no words."""
    u = StoredUtterance
    columns = (u.conversation_id, u.speaker, u.text, u.start_ms, u.end_ms, u.at, u.suspect, u.revoked)
    query = select(*columns).where(col(u.conversation_id) == _any(conversations))  # type: ignore[call-overload]
    found: dict[str, list[Utterance]] = defaultdict(list)
    for row in session.execute(query.order_by(col(u.conversation_id), col(u.index))):
        text = "" if row.revoked else row.text
        found[row.conversation_id].append(
            Utterance(Speaker(row.speaker), text, row.start_ms, row.end_ms, row.at, row.suspect)
        )
    return {ident: tuple(turns) for ident, turns in found.items()}


def _mentions(session: Session, conversations: Sequence[str], moment: datetime) -> dict[str, tuple[TopicMention, ...]]:
    """What each talk spoke of, by the reading that stood at that moment."""
    r = StoredReading
    standing = or_(col(r.superseded_at).is_(None), col(r.superseded_at) > moment)
    query = select(r.conversation_id, r.mentions).where(  # type: ignore[call-overload]
        col(r.conversation_id) == _any(conversations), col(r.read_at) <= moment, standing
    )
    rows = session.execute(query.order_by(col(r.read_at)))
    return {ident: tuple(map(mention, mentions)) for ident, mentions in rows}


def mention(row: Any) -> TopicMention:
    """The stored mention."""
    return TopicMention(
        kind=row["kind"],
        key=row["key"],
        utterance=row["utterance"],
        start=row["start"],
        end=row["end"],
        speaker=Speaker(row["speaker"]),
        quote=row["quote"],
        flags=tuple(row.get("flags") or ()),
    )


def _said(s: Statement) -> Said:
    return Said(s.id, s.tag, Polarity(s.polarity), s.value, tuple(sorted({q.utterance for q in s.evidence})))


def _any(ids: Sequence[str]) -> object:
    return any_(literal(list(ids), ARRAY(String)))  # one parameter, however many they are
