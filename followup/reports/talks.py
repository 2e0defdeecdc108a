"""会话的度量 in the report: 深挖 and 服务策略, out of what was measured of each talk."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.directory import Advisor
from dongke.standing import PROFILE, processable
from followup.reports.columns import TALK_COUNTS, TALK_MEASURES
from followup.reports.models import TalkMeasure
from followup.reports.numbers import MIN_N
from followup.reports.question import Question
from followup.reports.tally import FIRM
from followup.reports.voices import heard_by

_M = TalkMeasure


def measures(session: Session, question: Question) -> dict[str | None, dict[str, Any]]:
    """The numbers of talks by group (`None`: all together); none by playbook, talks belong to no playbook."""
    dig, adherence = col(_M.kind) == "dig", col(_M.kind) == "adherence"
    key = _group(question).label("grp")
    columns: dict[str, Any] = {
        "dig_talks": func.count().filter(dig),
        "dig_rungs": func.coalesce(func.sum(col(_M.points)).filter(dig), 0),
        "dig_asked": func.coalesce(func.sum(col(_M.asked)).filter(dig), 0),
    }
    for level in ("novice", "experienced"):
        of_level = and_(adherence, col(_M.level) == level)
        columns[f"{level}_talks"] = func.count().filter(of_level)
        columns[f"{level}_score"] = func.avg(col(_M.points)).filter(of_level)
    wanted = [column.label(name) for name, column in columns.items()]
    by_group = session.execute(measured(question, key, *wanted).group_by("grp")).mappings()
    found: dict[str | None, dict[str, Any]] = {row["grp"]: _shown(dict(row)) for row in by_group}
    found[None] = _shown(dict(session.execute(measured(question, *wanted)).mappings().one()))
    return found


def nothing() -> dict[str, Any]:
    """The numbers of a line without talks."""
    return dict.fromkeys(TALK_COUNTS, 0) | {name: None for name, _ in TALK_MEASURES}


def measured(question: Question, *columns: Any) -> Select[Any]:
    """These columns of the measures that stood at `question.moment`."""
    at = question.moment
    query = (
        select(*columns)
        .select_from(_M)
        .join(StoredConversation, col(StoredConversation.id) == col(_M.conversation_id))
        .join(Advisor, col(Advisor.id) == col(_M.advisor_id))
        .where(
            col(_M.at) >= question.start,
            col(_M.at) < question.end,
            col(_M.measured_at) <= at,
            or_(col(_M.superseded_at).is_(None), col(_M.superseded_at) > at),
            processable(_M.customer_id, *PROFILE),
        )
    )
    return heard_by(query, question)


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


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: int(row[name]) for name in TALK_COUNTS}
    per_talk = found["dig_rungs"] / found["dig_talks"] if found["dig_talks"] else None
    found["dig_per_talk"] = _mean(per_talk, found["dig_talks"], 2)
    for level in ("novice", "experienced"):
        found[f"{level}_score"] = _mean(row[f"{level}_score"], found[f"{level}_talks"], 1)
    return found


def _mean(value: Any, n: int, digits: int) -> float | None:
    """Not shown below MIN_N talks."""
    return round(float(value), digits) if value is not None and n >= MIN_N else None
