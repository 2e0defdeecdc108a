"""docs/profile.md says what the parameters and the page say."""

from pathlib import Path

import pytest

from dongke.errors import BadInput
from profiles.labels import tag_label
from profiles.merge import fold
from profiles.parameters import FILE, parameters

PAGE = (Path(__file__).parent.parent.parent / "docs" / "profile.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("tag", sorted(parameters().tags))
def test_half_lives_in_the_docs_are_those_of_the_parameters(tag: str) -> None:
    rule = parameters().tags[tag]
    assert f"| {tag} | {tag_label(tag)} | {rule.half_life_days:g} |" in PAGE
    assert f"| {rule.reason} |" in PAGE


def test_every_field_of_the_page_is_in_the_docs(say, on_file, facts, at) -> None:  # type: ignore[no-untyped-def]
    held = facts(say("06-08", "risk.appetite", level="aggressive"), on_file("01-05", risk_level="C2"))
    page = fold(held, at("06-10"), at("06-10")).to_json()
    parts = [page, page["tags"][0], page["contradictions"][0], page["three_lines"][0], page["categories"][0]]
    names = {name for part in [*parts, page["behaviour"]] for name in part}  # of suitability: docs/suitability.md
    assert {name for name in names if name not in PAGE} == set()


def test_every_feature_value_is_in_the_docs(say, event, on_file, facts, at) -> None:  # type: ignore[no-untyped-def]
    calls = [event(f"06-0{n}T10:00", "call_answered") for n in range(1, 8)]
    held = facts(
        say("06-08", "assets.external", institution="工商银行", low=1, high=2),
        say("06-08", "contact.channel", channel="phone"),
        say("06-08", "intent.product", product="gold"),
        on_file("01-05", opened_on="2026-06-01", assets_yuan=1, cash_yuan=1),
        *calls,
    )
    found = fold(held, at("06-10"), at("06-10")).behaviour
    values = [f.value for f in found.values() if isinstance(f.value, dict) and f.label != "资产分布"]
    names = {name for value in values for name in value} | set(found["best_contact_time"].value["windows"][0])
    assert {name for name in names - {"day", "from", "to"} if f"`{name}`" not in PAGE} == set()
    assert {f"`{part}`" for f in found.values() for part in f.to_json() if part not in PAGE} == set()


@pytest.mark.parametrize("kind", sorted(parameters().witnesses.weights))
def test_every_witness_is_in_the_docs(kind: str) -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
    (row,) = [row for row in rows if kind in row[1].split(", ")]
    assert row[3].split(", ")[row[1].split(", ").index(kind)] == f"{parameters().witnesses.weights[kind]:g}"


def test_parameters_that_cannot_be_used(tmp_path: Path) -> None:
    broken = tmp_path / "parameters.yaml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace("half_life_days: 30", "half_life_days: 0"), "utf-8")
    with pytest.raises(BadInput, match="parameters-invalid"):
        parameters(path=broken)
