"""`python -m bench.demo_speech`: from text to a measured model, taken up where it stopped."""

import argparse
import json
import shutil
import signal
import sys
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

from bench.demo_speech import corpus, export, held_out, measure, shards, vocabulary
from dongke.errors import DongkeError, NotReady

FROM_NOTHING = 1500  #: steps on short crops before whole windows, where no weights are given
MODEL_FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json", export.MARK)


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.demo_speech", description=(__doc__ or "").strip())
    parser.add_argument("--folder", type=Path, default=held_out.ROOT / "var/demo_speech", help="checkpoints and sounds")
    parser.add_argument("--steps", type=int, default=3500, help="of training, in all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2, help="processes, one a core")
    parser.add_argument(
        "--start", type=Path, default=held_out.ROOT / "samples/demo_model", help="weights to start from"
    )
    parser.add_argument("--scratch", action="store_true", help="start from random weights instead")
    parser.add_argument("--measure", type=Path, metavar="MODEL", help="only measure this model")
    parser.add_argument("--into", type=Path, help="copy the finished model there")
    return parser.parse_args(arguments)


def check_needs(*, training: bool = True) -> None:
    """Raises NotReady with what to install: torch and pypinyin are in no lock, the product runs without them."""
    wanted = ({"torch": "torch==2.13.0"} if training else {}) | {"pypinyin": "pypinyin"}
    absent = [package for module, package in wanted.items() if find_spec(module) is None]
    if absent:
        raise NotReady("demo-speech-needs", f"演示语音模型还需要: .venv/bin/pip install {' '.join(absent)}")
    missing = [name for name in ("espeak-ng", "sox") if shutil.which(name) is None]
    if missing:
        raise NotReady("demo-speech-needs", f"没有 {', '.join(missing)}: apt-get install espeak-ng sox")


def train(chosen: argparse.Namespace) -> Path:
    """The model that comes of it: a folder beside the checkpoints."""
    from bench.demo_speech import training

    sounds = chosen.folder / "shards"
    sounds.mkdir(parents=True, exist_ok=True)
    if not (chosen.folder / "tokenizer.json").is_file():
        vocabulary.save(chosen.folder / "tokenizer.json", corpus.characters())
    plan = training.Plan(chosen.steps, chosen.seed, chosen.workers)
    if chosen.scratch:
        plan = replace(plan, crops_first=FROM_NOTHING, matrix_rate=6e-3, other_rate=1.2e-3)
    count = training.shard_count(plan)
    processes = get_context("spawn")
    makers = [
        processes.Process(
            target=shards.make_all, args=(sounds, chosen.seed, range(i, count, chosen.workers)), daemon=True
        )
        for i in range(chosen.workers)
    ]
    for maker in makers:
        maker.start()
    try:
        training.run(chosen.folder, plan, None if chosen.scratch else chosen.start)
    finally:
        for maker in makers:
            maker.terminate()
    export.checkpoint(chosen.folder, chosen.folder / "model")
    return Path(chosen.folder / "model")


def main(arguments: list[str]) -> int:
    chosen = options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever is ended takes its workers along
    try:
        check_needs(training=chosen.measure is None)
        model = chosen.measure or train(chosen)
        figures = measure.measure(model, chosen.folder / "heard")
    except DongkeError as fault:
        print(fault.detail, file=sys.stderr)
        return 1
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    if chosen.into:
        for name in MODEL_FILES:
            shutil.copy(model / name, chosen.into / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
