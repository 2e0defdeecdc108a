"""裁决: which claims become tags, and how sure each is. One logistic formula over a claim's measures, fitted on talks
that neither the rules nor the weights had seen: with a confidence of 0.8, four of five such tags were right."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from nlp import facts
from nlp.document import Candidate, Document
from nlp.learned import model, slots
from nlp.learned.claims import Claim, Opinions, claims, measures
from nlp.learned.slots import Chooser

CERTAIN = 0.99
GRACE = 0.08  #: what is said plainly enough for a rule may be so much less probable: authors of talks avoid plain words


@dataclass(frozen=True, slots=True)
class Formula:
    """公式: the weight of each measure, how often each rule was right, and from which probability a tag stands."""

    weights: Mapping[str, float]
    reliability: Mapping[str, float]
    thresholds: Mapping[str, float]

    def probability(self, claim: Claim) -> float:
        """How likely the claim is right."""
        total = sum(self.weights.get(name, 0.0) * value for name, value in measures(claim, self.reliability).items())
        return 1 / (1 + math.exp(-total))

    def stands(self, claim: Claim, probability: float) -> bool:
        """Whether so probable a claim becomes a tag."""
        least = self.thresholds.get(claim.candidate.tag, self.thresholds["*"])
        return probability >= least - (GRACE if claim.by_rule else 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """一项裁决: the candidate with its confidence, who made it, and whether it becomes a tag."""

    candidate: Candidate
    by_rule: bool
    stands: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """学到的读者: the weights and the formula that judge what the rules found and add what they overlooked; the chooser
    fills the slots of what stands."""

    model: model.Model
    formula: Formula
    chooser: Chooser

    def decide(self, document: Document, found: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that stand, those of the rules and the model's own, in the order in which they were said."""
        judged = self._weighed(document, found)
        standing = facts.in_order(self._signed(c, p) for c, p in judged if self.formula.stands(c, p))
        return self.chooser.fill(document, standing)

    def judge(self, document: Document, found: Sequence[Candidate]) -> list["Judgement"]:
        """Every claim with its probability, also those that do not stand."""
        weighed = self._weighed(document, found)
        judged = [Judgement(self._signed(c, p), c.by_rule, self.formula.stands(c, p)) for c, p in weighed]
        filled = iter(self.chooser.fill(document, [one.candidate for one in judged if one.stands]))
        return [replace(one, candidate=next(filled)) if one.stands else one for one in judged]

    def _weighed(self, document: Document, found: Sequence[Candidate]) -> list[tuple[Claim, float]]:
        opinions = Opinions(self.model.opinions(document))
        return [(claim, self.formula.probability(claim)) for claim in claims(document, found, opinions)]

    def _signed(self, claim: Claim, probability: float) -> Candidate:
        candidate = claim.candidate
        steps = (*candidate.steps, *self._reasons(claim))
        return replace(candidate, confidence=min(probability, CERTAIN), steps=steps)

    def _reasons(self, claim: Claim) -> Iterable[str]:
        best = claim.best
        if best is None:
            yield "学到的读法: 看不出有这一项"
            return
        seen = "".join(f"「{one}」" for one in self.model.why(best))
        yield f"学到的读法: 第 {best.turn} 句 {claim.elsewhere:.0%}{', 凭 ' + seen if seen else ''}"


@cache
def default() -> Reader:
    """The reader that comes with the product."""
    weights, stored = model.load()
    formula = stored["formula"]
    chooser = slots.from_arrays(stored["slots.names"], stored["slots.weights"])
    return Reader(weights, Formula(formula["weights"], formula["reliability"], formula["thresholds"]), chooser)
