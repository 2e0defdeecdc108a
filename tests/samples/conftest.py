"""Loads the sample programs by their path: `samples/` is no package."""

import csv
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2] / "samples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_{name}", ROOT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(name: str) -> list[dict[str, str]]:
    with (ROOT / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def customers() -> dict[str, dict[str, str]]:
    return {row["customer_id"]: row for row in table("broker/customers.csv")}


@pytest.fixture(scope="session")
def advisors() -> dict[str, dict[str, str]]:
    return {row["advisor_id"]: row for row in table("broker/advisors.csv")}


@pytest.fixture(scope="session")
def calls() -> list[dict[str, Any]]:
    return [read(p) for p in sorted((ROOT / "calls").glob("*.json"))]


@pytest.fixture(scope="session")
def chats() -> dict[str, list[dict[str, Any]]]:
    return {p.stem: read_lines(p) for p in sorted((ROOT / "chats").glob("*.jsonl"))}


@pytest.fixture(scope="session")
def expected() -> list[dict[str, Any]]:
    return list(read(ROOT / "expected.json")["conversations"])


@pytest.fixture(scope="session")
def anchor_on() -> str:
    return str(read(ROOT / "anchor.json")["anchor"])


@pytest.fixture(scope="session")
def tables() -> Any:
    return table


@pytest.fixture(scope="session")
def events_module() -> ModuleType:
    return load("events")


@pytest.fixture(scope="session")
def shift_module() -> ModuleType:
    return load("shift")
