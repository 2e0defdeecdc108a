"""时间线: everything that happened with a customer, newest first, as one list over all tables of facts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal, null, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select

from api import paging
from api.labels import playbook_label, state_label, tag_label
from asr.models import StoredConversation
from dongke.errors import BadInput
from dongke.standing import PROFILE, Purpose
from dongke.types import aware
from followup.models import Attempt, Note, StoredOpportunity
from followup.rights import listed
from profiles.models import BehaviourEvent, StaticSnapshot, TagFeedback
from profiles.repository import feedback_of
from profiles.rights.fold import Rights

_CHANNELS = {"call": "电话", "chat": "企业微信会话"}
#: behaviour that only looks: no money moved, nothing was opened or closed
_BROWSING = "(view|detail|click|login|search|screen)$"
_VERDICTS = {"right": "对", "wrong": "错", "corrected": "已更正"}


def timeline(
    session: Session,
    members: list[str],
    rights: Rights,
    *,
    kinds: Collection[str] = (),
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of what happened with these customer ids (one person, if merged); only these kinds, where any is given.

    What his rights forbid is left out: after a refused profile what he did, and what was made of his words.
    """
    shown = [source for source in _SOURCES if (not kinds or source[0] in kinds) and _may_show(source[0], rights)]
    if not shown:
        return {"items": [], "next_cursor": None}
    gone = [] if rights.is_ordinary else _gone(session, members, rights)
    every = union_all(*(_select(*source, members, gone) for source in shown)).subquery()
    query = select(every.c.kind, every.c.id, every.c.at, every.c.detail)
    place = paging.decode("timeline", cursor, 3)
    columns = (every.c.at, every.c.kind, every.c.id)
    if place:
        query = query.where(paging.after(columns, (_time(place[0]), place[1], place[2]), descending=True))
    query = query.order_by(*(c.desc() for c in columns)).limit(limit + 1)
    rows, last = paging.page(session.execute(query).all(), limit)
    items = [{"kind": k, "id": i, "at": at, "title": _title(k, d), "detail": d} for k, i, at, d in rows]
    after = paging.encode("timeline", last.at.isoformat(), last.kind, last.id) if last else None
    return {"items": items, "next_cursor": after}


_SOURCES: tuple[tuple[str, Any, str, str, tuple[str, ...]], ...] = (
    ("conversation", StoredConversation, "id", "started_at",
     ("channel", "direction", "answered", "advisor_id", "ended_at", "recording_id")),
    ("attempt", Attempt, "id", "at", ("advisor_id",)),
    ("note", Note, "id", "at", ("advisor_id", "text")),
    ("event", BehaviourEvent, "message_id", "at", ("event", "properties")),
    ("browse", BehaviourEvent, "message_id", "at", ("event", "properties")),
    ("feedback", TagFeedback, "id", "at", ("tag", "verdict", "by")),
    ("snapshot", StaticSnapshot, "id", "effective_at", ("data",)),
    ("opportunity", StoredOpportunity, "id", "opened_at", ("playbook", "key", "state", "due_at")),
)  # fmt: skip


def _gone(session: Session, members: list[str], rights: Rights) -> list[str]:
    """Verdicts on tags that he had deleted."""
    return [verdict.id for verdict in feedback_of(session, members) if not rights.keeps_feedback(verdict)]


def _may_show(kind: str, rights: Rights) -> bool:
    if kind in ("event", "browse"):
        return Purpose.PROFILING not in rights.refused
    return kind not in ("feedback", "opportunity") or not rights.refused & set(PROFILE)


def _select(
    kind: str, table: Any, ident: str, at: str, fields: tuple[str, ...], members: list[str], gone: list[str]
) -> Any:
    pairs = [part for f in fields for part in (literal(f), getattr(table, f))]
    detail = func.jsonb_build_object(*pairs) if pairs else cast(null(), JSONB)
    conditions: list[ColumnElement[bool]] = [col(table.customer_id).in_(members)]
    if table is BehaviourEvent:
        browsing = col(BehaviourEvent.event).regexp_match(_BROWSING)
        conditions.append(browsing if kind == "browse" else ~browsing)
    if table is StoredOpportunity:
        conditions.append(listed())
    if table is TagFeedback and gone:
        conditions.append(col(TagFeedback.id).not_in(gone))
    return select(
        literal(kind, String).label("kind"),
        getattr(table, ident).label("id"),
        getattr(table, at).label("at"),
        detail.label("detail"),
    ).where(*conditions)


def _title(kind: str, detail: dict[str, Any]) -> str:
    if kind == "conversation":
        channel = _CHANNELS.get(detail["channel"], detail["channel"])
        direction = "客户来" if detail["direction"] == "in" else "投顾去"
        return f"{direction}{channel}" + ("" if detail["answered"] else " (未接)")
    if kind in ("event", "browse"):
        return str(detail["event"])
    if kind == "feedback":
        return f"反馈「{tag_label(detail['tag'])}」: {_VERDICTS.get(detail['verdict'], detail['verdict'])}"
    if kind == "opportunity":
        return f"商机「{playbook_label(detail['playbook'])}」: {state_label(detail['state'])}"
    return {"attempt": "呼叫未接", "note": "拜访记录", "snapshot": "静态档案更新"}[kind]


def _time(value: str) -> datetime:
    try:
        return aware(value, "cursor")
    except BadInput:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
