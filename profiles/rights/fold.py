"""权利: what a customer consents to, refuses and has deleted, as a fold over facts (pure).

Facts are only added, each with two times. Of one matter (a purpose, a tag, the state, the hold) the newest told one
counts, by when it was said. Ids merged into one person share the strictest of what each of them has: a refusal made
under one number holds for the person. Rights of **now** rule every question, also one about the past (docs/rights.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.clock import beijing
from dongke.errors import BadInput
from dongke.standing import PROFILE, Purpose, State
from profiles.fact_groups import tellings
from profiles.facts import CustomerFacts, Feedback, Statement
from profiles.labels import tag_label
from profiles.relations import Relation, relation
from profiles.rights.blanks import Blanks

FILE = Path(__file__).parent / "rights.yaml"
_STRICTNESS = tuple(State)


class Kind(StrEnum):
    """权利事实的种类, and the matter it is about."""

    CONSENT = "consent"  #: 同意与拒绝, by purpose
    TAG = "tag"  #: 删除标签, by tag or by one fact of it
    STATE = "state"  #: 正常, 限制处理, 已删除
    HOLD = "hold"  #: 法律保留


#: the words that a fact of each kind may say
STATUSES: Mapping[Kind, tuple[str, ...]] = {
    Kind.CONSENT: ("granted", "denied", "revoked"),
    Kind.TAG: ("deleted", "restored"),
    Kind.STATE: tuple(State),
    Kind.HOLD: ("held", "released"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """权利事实."""

    id: str
    customer_id: str
    kind: Kind
    subject: str
    status: str
    at: datetime
    known_at: datetime
    source: str = ""
    by: str = ""
    reason: str = ""
    target: Statement | None = None  #: only this fact of the tag

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        return (self.at, self.known_at, self.id)

    @property
    def matter(self) -> tuple[str, str, str]:
        """What it is about: a newer fact of the same matter takes its place."""
        return (self.kind, self.subject, self.target.id if self.target else "")

    def to_json(self) -> dict[str, Any]:
        words = policy().labels["status"]
        return {
            "id": self.id,
            "customer_id": self.customer_id,
            "kind": self.kind.value,
            "subject": self.subject,
            "subject_label": subject_label(self.kind, self.subject),
            "status": self.status,
            "status_label": words[self.status],
            "assertion_id": self.target.id if self.target else None,
            "at": beijing(self.at).isoformat(),
            "known_at": beijing(self.known_at).isoformat(),
            "source": self.source,
            "by": self.by,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Deletion:
    """删除的标签: a whole tag, or one fact of it. What was said by `until` never comes back; None: it lasts."""

    tag: str
    target: Statement | None = None
    until: datetime | None = None
    told: frozenset[str] = frozenset()  #: ids of every stored telling of that fact (`reach`)

    def reaching(self, statements: Iterable[Statement]) -> "Deletion":
        """With every telling of its fact among these statements."""
        if self.target is None:
            return self
        return replace(self, told=frozenset(s.id for s in reach(statements, self.target, self.until)))

    def hits(self, said: Statement) -> bool:
        if said.tag != self.tag or (self.until is not None and said.said_at > self.until):
            return False
        target = self.target
        if target is None or said.id == target.id or said.id in self.told:
            return True
        return relation(target, said) is Relation.SAME


def reach(statements: Iterable[Statement], target: Statement, until: datetime | None = None) -> list[Statement]:
    """What goes with a deleted statement: every telling of its fact said by `until`, and what that fact had taken the
    place of – else an older value would stand up again where the newer one is gone."""
    mine = sorted((s for s in statements if s.tag == target.tag), key=lambda s: s.order, reverse=True)
    found = {s.id: s for s in (target, *tellings(mine, target, until))}
    for earlier in mine:
        if earlier.id not in found and any(_replaces(s, earlier) for s in found.values()):
            found |= {s.id: s for s in tellings(mine, earlier, earlier.said_at)}
    return list(found.values())


def _replaces(later: Statement, earlier: Statement) -> bool:
    return earlier.order < later.order and relation(earlier, later) is Relation.OPPOSED


@dataclass(frozen=True, slots=True)
class Rights:
    """权利 of one person, now."""

    state: State = State.ACTIVE
    held: bool = False
    granted: frozenset[Purpose] = frozenset()
    refused: frozenset[Purpose] = frozenset()  #: with those that the firm requires a consent for and has none
    deletions: tuple[Deletion, ...] = ()
    blanks: Blanks = field(default=Blanks(), compare=False)  #: words of his that no sentence shows any more

    @property
    def is_ordinary(self) -> bool:
        """Nothing that a reader must look out for."""
        return self == Rights()

    @property
    def is_processed(self) -> bool:
        """Whether anything at all may be done with his data but keep them."""
        return self.state is State.ACTIVE

    @property
    def is_profiled(self) -> bool:
        """Whether a profile may be made of him: tags, features, opportunities, segments."""
        return self.is_processed and not self.refused & set(PROFILE)

    def allows(self, *purposes: Purpose) -> bool:
        """Whether he may be processed for all of these purposes."""
        return self.is_processed and not self.refused & set(purposes)

    def keeps(self, said: Statement) -> bool:
        """Whether this statement may be shown and believed, whatever the state is."""
        return not self.refused & set(PROFILE) and not self.forgets(said)

    @property
    def forgotten_tags(self) -> frozenset[str]:
        """Tags of which something is deleted, or that are sensitive to him."""
        sensitive = policy().sensitive_tags if Purpose.SENSITIVE in self.refused else frozenset[str]()
        return sensitive | {d.tag for d in self.deletions}

    def forgets(self, said: Statement) -> bool:
        """Whether it was deleted, or is sensitive to him: its words too are not shown."""
        if Purpose.SENSITIVE in self.refused and said.tag in policy().sensitive_tags:
            return True
        return any(d.hits(said) for d in self.deletions)

    def keeps_feedback(self, verdict: Feedback) -> bool:
        """Whether this verdict may be shown and applied: it speaks of the tag."""
        if verdict.target is not None:
            return self.keeps(verdict.target)
        if Purpose.SENSITIVE in self.refused and verdict.tag in policy().sensitive_tags:
            return False
        gone = any(d.tag == verdict.tag and d.target is None for d in self.deletions)
        return not (gone or self.refused & set(PROFILE))

    @property
    def text(self) -> str:
        """What an advisor must know of them, one Chinese line; empty where nothing is refused."""
        state = "" if self.state is State.ACTIVE else f"客户数据{policy().labels['status'][self.state]}"
        return ", ".join(part for part in (state, refusal_text(self.refused)) if part)

    def to_json(self) -> dict[str, Any]:
        """Deleted tags are not named here: that somebody had one is what was to be forgotten."""
        return {
            "state": self.state.value,
            "held": self.held,
            "granted": sorted(self.granted),
            "refused": sorted(self.refused),
            "text": self.text,
        }


#: one whom a link joined only after the time that was asked of: his facts are no part of the answer
_STRANGER = Rights(state=State.ERASED)


@dataclass(frozen=True, slots=True)
class Policy:
    """`rights.yaml`."""

    version: str
    sensitive_tags: frozenset[str]
    service_playbooks: frozenset[str]
    service_notices: frozenset[str]
    labels: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def policy() -> Policy:
    """What refusals reach. Raises BadInput `rights-invalid`."""
    try:
        row: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        lists = ("sensitive_tags", "service_playbooks", "service_notices")
        return Policy(**row | {name: frozenset(row[name]) for name in lists})
    except (KeyError, TypeError, yaml.YAMLError) as fault:
        raise BadInput("rights-invalid", f"权利的规则读不懂: {fault}") from None


def fold(facts: Iterable[Fact], needed: Iterable[Purpose] = ()) -> Rights:
    """The rights of one customer id from its facts. `needed`: purposes refused unless they were granted."""
    newest: dict[tuple[str, str, str], Fact] = {}
    for fact in sorted(facts, key=lambda f: f.order):
        newest[fact.matter] = fact
    by_kind = {kind: [f for f in newest.values() if f.kind is kind] for kind in Kind}
    granted = {Purpose(f.subject) for f in by_kind[Kind.CONSENT] if f.status == "granted"}
    refused = {Purpose(f.subject) for f in by_kind[Kind.CONSENT] if f.status != "granted"}
    return Rights(
        state=max((State(f.status) for f in by_kind[Kind.STATE]), key=_STRICTNESS.index, default=State.ACTIVE),
        held=any(f.status == "held" for f in by_kind[Kind.HOLD]),
        granted=frozenset(granted),
        refused=frozenset(refused | (set(needed) - granted)),
        deletions=_deletions(by_kind[Kind.TAG]),
    )


def strictest(several: Iterable[Rights]) -> Rights:
    """Of ids that are one person: what one of them refuses or has deleted, the person does."""
    each = list(several)
    refused = frozenset[Purpose]().union(*(r.refused for r in each))
    deletions = [d for r in each for d in r.deletions]
    return Rights(
        state=max((r.state for r in each), key=_STRICTNESS.index, default=State.ACTIVE),
        held=any(r.held for r in each),
        granted=frozenset[Purpose]().union(*(r.granted for r in each)) - refused,
        refused=refused,
        deletions=tuple(d for n, d in enumerate(deletions) if d not in deletions[:n]),  # values: no hash
    )


def kept(facts: CustomerFacts, rights: Mapping[str, Rights], *, opened: bool = False) -> CustomerFacts:
    """The facts that may be processed now, by the rights of each id; all of his that he has not refused where `opened`.

    What he refuses is left out whatever times are asked: rights of now rule questions about the past too.
    """
    if all(r.is_ordinary for r in rights.values()):
        return facts

    def of(who: str) -> Rights:
        return rights.get(who, _STRANGER)

    def stored(who: str) -> bool:
        return opened or of(who).is_processed

    def said(who: str) -> bool:
        return stored(who) and not of(who).refused & set(PROFILE)

    def done(who: str) -> bool:
        return stored(who) and Purpose.PROFILING not in of(who).refused

    return replace(
        facts,
        assertions=tuple(
            of(s.customer_id).blanks.from_statement(s)
            for s in facts.assertions
            if said(s.customer_id) and of(s.customer_id).keeps(s)
        ),
        feedback=tuple(f for f in facts.feedback if said(f.customer_id) and of(f.customer_id).keeps_feedback(f)),
        events=tuple(e for e in facts.events if done(e.customer_id)),
        snapshots=tuple(s for s in facts.snapshots if stored(s.customer_id)),
        readings=tuple(r for r in facts.readings if said(r.customer_id)),
        refused=frozenset(of(facts.customer_id).refused),
    )


def refusal_text(refused: Iterable[str]) -> str:
    """客户不同意画像、营销; empty where nothing is refused."""
    names, told = policy().labels["purpose"], set(refused)
    words = "、".join(names[p] for p in Purpose if p in told)
    return f"客户不同意{words}" if words else ""


def subject_label(kind: Kind, subject: str) -> str:
    """画像, 闲置资金 …; empty for the state and the hold."""
    if kind is Kind.CONSENT:
        return policy().labels["purpose"].get(subject, subject)
    return tag_label(subject) if kind is Kind.TAG else ""


def _deletions(facts: Iterable[Fact]) -> tuple[Deletion, ...]:
    """A tag that was restored stays deleted for what was said before."""
    made = [Deletion(f.subject, f.target, f.at if f.status == "restored" else None) for f in facts]
    return tuple(sorted(made, key=lambda d: (d.tag, d.target.id if d.target else "")))
