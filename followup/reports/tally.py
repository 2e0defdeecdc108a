"""计数: the numbers of all groups in two statements, however many opportunities there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Float, Select, cast, extract, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar, beijing
from dongke.directory import Advisor, Customer
from dongke.scope import visible
from followup.reports.columns import COUNTS, HIDDEN, SUMS, yuan
from followup.reports.numbers import Tally, total
from followup.reports.question import Question
from followup.rights import listed

FIRM = "firm"


@dataclass(frozen=True, slots=True)
class Tallies:
    """The counts by group and playbook, and the median hours by group (`None`: of all)."""

    cells: Mapping[str, Mapping[str, Tally]]
    medians: Mapping[str | None, float]

    def by_playbook(self) -> dict[str, Tally]:
        """All groups together, by playbook."""
        found: dict[str, list[Tally]] = {}
        for books in self.cells.values():
            for book, told in books.items():
                found.setdefault(book, []).append(told)
        return {book: total(tallies) for book, tallies in found.items()}


def tallies(session: Session, question: Question, opportunity: Any, calendar: TradingCalendar) -> Tallies:
    """What the report is made of."""
    return Tallies(_cells(session, question, opportunity), _medians(session, question, opportunity, calendar))


def reference(session: Session, question: Question, opportunity: Any) -> dict[str, Tally]:
    """The firm's counts of the same period by playbook: what the mix of anybody's cases is compared with."""
    whole = Question(question.start, question.end, question.moment, question.as_of, group="playbook")
    return {book: told for books in _cells(session, whole, opportunity).values() for book, told in books.items()}


def nothing() -> Tally:
    """The counts of a line without opportunities: every number is 0."""
    return Tally(dict.fromkeys((c.name for c in (*COUNTS, *HIDDEN)), 0), dict.fromkeys((s.name for s in SUMS), 0))


def asked(question: Question, o: Any, *columns: Any) -> Select[Any]:
    """These columns of the opportunities that the question is about."""
    query: Select[Any] = select(*columns).select_from(o).join(Advisor, col(Advisor.id) == col(o.owner_id))
    query = query.where(col(o.opened_at) >= question.start, col(o.opened_at) < question.end, listed(o))
    if question.principal is not None:
        query = query.join(Customer, col(Customer.id) == col(o.customer_id)).where(visible(question.principal))
    if question.advisor is not None:
        query = query.where(col(o.owner_id) == question.advisor)
    if question.branch is not None:
        query = query.where(col(Advisor.branch_id) == question.branch)
    return query


def group_of(question: Question, o: Any) -> Any:
    """The column by which the opportunities are grouped."""
    columns = {"advisor": o.owner_id, "branch": Advisor.branch_id, "playbook": o.playbook}
    return columns.get(question.group, literal(FIRM))


def _cells(session: Session, question: Question, o: Any) -> dict[str, dict[str, Tally]]:
    at = question.moment
    counts = [func.count().filter(c.counts(o, at)).label(c.name) for c in (*COUNTS, *HIDDEN)]
    sums = [func.coalesce(func.sum(yuan(o)).filter(s.counts(o, at)), 0).label(s.name) for s in SUMS]
    key: Any = group_of(question, o).label("grp")
    book: Any = col(o.playbook).label("book")
    found: dict[str, dict[str, Tally]] = {}
    for row in session.execute(asked(question, o, key, book, *counts, *sums).group_by("grp", "book")).mappings():
        found.setdefault(row["grp"], {})[row["book"]] = Tally(
            {c.name: row[c.name] for c in counts}, {s.name: int(row[s.name]) for s in sums}
        )
    return found


def _medians(session: Session, question: Question, o: Any, calendar: TradingCalendar) -> dict[str | None, float]:
    """首次触达 in trading hours. The clock is laid beside the rows as a few thousand straight lines."""
    line = _clock(calendar, question.start, question.moment)
    key = group_of(question, o).label("grp")
    spent = _worked(line, o.first_contact_at) - _worked(line, o.opened_at)
    rows = asked(question, o, key, spent.label("seconds")).add_cte(line).join(line, literal(True))
    rows = rows.where(col(o.first_contact_at).is_not(None), col(o.first_contact_at) <= question.moment)
    inner = rows.subquery()
    middle = func.percentile_cont(0.5).within_group(inner.c.seconds)
    sets = func.grouping_sets(inner.c.grp, ())
    query = select(inner.c.grp, func.grouping(inner.c.grp), middle).group_by(sets)
    return {
        (None if is_total else ident): float(seconds) / 3600
        for ident, is_total, seconds in session.execute(query)
        if seconds is not None
    }


def _clock(calendar: TradingCalendar, start: datetime, end: datetime) -> Any:
    """The exchange's working seconds as a broken line: its knots, the seconds worked by then, the slope after it."""
    first, last = beijing(min(start, end)).date(), beijing(end).date() + timedelta(days=1)
    knots = calendar.exchange().knots(first, last)
    at = [moment.timestamp() for moment, _ in knots]
    worked = [passed.total_seconds() for _, passed in knots]
    slope = [(b - a) / (t - s) for a, b, s, t in zip(worked, worked[1:], at, at[1:], strict=False)] + [0.0]
    arrays = {"at": at, "worked": worked, "slope": slope}
    return select(*(cast(literal(v, ARRAY(Float)), ARRAY(Float)).label(n) for n, v in arrays.items())).cte("clock")


def _worked(line: Any, moment: Any) -> Any:
    second = cast(extract("epoch", moment), Float)
    knot = func.width_bucket(second, line.c.at)
    return line.c.worked[knot] + (second - line.c.at[knot]) * line.c.slope[knot]
