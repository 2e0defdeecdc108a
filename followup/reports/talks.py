"""会话的度量 in the report: 深挖 and 服务策略, out of what was measured of each talk."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal, or_
from sqlmodel import Session, col, select

from dongke.directory import Advisor
from dongke.standing import PROFILE, Standing, processable
from followup.reports.columns import TALK_COUNTS, TALK_MEASURES
from followup.reports.models import TalkMeasure
from followup.reports.numbers import MIN_N
from followup.reports.question import Question
from followup.reports.tally import FIRM
from followup.reports.voices import heard_by

_M = TalkMeasure
LEVELS = ("novice", "experienced")


def measures(session: Session, question: Question) -> dict[str | None, dict[str, Any]]:
    """The numbers of talks by group (`None`: all together); none by playbook, talks belong to no playbook."""
    dig, adherence = col(_M.kind) == "dig", col(_M.kind) == "adherence"
    columns: dict[str, Any] = {
        "dig_talks": func.count().filter(dig),
        "dig_rungs": func.coalesce(func.sum(col(_M.points)).filter(dig), 0),
        "dig_asked": func.coalesce(func.sum(col(_M.asked)).filter(dig), 0),
    }
    for level in LEVELS:
        of_level = and_(adherence, col(_M.level) == level)
        columns[f"{level}_talks"] = func.count().filter(of_level)
        columns[f"{level}_points"] = func.coalesce(func.sum(col(_M.points)).filter(of_level), 0)
    wanted = [column.label(name) for name, column in columns.items()]
    rows = measured(question, _group(question).label("grp"), *wanted).group_by("grp")
    sums = {row["grp"]: {n: row[n] for n in columns} for row in session.execute(rows).mappings()}
    whole = {name: sum(told[name] for told in sums.values()) for name in columns}
    return {None: _shown(whole)} | {who: _shown(told) for who, told in sums.items()}


def nothing() -> dict[str, Any]:
    """The numbers of a line without talks."""
    return dict.fromkeys(TALK_COUNTS, 0) | {name: None for name, _ in TALK_MEASURES}


def measured(question: Question, *columns: Any) -> Select[Any]:
    """These columns of the measures that stood at `question.moment`."""
    at = question.moment
    query = (
        select(*columns)
        .select_from(_M)
        .join(Advisor, col(Advisor.id) == col(_M.advisor_id))
        .where(
            col(_M.at) >= question.start,
            col(_M.at) < question.end,
            col(_M.measured_at) <= at,
            or_(col(_M.superseded_at).is_(None), col(_M.superseded_at) > at),
            processable(_M.customer_id, *PROFILE),
            or_(col(_M.kind) != "dig", ~_deletes()),
        )
    )
    return heard_by(query, question, _M.customer_id)


def _deletes() -> Any:
    """Of whoever had a tag deleted, nothing that was dug out is shown any more: it could be the deleted one."""
    return exists().where(col(Standing.customer_id) == col(_M.customer_id), col(Standing.deletes).is_(True))


def condition(number: str) -> Any:
    """Which measures the number counts."""
    _, kind, level = TALK_COUNTS[number]
    wanted = [col(_M.kind) == kind]
    if level is not None:
        wanted.append(col(_M.level) == level)
    if number == "dig_rungs":
        wanted.append(col(_M.points) > 0)
    if number == "dig_asked":
        wanted.append(col(_M.asked) > 0)
    return and_(*wanted)


def group_is(question: Question, line: str) -> Any:
    """The measures of that line of the report."""
    return _group(question) == line


def _group(question: Question) -> Any:
    return {"advisor": _M.advisor_id, "branch": Advisor.branch_id}.get(question.group, literal(FIRM))


def _shown(sums: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: int(sums[name]) for name in TALK_COUNTS}
    found["dig_per_talk"] = _mean(sums["dig_rungs"], found["dig_talks"], 2)
    for level in LEVELS:
        found[f"{level}_score"] = _mean(sums[f"{level}_points"], found[f"{level}_talks"], 1)
    return found


def _mean(points: Any, n: int, digits: int) -> float | None:
    """Not shown below MIN_N talks."""
    return round(float(points) / n, digits) if n >= MIN_N else None
