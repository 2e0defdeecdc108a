"""报表的制作: the question asked of the projection, or of the past, and put into lines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from dongke.clock import now
from dongke.directory import Advisor, Branch
from dongke.scope import Principal
from dongke.settings import settings
from followup import playbooks, repository, service
from followup.reports import talks, tally, then
from followup.reports.numbers import Tally, line_numbers
from followup.reports.question import Question
from followup.reports.report import Detail, Line, Report
from followup.reports.voices import voices
from profiles.service import trading_calendar
from profiles.suitability import marks, offers

MAX_DETAILS = 20_000  #: rows of 明细; the rest stands behind the numbers on the page
WHOLE = "合计"


def follow_up(
    session: Session,
    principal: Principal | None,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime | None = None,
    group: str = "advisor",
    advisor: str | None = None,
    branch: str | None = None,
    marked: bool = False,
) -> Report:
    """The report of opportunities opened in [start, end) that the principal may read (None: all, for jobs).

    A past `as_of` is answered from what was known then; `marked` adds the details with their suitability.
    Raises BadInput `group-unknown`.
    """
    question = Question(start, end, as_of or now(), as_of, group, principal, advisor, branch)
    return make(session, question, marked=marked)


def make(session: Session, question: Question, *, marked: bool = False) -> Report:
    """The report that answers the question."""
    opportunity = then.standing(session, question)
    found = tally.tallies(session, question, opportunity, trading_calendar())
    whole = found.by_playbook()
    compared = whole if question.is_whole else tally.reference(session, question, opportunity)
    of_talks = talks.measures(session, question) if question.group != "playbook" else {}
    names = _Names(session)
    listed = sorted({*found.cells, *(who for who in of_talks if who is not None)})
    books = {book.id: book.version for book in playbooks.load(settings().playbooks_dir)}
    details, cut = _details(session, question, opportunity, names) if marked else ((), False)
    return Report(
        question=question,
        lines=tuple(
            Line(who, names.of(question.group, who), _numbers(found, of_talks, who, found.cells.get(who, {}), compared))
            for who in listed
        ),
        total=Line("", WHOLE, _numbers(found, of_talks, None, whole, compared)),
        voices=voices(session, question),
        playbooks=books,
        details=details,
        details_cut=cut,
    )


def _numbers(
    found: tally.Tallies,
    of_talks: Mapping[str | None, Mapping[str, Any]],
    who: str | None,
    mine: Mapping[str, Tally],
    compared: Mapping[str, Tally],
) -> dict[str, Any]:
    told = line_numbers(mine or {"": tally.nothing()}, compared, found.medians.get(who))
    if of_talks:
        told |= of_talks.get(who) or talks.nothing()
    return told


def _details(session: Session, question: Question, o: Any, names: "_Names") -> tuple[tuple[Detail, ...], bool]:
    query = tally.asked(question, o, o).order_by(col(o.opened_at), col(o.id)).limit(MAX_DETAILS + 1)
    rows = session.scalars(query).all()
    found = [repository.as_opportunity(r, service.is_overdue(r, question.moment)) for r in rows[:MAX_DETAILS]]
    suitable = offers.of_many(session, {one.customer for one in found}, question.moment)
    made = [marks.of_playbook(one.playbook, one.key, suitable[one.customer]) for one in found]
    details = (
        Detail(one, names.of("advisor", one.owner), names.of("playbook", one.playbook), _word(mark))
        for one, mark in zip(found, made, strict=True)
    )
    return tuple(details), len(rows) > MAX_DETAILS


def _word(mark: Any) -> str:
    """适当性 of what it suggests, in a word and a sentence; empty where it suggests nothing."""
    return f"{'可推荐' if mark.is_allowed else '不可推荐'}: {mark.text} ({mark.rule} {mark.version})" if mark else ""


class _Names:
    """Names of advisors, branches and playbooks."""

    def __init__(self, session: Session) -> None:
        self._names: dict[str, dict[str, str]] = {
            "advisor": {ident: name for ident, name in session.execute(_two(Advisor))},
            "branch": {ident: name for ident, name in session.execute(_two(Branch))},
            "playbook": {p.id: p.label for p in playbooks.load(settings().playbooks_dir)},
            "firm": {tally.FIRM: "全公司"},
        }

    def of(self, group: str, ident: str) -> str:
        return self._names[group].get(ident, ident)


def _two(table: Any) -> Any:
    return select(table.id, table.name)
