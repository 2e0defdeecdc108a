"""推演中的商机: the fold's own notes on one wish while it walks through a history. Pure."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dongke.clock import beijing
from followup.deadlines import Deadline, as_date, day_after
from followup.history import Contact, Said
from followup.models import State
from followup.opportunity import Cause, Miss, Opportunity, Source
from followup.playbooks import Playbook
from followup.subjects import Subject

MAX_MISSES = 20  #: the newest talks that did not count


@dataclass(slots=True)
class Case:
    """一条商机 in the making: the fold's own notes on one wish while it walks through the history."""

    subject: Subject
    deadline: Deadline
    opened_at: datetime
    value: dict[str, Any]
    supports: list[Said]
    customers: set[str]  #: the ids under which it was said
    causes: list[Cause]
    attempts: int = 0
    first_contact_at: datetime | None = None
    discharged_at: datetime | None = None
    won_at: datetime | None = None
    refused_at: datetime | None = None
    expired_at: datetime | None = None
    matured: bool = False  #: 失效 only because its maturity has passed: the money may still come
    self_reported: bool = False
    came_in: float = field(default=0.0)  #: yuan of winning events so far
    paused: dict[str, int] = field(default_factory=dict)  #: reason → how often the deadline stood still
    misses: list[Miss] = field(default_factory=list)

    @property
    def playbook(self) -> Playbook:
        return self.subject.playbook

    @property
    def key(self) -> str | None:
        return self.subject.key

    @property
    def closed_at(self) -> datetime | None:
        return self.won_at or self.refused_at or self.expired_at

    @property
    def live(self) -> bool:
        return self.closed_at is None

    @property
    def id(self) -> str:
        """Stable over recomputations: rule, key, the talk that opened it and the day it was promised for."""
        day = self.deadline.due_at.isoformat() if not self.playbook.due.is_span else ""
        mark = "|".join((self.playbook.id, self.key or "", self.subject.opening.id, day))
        return hashlib.sha256(mark.encode()).hexdigest()[:24]

    @property
    def state(self) -> State:
        if self.won_at:
            return State.WON
        if self.refused_at:
            return State.REFUSED
        if self.expired_at:
            return State.EXPIRED
        if self.discharged_at:
            return State.DISCUSSED
        return State.CONTACTED if self.first_contact_at else State.OPEN

    def amount(self) -> int | None:
        """The yuan that count: low, else high; None where unknown."""
        low, high = self.value.get("low"), self.value.get("high")
        return low if low is not None else high

    def add(
        self,
        at: datetime,
        why: str,
        contact: Contact | None = None,
        evidence: tuple[int, ...] = (),
        event: str | None = None,
        source: Source = Source.TALK,
        known_at: datetime | None = None,
    ) -> None:
        """Writes down a cause of the present state: the words of a talk, or the record `event` of that source."""
        known_at = known_at or (contact.known_at if contact else at)
        self.causes.append(
            Cause(self.state, at, why, contact.id if contact else None, evidence, event, source, known_at)
        )

    def miss(self, at: datetime, why: str, record: str) -> None:
        """Writes down what was no follow-up, while one is still owed."""
        if self.live and self.discharged_at is None:
            self.misses = [*self.misses, Miss(at, why, record)][-MAX_MISSES:]

    def pass_time(self, moment: datetime) -> None:
        """What time alone brings by that moment: he stayed, the money matured elsewhere, or nobody came."""
        if not self.live:
            return
        ends = [end for end in (self._kept(), self._matured(), self._lapsed()) if end and end[0] <= moment]
        if not ends:
            return
        at, why = min(ends)
        if why == "kept":
            self.won_at = at
            self._by_time(at, "期内没有销户、转出或大额转走, 视为留住")
            return
        self.expired_at, self.matured = at, why == "matured"
        days = self.playbook.expires_after_days
        self._by_time(at, "已过到期日" if self.matured else f"期限过后 {days} 天没有结果")

    def add_opening(self, subject: Subject, *, again: bool) -> None:
        """Writes down what opened it, or said it `again`."""
        opening, event = subject.opening, subject.event
        if event is None:
            self.add(opening.started_at, "再次提到" if again else "客户的话开启", opening, subject.said.evidence)
        else:
            why = "系统再次记录" if again else "系统记录开启"
            self.add(opening.started_at, why, event=event, source=Source.EVENT, known_at=opening.known_at)

    def _by_time(self, at: datetime, why: str) -> None:
        """Time acted by the term that these words (or that event) set."""
        subject = self.subject
        talk = None if subject.event else subject.opening
        self.add(at, why, talk, subject.said.evidence, subject.event, Source.TIME, at)

    def _kept(self) -> tuple[datetime, str] | None:
        keep = self.playbook.keep
        return (self.opened_at + timedelta(days=keep.days), "kept") if keep else None

    def _matured(self) -> tuple[datetime, str] | None:
        slot = self.playbook.due.maturity
        day = as_date(self.value.get(slot)) if slot else None
        if day is None or day < beijing(self.opened_at).date():
            return None
        return day_after(day), "matured"

    def _lapsed(self) -> tuple[datetime, str] | None:
        if self.discharged_at and not self.playbook.win:
            return None
        return self.deadline.due_at + timedelta(days=self.playbook.expires_after_days), "lapsed"

    def overdue(self, until: datetime) -> bool:
        """Whether it was neither followed up nor over when the due time came."""
        due = self.deadline.due_at
        ends = (self.discharged_at, self.won_at, self.refused_at, self.expired_at)
        return until >= due and not any(end is not None and end <= due for end in ends)

    def result(self, customer: str, owner: str, until: datetime) -> Opportunity:
        """The opportunity as of that moment."""
        won = self.won_at is not None
        return Opportunity(
            id=self.id,
            customer=customer,
            playbook=self.playbook.id,
            playbook_version=self.playbook.version,
            key=self.key,
            owner=owner,
            opened_at=self.opened_at,
            opened_by=self.subject.said.id,
            due_at=self.deadline.due_at,
            due_provisional=self.deadline.provisional,
            state=self.state,
            overdue=self.overdue(until),
            attempts=self.attempts,
            first_contact_at=self.first_contact_at,
            discharged_at=self.discharged_at,
            won_at=self.won_at,
            closed_at=self.closed_at,
            unassisted=won and self.first_contact_at is None and self.discharged_at is None,
            self_reported=self.self_reported,
            low_yuan=self.value.get("low"),
            high_yuan=self.value.get("high"),
            value=dict(self.value),
            causes=tuple(self.causes),
            misses=tuple(self.misses),
        )
