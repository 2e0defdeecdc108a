"""识别评测 `dongke asr-eval`: a manifest of recordings with their true transcripts, heard by the model that is set.

Columns of the manifest: `file`, and `reference` (else `transcript`, else the transcript beside the sound) in any format
of docs/transcripts.md; optional `id`, `advisor_channel`, `encoding`, and `heard`: a transcript that somebody else made,
to be judged in place of ours. Every other column that no other manifest knows is a condition (line, noise, device …).
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asr import audio, terms
from asr.folding import Folded, fold, fold_as_written
from asr.hearing import hear
from asr.manifest import MANIFEST, inside, rows_of
from asr.recordings import find_sidecar
from asr.scores import CONFIDENCE, Figure, Said, Score, figures, score
from asr.transcriber import Transcriber, Turn
from asr.transcripts import Voices, read_file
from dongke.errors import BadInput, DongkeError

NUMBERS: dict[str, Callable[[str], Folded]] = {"spoken": fold, "written": fold_as_written}
_KNOWN = frozenset(
    "file reference transcript heard id call_id advisor_channel encoding sha256 customer_id advisor_id started_at "
    "direction answered".split()
)


@dataclass(frozen=True, slots=True)
class Case:
    """一条评测: a line of the manifest."""

    id: str
    sound: Path | None  #: none where `heard` stands for our hearing
    reference: Path
    heard: Path | None
    advisor_channel: int | None  #: told: transcripts that number their speakers number the channels
    encoding: str | None
    conditions: Mapping[str, str]

    @property
    def voices(self) -> Voices:
        return Voices(self.advisor_channel or 0, None if self.advisor_channel is None else 2)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with its counts, or why it has none."""

    id: str
    conditions: Mapping[str, str]
    score: Score | None = None
    fault: DongkeError | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the model is worth on this manifest."""

    model: str
    numbers: str
    seed: int
    samples: int
    judged: tuple[Judged, ...]
    overall: Mapping[str, Figure]
    by_condition: Mapping[str, Mapping[str, Mapping[str, Figure]]] = field(default_factory=dict)

    @property
    def faults(self) -> list[Judged]:
        return [j for j in self.judged if j.fault is not None]

    def count(self, column: str | None = None, value: str | None = None) -> int:
        """How many recordings were judged, of that condition where one is given."""
        return sum(j.score is not None and (column is None or j.conditions.get(column) == value) for j in self.judged)

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "numbers": self.numbers,
            "confidence": CONFIDENCE,
            "seed": self.seed,
            "samples": self.samples,
            "recordings": [_judged_json(j) for j in self.judged],
            "overall": {"recordings": self.count()} | _figures_json(self.overall),
            "conditions": {
                column: {
                    value: {"recordings": self.count(column, value)} | _figures_json(found)
                    for value, found in values.items()
                }
                for column, values in self.by_condition.items()
            },
        }


def cases(place: Path) -> Iterator[Case | Judged]:
    """The lines of the manifest (or of `manifest.csv` in the folder); one that cannot be used comes with its fault.

    Raises BadInput `manifest-missing`, `csv-columns`, `encoding` where the manifest as a whole is unusable.
    """
    path = place / MANIFEST if place.is_dir() else place
    if not path.is_file():
        raise BadInput("manifest-missing", f"没有清单 {path.name}")
    for line, row in enumerate(rows_of(path.read_bytes(), ("file",)), 2):
        ident = row.get("id") or row.get("call_id") or Path(row["file"]).stem or f"第 {line} 行"
        conditions = {name: cell for name, cell in row.items() if name and name not in _KNOWN and cell}
        try:
            yield _case(path.parent, row, ident, conditions)
        except DongkeError as fault:
            yield Judged(ident, conditions, fault=fault)


def judge(case: Case, transcriber: Transcriber | None, numbers: str, max_seconds: int) -> Judged:
    """Hears one recording, or reads what others heard in it, and counts; a fault is told and stops nothing."""
    try:
        truth = read_file(case.reference, case.voices).turns
        found, seconds, wall = _heard(case, transcriber, max_seconds)
    except DongkeError as fault:
        return Judged(case.id, case.conditions, fault=fault)
    counts = score(_said(truth), _said(found), _terms(), NUMBERS[numbers], seconds=seconds, wall=wall)
    return Judged(case.id, case.conditions, counts)


def summed(judged: Sequence[Judged], model: str, numbers: str = "spoken", samples: int = 1000, seed: int = 1) -> Result:
    """All figures, over everything and for each value of each condition."""
    known = [j for j in judged if j.score is not None]
    columns = sorted({name for j in known for name in j.conditions})
    by_condition = {
        column: {
            value: figures([j.score for j in known if j.score and j.conditions.get(column) == value], samples, seed)
            for value in sorted({j.conditions[column] for j in known if column in j.conditions})
        }
        for column in columns
    }
    overall = figures([j.score for j in known if j.score], samples, seed)
    return Result(model, numbers, seed, samples, tuple(judged), overall, by_condition)


def _case(folder: Path, row: Mapping[str, str], ident: str, conditions: Mapping[str, str]) -> Case:
    heard = inside(folder, row["heard"]) if row.get("heard") else None
    sound = None if heard else inside(folder, row["file"])
    told = row.get("reference") or row.get("transcript")
    beside = find_sidecar(sound or folder / row["file"])
    reference = inside(folder, told) if told else beside
    if reference is None:
        raise BadInput("reference-missing", f"{ident} 没有标准文字稿 (reference)")
    channel = row.get("advisor_channel") or None
    if channel not in (None, "0", "1"):
        raise BadInput("manifest-line", f"advisor_channel 必须是 0 或 1, 不是 {channel[:20]}")
    told_channel = None if channel is None else int(channel)
    return Case(ident, sound, reference, heard, told_channel, row.get("encoding") or None, conditions)


def _heard(case: Case, transcriber: Transcriber | None, max_seconds: int) -> tuple[tuple[Turn, ...], float, float]:
    """The turns, the seconds of sound, and the seconds that hearing it took."""
    if case.heard is not None:
        return read_file(case.heard, case.voices).turns, 0.0, 0.0
    assert case.sound is not None
    assert transcriber is not None
    begun = time.perf_counter()
    told = audio.Encoding.parse(case.encoding) if case.encoding else None
    sound = audio.decode(case.sound, max_seconds, told)
    turns = hear(sound, transcriber, case.advisor_channel or 0).turns
    return turns, sound.duration_ms / 1000, time.perf_counter() - begun


def _said(turns: Sequence[Turn]) -> list[Said]:
    return [Said(turn.speaker, turn.text) for turn in turns]


def _terms() -> Collection[str]:
    return terms.words()


def _judged_json(j: Judged) -> dict[str, Any]:
    row: dict[str, Any] = {"id": j.id, "conditions": dict(j.conditions)}
    if j.score is not None:
        return row | asdict(j.score)
    assert j.fault is not None
    return row | {"code": j.fault.code, "detail": j.fault.detail}


def _figures_json(found: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        name: {key: None if x is None else round(x, 4) for key, x in figure._asdict().items()}
        for name, figure in found.items()
    }
