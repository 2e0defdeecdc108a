"""训练填空: claims that are right, with the slots that annotators gave them → the weights of nlp/learned/slots.py."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp.document import Candidate, Document
from nlp.evaluation import same
from nlp.learned.options import Group, Option, groups_of, options, value_of
from nlp.learned.slots import Signs, filled, signs_of

LEAST_SEEN = 3  #: options that must show a sign
STRENGTH = 1.0  #: inverse of the regularisation
SMALL = 0.02  #: weights below are dropped
MOST_RIGHT = 2  #: right options of one blank that are learned from


@dataclass(frozen=True, slots=True)
class Blank:
    """一处空格: the options of one group of slots of one tag, as their signs, and which of them are right."""

    group: str
    signs: tuple[Signs, ...]
    right: tuple[bool, ...]


def blanks(document: Document, candidate: Candidate, gold: Mapping[str, Any]) -> Iterator[Blank]:
    """The blanks of a right claim that teach something: some options are right, some wrong."""
    for group in groups_of(candidate):
        found = options(document, candidate, group)
        right = tuple(_is_right(group, gold, option) for option in found)
        if len(set(right)) == 2:
            yield Blank(group.name, tuple(signs_of(document, candidate, group, found)), right)
        candidate = filled(candidate, group, value_of(gold, group))


def _is_right(group: Group, gold: Mapping[str, Any], option: Option) -> bool:
    wanted = value_of(gold, group)
    return all(same(slot, want, got) for slot, want, got in zip(group.slots, wanted, option.value, strict=True))


def fit(rows: Sequence[Blank]) -> dict[str, Mapping[str, float]]:
    """The weight of every sign, by group and name: what sets right options apart from wrong ones beside them."""
    return {group: _fit([row for row in rows if row.group == group]) for group in sorted({row.group for row in rows})}


def _fit(rows: Sequence[Blank]) -> Mapping[str, float]:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counts = Counter(sign for row in rows for signs in row.signs for sign in signs)
    place = {sign: n for n, sign in enumerate(sorted(s for s, count in counts.items() if count >= LEAST_SEEN))}
    data: list[int] = []
    where: list[int] = []
    ends, weights = [0], list[float]()
    first: list[bool] = []
    for row in rows:
        for better, worse, weight in _pairs(row):
            turn = 1 if len(first) % 2 else -1  # both sides in equal number
            apart = [(s, turn) for s in sorted(better - worse)] + [(s, -turn) for s in sorted(worse - better)]
            data += [sign for s, sign in apart if s in place]
            where += [place[s] for s, _ in apart if s in place]
            ends.append(len(where))
            first.append(turn > 0)
            weights.append(weight)
    if len(set(first)) < 2:
        return {}
    seen = csr_matrix((np.array(data, float), where, ends), shape=(len(first), len(place)))
    model = LogisticRegression(C=STRENGTH, solver="liblinear", fit_intercept=False)
    model.fit(seen, first, sample_weight=weights)
    return {sign: float(w) for sign, n in place.items() if abs(w := model.coef_[0][n]) >= SMALL}


def _pairs(row: Blank) -> Iterable[tuple[Signs, Signs, float]]:
    """Every right option against every wrong one; a blank with many options counts little more than one with few."""
    right = [s for s, ok in zip(row.signs, row.right, strict=True) if ok][:MOST_RIGHT]
    wrong = [s for s, ok in zip(row.signs, row.right, strict=True) if not ok]
    for better in right:
        for worse in wrong:
            yield better, worse, float((len(right) * len(wrong)) ** -0.5)
