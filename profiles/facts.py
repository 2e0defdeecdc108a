"""事实: the frozen values that the fold reads. Append-only, each with two times: said or true at, and known at.

`CustomerFacts.at(as_of, known_at)` keeps what was said by `as_of` and known to Dongke by `known_at`, of the customers
who counted as one person then: the fold over it answers "what did we know when we called".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dongke.clock import beijing
from profiles.identity.grouping import Link, canonical_of, members_of


@dataclass(frozen=True, slots=True)
class Quote:
    """原话依据 as the profile shows it. `said_at`: of the utterance where known, else of the talk."""

    conversation_id: str
    utterance: int
    quote: str
    speaker: str
    said_at: datetime
    start_ms: int | None = None
    end_ms: int | None = None
    #: where in the utterance it begins, in characters; None where not known
    start: int | None = field(default=None, compare=False)
    #: 依据待复核: the talk was written down anew without these words; the times of the sound still hold
    suspended: bool = field(default=False, compare=False)

    def shares_words(self, other: "Quote") -> bool:
        """Whether both quote some of the same words."""
        if self.suspended or other.suspended or self.start is None or other.start is None:
            return False
        same = (self.conversation_id, self.utterance) == (other.conversation_id, other.utterance)
        return same and self.start < other.start + len(other.quote) and other.start < self.start + len(self.quote)

    def to_json(self) -> dict[str, Any]:
        return self._to_json() | ({"utterance": None, "suspended": True} if self.suspended else {})

    def _to_json(self) -> dict[str, Any]:
        return {
            "conversation_id": self.conversation_id,
            "utterance": self.utterance,
            "quote": self.quote,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "speaker": self.speaker,
            "said_at": beijing(self.said_at).isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Anchor:
    """依据的新位置: where the words of a statement stand since its talk was written down anew."""

    known_at: datetime
    evidence: tuple[Quote, ...]
    suspended: bool  #: some of them are not said there any more


@dataclass(frozen=True, slots=True)
class Statement:
    """一次陈述: what one conversation asserts of one tag, as stored. `said_at` is the start of the talk."""

    id: str
    customer_id: str
    conversation_id: str
    tag: str
    polarity: str
    value: Mapping[str, Any]
    confidence: float
    evidence: tuple[Quote, ...]
    said_at: datetime
    known_at: datetime
    superseded_at: datetime | None = None  #: when a newer reading of the same talk replaced it
    holder: str = "customer"
    certainty: str = "stated"
    explanation: Mapping[str, Any] | None = None
    source: str = "spoken"  #: spoken, corrected (the value is a person's)
    anchors: tuple[Anchor, ...] = ()  #: the oldest first
    is_suspended: bool = False  #: 依据待复核: not believed until somebody rules on it, or the talk says it again

    def standing(self, known_at: datetime) -> "Statement":
        """With its words where they stood by what was known then."""
        last = next((a for a in reversed(self.anchors) if a.known_at <= known_at), None)
        if last is None:
            return replace(self, anchors=()) if self.anchors else self
        return replace(self, evidence=last.evidence, is_suspended=last.suspended, anchors=())

    @property
    def all_quotes(self) -> tuple[Quote, ...]:
        """Its words wherever they ever stood."""
        return self.evidence + tuple(quote for anchor in self.anchors for quote in anchor.evidence)

    @property
    def said_on(self) -> date:
        return beijing(self.said_at).date()

    @property
    def order(self) -> tuple[datetime, str, str]:
        """A total order, so that the fold does not depend on the order in which facts are read."""
        return (self.said_at, self.conversation_id, self.id)


@dataclass(frozen=True, slots=True)
class Feedback:
    """人工反馈: a verdict on a statement, or on the whole tag where `target` is None."""

    id: str
    customer_id: str
    tag: str
    verdict: str  #: right, wrong, corrected
    by: str
    at: datetime
    known_at: datetime
    value: Mapping[str, Any] | None = None
    target: Statement | None = None

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        return (self.at, self.known_at, self.id)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "by": self.by,
            "at": beijing(self.at).isoformat(),
            "value": dict(self.value) if self.value is not None else None,
            "before": dict(self.target.value) if self.target and self.verdict == "corrected" else None,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """行为事件."""

    id: str
    customer_id: str
    event: str
    at: datetime
    known_at: datetime
    properties: Mapping[str, Any]

    @property
    def on(self) -> date:
        return beijing(self.at).date()

    @property
    def order(self) -> tuple[datetime, str]:
        return (self.at, self.id)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """静态档案 from `effective_at` on; only the fields that the source gave."""

    id: str
    customer_id: str
    effective_at: datetime
    known_at: datetime
    data: Mapping[str, Any]

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        return (self.effective_at, self.known_at, self.id)


@dataclass(frozen=True, slots=True)
class ReadTalk:
    """读过的会话: the subjects that a talk spoke of, believed or not (`TopicMention` as JSON)."""

    conversation_id: str
    customer_id: str
    read_at: datetime
    superseded_at: datetime | None
    mentions: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """All facts of a customer and of everyone he was ever merged with."""

    customer_id: str
    assertions: tuple[Statement, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    events: tuple[Event, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    links: tuple[Link, ...] = ()
    readings: tuple[ReadTalk, ...] = ()
    refused: frozenset[str] = frozenset()  #: purposes that he refuses now (`rights.fold.kept` has applied them)
    suspended: tuple[Statement, ...] = ()  #: those whose words are to be checked: `at` puts them here

    @property
    def customer_ids(self) -> set[str]:
        """The customer, and everyone whom a link ever joined to him."""
        return {self.customer_id, *(who for x in self.links for who in (x.customer_id, x.into_id))}

    def at(self, as_of: datetime, known_at: datetime) -> "CustomerFacts":
        """The facts that count at these two times, sorted, under the id of the person as he was merged then."""
        links = tuple(x for x in self.links if x.at <= as_of and x.known_at <= known_at)
        who = canonical_of(self.customer_id, links)
        members = members_of(who, links)

        def mine(customer_id: str) -> bool:
            return customer_id in members

        told = [
            s.standing(known_at)
            for s in (*self.assertions, *self.suspended)
            if mine(s.customer_id) and s.said_at <= as_of and s.known_at <= known_at
        ]
        said = [s for s in told if not s.is_suspended and _known(s.known_at, s.superseded_at, known_at)]
        doubtful = [s for s in told if s.is_suspended]  # a newer reading does not take them away unseen
        return CustomerFacts(
            customer_id=who,
            assertions=tuple(sorted((replace(s, superseded_at=None) for s in said), key=lambda s: s.order)),
            suspended=tuple(sorted((replace(s, superseded_at=None) for s in doubtful), key=lambda s: s.order)),
            feedback=tuple(
                sorted(
                    (
                        replace(f, target=f.target and f.target.standing(known_at))
                        for f in self.feedback
                        if mine(f.customer_id) and f.at <= as_of and f.known_at <= known_at
                    ),
                    key=lambda f: f.order,
                )
            ),
            events=tuple(
                sorted(
                    (e for e in self.events if mine(e.customer_id) and e.at <= as_of and e.known_at <= known_at),
                    key=lambda e: e.order,
                )
            ),
            snapshots=tuple(sorted(self._on_file(members, as_of, known_at), key=lambda s: s.order)),
            links=tuple(sorted(links, key=lambda x: x.order)),
            readings=tuple(
                sorted(
                    (r for r in self.readings if mine(r.customer_id) and _known(r.read_at, r.superseded_at, known_at)),
                    key=lambda r: (r.conversation_id, r.read_at),
                )
            ),
            refused=self.refused,
        )

    def _on_file(self, members: frozenset[str], as_of: datetime, known_at: datetime) -> list[Snapshot]:
        return [
            s for s in self.snapshots if s.customer_id in members and s.effective_at <= as_of and s.known_at <= known_at
        ]

    def static(self) -> dict[str, Any]:
        """静态档案 in force: field by field the newest; where two merged customers disagree, the first id's file."""
        view: dict[str, Any] = {}
        others = [s for s in self.snapshots if s.customer_id != self.customer_id]
        own = [s for s in self.snapshots if s.customer_id == self.customer_id]
        for snapshot in others + own:
            view.update({k: v for k, v in snapshot.data.items() if v is not None or k not in view})
        return view


def _known(from_at: datetime, to_at: datetime | None, known_at: datetime) -> bool:
    return from_at <= known_at and (to_at is None or known_at < to_at)
