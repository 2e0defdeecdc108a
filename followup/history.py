"""客户经历: the frozen facts of one customer that the tracker folds – nothing here knows a database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dongke.types import Channel, Polarity, Speaker, TopicMention, Utterance

MIN_CALL_SECONDS = 30  #: a shorter call is no talk
MIN_CHAT_MESSAGES = 2  #: customer messages; fewer are no talk


@dataclass(frozen=True, slots=True)
class Said:
    """一次会话里的一个标签: what one conversation asserts. `evidence` are utterance indexes."""

    id: str
    tag: str
    polarity: Polarity
    value: Mapping[str, Any]
    evidence: tuple[int, ...]

    @property
    def affirmed(self) -> bool:
        return self.polarity is Polarity.AFFIRMED


@dataclass(frozen=True, slots=True)
class Contact:
    """触达: one conversation with what was read in it."""

    id: str
    customer_id: str
    advisor_id: str
    channel: Channel
    started_at: datetime
    ended_at: datetime
    known_at: datetime
    direction: str = "out"
    answered: bool = True
    utterances: tuple[Utterance, ...] = ()
    said: tuple[Said, ...] = ()
    mentions: tuple[TopicMention, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def customer_messages(self) -> int:
        """How often the customer spoke or wrote; what the recogniser may have made up is left out."""
        return sum(u.speaker is Speaker.CUSTOMER and not u.suspect and bool(u.text.strip()) for u in self.utterances)

    @property
    def first_words(self) -> tuple[int, ...]:
        """The first utterance of each side: the words by which a talk shows that it was one."""
        first: dict[Speaker, int] = {}
        for index, u in enumerate(self.utterances):
            if not u.suspect and u.text.strip():
                first.setdefault(u.speaker, index)
        return tuple(sorted(first.values()))

    @property
    def with_customer(self) -> bool:
        """False where somebody else took the call."""
        return not any(m.kind == "identity" for m in self.mentions)

    @property
    def long_enough(self) -> bool:
        """A call of 30 seconds, a chat with two messages of the customer."""
        return self.lasts(MIN_CALL_SECONDS, MIN_CHAT_MESSAGES)

    def lasts(self, seconds: int, messages: int) -> bool:
        """Whether a call lasted so long, or a chat has so many messages of the customer."""
        if self.channel is Channel.CHAT:
            return self.customer_messages >= messages
        return self.seconds >= seconds

    @property
    def is_talk(self) -> bool:
        """有效通话: answered by the customer himself and long enough."""
        return self.answered and self.with_customer and self.long_enough

    @property
    def is_attempt(self) -> bool:
        """未接通: the advisor called and nobody answered."""
        return not self.answered and self.channel is Channel.CALL and self.direction != "in"


@dataclass(frozen=True, slots=True)
class Try:
    """未接呼叫 from the telephone system, without a conversation."""

    id: str
    customer_id: str
    advisor_id: str
    at: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitNote:
    """拜访记录, with the subjects that the reader found in it."""

    id: str
    customer_id: str
    advisor_id: str
    at: datetime
    text: str
    mentions: tuple[TopicMention, ...] = ()
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """行为事件: what the customer's account did."""

    id: str
    customer_id: str
    at: datetime
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    known_at: datetime | None = None

    @property
    def amount(self) -> float:
        """Yuan; 0 where none is told."""
        value = self.properties.get("amount")
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return 0.0
        try:
            return abs(float(value))
        except ValueError:
            return 0.0


@dataclass(frozen=True, slots=True)
class Ticked:
    """手工登记 of an outcome: done 已跟进, refused 客户拒绝."""

    id: str
    customer_id: str
    playbook: str
    advisor_id: str
    at: datetime
    outcome: str
    key: str | None = None
    opportunity_id: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """人工反馈: the tag is right, wrong or corrected. Without `said_id` it is about all that was said by then."""

    customer_id: str
    tag: str
    verdict: str
    at: datetime
    said_id: str | None = None
    id: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """服务关系 of one member id from a time on."""

    customer_id: str
    from_at: datetime
    advisor_id: str


@dataclass(frozen=True, slots=True)
class History:
    """客户经历: everything known of one person. `members` are all his ids; he is reported under `customer_id`.

    `merged_at` says since when a member id is folded under `customer_id`; before, its own owner was responsible.
    """

    customer_id: str
    members: frozenset[str]
    ownerships: tuple[Ownership, ...]
    deputies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    merged_at: Mapping[str, datetime] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)  #: advisor → 营业部, for deadlines in its hours
    contacts: tuple[Contact, ...] = ()
    attempts: tuple[Try, ...] = ()
    notes: tuple[VisitNote, ...] = ()
    events: tuple[Event, ...] = ()
    manual: tuple[Ticked, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def owner_at(self, moment: datetime, customer_id: str | None = None) -> str:
        """The advisor who owned him (or that member id) then; before the first record, the first owner."""
        known = sorted(
            (o.from_at, o.advisor_id) for o in self.ownerships if o.customer_id == (customer_id or self.customer_id)
        )
        earlier = [advisor for from_at, advisor in known if from_at <= moment]
        if earlier:
            return earlier[-1]
        return known[0][1] if known else ""

    def owners_at(self, moment: datetime, customer_id: str) -> set[str]:
        """Who owned him then; before a merge the owner of that member id too."""
        owners = {self.owner_at(moment)}
        if moment < self.merged_at.get(customer_id, moment):
            owners.add(self.owner_at(moment, customer_id))
        return owners

    def may_act(self, advisor_id: str, moment: datetime, customer_id: str) -> bool:
        """Whether that advisor was his owner then, or a deputy of the owner."""
        return self.stands_for(advisor_id, self.owners_at(moment, customer_id))

    def stands_for(self, advisor_id: str, owners: Iterable[str]) -> bool:
        """Whether that advisor is one of these owners, or a deputy of one."""
        return any(advisor_id == owner or advisor_id in self.deputies.get(owner, ()) for owner in owners)

    def concerns(self, customer_ids: Iterable[str], customer_id: str, moment: datetime) -> bool:
        """Whether what that id did then concerns a matter of these ids: the same id, or both were one by then."""
        ids = set(customer_ids)
        return customer_id in ids or all(moment >= self.merged_at.get(i, moment) for i in (*ids, customer_id))
