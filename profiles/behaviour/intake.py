"""行为事件: what customers do, in any dialect (profiles/behaviour/dialects.py), each exactly once.

One statement takes a whole batch: it stores what is new of customers who exist, counts it into the day rows
(days.py) and says what it stored. Only what it left is looked at one by one: told before (same content), told
before otherwise (`event-conflict`), or of somebody who is known by another identifier than his 客户号 – or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session

from dongke.errors import BadInput, Conflict, DongkeError
from profiles.behaviour.day_rows import ADD_DAYS
from profiles.behaviour.dialects import MAYBE, ORIGINAL, Incoming, expand, translate
from profiles.behaviour.event_rules import check, storable
from profiles.identity import anonymous, conflicts
from profiles.identity.claims import Claim, learn
from profiles.identity.conflicts import disagreements
from profiles.identity.identifiers import CUSTOMER_ID, HANDOVER, registry
from profiles.identity.resolution import Asked, Resolution, resolve_many
from profiles.models import BehaviourEvent
from profiles.tables import content, read_csv, read_jsonl

__all__ = ["EventResult", "expand", "read_events", "take_events"]

CHUNK = 10_000
LOG_INS = frozenset({"identify", "login", "sign_up"})

_TAKE = text(
    f"""
    with given as (
        select * from unnest(
            cast(:ids as text[]), cast(:who as text[]), cast(:events as text[]),
            cast(:at as timestamptz[]), cast(:properties as jsonb[])
        ) as t(message_id, customer_id, event, at, properties)
    ), added as (
        insert into behaviourevent (message_id, customer_id, event, at, known_at, properties)
        select g.message_id, g.customer_id, g.event, g.at, :known_at, g.properties
        from given g join customer c on c.id = g.customer_id order by g.message_id
        on conflict (message_id) do nothing
        returning message_id, customer_id, event, at, properties
    ), counted as ({ADD_DAYS % "added"})
    select message_id, customer_id from added
    """
)


@dataclass(slots=True)
class EventResult:
    """What became of the events, by their index after envelopes are opened. `faults`: (index, reason)."""

    accepted: int = 0
    duplicates: int = 0
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)
    new: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)  #: of people who cannot be told yet
    customers: set[str] = field(default_factory=set)  #: of whom something new is known


@dataclass(frozen=True, slots=True)
class _Checked:
    index: int
    event: Incoming


def read_events(source: Path | str | bytes, kind: str = "jsonl") -> list[Any]:
    """The rows of an event file, `jsonl` or `csv` (`properties` as a JSON object in its cell).

    Raises BadInput `encoding`, `csv-columns`.
    """
    if kind == "csv":
        return list(read_csv(content(source), ("message_id", "customer_id", "event", "at")))
    return list(read_jsonl(content(source)))


def take_events(
    session: Session, rows: Iterable[Any], received_at: datetime, *, heard_at: datetime | None = None
) -> EventResult:
    """Takes the events in. What cannot be taken is a fault of its own and stops nothing.

    `received_at`: when Dongke knows of them. `heard_at`: when a network brought them, by which clocks are set right.
    Fault codes: `event-invalid`, `alias-unsupported`, `time-naive`, `time-invalid`, `time-future` (over 5 minutes
    ahead of `received_at`), `customer-unknown`, `event-conflict`.
    """
    result = EventResult()
    good: dict[str, _Checked] = {}
    for index, row in enumerate(expand(rows)):
        try:
            found = _Checked(index, check(translate(row, heard_at), received_at))
            same = good.setdefault(found.event.message_id, found)
            if same is not found:
                _same_or_conflict(found.event, same.event, same.event.who == found.event.who)
                result.duplicates += 1
        except DongkeError as fault:
            result.faults.append((index, fault))
    checked = list(good.values())
    for start in range(0, len(checked), CHUNK):
        _take(session, checked[start : start + CHUNK], received_at, result)
    result.faults.sort(key=lambda pair: pair[0])
    return result


def _take(session: Session, chunk: Sequence[_Checked], known_at: datetime, result: EventResult) -> None:
    rows = [(c, _number(c.event), body) for c in chunk if (body := _storable(c, result)) is not None]
    rest = _insert(session, rows, known_at, result)
    if rest:
        named = _named(session, _drop_known(session, rest, result), known_at, result)
        _drop_known(session, _insert(session, named, known_at, result), result)  # another may have been quicker
    result.customers |= _learn(session, [c for c, _, _ in rows], known_at)
    _doubt(session, [c.event for c, _, _ in rows])


def _number(event: Incoming) -> str:
    """The 客户号 that it names, or may name; empty for none."""
    return next((value for kind, value in event.who if kind in (CUSTOMER_ID, MAYBE)), "")


_Row = tuple[_Checked, str, str]  #: the event, its customer, its properties as JSON


def _insert(session: Session, rows: Sequence[_Row], known_at: datetime, result: EventResult) -> list[_Row]:
    """Stores and counts what is new, and gives what was not stored."""
    if not rows:
        return []
    given = {
        "ids": [c.event.message_id for c, _, _ in rows],
        "who": [who for _, who, _ in rows],
        "events": [c.event.event for c, _, _ in rows],
        "at": [c.event.at for c, _, _ in rows],
        "properties": [body for _, _, body in rows],
        "known_at": known_at,
    }
    added = {message_id: who for message_id, who in session.execute(_TAKE, given)}
    result.accepted += len(added)
    result.customers.update(added.values())
    result.new.update(c.index for c, _, _ in rows if c.event.message_id in added)
    return [row for row in rows if row[0].event.message_id not in added]


def _drop_known(session: Session, rows: Sequence[_Row], result: EventResult) -> list[_Row]:
    """Those that are not stored yet; the others are duplicates or conflicts."""
    if not rows:
        return []
    table = BehaviourEvent.__table__  # type: ignore[attr-defined]
    ids = [c.event.message_id for c, _, _ in rows]
    stored = {r.message_id: r for r in session.execute(select(table).where(table.c.message_id.in_(ids)))}
    fresh = []
    for row in rows:
        c, old = row[0], stored.get(row[0].event.message_id)
        if old is None:
            fresh.append(row)
            continue
        try:
            before = Incoming(old.message_id, (), old.event, old.at, old.properties)
            _same_or_conflict(c.event, before, _number(c.event) in ("", old.customer_id))
            result.duplicates += 1
        except Conflict as fault:
            result.faults.append((c.index, fault))
    return fresh


def _same_or_conflict(new: Incoming, old: Incoming, same_customer: bool) -> None:
    """A message sent again may have been set right by another difference of the clocks: what was said counts."""
    if not same_customer or new.event != old.event or _said(new) != _said(old):
        raise Conflict("event-conflict", f"消息 {new.message_id[:40]} 已收过, 内容不同")


def _said(event: Incoming) -> tuple[datetime, dict[str, Any]]:
    told = event.properties.get(ORIGINAL)
    rest = {key: value for key, value in event.properties.items() if key != ORIGINAL}
    return (datetime.fromisoformat(told) if isinstance(told, str) else event.at), rest


def _named(session: Session, rows: Sequence[_Row], known_at: datetime, result: EventResult) -> list[_Row]:
    """The rows with the customer whom any of their identifiers names at that time. Of the others those that somebody
    may yet be found for wait (profiles/identity/anonymous.py); a 客户号 that nobody has is a fault."""
    asked = [Asked(c.event.at, [pair for pair in c.event.who if pair[0] != MAYBE]) for c, _, _ in rows]
    answers = resolve_many(session, asked)
    found, strangers = [], []
    for (c, _, body), answer in zip(rows, answers, strict=True):
        if answer.customer_id is not None:
            found.append((c, answer.customer_id, body))
        elif answer.marks and all(kind != CUSTOMER_ID for kind, _ in c.event.who):
            strangers.append((c, answer))
        else:
            result.faults.append((c.index, BadInput("customer-unknown", f"没有客户 {_shown(c.event)}")))
    doubts = [d for one, answer in zip(asked, answers, strict=True) for d in disagreements(one.at, answer)]
    conflicts.note(session, doubts)
    _wait(session, strangers, known_at, result)
    return found


def _wait(
    session: Session, strangers: Sequence[tuple[_Checked, Resolution]], known_at: datetime, result: EventResult
) -> None:
    events = [
        anonymous.Stranger(e.message_id, answer.marks, e.event, e.at, known_at, dict(e.properties))
        for e, answer in ((c.event, answer) for c, answer in strangers)
    ]
    kept = anonymous.keep(session, events)
    result.waiting.update(c.index for c, _ in strangers if c.event.message_id in kept)
    result.duplicates += len(strangers) - len(kept)


def _learn(session: Session, chunk: Sequence[_Checked], known_at: datetime) -> set[str]:
    """A log-in with a 客户号 tells whose device it is; what that device did before moves to him, who is given back."""
    claims = [
        Claim(kind, value, who, c.event.at)
        for c in chunk
        if c.event.event in LOG_INS and (who := dict(c.event.who).get(CUSTOMER_ID))
        for kind, value in c.event.who
        if kind != CUSTOMER_ID
    ]
    return learn(session, claims, by="event", known_at=known_at).customers if claims else set()


def _doubt(session: Session, events: Iterable[Incoming]) -> None:
    """Of those that name their 客户号: another identifier that is somebody else's. A device is anybody's to use."""
    asked = [Asked(e.at, own) for e in events if e.event not in LOG_INS and len(own := _owned(e)) > 1]
    answers = resolve_many(session, asked) if asked else []
    conflicts.note(
        session, [d for one, found in zip(asked, answers, strict=True) for d in disagreements(one.at, found)]
    )


def _owned(event: Incoming) -> list[tuple[str, str]]:
    kinds = registry().kinds
    own = [pair for pair in event.who if pair[0] in kinds and kinds[pair[0]].succession == HANDOVER]
    return own if any(kind == CUSTOMER_ID for kind, _ in own) else []


def _shown(event: Incoming) -> str:
    """A telephone number is no word for a list of faults."""
    kind, value = event.who[0]
    return value[:40] if kind in (CUSTOMER_ID, MAYBE) else f"{kind}:…"


def _storable(c: _Checked, result: EventResult) -> str | None:
    """The properties as JSON. PostgreSQL refuses NaN, NUL and half characters there: they are refused by name."""
    try:
        return storable(c.event.properties)
    except BadInput as fault:
        result.faults.append((c.index, fault))
        return None
