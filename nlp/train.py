"""训练: annotated conversations → nlp/learned/weights.npz. `python -m nlp.train FILE…` (docs/reading.md)."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dongke.types import Conversation
from nlp import entities, pipeline, roles
from nlp.document import Document
from nlp.evaluation import MAIN
from nlp.learned.features import NAMED, Instance, instances
from nlp.learned.model import TAGS, Choice, Label, Target, Weights

LEAST_SEEN = 2  #: instances that must show a sequence
LEAST_GOLD = 4  #: instances that must carry a label
STRENGTH = 200.0  #: inverse of the regularisation
STRENGTH_CHOICE = 1000.0  #: that of the choice between values
WEIGHT = 3  #: what an instance that carries a label counts
SMALL = 0.02  #: weights below are dropped
Column = tuple[Any, float]  #: weights and bias


@dataclass(frozen=True, slots=True)
class Example:
    """样例: an instance with the labels that its annotators gave it."""

    instance: Instance
    labels: frozenset[Label]


def examples(document: Document, gold: Sequence[Mapping[str, Any]]) -> list[Example]:
    """All instances of a conversation with their labels."""
    return [Example(i, _labels(document, i, gold)) for i in instances(document)]


def label(tag: Mapping[str, Any]) -> Label:
    """The label of a gold or found tag."""
    value = tag.get("value") or {}
    return Label(tag["tag"], tag["polarity"], tuple(str(value.get(name)) for name in MAIN[tag["tag"]]))


def _labels(document: Document, instance: Instance, gold: Sequence[Mapping[str, Any]]) -> frozenset[Label]:
    found = set()
    for tag in gold:
        if instance.turn not in tag["evidence"]:
            continue
        if (tag["tag"] == "commitment.advisor") != (instance.kind == "advisor"):
            continue
        if instance.kind in NAMED:
            if TAGS[instance.kind] == tag["tag"] and _is_of(instance, tag):
                found.add(Label(tag["tag"], tag["polarity"]))
        elif tag["tag"] not in TAGS.values() or (tag["tag"] == "assets.external" and tag["polarity"] == "negated"):
            found.add(label(tag))
    return frozenset(found)


def _is_of(instance: Instance, tag: Mapping[str, Any]) -> bool:
    value = tag["value"]
    if instance.kind != "institution":
        return bool(value[MAIN[tag["tag"]][0]] == instance.key)
    kind = entities.institution_type(instance.key)
    named = value["institution"] in (None, instance.key)
    return bool(tag["polarity"] == "affirmed" and value["institution_type"] == kind and named)


def fit(rows: Sequence[Example]) -> Weights:
    """The weights of one kind of instance."""
    vocabulary, size = _vocabulary(rows)
    blank = Weights((), vocabulary, np.zeros((size, 0), np.float32), np.zeros(0, np.float32))
    seen = _matrix([blank.rows(r.instance.groups) for r in rows], size)
    columns: list[Column] = []
    targets: list[Target] = []
    for tag, polarity in sorted({(one.tag, one.polarity) for r in rows for one in r.labels}):
        carried = [(n, one) for n, r in enumerate(rows) for one in r.labels if (one.tag, one.polarity) == (tag, polarity)]
        if len(carried) < LEAST_GOLD:
            continue
        columns.append(_whether(seen, {n for n, _ in carried}))
        column = len(columns) - 1
        choices = tuple(_choice(seen, carried, slot, columns) for slot in range(len(carried[0][1].main)))
        targets.append(Target(tag, polarity, column, choices))
    matrix = np.array([weights for weights, _ in columns], np.float32).reshape(len(columns), size).T
    return Weights(tuple(targets), vocabulary, matrix, np.array([bias for _, bias in columns], np.float32))


def _whether(seen: Any, carried: set[int]) -> Column:
    """A column that says whether an instance carries the tag."""
    from sklearn.linear_model import LogisticRegression

    wanted = np.array([n in carried for n in range(seen.shape[0])])
    model = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight={True: WEIGHT, False: 1})
    model.fit(seen, wanted)
    return _clipped(model.coef_[0]), float(model.intercept_[0])


def _choice(seen: Any, carried: Sequence[tuple[int, Label]], slot: int, columns: list[Column]) -> Choice:
    """Columns, added to `columns`, that say which value of the slot, where the tag is there."""
    from sklearn.linear_model import LogisticRegression

    counts = Counter(one.main[slot] for _, one in carried)
    kept = [(n, one.main[slot]) for n, one in carried if counts[one.main[slot]] >= LEAST_SEEN]
    names = sorted({value for _, value in kept}) or [counts.most_common(1)[0][0]]
    first = len(columns)
    if len(names) == 1:
        columns.append((np.zeros(seen.shape[1]), 0.0))
    else:
        model = LogisticRegression(C=STRENGTH_CHOICE, max_iter=500)
        model.fit(seen[[n for n, _ in kept]], [value for _, value in kept])
        weights, bias = model.coef_, model.intercept_
        if len(names) == 2:  # one column stands for the second value against the first
            weights, bias = np.vstack([np.zeros_like(weights[0]), weights[0]]), np.array([0.0, bias[0]])
        columns += [(_clipped(w), float(b)) for w, b in zip(weights, bias, strict=True)]
    return Choice(tuple(names), tuple(range(first, len(columns))))


def _clipped(weights: Any) -> Any:
    return np.where(np.abs(weights) < SMALL, 0, weights)


def _vocabulary(rows: Sequence[Example]) -> tuple[dict[str, dict[str, int]], int]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for group, seen in row.instance.groups:
            counts.setdefault(group, Counter()).update(set(seen))
    vocabulary: dict[str, dict[str, int]] = {}
    size = 0
    for group in sorted(counts):
        kept = sorted(one for one, n in counts[group].items() if n >= LEAST_SEEN and "\n" not in one)
        vocabulary[group] = {one: size + n for n, one in enumerate(kept)}
        size += len(kept)
    return vocabulary, size


def _matrix(rows: Sequence[Sequence[int]], size: int) -> Any:
    from scipy.sparse import csr_matrix

    indices = [one for row in rows for one in row]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    values = [1 / np.sqrt(len(row)) for row in rows for _ in row]
    return csr_matrix((values, indices, starts), shape=(len(rows), size))
