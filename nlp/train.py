"""训练: annotated conversations → nlp/learned/weights.npz. `make train` (docs/reading.md).

Two steps. The weights are fitted on all talks. The formula that decides (nlp/learned/verdict.py) is fitted on claims
about talks that the weights had not seen: authors are dealt into FOLDS, each judged by weights fitted on the others.
Talks that were read while the rules were written (SEEN) teach the weights only.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dongke.errors import BadInput
from dongke.types import Conversation
from nlp import annotated, diagnosis, entities, evaluation, facts, pipeline, roles
from nlp.document import Candidate, Document
from nlp.evaluation import MAIN
from nlp.learned import model
from nlp.learned.claims import Claim, Opinions, claims, measures
from nlp.learned.features import NAMED, Instance, Seen, instances
from nlp.learned.keys import Keys, of_seen
from nlp.learned.model import TAGS, Choice, Label, Target, Weights
from nlp.learned.slots import to_arrays
from nlp.learned.verdict import Formula
from nlp.train_slots import Blank, blanks
from nlp.train_slots import fit as fit_slots

ROOT = Path(__file__).resolve().parent.parent
FRESH = ROOT / "training/conversations"
SEEN = ROOT / "tests/nlp/data"
SEEN_NAMES = ("dev_a", "dev_b", "dev_e", "own_h", "own_i")
PLAIN_AT = "2026-06-10T10:00:00+08:00"
FOLDS = 5
PRIOR = 4  #: so many claims of average quality are added to what a rule has shown
YIELD = 0.003  #: so much F1 is given for precision
STEP = 0.02  #: thresholds are tried in such steps
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
    known, seen = _matrix([r.instance.seen for r in rows])
    columns: list[Column] = []
    targets: list[Target] = []
    for tag, polarity in sorted({(one.tag, one.polarity) for r in rows for one in r.labels}):
        mine = (tag, polarity)
        carried = [(n, one) for n, r in enumerate(rows) for one in r.labels if (one.tag, one.polarity) == mine]
        holders = {n for n, _ in carried}
        if len(holders) < LEAST_GOLD or len(holders) == len(rows):
            continue
        columns.append(_whether(seen, holders))
        column = len(columns) - 1
        choices = tuple(_choice(seen, carried, slot, columns) for slot in range(len(carried[0][1].main)))
        targets.append(Target(tag, polarity, column, choices))
    matrix = np.array([weights for weights, _ in columns], np.float32).reshape(len(columns), len(known)).T
    scale = np.maximum(np.abs(matrix).max(axis=0, initial=0), 1e-6) / 127
    bias = np.array([bias for _, bias in columns], np.float32)
    steps = np.rint(matrix / scale).astype(np.int8)
    return Weights(targets, known, steps, scale.astype(np.float32), bias)


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


def _matrix(seen: Sequence[Seen]) -> tuple[Keys, Any]:
    """The keys seen often enough, and instances × those keys, each row of length one."""
    from scipy.sparse import csr_matrix

    keys, owner = of_seen(seen)
    known, numbers = np.unique(keys, return_inverse=True)
    owner, numbers = np.divmod(np.unique(owner * np.int64(len(known)) + numbers), np.int64(len(known)))  # each once
    often = np.bincount(numbers, minlength=len(known)) >= LEAST_SEEN
    place = np.cumsum(often) - 1
    kept = often[numbers]
    owner, numbers = owner[kept], place[numbers[kept]]
    values = 1 / np.sqrt(np.bincount(owner, minlength=len(seen)))[owner]
    return known[often], csr_matrix((values, (owner, numbers)), shape=(len(seen), int(often.sum())))


@dataclass(frozen=True, slots=True)
class Talk:
    """会话 with its gold tags, read by the rules. `author` is the file that it comes from."""

    author: str
    row: Mapping[str, Any]
    document: Document
    found: tuple[Candidate, ...]
    stranger: bool


def load(path: Path) -> list[Talk]:
    """The talks of one file."""
    return [_talk(path.stem, row) for row in annotated.read(path)]


def plain() -> list[Talk]:
    """The wording tables of the tests as talks: the plain ways to say it, which authors of talks avoid.

    Each line is words,
    turns parted by |, then => and what it is tagged; the last turn of the customer is the evidence.
    """
    return [
        _talk("plain", _row(f"plain-{number}", line))
        for number, line in enumerate(line for path in sorted(SEEN.glob("wording*.txt")) for line in _lines(path))
    ]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def _row(ident: str, line: str) -> dict[str, Any]:
    words, _, expected = line.rpartition(" => ")
    turns = [(turn.startswith("A: "), turn.removeprefix("A: ").removeprefix("C: ")) for turn in words.split(" | ")]
    said = [{"speaker": "advisor" if advisor else "customer", "text": text} for advisor, text in turns]
    last = max((n for n, (advisor, _) in enumerate(turns) if not advisor), default=0)
    tags = []
    for one in expected.split():
        name, _, rest = one.partition(":")
        main, _, negated = rest.partition(":")
        if name != "-":
            value = dict.fromkeys((*MAIN[name], *evaluation.SLOTS.get(name, ())))
            value |= dict.fromkeys(MAIN[name], main)
            polarity = "negated" if negated else "affirmed"
            tags.append({"tag": name, "polarity": polarity, "value": value, "evidence": [last]})
    return {"id": ident, "channel": "call", "started_at": PLAIN_AT, "utterances": said, "tags": tags}


def _talk(author: str, row: Mapping[str, Any]) -> Talk:
    document = pipeline.prepare(Conversation.from_json(dict(row)))
    stranger = roles.stranger(document.turns) is not None
    found = () if stranger else tuple(facts.fold(pipeline.candidates(document)))
    return Talk(author, row, document, found, stranger)


def weigh(talks: Iterable[Talk]) -> model.Model:
    """The weights of all kinds, fitted on the talks."""
    kinds: dict[str, list[Example]] = defaultdict(list)
    for talk in talks:
        for example in examples(talk.document, talk.row["tags"]):
            kinds[example.instance.kind].append(example)
    return model.Model({kind: fit(rows) for kind, rows in sorted(kinds.items())})


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, the author of its talk, whether the gold agrees, and, where it does, the blanks to be filled."""

    author: str
    claim: Claim
    right: bool
    blanks: tuple[Blank, ...] = ()


def judge(talks: Iterable[Talk], weights: model.Model) -> list[Judged]:
    """Every claim about the talks with the gold's word on it."""
    found: list[Judged] = []
    for talk in talks:
        if talk.stranger:
            continue
        made = claims(talk.document, talk.found, Opinions(weights.opinions(talk.document)))
        pairs = evaluation.pairs(talk.row["tags"], [diagnosis.as_tag(claim.candidate) for claim in made])
        gold = {other: talk.row["tags"][one]["value"] for one, (other, _) in pairs.items()}
        for number, claim in enumerate(made):
            taught = blanks(talk.document, claim.candidate, gold[number]) if number in gold else ()
            found.append(Judged(talk.author, claim, number in gold, tuple(taught)))
    return found


def reliability(rows: Iterable[Judged]) -> dict[str, float]:
    """Rule → how often it was right, drawn towards its tag's average; and that average by tag."""
    by_tag, by_rule = defaultdict(list), defaultdict(list)
    for row in rows:
        if row.claim.by_rule:
            by_tag[row.claim.candidate.tag].append(row.right)
            by_rule[row.claim.candidate.tag, row.claim.candidate.rule].append(row.right)
    average = {tag: (sum(r) + 1) / (len(r) + 2) for tag, r in by_tag.items()}
    found = {rule: (sum(r) + PRIOR * average[tag]) / (len(r) + PRIOR) for (tag, rule), r in by_rule.items()}
    return {name: round(value, 4) for name, value in sorted((average | found).items())}


def formula(rows: Sequence[Judged]) -> dict[str, Any]:
    """The formula of the verdict: weights of the measures, reliability of the rules, thresholds."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    if len({row.right for row in rows}) < 2:
        raise BadInput("training-too-small", "训练用的会话太少: 裁决要从读对和读错的例子里学")
    others = {author: reliability(r for r in rows if r.author != author) for author in {r.author for r in rows}}
    vectors = DictVectorizer()
    seen = vectors.fit_transform([measures(r.claim, others[r.author]) for r in rows])
    fitted = LogisticRegression(C=1.0, max_iter=5000, fit_intercept=False).fit(seen, [r.right for r in rows])
    weights = dict(zip(vectors.get_feature_names_out(), map(float, fitted.coef_[0]), strict=True))
    return {"weights": {name: round(w, 5) for name, w in weights.items()}, "reliability": reliability(rows)}


def thresholds(rows: Sequence[Judged], chances: Sequence[float], gold: Mapping[str, int]) -> dict[str, float]:
    """From which probability a tag stands, over all ("*") and for each tag (drawn to that of all).

    The highest that costs no more than YIELD of the best F1, since a wrong tag does more harm than a missing one.
    `gold`: how many tags of each name the annotators gave.
    """

    def best(names: Sequence[str]) -> float:
        kept = [(c, r.right) for r, c in zip(rows, chances, strict=True) if r.claim.candidate.tag in names]
        total = sum(gold[name] for name in names)

        def score(least: float) -> float:
            stand = [right for chance, right in kept if chance >= least]
            return 2 * sum(stand) / (len(stand) + total)

        scores = {n * STEP: score(n * STEP) for n in range(1, int(1 / STEP))}
        return max(least for least, f1 in scores.items() if f1 >= max(scores.values()) - YIELD)

    whole = best(list(gold))
    own = {name: round((best([name]) + whole) / 2, 3) for name in sorted(gold)}
    return {"*": round(whole, 3)} | own


@dataclass(frozen=True, slots=True)
class Trained:
    """学成: the weights, the formula with its thresholds, and what fills the slots."""

    weights: model.Model
    formula: Mapping[str, Any]
    slots: Mapping[str, Mapping[str, float]]


def train(fresh: Mapping[str, Sequence[Talk]], seen: Sequence[Talk]) -> Trained:
    """All that is learned. `fresh`: author → talks that the rules were not written on."""
    from joblib import Parallel, delayed

    authors = sorted(fresh)
    folds = [authors[n::FOLDS] for n in range(min(FOLDS, len(authors)))]
    judged = Parallel(n_jobs=-1)(delayed(_judge_fold)(fresh, seen, fold) for fold in folds)
    rows = [row for fold in judged for row in fold]
    decided = formula(rows)
    verdict = Formula(decided["weights"], decided["reliability"], {"*": 0.5})
    chances = [verdict.probability(row.claim) for row in rows]
    gold = Counter(tag["tag"] for talks in fresh.values() for talk in talks for tag in talk.row["tags"])
    everything = [*seen, *(talk for author in authors for talk in fresh[author])]
    limits = {"thresholds": thresholds(rows, chances, gold)}
    return Trained(weigh(everything), decided | limits, fit_slots([b for row in rows for b in row.blanks]))


def _judge_fold(fresh: Mapping[str, Sequence[Talk]], seen: Sequence[Talk], fold: Sequence[str]) -> list[Judged]:
    """The claims about the fold's authors, by weights that were fitted on all others."""
    others = [talk for author, talks in sorted(fresh.items()) if author not in fold for talk in talks]
    return judge([talk for author in fold for talk in fresh[author]], weigh([*seen, *others]))


def main(names: Sequence[str] = ()) -> None:
    """Trains on training/conversations (only the files named, if any) and the talks seen; writes the archive."""
    fresh = {path.stem: load(path) for path in sorted(FRESH.glob("*.txt")) if not names or path.stem in names}
    seen = [talk for name in SEEN_NAMES for talk in load(SEEN / f"{name}.jsonl")]
    seen += plain()
    trained = train(fresh, seen)
    model.save(trained.weights.kinds, model.FILE, {"formula": trained.formula}, to_arrays(trained.slots))
    talks = sum(map(len, fresh.values())) + len(seen)
    size = model.FILE.stat().st_size / 1e6
    print(f"{talks} 段会话, 门槛 {trained.formula['thresholds']['*']}, 写入 {model.FILE.name}: {size:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
