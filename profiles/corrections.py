"""人工反馈入账: feedback changes what is believed at once, as one more fact in time (pure).

wrong 不对: the statement and every earlier telling of the same fact no longer count. right 属实: its confidence is 1.
corrected 改正: the person's value stands in its place from that moment, with who and when; slots that he leaves as they
are keep what the tellings of the fact say together (profiles/fact_groups.py). What the customer says
afterwards is a new statement and is folded as such. Verdicts outlive a new reading of the talk: they follow the fact,
not the row. The newest verdict on a statement counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from profiles.fact_groups import Ended, folded, groups, tellings
from profiles.facts import CustomerFacts, Feedback, Quote, Statement
from profiles.relations import Relation, relation


@dataclass(frozen=True, slots=True)
class Removed:
    """A fact that a person has taken away, with what was said of it."""

    statements: tuple[Statement, ...]
    verdict: Feedback


@dataclass(slots=True)
class Corrected:
    """What is left to believe after the feedback. `verdicts` are by statement id."""

    live: dict[str, Statement]
    removed: list[Removed] = field(default_factory=list)
    suspended: list[Statement] = field(default_factory=list)  #: 依据待复核
    verdicts: dict[str, list[Feedback]] = field(default_factory=dict)

    @property
    def statements(self) -> list[Statement]:
        return sorted(self.live.values(), key=lambda s: s.order)


def apply(facts: CustomerFacts, ended: Ended | None = None) -> Corrected:
    """The statements of `facts` (already cut to its two times) with all feedback applied in order.

    `ended` tells whether a fact was over: what is said afterwards tells another one.
    """
    state = Corrected(live={s.id: s for s in facts.assertions}, suspended=list(facts.suspended))
    for verdict in _newest(facts.feedback):
        for same in _facts(state, verdict, ended):
            _DOES[verdict.verdict](state, verdict, same)
        _settled(state, verdict)
    state.suspended = [s for s in state.suspended if not _is_told(state, s)]
    return state


def _is_told(state: Corrected, suspended: Statement) -> bool:
    """Whether its talk says so still, or a person has said that it is so."""
    if suspended.id in state.live:
        return True
    talk = (s for s in state.live.values() if s.conversation_id == suspended.conversation_id)
    return any(relation(suspended, s) is Relation.SAME for s in talk)


def _newest(feedback: Iterable[Feedback]) -> list[Feedback]:
    """The newest verdict on each statement; verdicts on a whole tag all count."""
    latest: dict[str, Feedback] = {}
    for verdict in sorted(feedback, key=lambda f: f.order):
        latest[verdict.target.id if verdict.target else f"tag:{verdict.id}"] = verdict
    return sorted((f for f in latest.values() if f.verdict in _DOES), key=lambda f: f.order)


def _facts(state: Corrected, verdict: Feedback, ended: Ended | None) -> list[tuple[Statement, ...]]:
    """The fact that the verdict is about; one on a whole tag is about each of its facts by itself."""
    if verdict.target is not None:
        pinned = verdict.verdict == "corrected"
        return [tellings(state.live.values(), verdict.target, verdict.at, ended, pinned=pinned)]
    said = (s for s in state.live.values() if s.tag == verdict.tag and s.said_at <= verdict.at)
    return [tuple(group.statements) for group in groups(said, ended)]


def _wrong(state: Corrected, verdict: Feedback, same: tuple[Statement, ...]) -> None:
    for statement in same:
        del state.live[statement.id]
    if same:
        state.removed.append(Removed(same, verdict))


def _settled(state: Corrected, verdict: Feedback) -> None:
    """What was to be checked and is judged wrong is no more to be checked."""
    gone = [s for s in state.suspended if verdict.verdict == "wrong" and _is_of(verdict, s)]
    state.removed += [Removed((s,), verdict) for s in gone]
    state.suspended = [s for s in state.suspended if s not in gone]


def _is_of(verdict: Feedback, s: Statement) -> bool:
    """Whether the verdict is on this statement, or on all that was said of its tag."""
    if verdict.target is not None:
        return s.id == verdict.target.id
    return s.tag == verdict.tag and s.said_at <= verdict.at


def _right(state: Corrected, verdict: Feedback, same: tuple[Statement, ...]) -> None:
    for statement in same or ((verdict.target,) if verdict.target else ()):
        state.live[statement.id] = replace(statement, confidence=1.0)
        state.verdicts.setdefault(statement.id, []).append(verdict)


def _correct(state: Corrected, verdict: Feedback, same: tuple[Statement, ...]) -> None:
    target = verdict.target
    if target is None or verdict.value is None:
        return
    for statement in same:
        del state.live[statement.id]
    state.live[target.id] = replace(
        target,
        value={**folded(same or (target,)), **verdict.value},
        confidence=1.0,
        evidence=_quotes(same or (target,)),
        said_at=verdict.at,
        known_at=verdict.known_at,
        source="corrected",
    )
    state.verdicts.setdefault(target.id, []).append(verdict)


def _quotes(statements: Iterable[Statement]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(quote for s in statements for quote in s.evidence))


_DOES = {"wrong": _wrong, "right": _right, "corrected": _correct}
