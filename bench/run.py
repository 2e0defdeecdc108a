"""Measures what the documents state, on this machine, and writes bench/RESULTS.md: `make bench`.

Wall times are medians of several runs of the same work; nothing here is asserted.
"""

import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT / "tests/nlp/data/dev_a.jsonl"
RUNS = 5


def main() -> None:
    rows = [("what", "figure"), ("---", "---"), *tagger(), *reading(), *start(), *storage(), *speech()]
    text = "# Figures\n`make bench` on " + machine() + "\n\n" + "\n".join(f"| {a} | {b} |" for a, b in rows) + "\n"
    (ROOT / "bench/RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


def machine() -> str:
    import os

    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {date.today()}"  # noqa: DTZ011


def median(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median seconds of `work`, after one run that is not counted."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def reading() -> Iterator[tuple[str, str]]:
    """How well the tagger reads: the files that it was written and trained on, and those that it was not."""
    from dongke.types import Conversation
    from nlp import annotated
    from nlp.evaluation import score
    from nlp.pipeline import analyze

    for name, files in (("seen while written: dev_a, b, e", "abe"), ("in no training: dev_f, g", "fg")):
        gold = {row["id"]: row for x in files for row in annotated.read(ROOT / f"tests/nlp/data/dev_{x}.jsonl")}
        found = {
            ident: {"tags": [tag.to_json() for tag in analyze(Conversation.from_json(row))]}
            for ident, row in gold.items()
        }
        result, _ = score(gold, found)
        total, (clean, untagged) = result["tags"]["ALL"], result["untagged_kept_clean"]
        rates = f"precision {total['precision']:.3f}, recall {total['recall']:.3f}"
        figures = f"match F1 {total['f1']:.3f} ({rates}), strict {total['strict_f1']:.3f}"
        yield f"reading, {name}", f"{figures}; untagged talks kept clean {clean}/{untagged}"


def tagger() -> Iterator[tuple[str, str]]:
    """The tagger on one core beside `jieba.lcut` alone, over the same utterances in the same run."""
    import jieba

    from dongke.types import Conversation
    from nlp.pipeline import analyze

    talks = [Conversation.from_json(json.loads(line)) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    texts = [u.text for talk in talks for u in talk.utterances]
    jieba.setLogLevel("ERROR")
    ours = median(lambda: [analyze(talk) for talk in talks])
    cut = median(lambda: [jieba.lcut(text) for text in texts])
    yield "tagger", f"{len(texts) / ours:,.0f} utterances/s ({len(talks)} conversations)"
    yield "jieba.lcut alone, same text", f"{len(texts) / cut:,.0f} utterances/s"
    yield "memory of this process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


def start() -> Iterator[tuple[str, str]]:
    """Cold starts of the command line."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.jsonl"
        one.write_text(GOLD.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
        for name, args in {"dongke --help": ["--help"], "dongke tag, one conversation": ["tag", str(one)]}.items():
            call = [sys.executable, "-m", "api.cli", *args]
            seconds = median(lambda call=call: subprocess.run(call, capture_output=True, check=True))  # type: ignore[misc]
            yield name, f"{seconds:.2f} s"


def storage() -> Iterator[tuple[str, str]]:
    """Events in, profiles out, on an embedded PostgreSQL of its own."""
    from storage import measure

    yield from measure(median)


def speech() -> Iterator[tuple[str, str]]:
    """Our path over the bare faster-whisper call on the same sound and model folder."""
    from speech import measure

    yield from measure(median)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
