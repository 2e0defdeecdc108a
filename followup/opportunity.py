"""商机: the value that the tracker computes, and the case in the making. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.clock import beijing
from followup.models import State

OWN_WORD = "自报"  #: how the cause of what was only ticked by hand begins


class Source(StrEnum):
    """依据的种类: what kind of record a cause names."""

    TALK = "talk"  #: a conversation: `conversation` and the utterances in `evidence`
    EVENT = "event"  #: 行为事件: `event` is its id
    NOTE = "note"  #: 拜访记录: `event` is its id
    MANUAL = "manual"  #: 手工登记 (自报): `event` is its id
    VERDICT = "verdict"  #: 人工反馈 on the tag: `event` is its id
    TIME = "time"  #: time alone; `conversation` and `evidence` are the words that set the term


@dataclass(frozen=True, slots=True)
class Cause:
    """依据: why the opportunity is what it is – the state it led to, when, and the words or the event.

    `known_at` says when Dongke learnt of it: a recording transcribed days later corrects the past, and shows it.
    """

    state: State
    at: datetime
    why: str
    conversation: str | None = None
    evidence: tuple[int, ...] = ()
    event: str | None = None
    source: Source = Source.TALK
    known_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"state": self.state.value, "at": beijing(self.at).isoformat(), "why": self.why}
        if self.conversation:
            row |= {"conversation": self.conversation, "evidence": list(self.evidence)}
        if self.event:
            row["event"] = self.event
        return row | {"source": self.source.value, "known_at": _iso(self.known_at)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Cause":
        return cls(
            state=State(row["state"]),
            at=datetime.fromisoformat(row["at"]),
            why=row["why"],
            conversation=row.get("conversation"),
            evidence=tuple(row.get("evidence") or ()),
            event=row.get("event"),
            source=Source(row.get("source") or (Source.EVENT if row.get("event") else Source.TALK)),
            known_at=datetime.fromisoformat(row["known_at"]) if row.get("known_at") else None,
        )


@dataclass(frozen=True, slots=True)
class Miss:
    """未核销的触达: what looked like a follow-up, and why it was none. `record` is a conversation, attempt or note."""

    at: datetime
    why: str
    record: str

    def to_json(self) -> dict[str, Any]:
        return {"at": beijing(self.at).isoformat(), "why": self.why, "record": self.record}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Miss":
        return cls(datetime.fromisoformat(row["at"]), row["why"], row["record"])


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
    misses: tuple[Miss, ...] = ()

    @property
    def proof(self) -> Cause | None:
        """What discharged it; the box that was ticked (自报), where nothing proves it."""
        return next((c for c in self.causes if c.state is State.DISCUSSED and c.at == self.discharged_at), None)

    @property
    def learnt_late(self) -> Cause | None:
        """The proof that it was followed up in time, where Dongke learnt of it only after the deadline."""
        if self.discharged_at is None or self.discharged_at > self.due_at:
            return None
        proof = self.proof
        return proof if proof and proof.known_at and proof.known_at > self.due_at else None

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
            "misses": [m.to_json() for m in self.misses],
        }


def _iso(moment: datetime | None) -> str | None:
    return beijing(moment).isoformat() if moment else None
