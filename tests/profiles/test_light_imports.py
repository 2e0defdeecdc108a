"""The API process imports profiles: nothing of the speech or language stack may come along."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("faster_whisper", "ctranslate2", "jieba", "rjieba", "onnxruntime", "transformers", "fastapi", "duckdb", "av")
ROOT = Path(__file__).parent.parent.parent


def test_profiles_import_nothing_heavy() -> None:
    paths = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "profiles").rglob("[a-z]*.py"))
    modules = sorted(".".join(path.parts) for path in paths)
    assert {"profiles.service", "profiles.identity.service"} <= set(modules)
    program = f"import sys, {', '.join(modules)}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
