"""留出: what is never trained on, and the check that it was not."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.demo_speech.spoken import bare, clauses, sentences, spoken

ROOT = Path(__file__).resolve().parents[2]
TALKS = ROOT / "training/conversations"
SCRIPTS = ROOT / "samples/recordings/scripts.json"
AUTHORS = ("busy_people", "families", "plain_voices", "several_facts", "voices")  #: files of TALKS that are only heard
OTHERS = tuple(ROOT / f"tests/nlp/data/dev_{x}.jsonl" for x in "fg")  #: by people who wrote nothing else here
TELLING = 5  #: a clause of so many characters must not be shared; shorter ones are everybody's


@dataclass(frozen=True)
class HeldOut:
    """The demo's sentences, other people's utterances, and what of them no training text may contain."""

    demo: tuple[str, ...]
    others: tuple[str, ...]
    banned: frozenset[str]  #: the demo's sentences of any length, and all telling clauses, without marks

    def allows(self, text: str) -> bool:
        """Whether the text may be trained on."""
        parts = (*sentences(text), *clauses(text))
        return not any(bare(part) in self.banned for part in parts) and bare(text) not in self.banned


@lru_cache(maxsize=1)
def load() -> HeldOut:
    demo = tuple(_spoken(text for call in json.loads(SCRIPTS.read_text("utf-8")) for _, text in call["turns"]))
    others = tuple(_spoken(text for name in AUTHORS for text in utterances(TALKS / f"{name}.txt")))
    others += tuple(_spoken(text for path in OTHERS for text in _rows(path)))
    banned = {bare(sentence) for text in demo for sentence in sentences(text)}
    banned |= {clause for text in (*demo, *others) for clause in clauses(text) if len(clause) >= TELLING}
    return HeldOut(demo, others, frozenset(banned))


def utterances(path: Path) -> list[str]:
    """What is said in a file of annotated talks, without the marks of evidence."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_without_marks(line[2:]) for line in lines if line[:2] in ("A ", "C ")]


def _without_marks(text: str) -> str:
    while text.endswith("]") and text[text.rfind("[") + 1 : -1].isdigit():
        text = text[: text.rfind("[")].rstrip()
    return text


def _rows(path: Path) -> list[str]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [said["text"] for row in rows for said in row["utterances"]]


def _spoken(texts: Iterable[str]) -> list[str]:
    return [said for text in texts if (said := spoken(text))]
