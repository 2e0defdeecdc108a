"""逾期与升级: the ladder of a playbook – advisor 投顾, branch 营业部, firm 公司 – as notices, rung by rung.

A rung is told when its time has come and the rung below was told a cool-down before: an opportunity found overdue only
days later (a late transcript, a scheduler that stood still) climbs one rung at a time, and everybody gets his chance.
All opportunities are swept in a few statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, and_, any_, case, cast, exists, func, literal, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar, at_beijing, beijing
from dongke.db import AwareDateTime
from dongke.settings import settings
from followup import playbooks
from followup.deadlines import day_after
from followup.models import Notice, State, StoredOpportunity
from followup.playbooks import Playbook
from followup.rights import listed
from followup.webhooks import outbox
from followup.webhooks.catalogue import EventType, Fact
from followup.webhooks.changes import of_opportunity

UNDONE = (State.OPEN, State.CONTACTED)  #: nobody has spoken with the customer of it yet
WORDS: Mapping[str, str] = {
    "advisor": "逾期未跟进",
    "branch": "逾期已升级到营业部",
    "firm": "逾期已升级到公司",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """一级: at which moment whom it is shown to. `below` is the level before it."""

    level: str
    at: datetime
    below: str | None

    @property
    def kind(self) -> str:
        """The kind of the notice."""
        return "overdue" if self.level == "advisor" else "escalated"


def rungs(book: Playbook, due_at: datetime, calendar: TradingCalendar) -> tuple[Rung, ...]:
    """The ladder of an opportunity with that deadline, from the bottom (pure)."""
    found: list[Rung] = []
    for step in book.escalate:
        at = calendar.due_at(due_at, step.after_days) if step.after_days else due_at
        found.append(Rung(step.to, at, found[-1].level if found else None))
    return tuple(found)


def cooled(moment: datetime, days: int, calendar: TradingCalendar) -> datetime:
    """The rung below must have been told by then: so many trading days before, at the same hour; on a closed day all
    of the last open one has passed (pure)."""
    if not days:
        return moment
    wall = beijing(moment)
    if calendar.is_open(wall.date()):
        return at_beijing(calendar.add_days(wall.date(), -days), wall.time())
    last = calendar.previous_open(wall.date())
    return day_after(calendar.add_days(last, -days))


def sweep(session: Session, moment: datetime, calendar: TradingCalendar) -> int:
    """Notices for what was not followed up in time, as of that moment; events for who listens. How many are new."""
    books = {book.id: book for book in playbooks.load(settings().playbooks_dir)}
    due = _due(session, moment, books, calendar)
    made = 0
    for level in WORDS:
        rows = [(book, due_at, rung) for book, due_at, ladder in due for rung in ladder if rung.level == level]
        if rows:
            made += _tell(session, level, rows, moment, calendar)
    return made


_Row = tuple[Playbook, datetime, Rung]


def _due(
    session: Session, moment: datetime, books: Mapping[str, Playbook], calendar: TradingCalendar
) -> list[tuple[Playbook, datetime, list[Rung]]]:
    """Each deadline that has passed undone, once a playbook, with the rungs whose time has come."""
    o = StoredOpportunity
    query = select(o.playbook, o.due_at).where(col(o.state).in_(UNDONE), col(o.due_at) <= moment).distinct()
    found = []
    for name, due_at in session.execute(query.order_by(col(o.due_at), col(o.playbook))):
        if (book := books.get(name)) is not None:
            found.append((book, due_at, [r for r in rungs(book, due_at, calendar) if r.at <= moment]))
    return found


def _tell(session: Session, level: str, rows: Sequence[_Row], moment: datetime, calendar: TradingCalendar) -> int:
    o, kind = StoredOpportunity, rows[0][2].kind
    due = _table(rows, moment, calendar)
    mark = func.concat(kind if level != "firm" else f"{kind}:{level}", "|", col(o.id), "|", due.c.stamp)
    ident = func.left(func.encode(func.sha256(func.convert_to(mark, "UTF8")), "hex"), 32)
    key = case((col(o.key).is_(None), ""), else_=func.concat(" ", col(o.key)))
    text = func.concat(WORDS[level], ": ", due.c.label, key, " (客户 ", col(o.customer_id), ")")
    row: tuple[Any, ...] = (
        *(ident, literal(kind), o.customer_id, o.owner_id, due.c.at),
        *(text, literal(moment), o.id, literal(level)),
    )
    chosen: Any = (
        select(*row)
        .join(due, and_(due.c.playbook == col(o.playbook), due.c.due_at == col(o.due_at)))
        .where(col(o.state).in_(UNDONE), *_missed(), listed(), ~_told(o, kind, level, due), _below(o, due))
    )
    chosen = chosen.order_by(
        ident
    )  # all are chosen before one is written: the look for older notices sees none of these
    columns = ["id", "kind", "customer_id", "advisor_id", "due_at", "text", "made_at", "opportunity_id", "level"]
    query = insert(Notice).from_select(columns, chosen).on_conflict_do_nothing().returning(col(Notice.opportunity_id))
    ids = [str(one) for one in session.execute(query).scalars()]
    _emit(session, level, ids, moment)
    return len(ids)


def _table(rows: Sequence[_Row], moment: datetime, calendar: TradingCalendar) -> Any:
    """The deadlines as a table beside the opportunities: when the rung is due, and by when the one below was told."""
    columns: dict[str, tuple[Any, list[Any]]] = {
        "playbook": (String, [book.id for book, _, _ in rows]),
        "due_at": (AwareDateTime, [due_at for _, due_at, _ in rows]),
        "at": (AwareDateTime, [rung.at for _, _, rung in rows]),
        "stamp": (String, [str(rung.at.timestamp()) for _, _, rung in rows]),
        "label": (String, [book.label for book, _, _ in rows]),
        "below": (String, [rung.below for _, _, rung in rows]),
        "cooled": (AwareDateTime, [cooled(moment, book.cool_down_days, calendar) for book, _, _ in rows]),
    }
    arrays = [cast(literal(values, ARRAY(kind)), ARRAY(kind)) for kind, values in columns.values()]
    return func.unnest(*arrays).table_valued(*columns, name="due").render_derived()


def _missed() -> list[Any]:
    """Neither followed up nor over when the due time came (`followup.service.is_overdue`)."""
    o = StoredOpportunity
    return [or_(end.is_(None), end > col(o.due_at)) for end in (col(o.discharged_at), col(o.closed_at))]


def _told(o: Any, kind: str, level: str, due: Any) -> Any:
    mine = (col(Notice.opportunity_id) == col(o.id), col(Notice.kind) == kind, col(Notice.level) == level)
    return exists().where(*mine, col(Notice.due_at) == due.c.at)


def _below(o: Any, due: Any) -> Any:
    told = exists().where(
        col(Notice.opportunity_id) == col(o.id),
        col(Notice.level) == due.c.below,
        col(Notice.kind).in_(("overdue", "escalated")),
        col(Notice.made_at) <= due.c.cooled,
    )
    return or_(due.c.below.is_(None), told)


def _emit(session: Session, level: str, ids: Sequence[str], moment: datetime) -> None:
    if not ids or not outbox.has_receivers(session):
        return
    o = StoredOpportunity
    kind = EventType.OPPORTUNITY_OVERDUE if level == "advisor" else EventType.OPPORTUNITY_ESCALATED
    columns: tuple[Any, ...] = (o.id, o.customer_id, o.owner_id, o.playbook, o.playbook_version, o.state, o.due_at)
    query = select(*columns)
    facts = []
    for row in session.execute(query.where(col(o.id) == any_(literal(list(ids), ARRAY(String))))):
        data = of_opportunity(*row) | {"level": level}
        mark = f"{level}|{row.due_at.timestamp()}"
        facts.append(Fact(kind, row.id, moment, data, customer_id=row.customer_id, mark=mark))
    outbox.emit(session, facts)
