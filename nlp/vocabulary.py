"""词库: the words and rules in nlp/lexicon/*.yaml, read once, when first needed."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "lexicon"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> Any:
    """The content of nlp/lexicon/<name>.yaml. Callers must not change it. A missing file is a programming error."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=_LOADER)


@cache
def names(folder: str) -> tuple[str, ...]:
    """The files of nlp/lexicon/<folder>, without suffix, in order; those that begin with _ are helpers."""
    found = sorted((FOLDER / folder).glob("*.yaml"))
    return tuple(f"{folder}/{p.stem}" for p in found if not p.stem.startswith("_"))


@cache
def text(name: str) -> str:
    """The content of a plain text file in nlp/lexicon."""
    return (FOLDER / name).read_text(encoding="utf-8")
