"""跟进报表: how the opportunities of a period were followed up, by advisor, branch or playbook; with their ids."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

from sqlmodel import Session, col, select

from dongke.clock import TradingCalendar, beijing, now
from dongke.directory import Advisor, Branch, Customer
from dongke.errors import BadInput
from dongke.scope import Principal, visible
from dongke.settings import settings
from followup import playbooks, repository, service
from followup.deadlines import trading_hours
from followup.models import State, StoredOpportunity
from followup.opportunity import Opportunity
from followup.rights import is_listed, listed
from profiles import marks, offers
from profiles.rights_store import right_of
from profiles.service import trading_calendar

GROUPS = {"advisor": "投资顾问", "branch": "营业部", "playbook": "跟进规则"}
MIN_N = 10  #: below that a rate is not shown: a handful of cases says nothing about a person
Z = 1.96  #: 95 % intervals

#: 计数列: name, heading, which opportunities it counts
COUNTS: tuple[tuple[str, str, Callable[[Opportunity], bool]], ...] = (
    ("opened", "商机数", lambda o: True),
    ("touched", "已触达", lambda o: o.first_contact_at is not None),
    ("discharged_in_time", "及时谈到", lambda o: o.discharged_at is not None and o.discharged_at <= o.due_at),
    ("discharged", "谈到", lambda o: o.discharged_at is not None),
    ("self_reported", "其中自报", lambda o: o.self_reported),
    ("won", "成单", lambda o: o.state is State.WON),
    ("unassisted", "其中非跟进所得", lambda o: o.unassisted),
    ("refused", "客户拒绝", lambda o: o.state is State.REFUSED),
    ("expired", "失效", lambda o: o.state is State.EXPIRED),
    ("overdue", "逾期", lambda o: o.overdue),
    ("call_backs", "约定回电", lambda o: o.playbook == "call_back"),
    (
        "call_backs_kept",
        "准时回电",
        lambda o: o.playbook == "call_back" and not o.overdue and o.discharged_at is not None,
    ),
)
MEASURES = (
    ("in_time_rate", "及时率%"),
    ("in_time_interval", "及时率95%区间"),
    ("won_rate", "成单率%"),
    ("won_interval", "成单率95%区间"),
    ("median_hours", "首次触达中位数(交易小时)"),
    ("yuan_known", "已知金额(元)"),
    ("yuan_untouched", "其中未触达(元)"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """报表的一行: one advisor, branch or playbook. `ids` are the opportunities behind every count."""

    id: str
    name: str
    numbers: Mapping[str, Any]
    ids: Mapping[str, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            **self.numbers,
            "opportunities": {k: list(v) for k, v in self.ids.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """跟进报表 of the opportunities opened from `start` up to `end`, as they stood at `as_of`."""

    start: datetime
    end: datetime
    as_of: datetime
    group: str
    lines: tuple[Line, ...]
    total: Line
    #: (opportunity, owner's name, playbook's name, whether what it suggests may be offered)
    details: tuple[tuple[Opportunity, str, str, str], ...]

    @property
    def title(self) -> str:
        first, last = beijing(self.start).date(), beijing(self.end - timedelta(seconds=1)).date()
        seen = f"{beijing(self.as_of):%Y-%m-%d %H:%M}"
        return f"跟进报表 (按{GROUPS[self.group]}) {first} 至 {last}, 截至 {seen}"

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, heading) of every column."""
        return [("name", GROUPS[self.group]), *((n, h) for n, h, _ in COUNTS), *MEASURES]

    def to_json(self) -> dict[str, Any]:
        """Rows with the ids of the opportunities behind each count; rates are null below MIN_N cases."""
        return {
            "title": self.title,
            "start": beijing(self.start).isoformat(),
            "end": beijing(self.end).isoformat(),
            "as_of": beijing(self.as_of).isoformat(),
            "group": self.group,
            "min_n": MIN_N,
            "columns": [{"name": name, "label": heading} for name, heading in self.columns],
            "rows": [line.to_json() for line in self.lines],
            "total": self.total.to_json(),
        }

    def to_csv(self) -> str:
        """The table with Chinese headings. Texts that a spreadsheet would take for formulas are disarmed."""
        from followup.sheets import to_csv

        return to_csv(self)

    def to_xlsx(self, target: Path | BytesIO) -> None:
        """An Excel workbook: 汇总, and 明细 with one row an opportunity."""
        from followup.sheets import to_xlsx

        to_xlsx(self, target)


def follow_up(
    session: Session,
    principal: Principal | None,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime | None = None,
    group: str = "advisor",
    marked: bool = False,
) -> Report:
    """The report of opportunities opened in [start, end) that the principal may read (None: all, for jobs).

    A past `as_of` is answered from what was known then; `marked` gives the details their suitability.
    Raises BadInput `group-unknown`.
    """
    if group not in GROUPS:
        raise BadInput("group-unknown", f"不能按 {group} 汇总: 要 {', '.join(GROUPS)}")
    moment = as_of or now()
    found = [o for o in _opportunities(session, principal, moment, as_of) if start <= o.opened_at < end]
    names = _Names(session)
    calendar = trading_calendar()
    groups: dict[str, list[Opportunity]] = {}
    for o in found:
        groups.setdefault(names.group_of(o, group), []).append(o)
    lines = [_line(ident, names.name(ident, group), members, calendar) for ident, members in groups.items()]
    return Report(
        start=start,
        end=end,
        as_of=moment,
        group=group,
        lines=tuple(sorted(lines, key=lambda line: line.id)),
        total=_line("", "合计", found, calendar),
        details=tuple(
            (o, names.name(o.owner, "advisor"), names.name(o.playbook, "playbook"), mark)
            for o, mark in zip(found, _marks(session, found, moment) if marked else [""] * len(found), strict=True)
        ),
    )


def _opportunities(
    session: Session, principal: Principal | None, moment: datetime, as_of: datetime | None
) -> list[Opportunity]:
    """From the projection; for a past `as_of` computed again from the facts known then.

    Rights of now hold for both: whoever may no longer be processed is in no number and no row.
    """
    query = select(StoredOpportunity).join(Customer, col(Customer.id) == col(StoredOpportunity.customer_id))
    query = query.where(listed() if principal is None else listed() & visible(principal))
    rows = list(session.exec(query.order_by(col(StoredOpportunity.opened_at), col(StoredOpportunity.id))))
    if as_of is None:
        return [repository.as_opportunity(row, service.is_overdue(row, moment)) for row in rows]
    found: dict[str, Opportunity] = {}
    for who in sorted({row.customer_id for row in rows}):
        rights = right_of(session, who)
        found |= {o.id: o for o in service.compute(session, who, as_of)[1] if is_listed(o.playbook, rights)}
    return sorted(found.values(), key=lambda o: (o.opened_at, o.id))


def _marks(session: Session, found: Sequence[Opportunity], moment: datetime) -> list[str]:
    """适当性 of what each suggests, in a word and a sentence; empty where it suggests nothing."""
    suitable = offers.of_many(session, {o.customer for o in found}, moment)
    made = [marks.of_playbook(o.playbook, o.key, suitable[o.customer]) for o in found]
    return [f"{'可推荐' if m.is_allowed else '不可推荐'}: {m.text} ({m.rule} {m.version})" if m else "" for m in made]


class _Names:
    """Names of advisors, branches and playbooks."""

    def __init__(self, session: Session) -> None:
        advisors = session.exec(select(Advisor)).all()
        self._branch_of = {a.id: a.branch_id for a in advisors}
        self._names = {
            "advisor": {a.id: a.name for a in advisors},
            "branch": {b.id: b.name for b in session.exec(select(Branch))},
            "playbook": {p.id: p.label for p in playbooks.load(settings().playbooks_dir)},
        }

    def group_of(self, o: Opportunity, group: str) -> str:
        return {"advisor": o.owner, "branch": self._branch_of.get(o.owner, ""), "playbook": o.playbook}[group]

    def name(self, ident: str, group: str) -> str:
        return self._names[group].get(ident, ident)


def _line(ident: str, name: str, members: Sequence[Opportunity], calendar: TradingCalendar) -> Line:
    ids = {column: tuple(o.id for o in members if counts(o)) for column, _, counts in COUNTS}
    numbers: dict[str, Any] = {column: len(found) for column, found in ids.items()}
    decided = [o for o in members if o.overdue or o.discharged_at is not None or o.closed_at is not None]
    numbers |= _rate("in_time", numbers["discharged_in_time"], len(decided))
    numbers |= _rate("won", numbers["won"], len(members))
    hours = [trading_hours(o.opened_at, o.first_contact_at, calendar) for o in members if o.first_contact_at]
    numbers["median_hours"] = round(median(hours), 1) if hours else None
    numbers["yuan_known"] = sum(_yuan(o) for o in members)
    numbers["yuan_untouched"] = sum(_yuan(o) for o in members if o.first_contact_at is None and o.closed_at is None)
    return Line(ident, name, numbers, ids)


def _yuan(o: Opportunity) -> int:
    return int(o.low_yuan if o.low_yuan is not None else o.high_yuan or 0)


def _rate(name: str, hits: int, n: int) -> dict[str, Any]:
    if n < MIN_N:
        return {f"{name}_rate": None, f"{name}_interval": None}
    low, high = wilson(hits, n)
    return {f"{name}_rate": round(100 * hits / n, 1), f"{name}_interval": f"{100 * low:.0f}–{100 * high:.0f}"}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share of `n` cases, within 0–1; (0, 1) without cases."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def story_report(found: Iterable[Opportunity], advisors: Iterable[str]) -> dict[str, dict[str, int]]:
    """The report of docs/stories.md: five counts for every advisor."""
    wanted = ("opened", "discharged_in_time", "overdue", "won", "refused")
    kept = [(name, counts) for name, _, counts in COUNTS if name in wanted]
    mine: dict[str, list[Opportunity]] = {who: [] for who in advisors}
    for o in found:
        mine.setdefault(o.owner, []).append(o)
    return {who: {name: sum(map(counts, group)) for name, counts in kept} for who, group in mine.items()}
