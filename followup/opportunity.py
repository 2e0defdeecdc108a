"""商机: the value that the tracker computes, and the case in the making. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dongke.clock import beijing
from followup.models import State


@dataclass(frozen=True, slots=True)
class Cause:
    """依据: why the opportunity is what it is – the state it led to, when, and the words or the event."""

    state: State
    at: datetime
    why: str
    conversation: str | None = None
    evidence: tuple[int, ...] = ()
    event: str | None = None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"state": self.state.value, "at": beijing(self.at).isoformat(), "why": self.why}
        if self.conversation:
            row |= {"conversation": self.conversation, "evidence": list(self.evidence)}
        if self.event:
            row["event"] = self.event
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Cause":
        return cls(
            state=State(row["state"]),
            at=datetime.fromisoformat(row["at"]),
            why=row["why"],
            conversation=row.get("conversation"),
            evidence=tuple(row.get("evidence") or ()),
            event=row.get("event"),
        )


@dataclass(frozen=True, slots=True)
class Opportunity:
    """一条商机 as of a moment. `overdue` is a fact beside the state: not followed up when it was due."""

    id: str
    customer: str
    playbook: str
    playbook_version: str
    key: str | None
    owner: str
    opened_at: datetime
    opened_by: str
    due_at: datetime
    due_provisional: bool
    state: State
    overdue: bool
    attempts: int
    first_contact_at: datetime | None
    discharged_at: datetime | None
    won_at: datetime | None
    closed_at: datetime | None
    unassisted: bool
    self_reported: bool
    low_yuan: int | None
    high_yuan: int | None
    value: Mapping[str, Any]
    causes: tuple[Cause, ...]

    def to_json(self) -> dict[str, Any]:
        """The shape of docs/stories.md, with the amounts and the id."""
        return {
            "id": self.id,
            "customer": self.customer,
            "playbook": self.playbook,
            "key": self.key,
            "owner": self.owner,
            "opened_at": _iso(self.opened_at),
            "due_at": _iso(self.due_at),
            "state": self.state.value,
            "overdue": self.overdue,
            "attempts": self.attempts,
            "first_contact_at": _iso(self.first_contact_at),
            "discharged_at": _iso(self.discharged_at),
            "won_at": _iso(self.won_at),
            "unassisted": self.unassisted,
            "self_reported": self.self_reported,
            "due_provisional": self.due_provisional,
            "low_yuan": self.low_yuan,
            "high_yuan": self.high_yuan,
            "causes": [c.to_json() for c in self.causes],
        }


def _iso(moment: datetime | None) -> str | None:
    return beijing(moment).isoformat() if moment else None
