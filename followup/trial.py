"""试运行: what a changed playbook would have opened, for whom, and what differs from the one that runs. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.clock import TradingCalendar
from followup.history import History
from followup.opportunities import track
from followup.opportunity import Opportunity
from followup.playbooks import Playbook


class Change(StrEnum):
    """变化."""

    OPENED = "opened"  #: 新开: the running version opens nothing there
    GONE = "gone"  #: 不再开
    DEADLINE = "deadline"  #: 期限不同
    STATE = "state"  #: 状态不同
    OVERDUE = "overdue"  #: 逾期与否不同
    OWNER = "owner"  #: 负责人不同


LABELS = {
    Change.OPENED: "新开",
    Change.GONE: "不再开",
    Change.DEADLINE: "期限不同",
    Change.STATE: "状态不同",
    Change.OVERDUE: "逾期不同",
    Change.OWNER: "负责人不同",
}
_SAME: tuple[tuple[Change, Callable[[Opportunity], Any]], ...] = (
    (Change.DEADLINE, lambda o: o.due_at),
    (Change.STATE, lambda o: o.state),
    (Change.OVERDUE, lambda o: o.overdue),
    (Change.OWNER, lambda o: o.owner),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """一条商机的前后: by the running version and by the tried one; one of them may be missing."""

    running: Opportunity | None
    tried: Opportunity | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs; nothing where both say the same."""
        if self.running is None or self.tried is None:
            return (Change.OPENED if self.running is None else Change.GONE,)
        return tuple(change for change, of in _SAME if of(self.running) != of(self.tried))

    @property
    def any(self) -> Opportunity:
        """The tried opportunity, or the one that would be gone."""
        found = self.tried or self.running
        assert found is not None
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "changes": [c.value for c in self.changes],
            "tried": self.tried.to_json() if self.tried else None,
            "running": self.running.to_json() if self.running else None,
        }


def compare(running: Iterable[Opportunity], tried: Iterable[Opportunity]) -> list[Compared]:
    """Pairs what was opened by the same words for the same subject; the oldest first."""
    groups: dict[tuple[Any, ...], tuple[list[Opportunity], list[Opportunity]]] = defaultdict(lambda: ([], []))
    for side, found in enumerate((running, tried)):
        for o in found:
            groups[(o.customer, o.playbook, o.key, o.opened_at)][side].append(o)
    pairs: list[Compared] = []
    for old, new in groups.values():
        old.sort(key=lambda o: (o.due_at, o.id))
        new.sort(key=lambda o: (o.due_at, o.id))
        for n in range(max(len(old), len(new))):
            pairs.append(Compared(old[n] if n < len(old) else None, new[n] if n < len(new) else None))
    return sorted(pairs, key=lambda c: (c.any.opened_at, c.any.customer, c.any.id))


def try_out(
    history: History,
    running: Sequence[Playbook],
    tried: Sequence[Playbook],
    calendar: TradingCalendar,
    until: datetime,
    start: datetime,
    end: datetime,
) -> list[Compared]:
    """What the tried playbooks open for one customer in [start, end), beside those that run by the same ids."""
    ids = {book.id for book in tried}

    def opened(books: Iterable[Playbook]) -> list[Opportunity]:
        mine = [book for book in books if book.id in ids]
        return [o for o in track(history, mine, calendar, until) if start <= o.opened_at < end]

    return compare(opened(running), opened(tried))


def summary(found: Sequence[Compared]) -> Mapping[str, int]:
    """How many there are by either version, and how many of each change."""
    changes = [change for one in found for change in one.changes]
    return {
        "running": sum(one.running is not None for one in found),
        "tried": sum(one.tried is not None for one in found),
        **{change.value: changes.count(change) for change in Change},
        "unchanged": sum(not one.changes for one in found),
    }
