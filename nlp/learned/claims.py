"""主张: what the rules found and what the model proposes, side by side, each with what speaks for and against it."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nlp import entities
from nlp.document import Candidate, Document, Mark
from nlp.evaluation import MAIN
from nlp.learned.complete import complete
from nlp.learned.model import TAGS, Label, Opinion

PROPOSED = 0.1  #: an opinion from which the model proposes a tag of its own
SHARE = 0.5  #: turns with so much of the best turn's probability are evidence too
NEAR = 1  #: turns beside the evidence that may speak for it
SURE = 0.4  #: a turn with so much probability is added to what the rules found
FLOOR = 0.01
#: products and permissions that share their words
_SHARED = (
    ("convertible_bond", "convertible_bond"),
    ("reits", "reits_trading"),
    ("pension", "pension_account"),
    ("advisory", "fund_advisory"),
)
TWINS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("intent.product", one): ("intent.permission", other) for one, other in _SHARED
}
TWINS |= {other: one for one, other in TWINS.items()}
NAMELESS = "None"  #: a place of which only the type is said
LONG = 30  #: turns from which a talk counts as long
USUAL = 0.15  #: support of all claims per turn, in an ordinary talk


@dataclass(frozen=True, slots=True)
class Claim:
    """主张: something that may be a tag, and what speaks for it.

    `support`: the model's best probability in the evidence; `elsewhere`: anywhere in the talk; `rival`: that of another
    value of the same tag in the evidence; `turns`: how many turns speak for it; `company`: the support of all other
    claims together against what is usual in a talk of that length, log ratio (a talk of look-alikes has little);
    `near`: tag → the best support of a claim of that tag in the same or the next turns; `twin`: for a word that names a
    product and its permission alike (可转债), the support of the other reading, None where it is not claimed.
    """

    candidate: Candidate
    by_rule: bool
    support: float
    elsewhere: float
    rival: float
    turns: int
    best: Opinion | None = None
    company: float = 0.0
    near: Mapping[str, float] = field(default_factory=dict)
    twin: float | None = None

    @property
    def shown(self) -> set[int]:
        """The turns of the evidence."""
        return {mark.turn for mark in self.candidate.marks}


class Opinions:
    """The opinions by label and turn."""

    def __init__(self, opinions: Iterable[Opinion]) -> None:
        self.by_label: dict[Label, dict[int, Opinion]] = defaultdict(dict)
        for opinion in opinions:
            label = whole(opinion)
            known = self.by_label[label].get(opinion.turn)
            if known is None or known.probability < opinion.probability:
                self.by_label[label][opinion.turn] = opinion

    def of(self, label: Label) -> Mapping[int, Opinion]:
        """Turn → opinion of that label; of a place without a name, of any place of its type."""
        if label.main[1:] != (NAMELESS,):
            return self.by_label.get(label, {})
        found: dict[int, Opinion] = {}
        for other, by_turn in self.by_label.items():
            if (other.tag, other.polarity, other.main[:1]) == (label.tag, label.polarity, label.main[:1]):
                for turn, opinion in by_turn.items():
                    if turn not in found or found[turn].probability < opinion.probability:
                        found[turn] = opinion
        return found

    def rival(self, label: Label, turns: set[int]) -> float:
        """The best probability, in these turns, of the same tag with another value or polarity."""
        if label.tag in TAGS.values():
            others = [Label(label.tag, "negated" if label.polarity == "affirmed" else "affirmed", label.main)]
        else:
            others = [one for one in self.by_label if one.tag == label.tag and one != label]
        return max((o.probability for one in others for t, o in self.of(one).items() if t in turns), default=0.0)


def whole(opinion: Opinion) -> Label:
    """The opinion's label with the main value: of a named thing, the thing."""
    if opinion.mention is None:
        return opinion.label
    key = opinion.instance.key
    if opinion.mention.kind == "institution":
        return replace(opinion.label, main=(entities.institution_type(key), key))
    return replace(opinion.label, main=(key,))


def label_of(candidate: Candidate) -> Label:
    """The label under which the model knows a candidate."""
    main = tuple(str(candidate.value.get(name)) for name in MAIN[candidate.tag])
    if candidate.tag == TAGS["institution"] and candidate.polarity == "affirmed":
        main = (*main, str(candidate.value["institution"]))
    return Label(candidate.tag, candidate.polarity.value, main)


def claims(document: Document, found: Sequence[Candidate], opinions: Opinions) -> list[Claim]:
    """What the rules found, weighed; then what the model proposes beyond it."""
    alone = list(_claims(document, found, opinions))
    total = sum(claim.support for claim in alone)
    usual = USUAL * min(len(document.turns), LONG)  # in a long talk, too, one fact is a fact
    return [
        replace(
            claim,
            company=math.log((total - claim.support + 0.5) / (usual + 0.5)),
            near=_near(claim, alone),
            twin=_twin(claim, alone),
        )
        for claim in alone
    ]


def _near(claim: Claim, others: Sequence[Claim]) -> dict[str, float]:
    turns = {turn + step for turn in claim.shown for step in range(-NEAR, NEAR + 1)}
    found: dict[str, float] = {}
    for other in others:
        if other is not claim and not turns.isdisjoint(other.shown):
            tag = other.candidate.tag
            found[tag] = max(found.get(tag, 0.0), other.support)
    return found


def _twin(claim: Claim, others: Sequence[Claim]) -> float | None:
    label = label_of(claim.candidate)
    wanted = TWINS.get((label.tag, *label.main))
    found = [
        other.support
        for other in others
        if wanted is not None
        and (other.candidate.tag, *label_of(other.candidate).main) == wanted
        and not claim.shown.isdisjoint(other.shown)
    ]
    return max(found, default=None)


def _claims(document: Document, found: Sequence[Candidate], opinions: Opinions) -> Iterator[Claim]:
    taken: dict[Label, set[int]] = defaultdict(set)
    for candidate in found:
        label = label_of(candidate)
        claim = _weighed(document, candidate, label, opinions)
        taken[label] |= claim.shown
        yield claim
    for label, by_turn in opinions.by_label.items():
        if label not in taken:
            yield from _proposed(document, label, by_turn, opinions)


def _weighed(document: Document, candidate: Candidate, label: Label, opinions: Opinions) -> Claim:
    by_turn = opinions.of(label)
    own = {m.turn for m in candidate.marks}
    near = {t + step for t in own for step in range(-NEAR, NEAR + 1)}
    best = max(by_turn.values(), key=lambda o: o.probability, default=None)
    more = [o.turn for o in by_turn.values() if o.probability >= SURE and o.turn not in own]
    if more and label.tag not in ("contact.time", "commitment.advisor"):
        marks = (*candidate.marks, *(Mark(t, 0, len(document.turns[t].text)) for t in sorted(more)))
        said = candidate.order
        candidate = replace(candidate, marks=marks, said_at=said)
    return Claim(
        candidate=candidate,
        by_rule=True,
        support=max((o.probability for t, o in by_turn.items() if t in near), default=0.0),
        elsewhere=best.probability if best is not None else 0.0,
        rival=opinions.rival(label, own),
        turns=sum(o.probability > 0.2 for o in by_turn.values()),
        best=best,
    )


def _proposed(document: Document, label: Label, by_turn: Mapping[int, Opinion], opinions: Opinions) -> Iterator[Claim]:
    best = max(by_turn.values(), key=lambda o: o.probability)
    if best.probability < PROPOSED:
        return
    turns = sorted(t for t, o in by_turn.items() if o.probability >= SHARE * best.probability)
    candidate = complete(document, label, turns, best.mention)
    if candidate is not None:
        rival = opinions.rival(label, set(turns))
        yield Claim(candidate, False, best.probability, best.probability, rival, len(turns), best)


def logit(probability: float) -> float:
    """Log odds, with floor and ceiling."""
    p = min(max(probability, FLOOR), 1 - FLOOR)
    return math.log(p / (1 - p))


def measures(claim: Claim, reliability: Mapping[str, float]) -> dict[str, float]:
    """The claim as numbers by name, for the verdict. `reliability`: rule → how often it was right."""
    tag, by_rule = claim.candidate.tag, float(claim.by_rule)
    support = logit(claim.support)
    right = logit(reliability.get(claim.candidate.rule, reliability.get(tag, 0.5))) if claim.by_rule else 0.0
    return {
        "bias": 1.0,
        "rule": by_rule,
        "reliability": right,
        "confidence": logit(claim.candidate.confidence) if claim.by_rule else 0.0,
        "support": support,
        "support.rule": support * by_rule,
        "elsewhere": logit(claim.elsewhere),
        "rival": logit(claim.rival),
        "turns": math.log1p(claim.turns),
        "company": claim.company,
        "evidence": math.log1p(len(claim.shown)),
        f"{tag}": 1.0,
        f"{tag}.rule": by_rule,
        f"{tag}.support": support,
        f"{tag}.negated": float(claim.candidate.polarity == "negated"),
        **({f"twin.{tag}.{claim.candidate.value[MAIN[tag][0]]}": logit(claim.twin)} if claim.twin is not None else {}),
        "same.better": max(claim.near.get(tag, 0.0) - claim.support, 0.0),
        f"{tag}.same": claim.near.get(tag, 0.0),
        **{f"near.{other}": support for other, support in claim.near.items()},
    }
