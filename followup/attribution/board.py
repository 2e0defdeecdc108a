"""业绩归因 of a period: credit by four models side by side, and what a holdout says; else the words 相关,非因果."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from dongke.clock import beijing
from dongke.errors import BadInput
from dongke.scope import Principal
from dongke.standing import PROFILE
from followup.attribution.credit import WINDOW_DAYS, Line, lines
from followup.attribution.experiments import Experiment, experiments
from followup.attribution.lift import NOT_CAUSAL
from followup.attribution.source import EVENTS, OUTCOMES, outcomes_of, touches_of
from followup.people import Scope, doers

DIMENSIONS: Mapping[str, str] = {"advisor": "投资顾问", "channel": "渠道", "tag": "标签"}


@dataclass(frozen=True, slots=True)
class Attribution:
    """业绩归因 of [start, end). `notice` is what a reader must know of its worth."""

    start: datetime
    end: datetime
    outcome: str
    dimension: str
    window_days: int
    total: float
    lines: tuple[Line, ...]
    experiments: tuple[Experiment, ...]

    @property
    def notice(self) -> str:
        words = "; ".join(e.text for e in self.experiments)
        if any(e.lift.low is not None for e in self.experiments):
            return f"各行的归因只说明先后; 增量看随机对照: {words}"
        return f"{NOT_CAUSAL}; {words}" if words else NOT_CAUSAL

    def to_json(self) -> dict[str, Any]:
        return {
            "start": beijing(self.start).isoformat(),
            "end": beijing(self.end).isoformat(),
            "outcome": self.outcome,
            "outcome_label": OUTCOMES[self.outcome],
            "dimension": self.dimension,
            "window_days": self.window_days,
            "total": round(self.total, 2),
            "lines": [row.to_json() for row in self.lines],
            "experiments": [e.to_json() for e in self.experiments],
            "notice": self.notice,
        }


def attribution(
    session: Session,
    principal: Principal | None,
    start: datetime,
    end: datetime,
    *,
    outcome: str = "net_assets",
    dimension: str = "advisor",
    window_days: int = WINDOW_DAYS,
    scope: Scope = Scope(),
) -> Attribution:
    """Outcomes in [start, end) of customers whom the principal may read, credited to talks of the days before.

    Raises BadInput `outcome-unknown`, `dimension-unknown`.
    """
    if outcome not in OUTCOMES:
        raise BadInput("outcome-unknown", f"结果只能是 {', '.join(OUTCOMES)}")
    if dimension not in DIMENSIONS:
        raise BadInput("dimension-unknown", f"只能按 {', '.join(DIMENSIONS)} 归因")
    persons = doers(session, principal, scope, EVENTS[outcome], start, end, *PROFILE)
    found = outcomes_of(session, persons, outcome, start, end)
    touches = touches_of(session, {o.person for o in found}, start - timedelta(days=window_days), end)
    return Attribution(
        start=start,
        end=end,
        outcome=outcome,
        dimension=dimension,
        window_days=window_days,
        total=sum(o.value for o in found),
        lines=lines(found, touches, dimension, window_days),
        experiments=experiments(session, principal, scope, outcome, start, end),
    )
