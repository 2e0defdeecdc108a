"""样例平移: copies the samples with all times moved by whole weeks, so that the demo is always fresh.

    python samples/shift.py TARGET --today 2026-11-22

The files are written against the Friday of `anchor.json`. Everything moves so that this Friday becomes the last
one before `today`: weekdays stay what they were, the newest conversation is one to seven days old, and nothing
lies in the future. TARGET receives broker/ (three CSV files), calls/, chats/, recordings/ (sound and manifest),
notes.csv, events.jsonl (with the key events) and _anchor.json (by how many weeks it moved). What only
describes the samples (truth, scripts, expected.json, demo_model) is not copied. Standard library only.
"""

import argparse
import csv
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
#: the columns and keys that hold a time or a date
TIMES = {
    "started_at",
    "ended_at",
    "known_at",
    "at",
    "timestamp",
    "sentAt",
    "opened_on",
    "effective_on",
    "questionnaire_on",
}
#: read by the makers of the samples only
NOT_COPIED = {"scripts.json", "habits.json", "key_events.jsonl"}
MILLISECONDS = {"msgtime", "time", "agree_time", "disagree_time"}


def _events() -> ModuleType:
    """The neighbour `events.py`, whether or not this folder is on the import path."""
    spec = importlib.util.spec_from_file_location("dongke_sample_events", HERE / "events.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def weeks(today: date) -> int:
    """Whole weeks by which the samples move to be fresh on `today`; negative before the anchor."""
    return int(_events().weeks_to(today))


def materialize(target: Path, today: date) -> None:
    """Writes the samples into `target` (made if missing, files of the same name replaced) as of `today` in Beijing."""
    events = _events()
    moved = timedelta(weeks=events.weeks_to(today))
    for folder in ("broker", "calls", "chats", "recordings"):
        for source in sorted((HERE / folder).glob("*.*")):
            if source.name not in NOT_COPIED:
                _copy(source, target / folder / source.name, moved)
    _copy(HERE / "notes.csv", target / "notes.csv", moved)
    fresh = {"anchor": (events.anchor() + moved).isoformat(), "weeks": weeks(today)}
    _write(target / "_anchor.json", json.dumps(fresh) + "\n")
    rows = [json.dumps(row, ensure_ascii=False) for row in events.generate(today)]
    _write(target / "events.jsonl", "\n".join(rows) + "\n")


def move(value: Any, by: timedelta) -> Any:
    """`value` (a JSON value) with every time in it moved; texts are never touched."""
    if isinstance(value, list):
        return [move(v, by) for v in value]
    if isinstance(value, dict):
        return {k: _moved(k, v, by) for k, v in value.items()}
    return value


def _moved(key: str, value: Any, by: timedelta) -> Any:
    if key in TIMES and isinstance(value, str) and value:
        kind = datetime if "T" in value else date
        return (kind.fromisoformat(value) + by).isoformat()
    if key in MILLISECONDS and isinstance(value, int):
        return value + by // timedelta(milliseconds=1)
    return move(value, by)


def _copy(source: Path, target: Path, by: timedelta) -> None:
    writer: Callable[[Path, Path, timedelta], None] | None = {
        ".csv": _csv,
        ".json": _json,
        ".jsonl": _json_lines,
    }.get(source.suffix)
    target.parent.mkdir(parents=True, exist_ok=True)
    if writer is None:
        shutil.copyfile(source, target)
    else:
        writer(source, target, by)


def _csv(source: Path, target: Path, by: timedelta) -> None:
    with source.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines)
        rows, columns = [move(row, by) for row in table], list(table.fieldnames or [])
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _json(source: Path, target: Path, by: timedelta) -> None:
    row = move(json.loads(source.read_text(encoding="utf-8")), by)
    _write(target, json.dumps(row, ensure_ascii=False, indent=1) + "\n")


def _json_lines(source: Path, target: Path, by: timedelta) -> None:
    lines = source.read_text(encoding="utf-8").splitlines()
    rows = [json.dumps(move(json.loads(line), by), ensure_ascii=False) for line in lines]
    _write(target, "\n".join(rows) + "\n")


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description="把样例平移到今天之前")
    options.add_argument("target", type=Path)
    options.add_argument("--today", type=date.fromisoformat, default=datetime.now(_events().BEIJING).date())
    chosen = options.parse_args()
    materialize(chosen.target, chosen.today)
    sys.stdout.write(f"样例已写入 {chosen.target}\n")


if __name__ == "__main__":
    main()
