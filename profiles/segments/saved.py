"""客群: saved conditions, who belongs to them since when, and why somebody came or left.

The members are brought up to date when they are asked for, and by a job in between; every difference is a change on
record, with the conditions that decided it. A definition names no customer, so that all who read may see it; only the
owner (or an admin) changes it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from dongke import audit
from dongke.clock import now
from dongke.errors import BadInput, Conflict, Forbidden, NotFound
from dongke.scope import Principal, Role
from profiles.segments.checks import Moment
from profiles.segments.evaluate import explain
from profiles.segments.follow import FollowSource
from profiles.segments.lists import suggestion
from profiles.segments.models import Segment, SegmentChange, SegmentMember, SegmentRow
from profiles.segments.query import condition
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Tree, from_json, to_json
from profiles.segments.view import MOST_AT_ONCE, settle, stored
from profiles.service import trading_calendar

MAX_NAME_CHARS = 60
EXPLAINED = 2_000  #: changes of one settlement that are explained one by one
WRITERS = (Role.ADVISOR, Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Definition:
    """客群的定义. `suggests`: what its lists are going to suggest (see lists.suggestion)."""

    name: str
    tree: Tree
    suggests: str | None = None


def create(session: Session, principal: Principal, told: Definition) -> Segment:
    """Saves a segment. Raises BadInput `segment-name-invalid`, `suggestion-unknown`; Forbidden `role-forbidden`."""
    principal.need(*WRITERS)
    moment = now()
    row = Segment(
        id=uuid4().hex[:12],
        name=_name(told.name),
        tree=to_json(told.tree),
        suggests=suggestion(told.suggests),
        owner=principal.subject,
        made_at=moment,
        changed_at=moment,
    )
    session.add(row)
    session.flush()
    audit.record(session, principal.subject, "segment.create", row.id, name=row.name, tree=row.tree)
    return row


def change(session: Session, principal: Principal, segment_id: str, version: int, told: Definition) -> Segment:
    """Changes the definition that stands at `version`. Raises Conflict `segment-changed` where it no longer does,
    NotFound `segment-unknown`, Forbidden `segment-foreign`."""
    row = _mine(session, principal, segment_id)
    if row.version != version:
        raise Conflict("segment-changed", f"客群已是第 {row.version} 版, 请先重新读取")
    row.version += to_json(told.tree) != row.tree
    row.name, row.tree, row.suggests = _name(told.name), to_json(told.tree), suggestion(told.suggests)
    row.changed_at = now()
    session.add(row)
    session.flush()
    audit.record(session, principal.subject, "segment.change", row.id, version=row.version, tree=row.tree)
    return row


def remove(session: Session, principal: Principal, segment_id: str) -> None:
    """Deletes the segment with its members and changes; what it was stays in the audit log."""
    row = _mine(session, principal, segment_id)
    told = {"name": row.name, "version": row.version, "tree": row.tree}
    for table in (SegmentMember, SegmentChange):
        session.execute(delete(table).where(col(table.segment_id) == segment_id))
    session.delete(row)
    session.flush()
    audit.record(session, principal.subject, "segment.delete", segment_id, **told)


def one(session: Session, segment_id: str) -> Segment:
    """That segment. Raises NotFound `segment-unknown`."""
    row = session.get(Segment, segment_id)
    if row is None:
        raise NotFound("segment-unknown", f"没有客群 {segment_id[:40]}")
    return row


def tree_of(segment: Segment) -> Tree:
    """Its condition. Raises TreeInvalid where the vocabulary no longer knows what it asks."""
    return from_json(segment.tree)


def sentence_of(segment: Segment) -> str:
    """Its condition in words, or why it can no longer be used."""
    try:
        return to_sentence(tree_of(segment))
    except BadInput as fault:
        return f"(这个条件已不能用: {fault.detail})"


def settle_members(session: Session, follow: FollowSource, segments: Iterable[Segment]) -> int:
    """Brings the members of these segments up to date and records who came and left. How many did."""
    moment = now()
    settle(session, follow, moment=moment, most=MOST_AT_ONCE)
    return sum(_settle_one(session, segment, moment) for segment in segments)


def settle_all(session: Session, follow: FollowSource) -> int:
    """The same of every segment; one that the vocabulary no longer knows is left as it is."""
    readable = []
    for segment in session.exec(select(Segment).order_by(col(Segment.id))):
        try:
            tree_of(segment)
        except BadInput:
            continue
        readable.append(segment)
    return settle_members(session, follow, readable)


def _settle_one(session: Session, segment: Segment, moment: datetime) -> int:
    asked = Moment(moment, trading_calendar())
    belongs = condition(tree_of(segment), asked)
    members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
    stays = select(SegmentRow.customer_id).where(belongs)
    entered = list(session.exec(stays.where(col(SegmentRow.customer_id).not_in(members))))
    left = list(session.exec(members.where(col(SegmentMember.customer_id).not_in(stays))))
    why = _reasons(session, segment, [*entered, *left], asked)
    if left:
        gone = (col(SegmentMember.segment_id) == segment.id) & col(SegmentMember.customer_id).in_(left)
        session.execute(delete(SegmentMember).where(gone))
    if entered:
        rows = [{"segment_id": segment.id, "customer_id": who, "entered_at": moment} for who in entered]
        session.execute(insert(SegmentMember), rows)
    changes = [(who, "entered") for who in sorted(entered)] + [(who, "left") for who in sorted(left)]
    if changes:
        session.execute(insert(SegmentChange), [_change(segment, who, what, moment, why) for who, what in changes])
    segment.settled_at = moment
    session.add(segment)
    session.flush()
    return len(changes)


def _change(segment: Segment, who: str, what: str, moment: datetime, why: dict[str, str]) -> dict[str, Any]:
    return {
        "segment_id": segment.id,
        "version": segment.version,
        "customer_id": who,
        "change": what,
        "at": moment,
        "because": why.get(who, "客群建立或条件改动时统一整理"),
    }


def _reasons(session: Session, segment: Segment, customer_ids: Sequence[str], asked: Moment) -> dict[str, str]:
    """The deciding conditions of each; of very many at once nobody reads them."""
    if not customer_ids or len(customer_ids) > EXPLAINED:
        return {}
    tree = tree_of(segment)
    why = {who: explain(tree, row, asked).because for who, row in stored(session, customer_ids).items()}
    return {who: why.get(who, "已并入另一位客户, 或不再参与圈选") for who in customer_ids}


def _name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise BadInput("segment-name-invalid", f"客群名称要有 1 到 {MAX_NAME_CHARS} 个字")
    return name


def _mine(session: Session, principal: Principal, segment_id: str) -> Segment:
    principal.need(*WRITERS)
    row = one(session, segment_id)
    if principal.role is not Role.ADMIN and row.owner != principal.subject:
        raise Forbidden("segment-foreign", "只有建立这个客群的人能改动它")
    return row


def segments_of(session: Session, ids: Collection[str] | None = None) -> list[Segment]:
    """The saved segments, the newest first."""
    query = select(Segment).order_by(col(Segment.made_at).desc(), col(Segment.id))
    return list(session.exec(query if ids is None else query.where(col(Segment.id).in_(ids))))
