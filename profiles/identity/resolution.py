"""身份认定: which customer a handful of identifiers names at a time.

The identifier of the highest priority that names exactly one customer wins. Others that name somebody else are a
disagreement: it is told, for a person to settle, and merges nobody. A shared identifier names nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, String, any_, literal, select
from sqlmodel import Session, col

from dongke.clock import beijing
from dongke.directory import Customer
from dongke.errors import DongkeError
from profiles.identity.identifiers import CUSTOMER_ID, normalised, registry
from profiles.identity.ownership import Told, holders
from profiles.identity.persons import canonicals
from profiles.identity.sealing import blind_index
from profiles.models import Identifier

CHUNK = 10_000
Mark = str  #: kind~blind index: an identifier without its value


class Asked(NamedTuple):
    """Whom do these identifiers (kind, value) name at that time?"""

    at: datetime
    identifiers: Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Resolution:
    """认定. `others`: kind → the customers whom it names, where none of them is the one chosen."""

    customer_id: str | None = None
    by: str | None = None  #: the kind that decided
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()  #: the identifiers that can be looked up, the highest priority first
    refused: tuple[tuple[str, DongkeError], ...] = ()  #: kinds with values that can name nobody


def decide(held: Mapping[str, frozenset[str]], persons: Mapping[str, str], marks: Sequence[Mark] = ()) -> Resolution:
    """The choice (pure). `held`: kind → who holds it; `persons`: customer → the id under which he folds.

    A 客户号 that nobody has decides too: nobody is meant, whatever the other identifiers say.
    """
    ranked = sorted(held, key=lambda kind: registry().kinds[kind].priority)
    if CUSTOMER_ID in held and not held[CUSTOMER_ID]:
        return Resolution(marks=tuple(marks))
    by = next((kind for kind in ranked if len(held[kind]) == 1), None)
    if by is None:
        return Resolution(marks=tuple(marks))
    (who,) = held[by]
    same = {kind: {persons.get(c, c) for c in held[kind]} for kind in ranked}
    others = {kind: held[kind] for kind in ranked if same[kind] and persons.get(who, who) not in same[kind]}
    return Resolution(who, by, others, tuple(marks))


def resolve_many(session: Session, asked: Sequence[Asked]) -> list[Resolution]:
    """Whom each names, in a few queries for all of them. Raises BadInput `time-naive`."""
    known = [_marks(one) for one in asked]
    found = resolve_marks(session, [(one.at, marks) for one, (marks, _) in zip(asked, known, strict=True)])
    return [replace(r, refused=tuple(refused)) if refused else r for r, (_, refused) in zip(found, known, strict=True)]


def resolve_marks(session: Session, asked: Sequence[tuple[datetime, Sequence[Mark]]]) -> list[Resolution]:
    """The same from identifiers that are known by their marks only."""
    told = told_of(session, {mark for _, marks in asked for mark in marks})
    held = [_held(told, at, marks) for at, marks in asked]
    several = {c for kinds in held if len(set(kinds.values())) > 1 for named in kinds.values() for c in named}
    persons = canonicals(session, several)
    return [replace(decide(kinds, persons), marks=tuple(marks)) for kinds, (_, marks) in zip(held, asked, strict=True)]


def told_of(session: Session, marks: Iterable[Mark]) -> dict[Mark, list[Told]]:
    """All claims on these identifiers. A 客户号 is its own customer's, from the beginning."""
    wanted: dict[str, list[str]] = {}
    for mark in sorted(set(marks)):
        kind, _, index = mark.partition("~")
        wanted.setdefault(kind, []).append(index)
    found: dict[Mark, list[Told]] = {}
    for who in existing(session, wanted.pop(CUSTOMER_ID, [])):
        found[f"{CUSTOMER_ID}~{who}"] = [Told(who, datetime.fromisoformat("1970-01-01T00:00:00+00:00"))]
    row = Identifier
    for kind, indexes in wanted.items():
        for start in range(0, len(indexes), CHUNK):
            these = any_(literal(indexes[start : start + CHUNK], ARRAY(String)))
            query = select(col(row.blind_index), col(row.customer_id), col(row.from_at), col(row.until))
            for index, *claim in session.execute(query.where(col(row.kind) == kind, col(row.blind_index) == these)):
                found.setdefault(f"{kind}~{index}", []).append(Told(*claim))
    return found


def mark_of(kind: str, value: str) -> Mark:
    """The mark of a normalised value. A 客户号 is no secret: it stands for itself."""
    return f"{kind}~{value if kind == CUSTOMER_ID else blind_index(kind, value)}"


def kind_in(mark: Mark) -> str:
    return mark.partition("~")[0]


def _marks(asked: Asked) -> tuple[list[Mark], list[tuple[str, DongkeError]]]:
    beijing(asked.at)
    marks: list[Mark] = []
    refused: list[tuple[str, DongkeError]] = []
    for kind, value in sorted(asked.identifiers, key=lambda pair: (_priority(pair[0]), pair)):
        try:
            marks.append(mark_of(kind, normalised(kind, value)))
        except DongkeError as fault:
            refused.append((kind, fault))
    return list(dict.fromkeys(marks)), refused


def _priority(kind: str) -> int:
    found = registry().kinds.get(kind)
    return found.priority if found else len(registry().kinds) + 1


def _held(told: Mapping[Mark, list[Told]], at: datetime, marks: Iterable[Mark]) -> dict[str, frozenset[str]]:
    """Who holds them then, by kind; several of a kind are taken together."""
    held: dict[str, frozenset[str]] = {}
    for mark in marks:
        kind, claims = kind_in(mark), told.get(mark)
        found = holders(claims, at, registry().kinds[kind].succession) if claims else frozenset()
        held[kind] = held.get(kind, frozenset()) | found
    return held


def existing(session: Session, ids: Iterable[str]) -> set[str]:
    """Those of these 客户号 that there are."""
    wanted = sorted(set(ids))
    these = any_(literal(wanted, ARRAY(String)))
    return set(session.scalars(select(col(Customer.id)).where(col(Customer.id) == these))) if wanted else set()
