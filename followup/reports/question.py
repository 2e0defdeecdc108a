"""报表的问题: which period, as of when, grouped by what, for whom – the same for the report and its lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dongke.clock import at_beijing, beijing
from dongke.errors import BadInput
from dongke.scope import Principal

GROUPS: Mapping[str, str] = {"advisor": "投资顾问", "branch": "营业部", "firm": "全公司", "playbook": "跟进规则"}
PERIODS: Mapping[str, str] = {"day": "日", "week": "周", "month": "月"}
MAX_DAYS = 3 * 366


@dataclass(frozen=True, slots=True)
class Question:
    """问题: the opportunities opened in [start, end), as they stood at `as_of` (None: now, at `moment`).

    `principal` None asks for the whole firm (jobs). `advisor` and `branch` narrow it to one of them.
    """

    start: datetime
    end: datetime
    moment: datetime
    as_of: datetime | None = None
    group: str = "advisor"
    principal: Principal | None = None
    advisor: str | None = None
    branch: str | None = None

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise BadInput("group-unknown", f"不能按 {self.group} 汇总: 要 {', '.join(GROUPS)}")

    @property
    def is_whole(self) -> bool:
        """Whether it asks for every opportunity of the firm."""
        return self.principal is None and self.advisor is None and self.branch is None

    @property
    def scope(self) -> dict[str, Any]:
        """How it is narrowed and grouped, as it is kept with a stored report."""
        return {"group": self.group, "advisor": self.advisor, "branch": self.branch}

    @property
    def title(self) -> str:
        first, last = beijing(self.start).date(), beijing(self.end - timedelta(seconds=1)).date()
        return f"跟进报表 (按{GROUPS[self.group]}) {first} 至 {last}, 截至 {beijing(self.moment):%Y-%m-%d %H:%M}"


def period(kind: str, day: date) -> tuple[date, date]:
    """The first and last day of the day, week (Monday to Sunday) or month that `day` lies in.

    Raises BadInput `period-invalid`.
    """
    if kind == "day":
        return day, day
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if kind == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    raise BadInput("period-invalid", f"不认识周期 {kind[:20]}: 要 {', '.join(PERIODS)}")


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """The days `first` to `last`, both in, as [start, end). Raises BadInput `period-invalid`."""
    if first > last:
        raise BadInput("period-invalid", "开始日期在结束日期之后")
    if (last - first).days > MAX_DAYS or last.year > 9000:
        raise BadInput("period-invalid", "时间段不能超过三年")
    return at_beijing(first, time.min), at_beijing(last + timedelta(days=1), time.min)
