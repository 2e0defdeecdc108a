"""深挖得分: new rungs per contact, and who asked for them (pure). Reports count from here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from followup.digging.ladder import Ladder, Rung, Step
from followup.history import History


@dataclass(frozen=True, slots=True)
class Dig:
    """一次触达的深挖: a talk with a customer who had (or just told of) an outside asset, and the rungs it won."""

    contact_id: str
    customer_id: str
    advisor_id: str
    at: datetime
    steps: tuple[tuple[str, Step], ...]  #: (asset, step)

    @property
    def asked(self) -> int:
        """Rungs that answered a question of his."""
        return sum(step.asked for _, step in self.steps)


@dataclass(frozen=True, slots=True)
class Score:
    """深挖得分 of some contacts: new rungs per contact, None without contacts."""

    contacts: tuple[str, ...]
    rungs: tuple[tuple[str, str, str], ...]  #: (contact, asset, rung)
    asked: int

    @property
    def per_contact(self) -> float | None:
        return round(len(self.rungs) / len(self.contacts), 2) if self.contacts else None

    def to_json(self) -> dict[str, Any]:
        return {
            "contacts": len(self.contacts),
            "rungs": len(self.rungs),
            "asked": self.asked,
            "per_contact": self.per_contact,
            "conversation_ids": list(self.contacts),
            "won": [{"conversation_id": c, "asset": a, "rung": r} for c, a, r in self.rungs],
        }


def digs(ladders: Sequence[Ladder], history: History) -> tuple[Dig, ...]:
    """The talks of one person in which there was something to dig, with what each won; the oldest first."""
    won: dict[str, list[tuple[str, Step]]] = {}
    for one in ladders:
        for step in one.steps:
            if step.contact_id is not None:
                won.setdefault(step.contact_id, []).append((one.id, step))
    found = [
        Dig(c.id, history.customer_id, c.advisor_id, c.started_at, tuple(won.get(c.id, ())))
        for c in history.contacts
        if c.id in won or (c.is_talk and any(_was_open(one, c.started_at) for one in ladders))
    ]
    return tuple(sorted(found, key=lambda d: (d.at, d.contact_id)))


def score(found: Iterable[Dig]) -> Score:
    """The score of these contacts together."""
    rows = list(found)
    return Score(
        contacts=tuple(d.contact_id for d in rows),
        rungs=tuple((d.contact_id, asset, step.rung.value) for d in rows for asset, step in d.steps),
        asked=sum(d.asked for d in rows),
    )


def _was_open(one: Ladder, at: datetime) -> bool:
    moved_at = next((s.at for s in one.steps if s.rung is Rung.TRANSFER), None)
    ends = [end for end in (one.ended_at, moved_at) if end is not None]
    return one.opened_at < at and all(at <= end for end in ends)
