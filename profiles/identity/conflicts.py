"""身份疑点: what the data say of who is who and cannot both be true. It waits for a person, and merges nobody.

- disagreement 指向不同: one event carried identifiers of different customers; the one of higher priority was followed
- handover 换了主人: an identifier went from one customer to another without an end being told: recycled, or shared?
- double 两人同时持有: two customers hold at the same time what cannot be shared
- limit 超过上限: an identifier was not linked, the customer has too many of its kind
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ARRAY, ColumnElement, String, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from dongke.clock import now
from dongke.errors import Conflict, NotFound
from profiles.identity.identifiers import registry
from profiles.identity.models import IdentityConflict
from profiles.identity.resolution import Mark, Resolution, kind_in

_TABLE = IdentityConflict.__table__  # type: ignore[attr-defined]
LABELS = {
    "disagreement": "标识指向不同客户",
    "handover": "标识换了主人",
    "double": "两位客户同时持有",
    "limit": "标识超过上限",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One of them as it is found. `about`: the identifiers, as marks."""

    kind: str
    customers: tuple[str, ...]
    about: tuple[Mark, ...]
    at: datetime
    text: str  #: one Chinese sentence, identifiers masked
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        mark = "|".join((self.kind, *sorted(self.customers), "", *sorted(self.about)))
        return hashlib.sha256(mark.encode()).hexdigest()[:24]


def note(session: Session, doubts: Iterable[Doubt]) -> None:
    """Keeps them. Found again, the count goes up; what a person has settled stays settled."""
    rows: dict[str, dict[str, Any]] = {}
    for doubt in doubts:
        row = rows.setdefault(doubt.id, _row(doubt))
        if row["last_at"] != doubt.at or row["first_at"] != doubt.at:
            row |= {"first_at": min(row["first_at"], doubt.at), "last_at": max(row["last_at"], doubt.at)}
        row["count"] += 1
    if not rows:
        return
    statement = insert(IdentityConflict)
    had, new = _TABLE.c, statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "first_at": func.least(had.first_at, new.first_at),
                "last_at": func.greatest(had.last_at, new.last_at),
                "count": had["count"] + new["count"],
            },
        ),
        [rows[ident] for ident in sorted(rows)],
    )


def disagreements(at: datetime, found: Resolution) -> list[Doubt]:
    """The doubt that one resolution leaves, if any."""
    if found.customer_id is None or found.by is None or not found.others:
        return []
    kinds = registry().kinds
    named = {kind: sorted(who) for kind, who in found.others.items()}
    said = ", ".join(f"{kinds[kind].label}指向 {'、'.join(who)}" for kind, who in named.items())
    return [
        Doubt(
            kind="disagreement",
            customers=tuple(sorted({found.customer_id, *(c for who in named.values() for c in who)})),
            about=tuple(m for m in found.marks if kind_in(m) in (found.by, *named)),
            at=at,
            text=f"{kinds[found.by].label}指向 {found.customer_id}, {said}; 已按{kinds[found.by].label}认定",
            detail={"chosen": found.customer_id, "by": found.by, "others": named},
        )
    ]


def waiting(session: Session, customers: Collection[str], *, settled: bool = False) -> list[IdentityConflict]:
    """Those that name one of these customers and wait (with `settled`, those settled too), the newest first."""
    query = select(IdentityConflict).where(names_one_of(customers))
    if not settled:
        query = query.where(col(IdentityConflict.settled_at).is_(None))
    return list(session.scalars(query.order_by(col(IdentityConflict.last_at).desc(), col(IdentityConflict.id))))


def names_one_of(customers: Collection[str]) -> ColumnElement[bool]:
    """The condition on `IdentityConflict` that it is about one of these customers."""
    return cast(ColumnElement[bool], _TABLE.c.customers.overlap(literal(sorted(customers), ARRAY(String))))


def settle(session: Session, ident: str, by: str, note: str) -> IdentityConflict:
    """A person has looked into it. Raises NotFound `conflict-unknown`, Conflict `conflict-settled`."""
    row = session.get(IdentityConflict, ident, with_for_update=True)
    if row is None:
        raise NotFound("conflict-unknown", f"没有身份疑点 {ident[:40]}")
    if row.settled_at is not None:
        raise Conflict("conflict-settled", f"这个疑点已由 {row.settled_by} 处理")
    row.settled_at, row.settled_by, row.note = now(), by, note
    session.flush()
    return row


def _row(doubt: Doubt) -> dict[str, Any]:
    return {
        "id": doubt.id,
        "kind": doubt.kind,
        "customers": sorted(doubt.customers),
        "detail": {"text": doubt.text, "kinds": sorted({kind_in(m) for m in doubt.about}), **doubt.detail},
        "first_at": doubt.at,
        "last_at": doubt.at,
        "count": 0,
        "note": "",
    }
