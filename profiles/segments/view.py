"""圈选行的保管: rows are made from facts, kept, and settled before any answer is given.

A row is made anew when a fact of the person changed (`segment_mark`, written by triggers in the transaction of the
fact) or when its due moment has come (`due`). Nothing else can change it, so no nightly job is needed; a job that
settles now and then only saves the next question the work.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, String, any_, delete, func, insert, literal, text, union
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar, now
from dongke.directory import Customer
from dongke.errors import NotReady
from profiles.segments import gate
from profiles.segments.due import next_change
from profiles.segments.follow import FollowSource
from profiles.segments.models import SegmentItem, SegmentMark, SegmentRow
from profiles.segments.people import Person, people
from profiles.segments.row import Item, Row
from profiles.service import trading_calendar

CHUNK = 500  #: customers read at a time
MOST_AT_ONCE = 1_000  #: more than this is no work for a question (some seconds): it is told to wait
_LOCK = 0x446F6E73


def settle(
    session: Session,
    follow: FollowSource,
    *,
    moment: datetime | None = None,
    most: int | None = None,
    chunks: int | None = None,
) -> int:
    """Makes every row true at `moment` (now): those whose facts changed, and those whose due moment has come.

    How many customers were read; with `chunks`, so many chunks at most. One settles at a time. Raises NotReady
    `segments-settling` where more than `most` wait.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    moment = moment or now()
    if most is not None and (count := waiting(session, moment)) > most:
        raise NotReady("segments-settling", f"还有 {count} 位客户的圈选数据没有整理好, 请稍后再试")
    calendar, done, rounds = trading_calendar(), 0, 0
    while (chunks is None or rounds < chunks) and (ids := _next(session, moment)):
        done += _remake(session, ids, follow, moment, calendar)
        rounds += 1
    return done


def waiting(session: Session, moment: datetime) -> int:
    """How many customers have to be read before an answer at that moment."""
    marked = select(SegmentMark.customer_id)
    due = select(SegmentRow.customer_id).where(*_due(moment))
    return session.scalar(select(func.count()).select_from(union(marked, due).subquery())) or 0


def stored(session: Session, customer_ids: Collection[str]) -> dict[str, Row]:
    """The rows of these customers, as they stand; who has none is left out."""
    v, i = SegmentRow.__table__.c, SegmentItem.__table__.c  # type: ignore[attr-defined]
    these = any_(literal(sorted(customer_ids), ARRAY(String)))  # one parameter, however many they are
    items: dict[str, dict[str, list[Item]]] = {}
    query = sa_select(i.customer_id, i.collection, i.data).where(i.customer_id == these)
    for who, collection, data in session.execute(query.order_by(i.customer_id, i.collection, i.number)):
        items.setdefault(who, {}).setdefault(collection, []).append(data)
    return {
        who: Row(who, values, {name: tuple(rows) for name, rows in items.get(who, {}).items()})
        for who, values in session.execute(sa_select(v.customer_id, v["values"]).where(v.customer_id == these))
    }


def mark_all(session: Session) -> None:
    """Every row is to be made anew: after a change of parameters, vocabulary, playbooks or calendar."""
    session.execute(text("select segment_mark_these(array(select id from customer))"))


def _next(session: Session, moment: datetime) -> list[str]:
    """Customers to read. Their marks are taken first: what is written from here on leaves a new one."""
    some = select(SegmentMark.customer_id).order_by(col(SegmentMark.customer_id)).limit(CHUNK)
    taken = delete(SegmentMark).where(col(SegmentMark.customer_id).in_(some)).returning(col(SegmentMark.customer_id))
    marked = set(session.execute(taken).scalars())
    if marked:
        return sorted(marked)
    due = select(SegmentRow.customer_id).where(*_due(moment)).order_by(col(SegmentRow.due_at))
    return sorted(session.exec(due.limit(CHUNK)))


def _due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Time has come for the row. One that was read at this very moment is true at it, whatever the next one brings."""
    return col(SegmentRow.due_at) <= moment, col(SegmentRow.read_at) < moment


def _remake(
    session: Session, ids: Collection[str], follow: FollowSource, moment: datetime, calendar: TradingCalendar
) -> int:
    known = set(session.exec(select(Customer.id).where(col(Customer.id).in_(ids))))
    found, everyone = people(session, known, follow, moment, calendar) if known else ([], set())
    gone = sorted(everyone | set(ids))
    for table in (SegmentItem, SegmentRow):
        session.execute(delete(table).where(col(table.customer_id).in_(gone)))
    admitted = gate.admitted(session, [p.customer_id for p in found])
    _keep(session, (p for p in found if p.customer_id in admitted), moment)
    return len(ids)


def _keep(session: Session, several: Iterable[Person], moment: datetime) -> None:
    rows, items = [], []
    for person in several:
        row = person.row(moment)
        due_at = next_change(person.state(), moment)
        rows.append({"customer_id": row.customer_id, "values": row.values, "due_at": due_at, "read_at": moment})
        items += [
            {"customer_id": row.customer_id, "collection": collection, "number": number, "data": item}
            for collection, found in row.items.items()
            for number, item in enumerate(found)
        ]
    if rows:
        session.execute(insert(SegmentRow), rows)
    if items:
        session.execute(insert(SegmentItem), items)
