"""Windows in files: a shard of windows is a function of the seed and its number, so any of them can be made again."""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.demo_speech import windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZE = 200  #: windows


@dataclass(frozen=True)
class Shard:
    mel: "NDArray[np.float16]"  #: (SIZE, 80, 3000)
    labels: "NDArray[np.uint8]"  #: (SIZE, 1500, 3)
    talks: tuple[tuple[windows.Spoken, ...], ...]
    cuts: tuple[float | None, ...]

    def window(self, index: int) -> windows.Window:
        return windows.Window(self.mel[index], self.labels[index], self.talks[index], self.cuts[index])


def make(folder: Path, seed: int, number: int, size: int = SIZE) -> Path:
    """Writes a shard; the file with the words comes last and says that it is whole."""
    import numpy as np

    from bench.demo_speech import corpus

    text = corpus.load()
    chance = random.Random(f"{seed}:{number}")
    made = [windows.draw(lambda: text.sentence(chance), chance) for _ in range(size)]
    np.save(folder / f"{number:05}.mel.npy", np.stack([w.mel for w in made]))
    np.save(folder / f"{number:05}.labels.npy", np.stack([w.labels for w in made]))
    rows = [{"cut": w.cut, "sentences": [asdict(s) for s in w.sentences]} for w in made]
    done, draft = folder / f"{number:05}.json", folder / f"{number:05}.part"
    draft.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return draft.rename(done)


def make_all(folder: Path, seed: int, numbers: Iterable[int]) -> None:
    """Makes those that are not there yet."""
    for number in numbers:
        if not is_made(folder, number):
            make(folder, seed, number)


def read(folder: Path, number: int) -> Shard:
    import numpy as np

    rows = json.loads((folder / f"{number:05}.json").read_text(encoding="utf-8"))
    talks = tuple(
        tuple(windows.Spoken(s["start"], s["end"], s["text"], tuple(map(tuple, s["times"]))) for s in r["sentences"])
        for r in rows
    )
    mel, labels = (np.load(folder / f"{number:05}.{part}.npy", mmap_mode="r") for part in ("mel", "labels"))
    return Shard(mel, labels, talks, tuple(r["cut"] for r in rows))


def is_made(folder: Path, number: int) -> bool:
    return (folder / f"{number:05}.json").is_file()
