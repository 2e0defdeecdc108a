"""跟进状态 as a condition sees it. The tracker stands above this package: it comes in as a `FollowSource`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

Members = Mapping[str, frozenset[str]]  #: the id under which a person folds → all his ids


@dataclass(frozen=True, slots=True)
class Matter:
    """一条未结商机. By the mere passing of time it becomes overdue at `late_at`, and ends at `open_until`."""

    playbook: str
    label: str
    tags: tuple[str, ...]  #: the tags that open it
    key: str | None
    state: str
    opened_at: datetime
    due_at: datetime
    open_until: datetime | None
    late_at: datetime | None  #: None once it is followed up
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class FollowState:
    """一位客户的跟进状态."""

    matters: tuple[Matter, ...] = ()
    last_contact_at: datetime | None = None  #: the last talk that took place


class FollowSource(Protocol):
    """Where follow-up state comes from, for many persons at once."""

    def __call__(self, session: Session, people: Members, moment: datetime) -> Mapping[str, FollowState]: ...


def nothing(session: Session, people: Members, moment: datetime) -> Mapping[str, FollowState]:
    """A source without a tracker behind it."""
    return {}
