"""服务策略执行: one talk judged by the card of its customer, and many talks of an advisor side by side (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import Any

from dongke.clock import beijing
from followup.adherence.facts import Facts, facts_of
from followup.adherence.lexicon import Lexicon, lexicon
from followup.adherence.scorecards import Deduction, cards, judge
from followup.history import Contact

LEVELS = ("novice", "experienced")
MOMENTS = 2  #: to listen to, of one advisor


@dataclass(frozen=True, slots=True)
class Assessment:
    """一次会话的服务策略评分. `score` None: no card (experience unknown), or no talk; `reason` says which."""

    conversation_id: str
    customer_id: str
    advisor_id: str
    at: datetime
    level: str | None
    score: float | None
    reason: str
    deductions: tuple[Deduction, ...]
    facts: Facts
    versions: tuple[str, str]  #: of the scorecards and the words

    def to_json(self) -> dict[str, Any]:
        return {
            "conversation_id": self.conversation_id,
            "customer_id": self.customer_id,
            "advisor_id": self.advisor_id,
            "at": beijing(self.at).isoformat(),
            "level": self.level,
            "level_label": cards()[self.level].label if self.level in cards() else "经验未知",
            "score": self.score,
            "reason": self.reason,
            "deductions": [d.to_json() for d in self.deductions],
            "facts": self.facts.to_json(),
            "scorecard_version": self.versions[0],
            "lexicon_version": self.versions[1],
        }


def assess(talk: Contact, level: str | None, words: Lexicon | None = None) -> Assessment:
    """The talk under the card of that level of experience: novice, experienced, or None (unknown)."""
    words = words or lexicon()
    facts, card = facts_of(talk, words), cards().get(level or "")
    score, deductions, reason = None, tuple[Deduction, ...](), ""
    if not talk.is_talk:
        reason = "不是有效通话, 不评分"
    elif card is None:
        reason = "客户的投资经验未知, 不评分, 只列事实"
    elif not facts.advisor:
        reason = "顾问没有说话, 不评分"
    else:
        score, deductions = judge(facts, card)
    version = next(iter(cards().values())).version
    return Assessment(
        conversation_id=talk.id,
        customer_id=talk.customer_id,
        advisor_id=talk.advisor_id,
        at=talk.started_at,
        level=level if card else None,
        score=score,
        reason=reason,
        deductions=deductions,
        facts=facts,
        versions=(version, words.version),
    )


@dataclass(frozen=True, slots=True)
class Side:
    """一类客户: the scored talks of one advisor with them."""

    level: str
    conversations: tuple[str, ...]
    mean_score: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "n": len(self.conversations),
            "mean_score": self.mean_score,
            "conversation_ids": list(self.conversations),
        }


@dataclass(frozen=True, slots=True)
class Moment:
    """值得听的一刻: the deductions that cost most."""

    conversation_id: str
    deduction: Deduction

    def to_json(self) -> dict[str, Any]:
        return {"conversation_id": self.conversation_id, **self.deduction.to_json()}


@dataclass(frozen=True, slots=True)
class Summary:
    """服务策略执行 of some talks: by the kind of customer, with the two moments to listen to."""

    sides: tuple[Side, ...]
    unscored: tuple[str, ...]
    moments: tuple[Moment, ...]
    rules: tuple[tuple[str, str, tuple[str, ...]], ...]  #: (rule, label, conversations with that deduction)

    def to_json(self) -> dict[str, Any]:
        return {
            **{side.level: side.to_json() for side in self.sides},
            "unscored": list(self.unscored),
            "moments": [m.to_json() for m in self.moments],
            "rules": [{"rule": r, "label": name, "conversation_ids": list(ids)} for r, name, ids in self.rules],
        }


def summary(found: Iterable[Assessment]) -> Summary:
    """Many talks together; every number with its list."""
    rows = sorted(found, key=lambda a: (a.at, a.conversation_id))
    scored = [a for a in rows if a.score is not None]
    moments = [Moment(a.conversation_id, d) for a in scored for d in a.deductions]
    moments.sort(key=lambda m: (-m.deduction.points, m.conversation_id, m.deduction.turns))
    return Summary(
        sides=tuple(_side(level, scored) for level in LEVELS),
        unscored=tuple(a.conversation_id for a in rows if a.score is None),
        moments=tuple(moments[:MOMENTS]),
        rules=_by_rule(scored),
    )


def _side(level: str, scored: Iterable[Assessment]) -> Side:
    mine = [a for a in scored if a.level == level]
    points = [a.score for a in mine if a.score is not None]
    return Side(level, tuple(a.conversation_id for a in mine), round(mean(points), 1) if points else None)


def _by_rule(scored: Iterable[Assessment]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for a in scored:
        for d in a.deductions:
            found.setdefault((d.rule, d.label), {})[a.conversation_id] = None
    ranked = sorted(found.items(), key=lambda row: (-len(row[1]), row[0]))
    return tuple((rule, name, tuple(ids)) for (rule, name), ids in ranked)
