"""文稿: what the steps hand to each other: turns with clean text, mentions, candidates. Frozen values, no rules.

All positions are offsets into `Turn.text` (the clean text); `Turn.raw_span` leads back to the text as stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.types import Channel, Conversation, Polarity, Speaker

#: a mention with one of these is spoken of, but does not hold for the customer
UNDONE = frozenset({"negated", "hypothetical", "past", "question", "other_holder", "quoted", "sarcastic"})


class Answer(StrEnum):
    """答话: how a turn answers the question or statement before it."""

    YES = "yes"  #: 对, 是的, 有
    NOD = "nod"  #: 嗯, 哦, 好: heard, a yes only to a real question
    NO = "no"  #: 没有, 不是, 不要
    OTHER = "other"  #: anything else


@dataclass(frozen=True, slots=True)
class Turn:
    """一句话 after clean-up. `origin[i]` is where clean character i stood in `raw`."""

    index: int
    speaker: Speaker
    raw: str
    text: str
    origin: tuple[int, ...]
    clauses: tuple[tuple[int, int], ...] = ()
    suspect: bool = False

    @property
    def by_customer(self) -> bool:
        return self.speaker is Speaker.CUSTOMER

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The place in `raw` of clean characters start…end; an empty span stays in bounds."""
        if not self.origin:
            return 0, len(self.raw)
        first = self.origin[min(start, len(self.origin) - 1)]
        last = self.origin[min(max(end - 1, start), len(self.origin) - 1)]
        return first, last + 1

    def clause_at(self, position: int) -> int:
        """Number of the clause that holds the position."""
        for number, (_, end) in enumerate(self.clauses):
            if position < end:
                return number
        return max(len(self.clauses) - 1, 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """出处: a span of one turn, the seed of an Evidence."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """提及: something that was said, not yet believed. `kind` and `key` come from the lexicon or from a frame."""

    kind: str
    key: str
    turn: int
    start: int
    end: int
    text: str
    speaker: Speaker
    rule: str = "lexicon"
    weight: float = 0.9
    flags: frozenset[str] = frozenset()
    because: tuple[str, ...] = ()  #: which context words set which flag
    groups: Mapping[str, str] = field(default_factory=dict)
    answered: int | None = None  #: advisor's words: the turn in which the customer said yes or no to them

    @property
    def mark(self) -> Mark:
        return Mark(self.turn, self.start, self.end)

    @property
    def holds(self) -> bool:
        """Whether no context took it away."""
        return not self.flags & UNDONE

    @property
    def by_customer(self) -> bool:
        return self.speaker is Speaker.CUSTOMER

    def has(self, *flags: str) -> bool:
        return not self.flags.isdisjoint(flags)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Its own place and, where the customer answered it, the answer's turn."""
        if self.answered is None:
            return (self.mark,)
        return (self.mark, Mark(self.answered, 0, 2))


@dataclass(frozen=True, slots=True)
class Reply:
    """答复: how the next turns of the other side answered a turn."""

    turn: int
    answer: Answer


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """一次会话 ready for the recognizers: turns, mentions with context, and who answered whom how.

    Equal only to itself, so that what is found in it can be remembered.
    """

    conversation: Conversation
    turns: tuple[Turn, ...]
    mentions: tuple[Mention, ...] = ()
    replies: Mapping[int, Reply] = field(default_factory=dict)
    prompts: Mapping[int, int] = field(default_factory=dict)  #: turn → the turn of the other side before it
    _by_turn: Mapping[int, Sequence[Mention]] = field(init=False, repr=False)
    _by_kind: Mapping[str, Sequence[Mention]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_turn: dict[int, list[Mention]] = {}
        by_kind: dict[str, list[Mention]] = {}
        for mention in self.mentions:
            by_turn.setdefault(mention.turn, []).append(mention)
            by_kind.setdefault(mention.kind, []).append(mention)
        object.__setattr__(self, "_by_turn", by_turn)
        object.__setattr__(self, "_by_kind", by_kind)

    @property
    def started_at(self) -> datetime:
        return self.conversation.started_at

    @property
    def is_chat(self) -> bool:
        return self.conversation.channel is Channel.CHAT

    def of(self, *kinds: str, turn: int | None = None) -> Iterator[Mention]:
        """Mentions of these kinds in reading order, of one turn if given."""
        if turn is not None:
            return (m for m in self._by_turn.get(turn, ()) if m.kind in kinds)
        if len(kinds) == 1:
            return iter(self._by_kind.get(kinds[0], ()))
        return (m for m in self.mentions if m.kind in kinds)

    def prompt(self, turn: int) -> Turn | None:
        """The other side's turn that this turn answers, if any."""
        number = self.prompts.get(turn)
        return None if number is None else self.turns[number]

    def reply(self, turn: int) -> Reply | None:
        """How the other side answered this turn, if it did."""
        return self.replies.get(turn)

    def customer_turns(self) -> Iterator[Turn]:
        return (t for t in self.turns if t.by_customer and not t.suspect)

    def advisor_turns(self) -> Iterator[Turn]:
        return (t for t in self.turns if not t.by_customer and not t.suspect)


@dataclass(frozen=True, slots=True)
class Candidate:
    """候选标签: what a recognizer would assert; `facts.fold` decides."""

    tag: str
    value: Mapping[str, Any]
    marks: tuple[Mark, ...]
    rule: str
    polarity: Polarity = Polarity.AFFIRMED
    confidence: float = 0.85
    holder: str = "customer"
    certainty: str = "stated"
    steps: tuple[str, ...] = ()
    recognizer: str = ""
    version: str = ""
    said_at: int | None = None  #: the turn that decides, where the marks show more than it

    @property
    def order(self) -> int:
        """The turn that speaks last of it."""
        return max(mark.turn for mark in self.marks) if self.said_at is None else self.said_at
