"""最近一次评测: what `dongke eval` found last, kept beside the data so that the system page can show it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "evaluation.json"


def keep(folder: Path, result: dict[str, Any]) -> None:
    """Keeps the newest result; a folder that cannot be written to keeps none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError:
        return


def last(folder: Path) -> dict[str, Any] | None:
    """The newest result; None where there is none, or none that can be read."""
    try:
        row = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {**row, "at": datetime.fromisoformat(row["at"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None
