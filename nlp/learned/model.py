"""权重: a linear model per kind of instance over what features.py sees, loaded from one file; probabilities and why.

The file (numpy archive, no pickles) holds per kind the labels, the vocabulary by group, and the weights as sparse rows.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.document import Document, Mention
from nlp.learned.features import Groups, Instance, instances

FILE = Path(__file__).with_name("weights.npz")
LEAST = 0.03  #: an opinion below is none
TAGS = {"product": "intent.product", "permission": "intent.permission", "institution": "assets.external", "channel_word": "contact.channel"}
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Label:
    """标记: what an instance may carry: a tag, a polarity, the main values (of a named thing: none, it is the value)."""

    tag: str
    polarity: str
    main: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """取舍: the values that one main slot of a tag may take, and their columns."""

    values: tuple[str, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """目标: a tag with a polarity (column `column` says whether), then which value of each main slot."""

    tag: str
    polarity: str
    column: int
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """看法: how likely a turn, or a thing named in it, carries a label."""

    label: Label
    turn: int
    probability: float
    instance: Instance
    column: int

    @property
    def mention(self) -> Mention | None:
        return self.instance.mention


@dataclass(frozen=True, slots=True)
class Weights:
    """权重 of one kind: `matrix` [features, columns], `bias` [columns], `vocabulary` group → seen → row."""

    targets: tuple[Target, ...]
    vocabulary: Mapping[str, Mapping[str, int]]
    matrix: Floats
    bias: Floats

    def rows(self, groups: Groups) -> list[int]:
        """The rows of everything seen that is known, each once."""
        found: set[int] = set()
        for group, seen in groups:
            table = self.vocabulary.get(group)
            if table:
                found.update(table[one] for one in seen if one in table)
        return sorted(found)

    def logits(self, groups: Groups) -> Floats:
        """One number per column."""
        rows = self.rows(groups)
        if not rows:
            return self.bias
        total: Floats = self.matrix[rows].sum(axis=0) * np.float32(1 / np.sqrt(len(rows))) + self.bias
        return total

    def chances(self, groups: Groups) -> Iterator[tuple[Label, float, int]]:
        """Every label with its probability and the column of its tag, those above LEAST."""
        logits = self.logits(groups)
        for target in self.targets:
            chance = 1 / (1 + math.exp(-float(logits[target.column])))
            if chance > LEAST:
                for main, share in _shares(target.choices, logits):
                    if chance * share > LEAST:
                        yield Label(target.tag, target.polarity, main), chance * share, target.column


def _shares(choices: Sequence[Choice], logits: Floats) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every combination of values with its share of the tag's probability."""
    if not choices:
        yield (), 1.0
        return
    first = choices[0]
    odds = np.exp(logits[list(first.columns)] - logits[list(first.columns)].max())
    for value, share in zip(first.values, odds / odds.sum(), strict=True):
        for rest, other in _shares(choices[1:], logits):
            yield (value, *rest), float(share) * other


class Model:
    """The weights of all kinds."""

    def __init__(self, kinds: Mapping[str, Weights]) -> None:
        self.kinds = kinds

    def opinions(self, document: Document) -> Iterator[Opinion]:
        """Every opinion worth the name, in reading order."""
        for instance in instances(document):
            weights = self.kinds.get(instance.kind)
            if weights is not None:
                for label, chance, column in weights.chances(instance.groups):
                    yield Opinion(label, instance.turn, chance, instance, column)

    def why(self, opinion: Opinion, most: int = 3) -> list[str]:
        """The sequences that spoke most for it."""
        weights = self.kinds[opinion.instance.kind]
        seen = {
            one: float(weights.matrix[table[one], opinion.column])
            for group, ones in opinion.instance.groups
            if (table := weights.vocabulary.get(group))
            for one in ones
            if one in table and len(one.strip("^$")) > 1
        }
        best = sorted(seen, key=lambda one: (-seen[one], one))
        return [one for one in best[:most] if seen[one] > 0]


def save(kinds: Mapping[str, Weights], path: Path, extra: Mapping[str, Any]) -> None:
    """Writes the archive; weights are kept in half precision, and only those that are not zero."""
    arrays: dict[str, Any] = {}
    meta: dict[str, Any] = dict(extra)
    for kind, weights in kinds.items():
        rows, columns = np.nonzero(weights.matrix)
        arrays[f"{kind}.rows"] = rows.astype(np.uint32)
        arrays[f"{kind}.columns"] = columns.astype(np.uint8)
        arrays[f"{kind}.values"] = weights.matrix[rows, columns].astype(np.float16)
        arrays[f"{kind}.bias"] = weights.bias.astype(np.float32)
        words = [(group, one, row) for group, table in weights.vocabulary.items() for one, row in table.items()]
        words.sort(key=lambda word: word[2])
        meta[kind] = {"targets": [asdict(target) for target in weights.targets], "groups": _runs(g for g, _, _ in words)}
        arrays[f"{kind}.words"] = np.frombuffer("\n".join(w for _, w, _ in words).encode(), dtype=np.uint8)
    arrays["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)


def _runs(groups: Iterable[str]) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for group in groups:
        if runs and runs[-1][0] == group:
            runs[-1] = (group, runs[-1][1] + 1)
        else:
            runs.append((group, 1))
    return runs


def load(path: Path = FILE) -> tuple[Model, Mapping[str, Any]]:
    """The model and what was stored beside it."""
    with np.load(path) as archive:
        meta = json.loads(archive["meta"].tobytes())
        kinds = {kind: _kind(archive, kind, meta.pop(kind)) for kind in list(meta) if f"{kind}.bias" in archive}
    return Model(kinds), meta


def _kind(archive: Any, kind: str, meta: Mapping[str, Any]) -> Weights:
    words = archive[f"{kind}.words"].tobytes().decode().split("\n")
    vocabulary: dict[str, dict[str, int]] = {}
    row = 0
    for group, count in meta["groups"]:
        vocabulary.setdefault(group, {}).update((words[n], n) for n in range(row, row + count))
        row += count
    bias: Floats = archive[f"{kind}.bias"]
    matrix = np.zeros((len(words), len(bias)), dtype=np.float32)
    matrix[archive[f"{kind}.rows"], archive[f"{kind}.columns"]] = archive[f"{kind}.values"]
    return Weights(tuple(_target(row) for row in meta["targets"]), vocabulary, matrix, bias)


def _target(row: Mapping[str, Any]) -> Target:
    choices = tuple(Choice(tuple(one["values"]), tuple(one["columns"])) for one in row["choices"])
    return Target(row["tag"], row["polarity"], row["column"], choices)
