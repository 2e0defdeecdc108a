"""生命周期 潜客→新客→活跃→预流失→流失: a state machine over trading days, with hysteresis (pure).

Leaving 活跃 takes a silence of so many trading days; coming back takes visits on several days, so that one click makes
nobody active and the stage does not flap. What he says outranks what he does: a spoken leave is 预流失 at once, until
he takes it back or it ends. The history of stages follows from the facts alone: it is walked anew at every read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple

from dongke.clock import BEIJING, TradingCalendar, at_beijing, beijing
from profiles.behaviour.deeds import INFLOWS, TRADES
from profiles.beliefs import UNBELIEVED, Tag
from profiles.expiry import stale_at
from profiles.facts import Event
from profiles.features.model import UNKNOWN, Feature, Part, View, unknown
from profiles.labels import as_date, label
from profiles.parameters import Lifecycle, Parameters

STAGES = ("潜客", "新客", "活跃", "预流失", "流失")
#: every step a customer can take; 流失 by a closed account is left by a new account only
STEPS = frozenset(
    {
        ("潜客", "新客"), ("潜客", "流失"), ("新客", "活跃"), ("新客", "预流失"), ("新客", "流失"),
        ("活跃", "预流失"), ("活跃", "流失"), ("预流失", "活跃"), ("预流失", "流失"),
        ("流失", "活跃"), ("流失", "新客"),
    }
)  # fmt: skip
SHOWN = 12  #: steps of the history that are shown, the newest
_OPENING = frozenset({"account_opened", *INFLOWS, *TRADES})
_THINKS_OF_LEAVING = ("close_account", "transfer_out", "withdraw")


class Step(NamedTuple):
    """The stage from that day on, and why."""

    on: date
    stage: str
    reason: str


class _Input(NamedTuple):
    """One thing that happened on a day. Of one day: the account, what he did, then what he said."""

    on: date
    rank: int
    kind: str  #: closed, filed, opened, funded, seen, leaving, staying
    words: str


def lifecycle(view: View) -> Feature:
    """The stage at `as_of` with its history, the newest step last."""
    name = "生命周期"
    steps = history(view)
    if not steps:
        return unknown(name, "没有开户日期, 也没有行为数据")
    last = steps[-1]
    if last.stage == "新客" and view.calendar.days_between(last.on, view.today) > view.known.lifecycle.new_trading_days:
        return unknown(name, "有账户, 没有行为数据")
    parts = tuple(Part(s.stage, s.reason, at=at_beijing(s.on, time())) for s in steps[-SHOWN:])
    return Feature(name, last.stage, last.stage, last.reason, parts)


def history(view: View) -> list[Step]:
    """All stages up to `as_of`, oldest first; empty where nothing is known.

    What is known of a day does not change with what comes later: the history of an earlier `as_of` is the beginning of
    this one.
    """
    opened = as_date(view.static.get("opened_on"))
    walk = _Walk(view.calendar, view.known.lifecycle, opened if opened and opened <= view.today else None)
    for one in sorted(_inputs(view)):
        walk.pass_to(one.on)
        walk.take(one)
    walk.pass_to(view.today)
    return walk.steps


def _inputs(view: View) -> Iterator[_Input]:
    passive = view.known.lifecycle.passive_events
    opened = as_date(view.static.get("opened_on"))
    if opened is not None and opened <= view.today:
        yield _Input(opened, 1, "filed", "")
    for day, names in _by_day(view.events).items():
        if "account_closed" in names:
            yield _Input(day, 0, "closed", "")
        if not names.isdisjoint(_OPENING):
            yield _Input(day, 1, "opened" if "account_opened" in names else "funded", "")
        if not names <= passive:
            yield _Input(day, 2, "seen", "")
    for tag in view.tags:
        if _is_threat(tag):
            yield from _threats(tag, view.known)


def _threats(tag: Tag, known: Parameters) -> Iterator[_Input]:
    """From when until when he was heard to be leaving: silence ends a threat, its repetition begins it again."""
    words = f"客户亲口说要{label('churn_action', tag.value.get('action'))}"
    begins: datetime | None = None
    ends: datetime | None = None
    for statement in tag.statements:
        if ends is not None and ends < statement.said_at:
            yield _Input(beijing(ends).date(), 4, "staying", "")
            begins = None
        if begins is None:
            begins = statement.said_at
            yield _Input(beijing(begins).date(), 3, "leaving", words)
        stale = stale_at(statement, known)
        ends = stale.at if stale else None
    if begins is not None and tag.ended_at is not None:
        yield _Input(beijing(max(begins, tag.ended_at)).date(), 4, "staying", "")


def _by_day(events: Iterable[Event]) -> dict[date, set[str]]:
    """What was done on each day in Beijing."""
    found: dict[date, set[str]] = {}
    for event in events:
        found.setdefault(event.at.astimezone(BEIJING).date(), set()).add(event.event)
    return found


def _is_threat(tag: Tag) -> bool:
    if tag.tag != "churn.risk" or not tag.is_affirmed or tag.status in UNBELIEVED:
        return False
    return tag.value.get("action") in _THINKS_OF_LEAVING


@dataclass(slots=True)
class _Walk:
    """The walk through the days. A day counts by its trading day: a holiday week passes no time."""

    calendar: TradingCalendar
    rule: Lifecycle
    opened: date | None
    steps: list[Step] = field(default_factory=list)
    seen: date | None = None
    visits: list[int] = field(default_factory=list)  #: trading days of all time, one for each day on which he came
    threats: int = 0
    closed: bool = False
    has_account: bool = False

    @property
    def stage(self) -> str | None:
        return self.steps[-1].stage if self.steps else None

    def take(self, one: _Input) -> None:
        _TAKERS[one.kind](self, one)

    def pass_to(self, day: date) -> None:
        """Lets the silence up to that day do its work."""
        while (patience := self._patience()) is not None:
            since, limit = patience
            if (day - since).days <= limit or self._gap(since, day) <= limit:
                return
            self._silent(max(self.calendar.add_days(since, limit + 1), self.steps[-1].on))

    def _patience(self) -> tuple[date, int] | None:
        """From which day on, and over how many trading days, the stage outlasts silence. None: for ever."""
        if self.seen is None:
            return None  # without a deed there is no silence, only nothing known
        if self.stage == "新客" and self.opened:
            return self.opened, self.rule.new_trading_days
        if self.stage == "活跃":
            return self.seen, self.rule.active_trading_days
        if self.stage == "预流失":
            return self.seen, self.rule.leaving_trading_days
        return None

    def _silent(self, on: date) -> None:
        """The step that silence alone brings."""
        if self.stage == "新客":
            active = self.seen is not None and self._gap(self.seen, on) <= self.rule.active_trading_days
            words = f"开户满{self.rule.new_trading_days}个交易日, {self._last()}"
            self._go(on, "活跃" if active else "预流失", words)
        elif self.stage == "活跃":
            self._go(on, "预流失", f"{self._last()}, 超过{self.rule.active_trading_days}个交易日")
        else:
            self._go(on, "流失", f"{self._last()}, 超过{self.rule.leaving_trading_days}个交易日")

    def _last(self) -> str:
        return f"最近一次行为在{self.seen.isoformat()}" if self.seen else "没有行为"

    def _go(self, on: date, stage: str, reason: str) -> None:
        if stage != self.stage:
            self.steps.append(Step(on, stage, reason))

    def _open(self, one: _Input) -> None:
        if self.closed or self.stage == "潜客" or (self.stage is None and self.opened is None):
            self.opened, self.closed = one.on, False
            self._go(one.on, "新客", f"{one.on.isoformat()} 开户")

    def _filed(self, one: _Input) -> None:
        """The account as it is on file; whoever was seen before it becomes a customer on that day."""
        if self.stage in (None, "潜客"):
            self._go(one.on, "新客", f"{one.on.isoformat()} 开户")

    def _fund(self, one: _Input) -> None:
        """Money and trades without an opening date on file show that there is an account."""
        self.has_account = True
        if self.stage == "潜客" and self.opened is None:
            self.opened = one.on
            self._go(one.on, "新客", f"{one.on.isoformat()} 第一次入金或交易")

    def _close(self, one: _Input) -> None:
        self.closed = True
        self._go(one.on, "流失", f"{one.on.isoformat()} 已销户")

    def _see(self, one: _Input) -> None:
        first, self.seen = self.seen is None, one.on
        stage = self.stage
        if stage is None:
            self._begin(one.on)
        elif stage == "新客" and first and self._gap(self.opened or one.on, one.on) > self.rule.new_trading_days:
            self._go(one.on, "活跃", f"行为数据从{one.on.isoformat()}开始")
        elif stage in ("预流失", "流失"):
            self._visit(one.on)

    def _visit(self, on: date) -> None:
        """He came while he was as good as gone: days enough, and he is back."""
        today = self.calendar.opened_until(on)
        self.visits = [d for d in self.visits if today - d < self.rule.return_trading_days] + [today]
        if len(self.visits) >= self.rule.return_days and not self.closed and not self.threats:
            words = f"回来了: {self.rule.return_trading_days}个交易日里来过{len(self.visits)}天"
            self.visits = []
            self._go(on, "活跃", words)

    def _begin(self, on: date) -> None:
        """The first deed that is known: before it nothing is."""
        if self.has_account:
            self._go(on, "活跃", f"行为数据从{on.isoformat()}开始")
        else:
            self._go(on, "潜客", "没有开户记录")

    def _threaten(self, one: _Input) -> None:
        self.threats += 1
        if self.stage in (None, "新客", "活跃"):
            self._go(one.on, "预流失", f"{one.words} (行为上: {self.stage or UNKNOWN}, {self._last()})")

    def _stay(self, one: _Input) -> None:
        """The word no longer holds: what he does counts again."""
        self.threats -= 1
        recent = self.seen is None or self._gap(self.seen, one.on) <= self.rule.active_trading_days
        if self.stage == "预流失" and not self.threats and recent:
            self._go(one.on, "活跃", f"不再说要走, {self._last()}")

    def _gap(self, start: date, end: date) -> int:
        return self.calendar.days_between(start, end)


_TAKERS: dict[str, Callable[[_Walk, _Input], None]] = {
    "opened": _Walk._open,
    "filed": _Walk._filed,
    "funded": _Walk._fund,
    "closed": _Walk._close,
    "seen": _Walk._see,
    "leaving": _Walk._threaten,
    "staying": _Walk._stay,
}
