"""对照实验的结果: what a random holdout says of a period, from the tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from dongke.clock import at_beijing
from dongke.directory import Customer
from dongke.scope import Principal
from dongke.settings import settings
from dongke.standing import PROFILE
from followup.attribution.holdouts import Holdout, holdouts
from followup.attribution.lift import Lift, lift_of_means, lift_of_shares
from followup.attribution.source import members_of, outcomes_of
from followup.attribution.units import units
from followup.models import StoredOpportunity
from followup.people import Scope, readable


@dataclass(frozen=True, slots=True)
class Experiment:
    """对照实验 and its lift within the period. `excluded`: units whose ids had been drawn into both arms."""

    holdout: Holdout
    lift: Lift
    excluded: int

    @property
    def text(self) -> str:
        """One Chinese sentence."""
        found, unit = self.lift, "户" if self.holdout.unit == "household" else "位客户"
        sizes = f"跟进组 {found.treated_n} {unit}, 对照组 {found.holdout_n} {unit}"
        if found.low is None or found.high is None:
            return f"{self.holdout.name}: {sizes}, 太少, 不给区间"
        held = "区间不含 0, 差别不是偶然" if found.is_certain else "区间含 0, 看不出差别"
        span = f"95% 区间 {found.low:,.4g} 到 {found.high:,.4g}"
        return f"{self.holdout.name}: {sizes}, 平均每{unit}多 {found.effect:,.4g} ({span}); {held}"

    def to_json(self) -> dict[str, Any]:
        h = self.holdout
        return {
            "name": h.name,
            "unit": h.unit,
            "share": h.share,
            "playbooks": sorted(h.playbooks),
            "starts_on": h.starts_on.isoformat(),
            "ends_on": h.ends_on.isoformat(),
            **self.lift.to_json(),
            "excluded": self.excluded,
            "text": self.text,
        }


def experiments(
    session: Session, principal: Principal | None, scope: Scope, outcome: str, start: datetime, end: datetime
) -> tuple[Experiment, ...]:
    """The experiments that ran within the period."""
    found = []
    for h in holdouts(settings().holdouts_file):
        first = max(start, at_beijing(h.starts_on, time.min))
        last = min(end, at_beijing(h.ends_on + timedelta(days=1), time.min))
        if first < last:
            opened = _opened(session, principal, scope, h, first, last)
            found.append(_experiment(session, h, opened, outcome, first, last))
    return tuple(found)


def _experiment(
    session: Session, h: Holdout, opened: Mapping[str, datetime], outcome: str, first: datetime, last: datetime
) -> Experiment:
    """Of the units with an opportunity of these playbooks – before the first one opens, nothing differs between the
    arms – all that came from then on."""
    unit_of = units(session, list(opened), h.unit, at_beijing(h.starts_on, time.min))
    begins: dict[str, datetime] = {}
    for who, at in opened.items():
        begins[unit_of[who]] = min(at, begins.get(unit_of[who], at))
    worth = dict.fromkeys(begins, 0.0)
    for o in outcomes_of(session, list(opened), outcome, first, last):
        if o.at >= begins[unit_of[o.person]]:
            worth[unit_of[o.person]] += o.value
    mixed = _mixed(session, h, opened)
    arms = {held: [v for u, v in worth.items() if u not in mixed and h.holds(u) is held] for held in (False, True)}
    return Experiment(h, _lift(arms, outcome), len(mixed))


def _lift(arms: Mapping[bool, list[float]], outcome: str) -> Lift:
    if outcome != "permissions":
        return lift_of_means(arms[False], arms[True])
    hits = {held: sum(v > 0 for v in rows) for held, rows in arms.items()}
    return lift_of_shares(hits[False], len(arms[False]), hits[True], len(arms[True]))


def _opened(
    session: Session, principal: Principal | None, scope: Scope, h: Holdout, first: datetime, last: datetime
) -> dict[str, datetime]:
    """When the first opportunity of each person opened in the period."""
    o = StoredOpportunity
    mine = readable(principal, scope, *PROFILE)
    query = select(o.customer_id, o.opened_at).join(Customer, col(Customer.id) == col(o.customer_id)).where(mine)
    query = query.where(col(o.playbook).in_(h.playbooks), col(o.opened_at) >= first, col(o.opened_at) < last)
    found: dict[str, datetime] = {}
    for who, at in session.exec(query):
        found[who] = min(at, found.get(who, at))
    return found


def _mixed(session: Session, h: Holdout, opened: Collection[str]) -> set[str]:
    """Customers whose ids, before they were merged, had been drawn into both arms."""
    if h.unit != "customer":
        return set()
    arms: dict[str, set[bool]] = {}
    for who, head in members_of(session, opened).items():
        arms.setdefault(head, set()).add(h.holds(who))
    return {head for head, both in arms.items() if len(both) > 1}
