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
    parts = [page, page["tags"][0], page["contradictions"][0], page["three_lines"][0], page["suitability"]]
    names = {name for part in [*parts, page["behaviour"]] for name in part}
    assert {name for name in names if name not in PAGE} == set()


def test_parameters_that_cannot_be_used(tmp_path: Path) -> None:
    broken = tmp_path / "parameters.yaml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace("half_life_days: 30", "half_life_days: 0"), "utf-8")
    with pytest.raises(BadInput, match="parameters-invalid"):
        parameters(broken)
