"""What the documents promise exists: settings, commands, make targets, linked files."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from api.cli import app
from dongke.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "samples").glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`DONGKE_{name.upper()}`" in (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"DONGKE_([A-Z_]+)", "".join(page.read_text(encoding="utf-8") for page in PAGES)))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_command_that_the_documents_call_exists() -> None:
    commands = getattr(get_command(app), "commands")  # noqa: B009
    called = {
        name for page in PAGES for name in re.findall(r"(?:bin/|`)dongke ([a-z-]+)", page.read_text(encoding="utf-8"))
    }
    assert called <= set(commands)
    assert {"demo", "serve", "worker", "scheduler", "ingest", "transcribe", "tag", "report", "db"} <= set(commands)


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_both_readmes_name_the_same_commands() -> None:
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    pattern = re.compile(r"^(?:make|\.venv/bin/dongke) .*$", re.MULTILINE)
    assert pattern.findall(README) == pattern.findall(chinese) != []
