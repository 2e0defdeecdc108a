"""The packages stand at the repository root: no foreign package may answer to one of their names."""

import site
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ["dongke", "asr", "nlp", "profiles", "followup", "api"]


@pytest.mark.parametrize("name", PACKAGES)
def test_package_is_ours(name: str) -> None:
    assert PathFinder.find_spec(name, site.getsitepackages()) is None
    assert Path(import_module(name).__file__ or "").parent == ROOT / name


def test_no_module_shadows_the_standard_library() -> None:
    ours = {path.stem for path in ROOT.glob("*.py")} | set(PACKAGES)
    assert ours.isdisjoint(sys.stdlib_module_names)
