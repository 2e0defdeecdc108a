"""生命周期流转 as the API and the command line show it: the matrix of stages between two days, by branch and in all."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal
from sqlmodel import Session, col, select

from api.insight import days
from dongke.clock import at_beijing, beijing
from dongke.directory import Advisor, Branch, Customer
from dongke.errors import BadInput
from dongke.scope import Principal
from dongke.stamps import check_settled, clock
from dongke.standing import PROFILE
from followup.people import Scope, heads, readable
from profiles.features.lifecycle import STAGES
from profiles.service import trading_calendar
from profiles.stages import ALL, Matrix, matrices

MAX_DAYS = 3 * 366
MOST = 5_000  #: customers of a question over HTTP; the command line takes any number


def transitions(
    session: Session,
    principal: Principal,
    scope: Scope,
    start: date | None,
    end: date | None,
    known_at: datetime | None = None,
    *,
    most: int | None = MOST,
) -> dict[str, Any]:
    """流转矩阵 from the end of the first day to the end of the last (now at the latest), as known by `known_at`.

    Raises BadInput `period-invalid`, `report-too-large`, Conflict `known-at-open`.
    """
    first, last = days(start, end, MAX_DAYS)
    if known_at is not None:
        check_settled(session, known_at)
    moment = known_at or clock(session)[0]
    until = min(_end_of(last), moment)
    branches = _branches(session, principal, scope)
    if most is not None and len(branches) > most:
        raise BadInput(
            "report-too-large", f"{len(branches)} 位客户太多, 一次最多 {most} 位: 请选一个营业部, 或用命令行"
        )
    made = matrices(session, branches, min(_end_of(first), until), until, moment, trading_calendar())
    names = dict(session.exec(select(Branch.id, Branch.name).where(col(Branch.id).in_(sorted(made)))).all())
    total = Matrix()
    for one in made.values():
        total.customers += one.customers
        total.cells.update(one.cells)
        total.steps.update(one.steps)
    return {
        "start": first,
        "end": last,
        "known_at": beijing(moment),
        "stages": list(ALL),
        "branches": [_shown(made[ident]) | {"id": ident, "name": names.get(ident, ident)} for ident in sorted(made)],
        "total": _shown(total),
    }


def _end_of(day: date) -> datetime:
    """The last moment of the day in Beijing."""
    return at_beijing(day + timedelta(days=1), time.min) - timedelta(microseconds=1)


def _branches(session: Session, principal: Principal, scope: Scope) -> Mapping[str, str]:
    """The persons whom the principal may read and who may be profiled, with the branch of their owner now."""
    ids = set(session.exec(select(Customer.id).where(readable(principal, scope, *PROFILE))))
    people = heads(session, ids, principal, scope, *PROFILE)
    these = any_(literal(people, ARRAY(String)))
    query = select(Customer.id, Advisor.branch_id).join(Advisor, col(Advisor.id) == col(Customer.advisor_id))
    return dict(session.exec(query.where(col(Customer.id) == these)).all()) if people else {}


def _shown(one: Matrix) -> dict[str, Any]:
    return {
        "customers": one.customers,
        "before": {stage: sum(n for (a, _), n in one.cells.items() if a == stage) for stage in ALL},
        "after": {stage: sum(n for (_, b), n in one.cells.items() if b == stage) for stage in ALL},
        "cells": _rows(one.cells, "customers"),
        "steps": _rows(one.steps, "times"),
    }


def _rows(counted: Mapping[tuple[str, str], int], name: str) -> list[dict[str, Any]]:
    order = {stage: n for n, stage in enumerate(ALL)}
    found = sorted(counted.items(), key=lambda row: (order[row[0][0]], order[row[0][1]]))
    return [{"before": a, "after": b, name: n} for (a, b), n in found]


def lost_share(shown: Mapping[str, Any]) -> str:
    """Of those who were 活跃 before, how many are 预流失 or 流失 now: 3/20; – where nobody was."""
    active = shown["before"]["活跃"]
    left = sum(c["customers"] for c in shown["cells"] if c["before"] == "活跃" and c["after"] in STAGES[3:])
    return f"{left}/{active}" if active else "–"
