"""权重: a linear model per kind of instance over what features.py sees, loaded from one file; probabilities and why.

The file (numpy archive, no pickles) holds per kind the targets, a key for each thing that may be seen (keys.py), and
the weights in 255 steps a column.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.document import Document, Mention
from nlp.learned.features import Instance, Seen, instances
from nlp.learned.keys import Keys, Numbers, gram_at, of_passages, of_seen
from nlp.learned.shapes import spelled

FILE = Path(__file__).with_name("weights.npz")
OWN = ("own", "around", "left", "right", "answer")  #: groups of the turn's own words
LEAST = 0.03  #: an opinion below is none
LEAST_LOGIT = math.log(LEAST / (1 - LEAST))
BATCH = 500  #: instances weighed at once: what a long talk needs of memory does not grow with it
TAGS = {
    "product": "intent.product",
    "permission": "intent.permission",
    "institution": "assets.external",
    "channel_word": "contact.channel",
}
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Label:
    """标记: what an instance may carry: tag, polarity, main values (of a named thing none: it is the value)."""

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


class Table:
    """表: key → row, for many keys at once (open addressing, double hashing)."""

    def __init__(self, keys: Keys) -> None:
        self._keys = np.append(keys, np.uint64(0))
        self._mask = np.uint64((1 << max(int(len(keys) * 3).bit_length(), 8)) - 1)
        self._slots = np.full(int(self._mask) + 1, -1, dtype=np.int32)
        left = np.arange(len(keys), dtype=np.int32)
        tries = 0
        while len(left):
            places = self._places(keys[left], tries)
            free = np.flatnonzero(self._slots[places] < 0)
            self._slots[places[free]] = left[free]
            left = left[self._slots[places] != left]
            tries += 1
        self._tries = tries

    def rows(self, keys: Keys) -> Numbers:
        """The row of each key, -1 where it is unknown."""
        found = self._slots[self._places(keys, 0)].astype(np.int64)
        for tries in range(1, self._tries):
            wrong = np.flatnonzero((found >= 0) & (self._keys[found] != keys))
            if not len(wrong):
                break
            found[wrong] = self._slots[self._places(keys[wrong], tries)]
        return np.where(self._keys[found] == keys, found, -1)

    def _places(self, keys: Keys, tries: int) -> Numbers:
        step = (keys >> np.uint64(32)) | np.uint64(1)
        return ((keys + step * np.uint64(tries)) & self._mask).astype(np.int64)


class Weights:
    """权重 of one kind: `matrix` [keys, columns] in steps of `scale` [columns], and `bias` [columns]."""

    def __init__(
        self, targets: Sequence[Target], keys: Keys, matrix: npt.NDArray[np.int8], scale: Floats, bias: Floats
    ) -> None:
        self.targets, self.keys, self.matrix, self.scale, self.bias = tuple(targets), keys, matrix, scale, bias
        self._table = Table(keys)

    def logits(self, seen: Sequence[Seen]) -> Floats:
        """Instances × columns."""
        keys, owner = of_seen(seen)
        rows = self._table.rows(keys)
        known = rows >= 0
        pairs = np.unique(owner[known] * np.int64(len(self.keys)) + rows[known])  # each once
        owner, rows = np.divmod(pairs, np.int64(max(len(self.keys), 1)))
        counts = np.bincount(owner, minlength=len(seen))
        total = np.zeros((len(seen), len(self.bias)), dtype=np.float32)
        having = np.flatnonzero(counts)
        if len(having):
            starts = np.concatenate([[0], np.cumsum(counts[having])[:-1]])
            total[having] = np.add.reduceat(self.matrix[rows], starts, axis=0, dtype=np.int32)
        norm = np.sqrt(np.maximum(counts, 1))[:, None]
        result: Floats = (total * self.scale / norm + self.bias).astype(np.float32)
        return result

    def chances(self, logits: Floats) -> Iterator[tuple[Label, float, int]]:
        """Every label of one instance with its probability and the column of its tag, those above LEAST."""
        for target in self.targets:
            if logits[target.column] > LEAST_LOGIT:
                chance = 1 / (1 + math.exp(-float(logits[target.column])))
                for main, share in _shares(target.choices, logits):
                    if chance * share > LEAST:
                        yield Label(target.tag, target.polarity, main), chance * share, target.column

    def opinions(self, found: Sequence[Instance]) -> Iterator[Opinion]:
        """What the weights say of some instances."""
        for instance, logits in zip(found, self.logits([one.seen for one in found]), strict=True):
            for label, chance, column in self.chances(logits):
                yield Opinion(label, instance.turn, chance, instance, column)

    def weigh(self, keys: Keys, column: int) -> Floats:
        """What each thing seen says for the column; 0 where it is unknown."""
        rows = self._table.rows(keys)
        found = np.where(rows < 0, 0, self.matrix[rows, column]) * self.scale[column]
        result: Floats = found.astype(np.float32)
        return result


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
        """Every opinion worth the name."""
        by_kind: dict[str, list[Instance]] = {}
        for instance in instances(document):
            by_kind.setdefault(instance.kind, []).append(instance)
        for kind, found in by_kind.items():
            weights = self.kinds.get(kind)
            if weights is not None:
                for start in range(0, len(found), BATCH):
                    yield from weights.opinions(found[start : start + BATCH])

    def why(self, opinion: Opinion, most: int = 3) -> list[str]:
        """The sequences of the turn itself that spoke most for it, none a part of another, signs as words."""
        passages = [p for p in opinion.instance.seen.passages if p.group.startswith(OWN)]
        if not passages:
            return []
        keys, _ = of_passages(passages)
        weights = self.kinds[opinion.instance.kind].weigh(keys, opinion.column)
        best: list[str] = []
        for number in np.argsort(-weights, kind="stable"):
            gram = gram_at(passages, int(number)).strip("^$")
            if weights[number] <= 0 or len(best) == most:
                break
            if len(gram) > 1 and not any(gram in known or known in gram for known in best):
                best.append(gram)
        named = opinion.mention.text if opinion.mention is not None else ""
        return [spelled(gram, named) for gram in best]


def save(kinds: Mapping[str, Weights], path: Path, extra: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Writes the archive. `extra`: what is kept as JSON, `arrays`: other arrays by name."""
    arrays = dict(arrays)
    meta: dict[str, Any] = dict(extra)
    for kind, weights in kinds.items():
        order = np.argsort(weights.keys)  # so that the same weights make the same file
        arrays[f"{kind}.keys"] = weights.keys[order]
        arrays[f"{kind}.matrix"] = weights.matrix[order]
        arrays[f"{kind}.scale"] = weights.scale
        arrays[f"{kind}.bias"] = weights.bias
        meta[kind] = [asdict(target) for target in weights.targets]
    arrays["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)


def load(path: Path = FILE) -> tuple[Model, dict[str, Any]]:
    """The model and what was stored beside it, JSON and arrays, by name."""
    with np.load(path) as archive:
        extra = json.loads(archive["meta"].tobytes())
        kinds = {kind: _kind(archive, kind, extra.pop(kind)) for kind in list(extra) if f"{kind}.bias" in archive}
        others = {name: archive[name] for name in archive.files if name != "meta" and name.split(".")[0] not in kinds}
    return Model(kinds), extra | others


def _kind(archive: Any, kind: str, rows: Sequence[Mapping[str, Any]]) -> Weights:
    parts = [archive[f"{kind}.{part}"] for part in ("keys", "matrix", "scale", "bias")]
    return Weights([_target(row) for row in rows], *parts)


def _target(row: Mapping[str, Any]) -> Target:
    choices = tuple(Choice(tuple(one["values"]), tuple(one["columns"])) for one in row["choices"])
    return Target(row["tag"], row["polarity"], row["column"], choices)
