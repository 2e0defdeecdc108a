"""标签: the profile's current belief of one fact, folded from all statements of it (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.clock import beijing
from profiles.corrections import Corrected
from profiles.expiry import End, Evidence, end_of, stale_at
from profiles.fact_groups import FactGroup, folded, home_of
from profiles.facts import CustomerFacts, Feedback, Quote, Statement
from profiles.parameters import Parameters
from profiles.relations import Relation

ONE_DAY_SECONDS = 86_400
MOST_CONFIDENCE = 0.99  #: repetition alone never makes a tag certain; a person's word does


@dataclass(frozen=True, slots=True)
class Support:
    """佐证: a deed or a file that bears a tag out, as one more witness of that weight."""

    kind: str  #: of parameters.yaml `evidence`
    text: str
    weight: float
    at: datetime | None = None
    event_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "text": self.text,
            "weight": self.weight,
            "at": beijing(self.at).isoformat() if self.at else None,
            "event_id": self.event_id,
        }


class Status(StrEnum):
    """标签状态."""

    ACTIVE = "active"  #: 有效
    CONTRADICTED = "contradicted"  #: 客户后来改了口
    EXPIRED = "expired"  #: 已失效, 请重新确认
    REMOVED = "removed"  #: 人工判为不对
    SUSPENDED = "suspended"  #: 依据待复核: the talk was written down anew, and the words are not found there


UNBELIEVED = (Status.REMOVED, Status.SUSPENDED)  #: shown, and counted nowhere
TO_CHECK = "依据待复核: 重新转写后找不到这句原话, 请听录音"


@dataclass(frozen=True, slots=True)
class Tag:
    """标签 as believed: value, status with its reason, and everything that was said of it."""

    id: str  #: the newest statement's, on which feedback is given
    tag: str
    polarity: str
    value: Mapping[str, Any]
    status: Status
    reason: str  #: why it is not active, Chinese; empty while it is
    strength: float
    confidence: float
    said_at: datetime
    source: str  #: spoken, corrected
    statements: tuple[Statement, ...]
    corrections: tuple[Feedback, ...] = ()
    opposed_by: str | None = None  #: id of the tag that took its place
    ended_at: datetime | None = None  #: since when it no longer holds
    supports: tuple[Support, ...] = ()  #: deeds and files that bear it out

    @property
    def quotes(self) -> tuple[Quote, ...]:
        return tuple(dict.fromkeys(quote for s in self.statements for quote in s.evidence))

    @property
    def is_live(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def is_affirmed(self) -> bool:
        return self.polarity == "affirmed"


@dataclass(slots=True, eq=False)
class _Fact(FactGroup):
    """A fact under construction, with its end and what took its place."""

    end: End | None
    opposer: "_Fact | None" = None
    opposed_at: datetime | None = None

    def ended_by(self, moment: datetime) -> bool:
        return self.end is not None and self.end.at <= moment


def believe(
    corrected: Corrected, facts: CustomerFacts, as_of: datetime, known: Parameters, evidence: Evidence | None = None
) -> tuple[Tag, ...]:
    """All tags at `as_of`, each fact once, the removed ones too; sorted by tag, then newest first.

    `evidence`: what settles statements, where the caller has it already.
    """
    built = _facts(corrected.statements, evidence or Evidence.of(facts), known)
    tags = [_tag(fact, corrected, as_of, known) for fact in built]
    tags += [_removed(group.statements, group.verdict) for group in corrected.removed]
    tags += [_suspended(statement) for statement in corrected.suspended]
    return tuple(sorted(tags, key=lambda t: (t.tag, -t.said_at.timestamp(), t.id)))


def _facts(statements: Sequence[Statement], facts: Evidence, known: Parameters) -> list[_Fact]:
    """Statements in time order: each joins its fact or opens one, and takes the place of what it opposes."""
    built: list[_Fact] = []
    standing: dict[str, list[_Fact]] = {}
    for statement in statements:
        live = standing.setdefault(statement.tag, [])
        home = home_of([f for f in live if not f.ended_by(statement.said_at)], statement)
        opposed = [f for f in live if f is not home and f.stands_to(statement) is Relation.OPPOSED]
        if home is None:
            home = _Fact([statement], statement, end_of(statement, facts, known))
            built.append(home)
            live.append(home)
        else:
            home.add(statement)
            home.end = end_of(home.whole, facts, known)
        for fact in opposed:
            fact.opposer, fact.opposed_at = home, statement.said_at
            live.remove(fact)
    return built


def _tag(fact: _Fact, corrected: Corrected, as_of: datetime, known: Parameters) -> Tag:
    status, reason, ended_at = _status(fact, as_of, known)
    whole = fact.whole
    confidence = confidence_of(fact.statements)
    opposed = status is Status.CONTRADICTED and fact.opposer is not None
    return Tag(
        id=whole.id,
        tag=whole.tag,
        polarity=whole.polarity,
        value=whole.value,
        status=status,
        reason=reason,
        strength=strength_of(whole, confidence, as_of, known),
        confidence=confidence,
        said_at=whole.said_at,
        source=whole.source,
        statements=tuple(fact.statements),
        corrections=tuple(v for s in fact.statements for v in corrected.verdicts.get(s.id, ())),
        opposed_by=fact.opposer.whole.id if opposed and fact.opposer else None,
        ended_at=ended_at,
    )


def _status(fact: _Fact, as_of: datetime, known: Parameters) -> tuple[Status, str, datetime | None]:
    """The status, why it is not active, and since when."""
    if fact.end and fact.end.at <= (fact.opposed_at or as_of) and fact.end.at <= as_of:
        return Status.EXPIRED, fact.end.reason, fact.end.at
    stale = stale_at(fact.whole, known)
    if fact.opposer and fact.opposed_at:
        ended_at = min(fact.opposed_at, stale.at) if stale else fact.opposed_at
        return Status.CONTRADICTED, "客户后来改了口", ended_at
    if stale and stale.at <= as_of:
        return Status.EXPIRED, stale.reason, stale.at
    return Status.ACTIVE, "", None


def _removed(statements: tuple[Statement, ...], verdict: Feedback) -> Tag:
    last = statements[-1]
    return Tag(
        id=last.id,
        tag=last.tag,
        polarity=last.polarity,
        value=folded(statements),
        status=Status.REMOVED,
        reason=f"{verdict.by} 判为不对",
        strength=0.0,
        confidence=confidence_of(statements),
        said_at=last.said_at,
        source=last.source,
        statements=statements,
        corrections=(verdict,),
        ended_at=verdict.at,
    )


def _suspended(statement: Statement) -> Tag:
    return Tag(
        id=statement.id,
        tag=statement.tag,
        polarity=statement.polarity,
        value=statement.value,
        status=Status.SUSPENDED,
        reason=TO_CHECK,
        strength=0.0,
        confidence=statement.confidence,
        said_at=statement.said_at,
        source=statement.source,
        statements=(statement,),
    )


def confidence_of(statements: Sequence[Statement]) -> float:
    """Talks corroborate each other as independent witnesses; one talk is one witness."""
    best: dict[str, float] = {}
    for s in statements:
        best[s.conversation_id] = max(best.get(s.conversation_id, 0.0), s.confidence)
    if len(best) == 1 or 1.0 in best.values():
        return round(max(best.values()), 4)
    doubt = 1.0
    for _, confidence in sorted(best.items()):
        doubt *= 1.0 - confidence
    return round(max(min(1.0 - doubt, MOST_CONFIDENCE), *best.values()), 4)


def strength_of(statement: Statement, confidence: float, as_of: datetime, known: Parameters) -> float:
    """confidence x 2^(-age / half-life), the age since it was last said."""
    rule = known.tags.get(statement.tag)
    age_days = max((as_of - statement.said_at).total_seconds(), 0.0) / ONE_DAY_SECONDS
    half_life = rule.half_life_days if rule else 90.0
    return round(float(confidence * 2.0 ** (-age_days / half_life)), 4)
